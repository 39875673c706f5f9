import { createContext, type ComponentChildren } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import { absolute, fromNow, left, since, took } from '../times.ts';

const Now = createContext(0);

/** What the server's clock is ahead of this machine's (ms), as far as answers tell: each has come later than it says. */
let ahead = -Infinity;

/** Tells the clock what the server's clock was when it answered (ms since the epoch). */
export function heard(at: number): void {
  ahead = Math.max(ahead, at - Date.now());
}

/** The server's time (ms since the epoch), as far as it is known here. */
export function serverNow(): number {
  return Date.now() + (Number.isFinite(ahead) ? ahead : 0);
}

/**
 * The clock of all that is on the page.
 * @param now the server's time when the page was made (ms since the epoch): what the first picture goes by, there and here
 */
export function ClockProvider({ now, children }: { now: number; children: ComponentChildren }) {
  const [shown, setShown] = useState(now);
  useEffect(() => {
    heard(now);
    const tick = () => setShown(Math.floor(serverNow() / 1_000) * 1_000);
    tick();
    const timer = setInterval(tick, 1_000);
    return () => clearInterval(timer);
  }, [now]);
  return <Now value={shown}>{children}</Now>;
}

/** The server's time, ms since the epoch; changes each second. */
export const useNow = (): number => useContext(Now);

/**
 * A time as it is from now, which goes on being right; the time itself where one asks for it.
 * @param isDue what is expected: once it is over, it is due now, not "ago"
 */
export function When({ at, isDue = false }: { at: string; isDue?: boolean }) {
  const now = useNow();
  const ms = Date.parse(at);
  return (
    <time dateTime={at} title={absolute(ms)}>
      {fromNow(isDue ? Math.max(now, ms) : ms, now)}
    </time>
  );
}

/** How long something has been so: "3 min". */
export function Since({ at }: { at: string }) {
  const now = useNow();
  const ms = Date.parse(at);
  return (
    <time dateTime={at} title={`since ${absolute(ms)}`}>
      {since(now - ms)}
    </time>
  );
}

/** Until when something is so: "for another 4 min". */
export function Until({ at }: { at: string }) {
  const now = useNow();
  const ms = Date.parse(at);
  return (
    <time dateTime={at} title={`until ${absolute(ms)}`}>
      {ms > now ? `for another ${left(ms - now)}` : 'ends now'}
    </time>
  );
}

/** How long something took; while it hasn't ended, how long by now. */
export function Took({ from, to }: { from: string; to?: string | undefined }) {
  const now = useNow();
  return <>{took((to === undefined ? now : Date.parse(to)) - Date.parse(from))}</>;
}
