import type { Clock } from '@huntaze/core/clock';

/** An SQS client tries each call three times, each of them at most so long (ms). */
const TRIES = 3;
const LONGEST_TRY_MS = 3_000;
/** A try shorter than this isn't worth making (ms). */
const SHORTEST_TRY_MS = 100;

/** There is no time left to make a call; what it was to do is left to the next invocation. */
class NoTimeLeft extends Error {
  override readonly name = 'NoTimeLeft';
}

/** What is left of the function's time for calls to SQS. */
export interface Budget {
  clock: Clock;
  /** Ms since the epoch. */
  endsAt: number;
}

/**
 * How long each try of a call may take, so that all of them end in time.
 * @throws NoTimeLeft
 */
export function timeoutOf({ clock, endsAt }: Budget): { requestTimeout: number } {
  const each = Math.min(LONGEST_TRY_MS, (endsAt - clock.now()) / TRIES);
  if (each < SHORTEST_TRY_MS) throw new NoTimeLeft('the function has no time left for this');
  return { requestTimeout: Math.floor(each) };
}
