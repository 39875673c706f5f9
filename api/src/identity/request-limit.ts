/** So many requests may one token make of one process in a window; a console that is open makes some ten a minute. */
const REQUESTS = { limit: 600, windowMs: 60_000 };
/** So many tokens are counted at a time. */
const MOST_COUNTED = 10_000;

/** What is left to a token. */
export interface Allowance {
  isAllowed: boolean;
  limit: number;
  windowSeconds: number;
  remaining: number;
  /** When the window begins anew, s from now, rounded up. */
  resetSeconds: number;
}

/**
 * Counts requests by token, in windows that begin with a token's first request: what keeps a client that has gone wild
 * from the others. In each process by itself, so that it costs no call.
 */
export function requestLimit({ limit, windowMs } = REQUESTS): (tokenId: string, now: number) => Allowance {
  const counted = new Map<string, { begun: number; count: number }>();
  return (tokenId, now) => {
    let window = counted.get(tokenId);
    if (window === undefined || now >= window.begun + windowMs || now < window.begun) {
      window = { begun: now, count: 0 };
      counted.delete(tokenId);
      counted.set(tokenId, window);
      const [oldest] = counted.keys();
      if (counted.size > MOST_COUNTED && oldest !== undefined) counted.delete(oldest);
    }
    const isAllowed = window.count < limit;
    if (isAllowed) window.count += 1;
    return {
      isAllowed,
      limit,
      windowSeconds: windowMs / 1_000,
      remaining: limit - window.count,
      resetSeconds: Math.max(1, Math.ceil((window.begun + windowMs - now) / 1_000)),
    };
  };
}
