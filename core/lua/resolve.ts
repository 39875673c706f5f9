import type { State } from '../src/operations.ts';
import { nowArgument, runScript, type ScriptClient } from './run.ts';
import * as scripts from './scripts.gen.ts';

/**
 * What a person can say of an operation of which nobody knows whether it took effect: it did; it is to be done once more, as
 * a new operation; or it is let be.
 */
export const RESOLUTIONS = ['confirmed', 'sent_again', 'given_up'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

/** The error of an operation that was withdrawn because it could not be sent. See void.lua. */
export const VOIDED = 'could not be accepted: the queue did not answer';

/** What became of a person's word. */
export type Resolved =
  /** It holds, from now on or since the same was said before. */
  | { is: 'resolved'; state: State }
  /** Something else was said before, and stays. */
  | { is: 'another'; as: Resolution }
  /** There is nothing to settle. */
  | { is: 'state'; state: State }
  | { is: 'unknown' };

/** Notes what a person has said of an operation whose outcome was unknown, and the end that follows. See resolve.lua. */
export async function resolveOutcome(
  client: ScriptClient,
  word: {
    operationId: string;
    as: Resolution;
    state: 'succeeded' | 'failed';
    error?: string | undefined;
    /** The operation that repeats it. */
    again?: string | undefined;
  },
  now?: number,
): Promise<Resolved> {
  const { operationId, as, state, error = '', again = '' } = word;
  const [is, what] = (await runScript(client, scripts.resolve, [
    nowArgument(now),
    operationId,
    as,
    state,
    error,
    again,
  ])) as [Resolved['is'], string];
  switch (is) {
    case 'another':
      return { is, as: what as Resolution };
    case 'unknown':
      return { is };
    default:
      return { is, state: what as State };
  }
}

/** The operation that repeats another, as far as is known. See again.lua. */
export async function repeatOf(client: ScriptClient, operationId: string): Promise<string | undefined> {
  return ((await runScript(client, scripts.again, [operationId, '', ''])) as string) || undefined;
}

/**
 * Notes which operation repeats another; the first that was named stays, unless it is `instead` of that one. See again.lua.
 * @returns the one that is known to repeat it then; undefined where nothing is known of the operation itself
 */
export async function noteRepeat(
  client: ScriptClient,
  operationId: string,
  { by, instead }: { by: string; instead?: string | undefined },
): Promise<string | undefined> {
  return ((await runScript(client, scripts.again, [operationId, by, instead ?? ''])) as string) || undefined;
}
