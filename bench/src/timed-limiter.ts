// The limiter's bundle as the event source loads it, with a line for each invocation that says how long it took (ms).
import { pathToFileURL } from 'node:url';

const { handler: bundled } = (await import(pathToFileURL(process.env['LIMITER_BUNDLE'] ?? '').href)) as {
  handler: (event: unknown, context: unknown) => Promise<unknown>;
};

/**
 * As Lambda calls it.
 * @public
 */
export async function handler(event: unknown, context: unknown): Promise<unknown> {
  const begun = performance.now();
  try {
    return await bundled(event, context);
  } finally {
    console.log(JSON.stringify({ invocation_ms: performance.now() - begun }));
  }
}
