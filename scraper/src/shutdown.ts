import type { Clock } from '@huntaze/core/clock';
import { Interrupted } from './outcome.ts';

/** How a process ends: first it takes on nothing more, then it can't wait any longer. */
export interface Shutdown {
  /** Aborts at the first call of {@link request}. */
  stop: AbortSignal;
  /** Aborts `graceMs` later, or at the second call: what is under way is given back at once. */
  working: AbortSignal;
  /** Asks the process to end; asked again, it hurries. */
  request(): void;
}

/** @param graceMs how long attempts under way may take to end by themselves */
export function shutdown(clock: Clock, graceMs: number): Shutdown {
  const stop = new AbortController();
  const working = new AbortController();
  const hurry = () => working.abort(new Interrupted('the task is stopping', 0));
  return {
    stop: stop.signal,
    working: working.signal,
    request() {
      if (stop.signal.aborted) return hurry();
      stop.abort();
      // The sleep ends early, and quietly, when somebody hurries first.
      clock.sleep(graceMs, working.signal).then(hurry, () => undefined);
    },
  };
}
