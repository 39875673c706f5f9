/** The first wait before a part is started again, doubled with every end, up to the longest (ms). */
const FIRST_MS = 200;
const LONGEST_MS = 5_000;
/** A part that was up for so long has recovered: its next end is a first one again (ms). */
const RECOVERED_MS = 30_000;
/** So many ends within so long (ms) are too many: something is wrong that starting again doesn't mend. */
export const MOST_ENDS = 5;
export const WITHIN_MS = 60_000;

/**
 * When a part that has ended is started again. Call it with every end.
 * @returns told an end: the wait in milliseconds, or 'give up'. `now` and `upMs` in milliseconds, `now` never falling
 */
export function restarts(): (now: number, upMs: number) => number | 'give up' {
  let ends: number[] = [];
  let inARow = 0;
  return (now, upMs) => {
    ends = [...ends, now].filter(at => now - at < WITHIN_MS);
    if (ends.length >= MOST_ENDS) return 'give up';
    if (upMs >= RECOVERED_MS) inARow = 0;
    inARow += 1;
    return Math.min(LONGEST_MS, FIRST_MS * 2 ** (inARow - 1));
  };
}
