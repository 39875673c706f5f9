import { createContext, type ComponentChildren } from 'preact';
import { useCallback, useContext, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { followChanges, type Change, type Link } from '../changes.ts';
import { pace } from '../pace.ts';
import { ask } from './ask.ts';
import { heard, serverNow, When } from './clock.tsx';

const CHANGES = '/api/onlyfans/changes';
/** What nobody has told of a change is read again all the same (ms): times pass without one. */
const UNASKED_MS = 10_000;

const later = (ms: number, then: () => void) => {
  const timer = setTimeout(then, ms);
  return () => clearTimeout(timer);
};

interface Live {
  /** Calls back with each batch of changes; the function returned ends that. */
  listen: (listener: (changes: Change[]) => void) => () => void;
  link: Link;
}
const LiveContext = createContext<Live>({ listen: () => () => undefined, link: { is: 'live' } });

/** Follows the stream of changes for all that is on the page. */
export function LiveProvider({ children }: { children: ComponentChildren }) {
  const [link, setLink] = useState<Link>({ is: 'live' });
  const listeners = useRef(new Set<(changes: Change[]) => void>());
  useEffect(
    () =>
      followChanges({
        open: () => new EventSource(CHANGES),
        now: serverNow,
        later,
        random: Math.random,
        onChanges: changes => {
          for (const listener of listeners.current) listener(changes);
        },
        onLink: setLink,
      }),
    [],
  );
  const listen = useCallback((listener: (changes: Change[]) => void) => {
    listeners.current.add(listener);
    return () => void listeners.current.delete(listener);
  }, []);
  const live = useMemo(() => ({ listen, link }), [listen, link]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

/** Whether what is shown is as it is now. Says little while all is well. */
export function LiveSign() {
  const { link } = useContext(LiveContext);
  const isLive = link.is === 'live';
  return (
    <span className={`live ${isLive ? '' : 'lost'}`} role="status">
      <i className={`dot ${isLive ? 'good' : 'wait'}`} />
      {isLive ? (
        'Live'
      ) : (
        <span>
          Reconnecting<span className="wide">, stale since </span>
          <span className="wide">
            <When at={new Date(link.since).toISOString()} />
          </span>
        </span>
      )}
    </span>
  );
}

/** Calls `listener` with each batch of changes, as long as the component is there. */
export function useChanges(listener: (changes: Change[]) => void): void {
  const { listen } = useContext(LiveContext);
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => listen(changes => latest.current(changes)), [listen]);
}

export interface Fresh<T> {
  value: T | undefined;
  /** Why what is shown may be old, in words. */
  problem: string | undefined;
  /** Reads it again as soon as it may. */
  refresh: () => void;
}

/**
 * What the API answers to a GET, read again when something has changed, and now and then without that; not while nobody
 * looks at the page.
 * @param everyMs at most so often
 * @param concerns which changes make it worth reading again; all, unless said otherwise
 */
export function useFresh<T>(
  path: string,
  initial: T | undefined,
  { everyMs, concerns = () => true }: { everyMs: number; concerns?: (change: Change) => boolean },
): Fresh<T> {
  const [value, setValue] = useState(initial);
  const [problem, setProblem] = useState<string>();
  const every = useRef(everyMs);
  useEffect(() => {
    every.current = everyMs;
  });
  const paced = useRef<ReturnType<typeof pace>>(undefined);
  useEffect(() => {
    const read = async () => {
      if (document.hidden) return;
      const answer = await ask<T>('GET', path);
      if (answer.is === 'problem') return setProblem(answer.detail);
      const { now } = answer.value as { now?: string };
      if (now !== undefined) heard(Date.parse(now));
      setProblem(undefined);
      setValue(answer.value);
    };
    const own = pace(() => every.current, read, { now: () => performance.now(), later });
    paced.current = own;
    const timer = setInterval(() => own.ask(), UNASKED_MS);
    const seen = () => own.ask();
    document.addEventListener('visibilitychange', seen);
    return () => {
      own.stop();
      clearInterval(timer);
      document.removeEventListener('visibilitychange', seen);
    };
  }, [path]);
  useChanges(changes => {
    if (changes.some(change => change.is === 'reset' || concerns(change))) paced.current?.ask();
  });
  const refresh = useCallback(() => paced.current?.ask(), []);
  return { value, problem, refresh };
}
