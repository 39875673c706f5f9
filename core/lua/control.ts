import { limitArguments, lineOf, type Limit, type ScopedLimit } from './line.ts';
import type { State } from '../src/operations.ts';
import { nowArgument, runScript, type ScriptClient } from './run.ts';
import * as scripts from './scripts.gen.ts';

/** Whom an operator's word is about: one creator, or everybody. */
export type Who = { creatorId: string } | 'everybody';

/**
 * What keeps a creator from beginning: an operator's word, the site, which doesn't let it in, or that it is being erased,
 * whereby nothing new of it is accepted either.
 */
export type Halt = 'paused' | 'login' | 'erasing';

/** An operator's word. */
export interface Order {
  who: Who;
  scope: ScopedLimit['scope'];
  /** For whoever asks why something waits. */
  why: string;
  /** Until when, ms since the epoch; absent: until it is resumed. */
  untilMs?: number | undefined;
}

/** Nothing of it begins any more, until it is resumed. See pause.lua. */
export async function pause(
  client: ScriptClient,
  order: Order,
  now?: number,
  mode: Halt = 'paused',
): Promise<void> {
  await runScript(client, scripts.pause, [...orderArguments(order, now), mode]);
}

/** Nothing new of it is accepted any more; what was accepted is done. See drain.lua. */
export async function drain(client: ScriptClient, order: Order, now?: number): Promise<void> {
  await runScript(client, scripts.drain, orderArguments(order, now));
}

/** Ends a pause or a draining, or what the login has halted; false if there was none. See resume.lua. */
export async function resume(
  client: ScriptClient,
  { who, scope }: Pick<Order, 'who' | 'scope'>,
  now?: number,
  mode: Exclude<Halt, 'erasing'> = 'paused',
): Promise<boolean> {
  return (await runScript(client, scripts.resume, [nowArgument(now), ...nameOf(who, scope), mode])) === 1;
}

function orderArguments({ who, scope, why, untilMs }: Order, now?: number): (string | number)[] {
  const until = untilMs === undefined ? '' : Math.floor(untilMs);
  return [nowArgument(now), ...nameOf(who, scope), until, why];
}

/** Line and creator; no creator is called '*'. */
function nameOf(who: Who, scope: ScopedLimit['scope']): [string, string] {
  return who === 'everybody' ? ['*', '*'] : [lineOf(scope, who.creatorId), who.creatorId];
}

/** What became of a cancellation. */
export type Cancellation =
  | { is: 'cancelled' }
  /** It has begun, or ended: nothing was changed. */
  | { is: 'too late'; state: State }
  | { is: 'unknown' };

/** An operation that has not begun is not done. See cancel.lua. */
export async function cancel(
  client: ScriptClient,
  operationId: string,
  why: string,
  now?: number,
): Promise<Cancellation> {
  const [done, state] = (await runScript(client, scripts.cancel, [nowArgument(now), operationId, why])) as [
    number,
    State | '',
  ];
  if (done === 1) return { is: 'cancelled' };
  return state === '' ? { is: 'unknown' } : { is: 'too late', state };
}

/** What was skipped, or why nothing was. See skip_head.lua. */
export interface Skip {
  is: 'awaited' | 'cancelled' | 'begun' | 'another' | 'nothing';
  operationId: string | undefined;
}

/**
 * Skips what keeps a creator from going on: an operation that is awaited and was never seen, or else the first that
 * has not ended.
 * @param named the operation that is first as far as is known: if another is, nothing happens
 * @param isTrial tells what would be skipped, and changes nothing
 */
export async function skipHead(
  client: ScriptClient,
  { creatorId, scope, why }: { creatorId: string; scope: ScopedLimit['scope']; why: string },
  named?: string,
  now?: number,
  isTrial = false,
): Promise<Skip> {
  const [is, operationId] = (await runScript(client, scripts.skipHead, [
    nowArgument(now),
    lineOf(scope, creatorId),
    creatorId,
    named ?? '',
    why,
    isTrial ? 1 : 0,
  ])) as [Skip['is'], string];
  return { is, operationId: operationId || undefined };
}

