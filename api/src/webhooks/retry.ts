const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];

/** How long after each try that has failed the next one is made (ms); after the last of them none is. Some 20 hours in all. */
export const RETRY_AFTER_MS = [
  5 * SECOND,
  MINUTE,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  6 * HOUR,
  12 * HOUR,
] as const;

/** How far a retry is from its time, at most, in either direction: what failed together doesn't come back together. */
const JITTER = 0.2;

/**
 * When the next try is made, ms since the epoch; undefined: none is.
 * @param tries how many have failed, with the one just now
 * @param random from 0 to 1
 */
export function nextTry(tries: number, now: number, random: number): number | undefined {
  const after = RETRY_AFTER_MS[tries - 1];
  return after === undefined ? undefined : Math.round(now + after * (1 + JITTER * (2 * random - 1)));
}
