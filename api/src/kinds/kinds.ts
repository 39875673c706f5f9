import { readPausedKinds, type ScriptClient } from '@huntaze/core/lua';
import { KINDS, type Kind } from '@huntaze/core/operations';
import { fromLine } from '../http/from-line.ts';
import { iso } from '../operations/describe.ts';

/** A kind of which no operation begins, as the API shows it. */
export interface ShownPause {
  kind: Kind;
  why: string;
  since: string;
  by: 'site changed' | 'operator';
}

/**
 * The kinds that are paused.
 * @throws Refusal 503 when the line can't be asked
 */
export async function pausedKinds(redis: ScriptClient): Promise<ShownPause[]> {
  const paused = await fromLine(readPausedKinds(redis, KINDS));
  return paused.map(({ kind, why, sinceMs, by }) => ({ kind: kind as Kind, why, since: iso(sinceMs), by }));
}
