import { badRequest, Refusal } from './problem.ts';

/** How long a body may take to arrive (ms). */
const ARRIVAL_MS = 10_000;

/**
 * The body's JSON; of an empty body, an object without fields.
 * @param most bytes
 * @throws Refusal: too much, too slow, or no JSON
 */
export async function readJson(request: Request, most: number): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const late = new Refusal({
    status: 408,
    title: 'Request Timeout',
    detail: `the body must arrive within ${ARRIVAL_MS / 1_000} s`,
  });
  const reader = request.body?.getReader();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    void reader?.cancel();
  }, ARRIVAL_MS);
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (isLate) throw late;
      if (done || value === undefined) break;
      size += value.length;
      if (size > most) {
        await reader?.cancel();
        throw new Refusal({
          status: 413,
          title: 'Content Too Large',
          detail: `the body may have at most ${most} bytes`,
        });
      }
      chunks.push(value);
    }
  } finally {
    clearTimeout(timer);
  }
  if (size === 0) return {};
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))) as unknown;
  } catch {
    throw badRequest([{ field: 'body', message: 'is not JSON' }]);
  }
}
