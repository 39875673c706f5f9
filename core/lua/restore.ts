import type { State } from '../src/operations.ts';
import { lineOf, type ScopedLimit } from './line.ts';
import { nowArgument, runScript, type ScriptClient } from './run.ts';
import * as scripts from './scripts.gen.ts';

/** An operation that has ended, as its result tells of it. Times are ms since the epoch. */
export interface EndedOperation {
  operationId: string;
  creatorId: string;
  kind: string;
  state: State;
  /** Undefined: nobody knows. */
  acceptedAt: number | undefined;
  begunAt: number;
  endedAt: number;
  attempts: number;
  error: string | undefined;
}

/** Of which operations Redis knows nothing. See missing.lua. */
export async function missingOf(client: ScriptClient, operationIds: readonly string[]): Promise<Set<string>> {
  return new Set((await runScript(client, scripts.missing, [...operationIds])) as string[]);
}

/**
 * Makes operations known again that have ended, and of which Redis has lost the record; what it knows stays as it is. See
 * restore.lua.
 * @returns how many were restored
 */
export async function restoreOperations(
  client: ScriptClient,
  scope: ScopedLimit['scope'],
  operations: readonly EndedOperation[],
  now?: number,
): Promise<number> {
  return (await runScript(client, scripts.restore, [
    nowArgument(now),
    ...operations.flatMap(one => [
      one.operationId,
      one.creatorId,
      one.kind,
      lineOf(scope, one.creatorId),
      one.state,
      one.acceptedAt ?? '',
      one.begunAt,
      one.endedAt,
      one.attempts,
      one.error ?? '',
    ]),
  ])) as number;
}
