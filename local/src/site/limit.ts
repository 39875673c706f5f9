/** The site's own limit: at most `limit` operations in any window of `windowMs`, counted exactly. */
export interface SiteLimit {
  /** Counts one operation, unless the window is full: then says for how many ms it still is. */
  count(now: number): { allowed: true } | { allowed: false; retryInMs: number };
}

/** A limit that remembers when each of the last `limit` operations came. What it refuses, it doesn't count. */
export function siteLimit(limit: number, windowMs: number): SiteLimit {
  const counted: number[] = [];
  return {
    count(now) {
      while (counted[0] !== undefined && counted[0] <= now - windowMs) counted.shift();
      if (counted.length >= limit)
        return { allowed: false, retryInMs: (counted[0] as number) + windowMs - now };
      counted.push(now);
      return { allowed: true };
    },
  };
}
