import { unavailable } from './problem.ts';

/** @throws Refusal 503 when the line can't be asked */
export async function fromLine<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw unavailable('the line can not be reached; try again', error);
  }
}
