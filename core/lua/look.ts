import { windowArguments, type OperationRecord, type WaitsFor } from './operation.ts';
import type { ScopedLimit } from './line.ts';
import { nowArgument, runScript, type ScriptClient } from './run.ts';
import * as scripts from './scripts.gen.ts';

/** One thing that has changed, as it is now. */
export type Change =
  | { what: 'operation'; operation: OperationRecord }
  | { what: 'creator'; creatorId: string }
  /** What holds for all: the site, the limits, everybody's pause, the tasks. */
  | { what: 'line' };

/** What has changed since, and up to where. */
export interface Changes {
  last: string;
  /** Some that came after the one known are gone: everything is to be loaded anew. */
  isReset: boolean;
  hasMore: boolean;
  changes: Change[];
}

/**
 * What has changed since an earlier look, the last first-hand. See changes.lua.
 * @param after `last` of the look before; absent: only where everything has come to
 * @param most how many entries of the stream at most
 */
export async function changesSince(
  client: ScriptClient,
  limit: ScopedLimit,
  after: string | undefined,
  most: number,
  now?: number,
): Promise<Changes> {
  const [last, how, ...pairs] = (await runScript(client, scripts.changes, [
    nowArgument(now),
    ...windowArguments(limit),
    after ?? '',
    most,
  ])) as [string, 'reset' | 'more' | 'all', ...string[]];
  const changes = pairs.flatMap((what, i): Change[] => {
    if (i % 2 === 1) return [];
    const value = pairs[i + 1]!;
    if (what === 'operation') return [{ what, operation: JSON.parse(value) as OperationRecord }];
    return what === 'creator' ? [{ what, creatorId: value }] : [{ what: 'line' }];
  });
  return { last, isReset: how === 'reset', hasMore: how === 'more', changes };
}

/** What halts a creator, or all. Times are ms since the epoch. */
export interface HaltRecord {
  mode: 'paused' | 'draining' | 'erasing' | 'login' | 'refused';
  since: number;
  until?: number;
  reason?: string;
}

/** How a creator stands. Times are ms since the epoch. */
export interface CreatorRecord {
  creator: string;
  /** Accepted, and not in line yet; in line (turns); sent on, and not begun; at work. */
  pending: number;
  waiting: number;
  forwarded: number;
  running: number;
  /** When the first of those that failed is tried again, and what it failed of. */
  retry_at?: number;
  error?: string;
  halts?: HaltRecord[];
  /** The first of those that wait. */
  head?: {
    id: string;
    kind: string;
    since?: number;
    position?: number;
    expected_at?: number;
    waits_for?: WaitsFor;
    until?: number;
  };
  /** When the token of the last that waits is expected. */
  last_expected_at?: number;
  /** Operations whose outcome a person is to settle. */
  unknown: string[];
}

/** So many creators in one call: Redis does nothing else meanwhile, some 2 ms. */
const CREATORS_AT_ONCE = 50;

/**
 * How creators stand, by name: those that are named, or all of whom something is known. See creators.lua.
 */
export async function readCreators(
  client: ScriptClient,
  limit: ScopedLimit,
  named?: readonly string[],
  now?: number,
): Promise<CreatorRecord[]> {
  const [known, pairs] = (await runScript(client, scripts.creatorNames, [])) as [string[], string[]];
  const unknown = new Map<string, string[]>();
  for (let i = 0; i < pairs.length; i += 2)
    unknown.set(pairs[i]!, [...(unknown.get(pairs[i]!) ?? []), pairs[i + 1]!]);
  const isKnown = new Set(known);
  const names = named?.filter(name => isKnown.has(name)) ?? known.toSorted();
  const found: CreatorRecord[] = [];
  for (let i = 0; i < names.length; i += CREATORS_AT_ONCE) {
    const page = (await runScript(client, scripts.creators, [
      nowArgument(now),
      ...windowArguments(limit),
      limit.scope === 'platform' ? 'platform' : '',
      ...names.slice(i, i + CREATORS_AT_ONCE),
    ])) as string[];
    for (const json of page) {
      const record = JSON.parse(json) as Omit<CreatorRecord, 'unknown'>;
      found.push({ ...record, unknown: unknown.get(record.creator) ?? [] });
    }
  }
  return found;
}