/**
 * Until a time (ms since the epoch) nobody navigates to the site and nothing is released; a time in the past opens it.
 * @param line one line, or absent: all. See close_site.lua
 */
export async function closeSite(client: ScriptClient, untilMs: number, line?: string): Promise<void> {
  await runScript(client, scripts.closeSite, ['', line ?? '*', Math.ceil(untilMs)]);
}

/** What is in force. */
export interface Rules extends Required<Limit> {
  mostUnfinished: number;
  /** Nothing more is accepted where so many wait: in all, and of one creator. */
  mostWaiting: number;
  mostWaitingOfCreator: number;
  /** Tokens that operations of a kind take, where it isn't one. */
  weights: Record<string, number>;
}

/** What an operator wants changed; null: as the environment has it. */
export interface RuleChanges {
  limit?: number | null;
  windowMs?: number | null;
  mostUnfinished?: number | null;
  mostWaiting?: number | null;
  mostWaitingOfCreator?: number | null;
  weights?: Record<string, number | null>;
}

/**
 * Changes the limits while everything runs, and tells what is in force. No change lets anything go that was spent
 * before. See limits.lua.
 * @param limit what the environment says
 * @param isTrial tells what would be in force, and changes nothing
 * @throws RangeError for a number that isn't a whole one from 1 to 86,400,000
 */
export async function changeRules(
  client: ScriptClient,
  limit: Limit,
  changes: RuleChanges = {},
  isTrial = false,
): Promise<Rules & { set: RuleChanges }> {
  const named: [string, number | null | undefined][] = [
    ['limit', changes.limit],
    ['window', changes.windowMs],
    ['most_unfinished', changes.mostUnfinished],
    ['most_waiting', changes.mostWaiting],
    ['most_waiting_of_creator', changes.mostWaitingOfCreator],
    ...Object.entries(changes.weights ?? {}).map(([kind, w]): [string, number | null] => [
      `weight:${kind}`,
      w,
    ]),
  ];
  const args = named.flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (value !== null && !(Number.isInteger(value) && value >= 1 && value <= 86_400_000))
      throw new RangeError(`${name} must be a whole number from 1 to 86,400,000, not ${value}`);
    return [name, value ?? ''];
  });
  const [tokens, windowMs, mostUnfinished, mostWaiting, mostWaitingOfCreator, weights, set] =
    (await runScript(client, scripts.limits, ['', ...limitArguments(limit), isTrial ? 1 : 0, ...args])) as [
      number,
      number,
      number,
      number,
      number,
      (string | number)[],
      string[],
    ];
  return {
    limit: tokens,
    windowMs,
    mostUnfinished,
    mostWaiting,
    mostWaitingOfCreator,
    weights: Object.fromEntries(pairsOf(weights)),
    set: ruleChanges(pairsOf(set)),
  };
}

function pairsOf(list: (string | number)[]): [string, number][] {
  return list.flatMap((name, i): [string, number][] =>
    i % 2 === 0 ? [[String(name), Number(list[i + 1])]] : [],
  );
}

/** What an operator has set, from the names that Redis has for it. */
function ruleChanges(set: [string, number][]): RuleChanges {
  const weights = set.flatMap(([name, value]) =>
    name.startsWith('weight:') ? [[name.slice('weight:'.length), value] as const] : [],
  );
  const of = new Map(set);
  const named = {
    limit: of.get('limit'),
    windowMs: of.get('window'),
    mostUnfinished: of.get('most_unfinished'),
    mostWaiting: of.get('most_waiting'),
    mostWaitingOfCreator: of.get('most_waiting_of_creator'),
  };
  return {
    ...Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)),
    ...(weights.length > 0 && { weights: Object.fromEntries(weights) }),
  };
}

/**
 * Says that this Redis remembers everything there is to remember, so that nobody need wait: `new`, where there never
 * was a line, or `same`, where it was started again and has lost nothing. False: that isn't so. See found.lua.
 */
export async function found(client: ScriptClient, what: 'new' | 'same', now?: number): Promise<boolean> {
  return (await runScript(client, scripts.found, [nowArgument(now), what])) === 1;
}
