/** How long to wait before the next try. All in ms. */
export interface Backoff {
  firstMs: number;
  maxMs: number;
}

/** Between the tries of one attempt at the site. */
export const WITHIN_ATTEMPT: Backoff = { firstMs: 1_000, maxMs: 8_000 };

/** Between the attempts at an operation: half a minute, doubling up to SQS's 12 hours. */
export const BETWEEN_ATTEMPTS: Backoff = { firstMs: 30_000, maxMs: 43_200_000 };

/** Before the next look at what is paused: a tenth of how long it has been so far, but so much at least (ms). */
const LOOK_AGAIN_MS = 60_000;

/**
 * How long a message of a paused creator is kept out of sight, in ms: a pause of days costs some hundred receives (SQS
 * dead-letters after 1,000), and is over soon after it ends.
 */
export function whilePausedMs(
  { sinceMs, untilMs }: { sinceMs: number; untilMs: number | undefined },
  now: number,
) {
  const look = Math.max(LOOK_AGAIN_MS, (now - sinceMs) / 10);
  return Math.min(look, untilMs === undefined ? Infinity : Math.max(1_000, untilMs - now));
}

/** The longest that a message is kept out of sight because the site's window is closed: two weeks cost 672 receives (ms). */
const LOOK_WHILE_CLOSED_MS = 1_800_000;

/** How long a message is kept out of sight while the site's window is closed until `untilMs` (ms since the epoch), in ms. */
export function whileClosedMs(untilMs: number | undefined, now: number): number {
  return Math.min(LOOK_WHILE_CLOSED_MS, Math.max(0, (untilMs ?? now) - now));
}

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
