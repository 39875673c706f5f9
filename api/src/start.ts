import { compose } from './compose.ts';

/** Composes the API before the first request: a missing variable stops it here, with one line that names it. */
export function start(): void {
  try {
    compose();
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}
