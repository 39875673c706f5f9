import type { Clock } from '@huntaze/core/clock';

/**
 * What `promise` resolves to, or undefined if it hasn't within `ms` milliseconds; what becomes of it then is
 * nobody's concern.
 * @throws what it rejects with in that time
 */
export async function within<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T | undefined> {
  const settled = new AbortController();
  promise.catch(() => undefined);
  const late = clock.sleep(ms, settled.signal).catch(() => undefined) as Promise<undefined>;
  try {
    return await Promise.race([promise, late]);
  } finally {
    settled.abort();
  }
}
