/** What a task does while the site wants nothing: it receives nothing either. */
export interface Gate {
  /** The site's window is closed until then (ms since the epoch); undefined, or the past: it is open. */
  closedUntil(timeMs: number | undefined): void;
  /** For how long nothing is to be received (ms); 0: it may be. */
  waitMs(now: number): number;
}

/** Told by every answer of Redis that speaks of the window, since asking on purpose would cost a request a poll. */
export function gate(): Gate {
  let opensAtMs = 0;
  return {
    closedUntil: (timeMs = 0) => (opensAtMs = timeMs),
    // A window that an operator closed for hours may be opened again before: it is looked at now and then.
    waitMs: now => Math.min(MOST_MS, Math.max(0, opensAtMs - now)),
  };
}

/** The longest that a breaker stays open, and so the longest wait without a look (ms). */
const MOST_MS = 300_000;