/** How one line and its window at the site stand. Times are ms since the epoch. */
export interface LineRecord {
  line: string;
  /** Accepted, and not in line yet; in line (turns); released, and not confirmed by the next queue; sent on and not ended. */
  pending: number;
  waiting: number;
  released: number;
  unfinished: number;
  /** Tokens of the line's window that are out, and slots of the site's window that are taken. */
  granted: number;
  slots: number;
  next_slot_at: number;
  /** How many ask for a slot. */
  asking: number;
  closed_until?: number;
  shut_until?: number;
  /** By the hour since the epoch: the most that the site has answered in one window, and the limit then. */
  worst?: { hour: number; most: number; limit: number }[];
}

/** How everything stands. Times are ms since the epoch. */
export interface Overview {
  breaker?: { since: number; until: number; why: string; probe_until?: number };
  /** What an operator has said of everybody. */
  halt?: HaltRecord;
  /** When Redis lost its memory; 0: never. */
  lost: number;
  tasks?: { name: string; at: number; busy: number }[];
  lines: LineRecord[];
}

/** How the lines, the site's windows, its breaker and the tasks stand. See overview.lua. */
export async function readOverview(
  client: ScriptClient,
  limit: ScopedLimit,
  lines: readonly string[],
  now?: number,
): Promise<Overview> {
  const json = (await runScript(client, scripts.overview, [
    nowArgument(now),
    ...windowArguments(limit),
    ...lines,
  ])) as string;
  const { lines: found, ...rest } = JSON.parse(json) as Overview;
  // Without an entry a list is an object to Lua's JSON.
  return { ...rest, lines: Array.isArray(found) ? found : [] };
}

/** What happened in one minute. */
export interface Minute {
  /** When it began, ms since the epoch. */
  at: number;
  navigations: number;
  released: number;
  succeeded: number;
  /** Ended in any other way. */
  failed: number;
  /** How many waited when it began; undefined: nobody counted. */
  waiting: number | undefined;
  /** Of those that ended at the site, together (ms): from being accepted to their first attempt, from then to the end. */
  waitedMs: number;
  tookMs: number;
}

const COUNTED = {
  n: 'navigations',
  r: 'released',
  s: 'succeeded',
  f: 'failed',
  q: 'waiting',
  w: 'waitedMs',
  d: 'tookMs',
} as const;

/** What happened in each of the last minutes, up to a day, the oldest first. See history.lua. */
export async function readHistory(client: ScriptClient, minutes: number, now: number): Promise<Minute[]> {
  const last = Math.floor(now / 60_000);
  const found = Array.from({ length: minutes }, (_, i): Minute => ({
    at: (last - minutes + 1 + i) * 60_000,
    navigations: 0,
    released: 0,
    succeeded: 0,
    failed: 0,
    waiting: undefined,
    waitedMs: 0,
    tookMs: 0,
  }));
  const counted = (await runScript(client, scripts.history, [now, minutes])) as (number | string)[];
  for (let i = 0; i < counted.length; i += 3) {
    const minute = found[Number(counted[i]) - (last - minutes + 1)];
    const what = COUNTED[counted[i + 1] as keyof typeof COUNTED];
    if (minute) minute[what] = (minute[what] ?? 0) + Number(counted[i + 2]);
  }
  return found;
}

/** A task of the scraper says that it is there, with so many operations in hand; undefined: that it goes. See task_seen.lua. */
export async function seeTask(
  client: ScriptClient,
  name: string,
  busy: number | undefined,
  now?: number,
): Promise<void> {
  await runScript(client, scripts.taskSeen, [nowArgument(now), name, busy ?? '']);
}
