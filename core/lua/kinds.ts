import { nowArgument, runScript, type ScriptClient } from './run.ts';
import * as scripts from './scripts.gen.ts';

/** A kind of which no operation begins. */
export interface PausedKind {
  kind: string;
  /** Who has said so: an operator, or the scraper, because the site's answers to it don't fit any more. */
  by: 'operator' | 'site changed';
  /** ms since the epoch. */
  sinceMs: number;
  why: string;
}

/** No operation of a kind begins any more, of no creator, until it is resumed. False: it was paused. See pause_kind.lua. */
export async function pauseKind(
  client: ScriptClient,
  { kind, why }: { kind: string; why: string },
  now?: number,
): Promise<boolean> {
  return (await runScript(client, scripts.pauseKind, [nowArgument(now), '', kind, why])) === 1;
}

/** Operations of a kind begin again, whoever has paused it. False: it was not paused. See resume_kind.lua. */
export async function resumeKind(client: ScriptClient, kind: string, now?: number): Promise<boolean> {
  return (await runScript(client, scripts.resumeKind, [nowArgument(now), '', kind])) === 1;
}

/** Which of `kinds` are paused, in their order. See kinds_paused.lua. */
export async function readPausedKinds(
  client: ScriptClient,
  kinds: readonly string[],
  now?: number,
): Promise<PausedKind[]> {
  const found = (await runScript(client, scripts.kindsPaused, [nowArgument(now), ...kinds])) as [
    string,
    'kind_paused' | 'drift',
    string,
    string,
  ][];
  return found.map(([kind, mode, since, why]) => ({
    kind,
    by: mode === 'drift' ? 'site changed' : 'operator',
    sinceMs: Number(since),
    why,
  }));
}

/** About so many keys are looked through in one call: 1,000 records take some 2 ms of Redis's time. */
const KEYS_AT_ONCE = 1_000;

/**
 * How many operations of a kind have not ended, and of how many creators. Looks through all records, so that it is
 * for a person's question only. See kind_page.lua.
 * @param signal aborts between two calls; the count then rejects with its reason
 */
export async function countOfKind(
  client: ScriptClient,
  kind: string,
  signal: AbortSignal,
): Promise<{ operations: number; creators: number }> {
  const creatorOf = new Map<string, string>();
  let cursor = '0';
  do {
    signal.throwIfAborted();
    const args = ['', kind, cursor, KEYS_AT_ONCE];
    const [next, found] = (await runScript(client, scripts.kindPage, args)) as [string, string[]];
    for (let i = 0; i < found.length; i += 2) creatorOf.set(found[i]!, found[i + 1]!);
    cursor = next;
  } while (cursor !== '0');
  return { operations: creatorOf.size, creators: new Set(creatorOf.values()).size };
}

/** An answer of the site's that doesn't fit. Nothing in it may be anybody's: names of fields and types, no values. */
export interface MisfitSighting {
  kind: string;
  /** What was asked for, with ids as `{name}`. */
  page: string;
  creatorId: string;
  operationId: string;
  attempt: number;
  /** Of the scraper. */
  version: string;
  why: string;
  /** Names of those that don't fit. */
  fields: readonly string[];
}

/**
 * What is made of it: its kind is paused from now on, or was; it may be one account's oddity; or the scraper that saw it
 * is being replaced, and its successor is to try.
 */
export type Drift = 'pauses' | 'paused' | 'doubted' | 'outdated';

/** The site's answer doesn't fit; pauses its kind once that is sure. See site_changed.lua. */
export async function siteChanged(
  client: ScriptClient,
  { kind, page, creatorId, operationId, attempt, version, why, fields }: MisfitSighting,
  now?: number,
): Promise<Drift> {
  const args = [nowArgument(now), kind, page, creatorId, operationId, attempt, version, why, ...fields];
  return (await runScript(client, scripts.siteChanged, args)) as Drift;
}

/**
 * A scraper has begun: the kinds that another version has paused, because the site's answers didn't fit, go on. Returns
 * those. See version_begins.lua.
 */
export async function beginVersion(
  client: ScriptClient,
  version: string,
  kinds: readonly string[],
  now?: number,
): Promise<string[]> {
  return (await runScript(client, scripts.versionBegins, [
    nowArgument(now),
    '',
    version,
    ...kinds,
  ])) as string[];
}
