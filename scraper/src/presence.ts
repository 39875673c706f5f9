import type { Clock } from '@huntaze/core/clock';
import type { Log } from './log.ts';
import { firstLine } from './outcome.ts';

/** Says to the other parts that this task is there, and how many operations it has in hand; undefined: that it goes. */
export type Announce = (busy: number | undefined) => Promise<void>;

/** A word at least this often (ms): who is silent for 50 s is taken to have ended. */
const SAID_EVERY_MS = 15_000;
/** What has changed is said within this time (ms). */
const LOOK_MS = 1_000;

/** The task's presence: the console shows it, and nothing else relies on it. */
export interface Presence {
  holding(operations: number): void;
  /** Says that the task is there until `signal` aborts, and then that it goes. Never fails: a failure is logged once. */
  run(signal: AbortSignal): Promise<void>;
}

export function presence(announce: Announce, clock: Clock, log: Log): Presence {
  let busy = 0;
  let isSilenced = false;
  const say = async (what: number | undefined) => {
    try {
      await announce(what);
      isSilenced = false;
    } catch (error) {
      if (!isSilenced) log.warn('presence can not be told', { error: firstLine(error) });
      isSilenced = true;
    }
  };
  return {
    holding(operations) {
      busy = operations;
    },
    async run(signal) {
      let said: number | undefined;
      let saidAtMs = -Infinity;
      while (!signal.aborted) {
        if (said !== busy || clock.now() - saidAtMs >= SAID_EVERY_MS) {
          said = busy;
          saidAtMs = clock.now();
          await say(said);
        }
        await clock.sleep(LOOK_MS, signal).catch(() => undefined); // it ends
      }
      await say(undefined);
    },
  };
}
