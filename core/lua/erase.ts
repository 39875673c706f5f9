import type { State } from '../src/operations.ts';
import { pause } from './control.ts';
import { lineOf } from './line.ts';
import { nowArgument, runScript, type ScriptClient } from './run.ts';
import * as scripts from './scripts.gen.ts';

/** What Redis has of one of a creator's operations. */
export interface CreatorsOperation {
  operationId: string;
  /** Undefined: only its body is here. */
  state: State | undefined;
  kind: string;
  hasBody: boolean;
  /** Its effect was tried at least once. */
  isTried: boolean;
  /** It is at work, as far as is known, and that counts until then, ms since the epoch. */
  atWorkUntilMs: number | undefined;
  /** Not tried again before, ms since the epoch. */
  retryAtMs: number | undefined;
}

/** Scopes in which a creator can stand in a line; both, since the scope may have been changed. */
const SCOPES = ['platform', 'creator'] as const;
/** Keys of one page: some milliseconds of Redis's time. */
const PAGE_KEYS = 500;
/** So many operations are forgotten in one call: each is looked for in the list of 10,000. */
const MOST_AT_ONCE = 50;

/**
 * Halts a creator that is to be erased: nothing new of it is accepted, and nothing of it begins, until
 * {@link eraseCreator} or an operator's `resume`. See lib/halts.lua.
 */
export async function haltForErasure(client: ScriptClient, creatorId: string, now?: number): Promise<void> {
  for (const scope of SCOPES)
    await pause(client, { who: { creatorId }, scope, why: 'is being erased' }, now, 'erasing');
}

/**
 * Everything that Redis has of a creator's operations. All keys are looked through, a page in each call; one that is
 * here all the time is found. Those that were erased are nobody's any more. See creator_page.lua.
 */
export async function operationsOf(
  client: ScriptClient,
  creatorId: string,
  now?: number,
): Promise<CreatorsOperation[]> {
  const found = new Map<string, CreatorsOperation>();
  let cursor = '0';
  do {
    const [next, rows] = (await runScript(client, scripts.creatorPage, [
      nowArgument(now),
      creatorId,
      cursor,
      PAGE_KEYS,
    ])) as [string, [string, State | '', string, number, number, number, number][]];
    for (const [operationId, state, kind, hasBody, isTried, atWorkUntilMs, retryAtMs] of rows)
      found.set(operationId, {
        operationId,
        state: state || undefined,
        kind,
        hasBody: hasBody === 1,
        isTried: isTried === 1,
        atWorkUntilMs: atWorkUntilMs || undefined,
        retryAtMs: retryAtMs || undefined,
      });
    cursor = next;
  } while (cursor !== '0');
  return [...found.values()];
}

/**
 * Leaves nothing of operations but their ids, each with the state in which it ended, so that no copy of a message is
 * ever taken for a new one. What is at work is left as it is. See erase_operations.lua.
 * @returns until when the last of them is remembered, ms since the epoch (0: none is), and how many were left
 */
export async function eraseOperations(
  client: ScriptClient,
  creatorId: string,
  operationIds: string[],
  now?: number,
): Promise<{ rememberedUntilMs: number; left: number }> {
  let [rememberedUntilMs, left] = [0, 0];
  for (let from = 0; from < operationIds.length; from += MOST_AT_ONCE) {
    const ids = operationIds.slice(from, from + MOST_AT_ONCE);
    const args = [nowArgument(now), creatorId, ...ids];
    const [until, more] = (await runScript(client, scripts.eraseOperations, args)) as [number, number];
    rememberedUntilMs = Math.max(rememberedUntilMs, until);
    left += more;
  }
  return { rememberedUntilMs, left };
}

/** What is kept under a creator's own name. */
export interface CreatorsEntries {
  /** Keys, and entries of shared ones, its halt for the erasure apart. */
  count: number;
  /** Until when the windows of a line of its own are kept, ms since the epoch; undefined: there are none. */
  windowsUntilMs: number | undefined;
  isErasing: boolean;
}

/** Counts what is kept under a creator's own name beside its operations. See erase_creator.lua. */
export function entriesOf(client: ScriptClient, creatorId: string, now?: number): Promise<CreatorsEntries> {
  return entries(client, creatorId, 0, now);
}

/**
 * Removes it, its halt for the erasure last. Its operations are to be erased before.
 * @returns what there was
 */
export function eraseCreator(
  client: ScriptClient,
  creatorId: string,
  now?: number,
): Promise<CreatorsEntries> {
  return entries(client, creatorId, 1, now);
}

async function entries(
  client: ScriptClient,
  creatorId: string,
  goes: 0 | 1,
  now?: number,
): Promise<CreatorsEntries> {
  const lines = SCOPES.map(scope => lineOf(scope, creatorId));
  const args = [nowArgument(now), creatorId, goes, ...lines];
  const [count, until, erasing] = (await runScript(client, scripts.eraseCreator, args)) as [
    number,
    number,
    number,
  ];
  return { count, windowsUntilMs: until || undefined, isErasing: erasing === 1 };
}
