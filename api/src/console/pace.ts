/** Runs something again and again as it is asked to, but never too often, and never twice at a time. */
export interface Pace {
  /** It is to run, as soon as it may. Whatever asks meanwhile is served by the same run. */
  ask: () => void;
  stop: () => void;
}

/** What a pace needs of its surroundings. */
export interface PaceIn {
  /** ms, from any beginning. */
  now: () => number;
  /** Calls back after `ms`; the function returned calls that off. */
  later: (ms: number, then: () => void) => () => void;
}

/**
 * @param everyMs from one beginning to the next it takes at least this; asked at each beginning
 * @param run settles when it is done, never throws
 */
export function pace(everyMs: () => number, run: () => Promise<void>, { now, later }: PaceIn): Pace {
  let [isRunning, isWanted, isStopped] = [false, false, false];
  let begun = -Infinity;
  let callOff: (() => void) | undefined;

  const begin = () => {
    callOff = undefined;
    if (isStopped) return;
    [isRunning, isWanted, begun] = [true, false, now()];
    void run().finally(() => {
      isRunning = false;
      if (isWanted) ask();
    });
  };
  const ask = () => {
    if (isStopped) return;
    isWanted = true;
    if (isRunning || callOff) return;
    callOff = later(Math.max(0, begun + everyMs() - now()), begin);
  };
  return {
    ask,
    stop() {
      isStopped = true;
      callOff?.();
    },
  };
}
