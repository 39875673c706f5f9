/** How long to wait before the next try. All in ms. */
export interface Backoff {
  firstMs: number;
  maxMs: number;
}

/** Between the tries of one attempt at the site. */
export const WITHIN_ATTEMPT: Backoff = { firstMs: 1_000, maxMs: 8_000 };

/** Between the attempts at an operation: half a minute, doubling up to SQS's 12 hours. */
export const BETWEEN_ATTEMPTS: Backoff = { firstMs: 30_000, maxMs: 43_200_000 };

/** Between polls of a queue that doesn't answer. */
export const BETWEEN_POLLS: Backoff = { firstMs: 500, maxMs: 30_000 };

/**
 * Doubles with each failure; half of it is fixed, half by chance, so that tasks which failed together don't
 * come back together.
 * @param failures how many so far, from 1
 * @param random from 0 to below 1
 */
export function backoffMs({ firstMs, maxMs }: Backoff, failures: number, random: number): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 40));
  return Math.round(full / 2 + (full / 2) * random);
}
