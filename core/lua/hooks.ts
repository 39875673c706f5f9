import type { State } from '../src/operations.ts';
import { limitArguments, type ScopedLimit } from './line.ts';
import type { OperationRecord } from './operation.ts';
import { nowArgument, runScript, type ScriptClient } from './run.ts';
import * as scripts from './scripts.gen.ts';

/** A delivery to a webhook that is due, and the caller's until its lease ends. */
export interface DueHook {
  tokenId: string;
  /** How often it has failed before. */
  tries: number;
  /** ms since the epoch; names the lease when it is settled. */
  leaseUntil: number;
  operation: OperationRecord;
}

/** What is due, and what Redis knows of webhooks. */
export interface DueHooks {
  /** Redis's clock, ms since the epoch. */
  now: number;
  /** Redis doesn't know (any more) which tokens have webhooks: they are to be read where they are kept. */
  isUnread: boolean;
  /** Any token has one, as far as Redis knows. */
  hasAny: boolean;
  due: DueHook[];
}

/** How many deliveries may be under way. */
export interface HookRoom {
  leaseMs: number;
  /** At most so many more. */
  most: number;
  /** At most so many at a time for one token. */
  mostOfToken: number;
  /** How many the caller has under way, by token. */
  atWork: ReadonlyMap<string, number>;
}

/** Takes the deliveries that are due. See hooks_take.lua. */
export async function takeHooks(
  client: ScriptClient,
  limit: ScopedLimit,
  { leaseMs, most, mostOfToken, atWork }: HookRoom,
  now?: number,
): Promise<DueHooks> {
  const [tokens, windowMs] = limitArguments(limit);
  const [at, isUnread, hasAny, ...taken] = (await runScript(client, scripts.hooksTake, [
    nowArgument(now),
    tokens,
    windowMs,
    leaseMs,
    most,
    mostOfToken,
    ...[...atWork].flat(),
  ])) as [number, number, number, ...[string, number, number, string][]];
  const due = taken.map(([tokenId, tries, leaseUntil, json]) => ({
    tokenId,
    tries,
    leaseUntil,
    operation: JSON.parse(json) as OperationRecord,
  }));
  return { now: at, isUnread: isUnread === 1, hasAny: hasAny === 1, due };
}

/** What became of a delivery. Times are ms since the epoch. */
export type HookEnd =
  /** It was delivered, or there is nobody to deliver it to. */
  | { is: 'gone' }
  /** Nothing was tried. */
  | { is: 'later'; dueAt: number }
  | { is: 'again'; dueAt: number; status?: number | undefined; why: string }
  /** It is given up. */
  | { is: 'dead'; status?: number | undefined; why: string };

/** Settles a delivery; false: its lease has ended, and nothing was changed. See hooks_end.lua. */
export async function endHook(
  client: ScriptClient,
  { operation, tokenId, leaseUntil }: Pick<DueHook, 'tokenId' | 'leaseUntil'> & { operation: { id: string } },
  end: HookEnd,
  now?: number,
): Promise<boolean> {
  const done = await runScript(client, scripts.hooksEnd, [
    nowArgument(now),
    operation.id,
    tokenId,
    leaseUntil,
    end.is,
    'dueAt' in end ? Math.floor(end.dueAt) : '',
    ('status' in end && end.status) || '',
    'why' in end ? end.why : '',
  ]);
  return done === 1;
}

/** A delivery waits, or was given up. */
export type HookState = 'waiting' | 'dead';

/** A delivery to a webhook, for people. Times are ms since the epoch. */
export interface ListedHook {
  operationId: string;
  tokenId: string;
  /** When it is due, or was given up. */
  at: number;
  tries: number;
  /** The last try that failed. */
  last: { at: number; status: number | undefined; why: string } | undefined;
  creatorId: string;
  kind: string;
  state: State;
}

/**
 * Lists deliveries that wait, the first due first, or that were given up, the last one first. See hooks_list.lua.
 * @param tokenId whose; undefined: everybody's
 */
export async function listHooks(
  client: ScriptClient,
  state: HookState,
  tokenId: string | undefined,
  most: number,
): Promise<ListedHook[]> {
  const rows = (await runScript(client, scripts.hooksList, [state, tokenId ?? '', most])) as [
    string,
    string,
    number,
    number,
    string,
    string,
    string,
    string,
    string,
    State,
  ][];
  return rows.map(([operationId, token, at, tries, lastAt, status, why, creatorId, kind, ended]) => ({
    operationId,
    tokenId: token,
    at,
    tries,
    last: lastAt ? { at: Number(lastAt), status: status ? Number(status) : undefined, why } : undefined,
    creatorId,
    kind,
    state: ended,
  }));
}

/** What a person wants done with a delivery; `look`: nothing. */
export type HookOrder = 'redeliver' | 'discard' | 'look';

/**
 * Has a delivery made now, or never; undefined: there is no such delivery. See hooks_order.lua.
 * @param tokenId whose it must be; undefined: anybody's
 * @returns what it was before
 */
export async function orderHook(
  client: ScriptClient,
  operationId: string,
  tokenId: string | undefined,
  order: HookOrder,
  now?: number,
): Promise<{ state: HookState; tokenId: string; creatorId: string } | undefined> {
  const args = [nowArgument(now), operationId, tokenId ?? '', order];
  const reply = (await runScript(client, scripts.hooksOrder, args)) as [] | [HookState, string, string];
  if (reply.length === 0) return undefined;
  const [state, token, creatorId] = reply;
  return { state, tokenId: token, creatorId };
}

/** Tells Redis that a token has a webhook from now on, or has none any more. See webhooks.lua. */
export async function noteWebhook(client: ScriptClient, tokenId: string, has: boolean): Promise<void> {
  await runScript(client, scripts.webhooks, has ? ['', '', tokenId] : ['', tokenId]);
}

/**
 * Tells Redis which tokens have webhooks: all that were found where they are kept.
 * @param readAt when it was begun to look, by Redis's clock, ms since the epoch
 */
export async function noteWebhooks(client: ScriptClient, tokenIds: string[], readAt: number): Promise<void> {
  await runScript(client, scripts.webhooks, [Math.floor(readAt), '', ...tokenIds]);
}
