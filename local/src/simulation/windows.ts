import type { LimitInForce } from './scenario.ts';

/** What was let go before a limit was lowered may arrive so much later (ms): the longest answer, and the way. */
const ON_ITS_WAY_MS = 5_000;

/** The most events in any window, and by how many at most a window is above the greatest limit in force within it. */
export interface Worst {
  count: number;
  above: number;
}

/** @param times of one line's events (ms), in any order */
export function worstOf(times: number[], windowMs: number, limits: LimitInForce[]): Worst {
  const sorted = times.toSorted((a, b) => a - b);
  const worst = { count: 0, above: 0 };
  let start = 0;
  sorted.forEach((time, end) => {
    while (time - sorted[start]! >= windowMs) start += 1;
    const count = end - start + 1;
    worst.count = Math.max(worst.count, count);
    worst.above = Math.max(worst.above, count - greatest(limits, time - windowMs - ON_ITS_WAY_MS, time));
  });
  return worst;
}

/** The greatest limit that was in force at any time from `fromMs` to `toMs`. */
function greatest(limits: LimitInForce[], fromMs: number, toMs: number): number {
  const inForce = limits.filter(
    (limit, i) => limit.fromMs <= toMs && (limits[i + 1]?.fromMs ?? Infinity) >= fromMs,
  );
  return Math.max(0, ...inForce.map(({ limit }) => limit));
}
