import type { State } from '../src/operations.ts';
import { limitArguments, lineOf, type Limit, type ScopedLimit } from './line.ts';
import { nowArgument, runScript, type ScriptClient } from './run.ts';
import * as scripts from './scripts.gen.ts';

/** An operation that has been given its place. */
export interface Accepted {
  /** Under a repeated idempotency key: the operation of the first call. */
  operationId: string;
  /** `pending`: its message is to be sent. */
  state: State;
  sequence: string;
  follows: string | undefined;
  /** When it was noted, ms since the epoch. */
  notedAt: number;
  /** Its place in the line as it stands now: 1 is next. */
  position: number;
  /** When its token is expected, ms since the epoch. */
  expectedAt: number;
  /** Which of those that have asked for it while it was pending this is, from 1. */
  ask: number;
}

/** What makes a repeated request known: the caller's key, and what was asked for, both hashed. */
export interface Idempotency {
  key: string;
  fingerprint: string;
}

/** What became of a request to accept an operation. */
export type Acceptance =
  | { is: 'accepted'; place: Accepted }
  /** The idempotency key was used for another request. */
  | { is: 'key taken' }
  /** Its creator, or everything, is being drained. */
  | { is: 'draining' }
  /** As much waits as may, of its creator or in all: `waiting` of at most `most`; there is room in `retryInMs`. */
  | { is: 'full'; who: 'creator' | 'everybody'; waiting: number; most: number; retryInMs: number }
  /** Its token would come free only at `expectedAt`, later than `latest` (ms since the epoch). */
  | { is: 'too late'; expectedAt: number; latest: number; retryInMs: number };

/**
 * Gives a new operation its place among its creator's and notes it as pending. With an idempotency key that was
 * used before it returns the operation of then. See accept.lua.
 * @param tokenId who asks, if it is to be told of the end: it is where it has a webhook
 */
export async function accept(
  client: ScriptClient,
  limit: ScopedLimit,
  operation: {
    operationId: string;
    creatorId: string;
    kind: string;
    notAfter?: number | undefined;
    /** The operation that it repeats. */
    of?: string | undefined;
  },
  idempotency?: Idempotency,
  now?: number,
  tokenId?: string,
): Promise<Acceptance> {
  const { operationId, creatorId, kind, notAfter, of } = operation;
  const reply = (await runScript(client, scripts.accept, [
    nowArgument(now),
    lineOf(limit.scope, creatorId),
    ...windowArguments(limit),
    operationId,
    creatorId,
    kind,
    notAfter ?? '',
    idempotency?.key ?? '',
    idempotency?.fingerprint ?? '',
    of ?? '',
    tokenId ?? '',
  ])) as
    | []
    | ['draining']
    | ['full', 'creator' | 'everybody' | 'too late', number, number, number]
    | [string, State, string, string, number, number, number, number];
  if (reply.length === 0) return { is: 'key taken' };
  if (reply.length === 1) return { is: 'draining' };
  if (reply.length === 5) {
    const [, who, first, most, retryInMs] = reply;
    if (who === 'too late') return { is: who, expectedAt: first, latest: most, retryInMs };
    return { is: 'full', who, waiting: first, most, retryInMs };
  }
  const [id, state, sequence, follows, notedAt, position, expectedAt, ask] = reply;
  const place = {
    operationId: id,
    state,
    sequence,
    follows: follows || undefined,
    notedAt,
    position,
    expectedAt,
    ask,
  };
  return { is: 'accepted', place };
}

/** Limit and window, as scripts take them that release nothing. */
export function windowArguments(limit: Limit): [number, number] {
  const [tokens, windowMs] = limitArguments(limit);
  return [tokens, windowMs];
}

/** What became of an operation that somebody could not send. See void.lua. */
export type Voided = 'withdrawn' | 'stands' | 'asked again' | 'unknown';

/**
 * Withdraws an operation that could not be sent, unless somebody else who asked for it may have sent it. May be repeated.
 * See void.lua.
 */
export async function voidOperation(
  client: ScriptClient,
  { operationId, ask }: Pick<Accepted, 'operationId' | 'ask'>,
  now?: number,
): Promise<Voided> {
  return (await runScript(client, scripts.void, [nowArgument(now), operationId, ask])) as Voided;
}

/** What is known of one operation. Times are ms since the epoch. */
export interface OperationRecord {
  id: string;
  creator: string;
  kind: string;
  state: State;
  /** When each state was entered first. */
  at: Partial<Record<State, number>>;
  seq?: string;
  follows?: string;
  /** How often the limiter received it. */
  receives?: number;
  attempts: number;
  failures: number;
  error?: string;
  /** Not tried again before. */
  retry_at?: number;
  /** The last try at an effect. */
  tried?: Tried;
  /** The last of its attempts, the oldest first. */
  tries?: Try[];
  /** The operation that it repeats. */
  of?: string;
  /** While it waits: its place (1 is next), and when its token is expected. */
  position?: number;
  expected_at?: number;
  /** What it waits for, as long as it is pending or waiting; of one that was forwarded, if it is paused. */
  waits_for?: WaitsFor;
  /** Until when it waits for that at most, ms since the epoch; absent where nobody knows. */
  until?: number;
  /** When it is not worth doing any more. */
  not_after?: number;
}

/** What an operation that hasn't begun can wait for. See lib/outlook.lua. */
export type WaitsFor =
  | 'turn'
  | 'message'
  | 'predecessor'
  | 'copy'
  | 'paused'
  | 'erasing'
  | 'login'
  | 'refused'
  | 'kind_paused'
  | 'line_paused'
  | 'site_closed'
  | 'unfinished'
  | 'lost_memory';

/** One attempt: when it began, when it ended (ms since the epoch; 0: not yet, or nobody heard of it), and its error or ''. */
type Try = [number, number, string];

/** One try at an effect: what was noted before the click. */
export interface Tried {
  /** From 1. */
  n: number;
  /** The newest message in the conversation before it, as digits; empty where there was none. */
  newest: string;
  /** From when on it can have no effect any more, ms since the epoch. */
  deadline: number;
  /** The status with which the site answered it, if it says anything of the effect. */
  answered?: number;
}

/** Reads the record of an operation; undefined if there is none. See operation.lua. */
export async function readOperation(
  client: ScriptClient,
  limit: ScopedLimit,
  operationId: string,
  now?: number,
): Promise<OperationRecord | undefined> {
  const json = (await runScript(client, scripts.operation, [
    nowArgument(now),
    ...windowArguments(limit),
    operationId,
  ])) as string | null;
  return json === null ? undefined : (JSON.parse(json) as OperationRecord);
}

/** Which operations are asked for; what is absent asks for all. */
export interface OperationFilter {
  /** At least one. */
  creators?: readonly string[] | undefined;
  kind?: string | undefined;
  states?: readonly State[] | undefined;
}

/** A page of operations, and where the next one begins; undefined: that was all. */
export interface OperationPage {
  operations: OperationRecord[];
  next: string | undefined;
}

/** So many are looked at in one call: Redis does nothing else meanwhile, some 5 ms. */
const LOOKED_AT = 1_000;

/**
 * Reads the operations listed last, newest first. What comes meanwhile moves nothing between two pages. See
 * operations.lua.
 * @param page.cursor where a page before has ended; a whole number as digits
 */
export async function listOperations(
  client: ScriptClient,
  limit: ScopedLimit,
  page: { cursor?: string | undefined; most: number; filter?: OperationFilter },
  now?: number,
): Promise<OperationPage> {
  const { most, filter = {} } = page;
  const operations: OperationRecord[] = [];
  let next = page.cursor ?? '';
  // Ends: what is listed is bounded, and each call goes on below the one before.
  do {
    const [after, ...found] = (await runScript(client, scripts.operations, [
      nowArgument(now),
      ...windowArguments(limit),
      next,
      LOOKED_AT,
      most - operations.length,
      filter.kind ?? '',
      filter.states?.join(',') ?? '',
      ...(filter.creators ?? []),
    ])) as [string, ...string[]];
    operations.push(...found.map(json => JSON.parse(json) as OperationRecord));
    next = after;
  } while (next !== '' && operations.length < most);
  return { operations, next: next || undefined };
}

/** An attempt that has begun, and what was there before it. */
export interface StartedAttempt {
  state: State;
  attempts: number;
  failures: number;
  /** `running`: the attempt before this one never ended; undefined: Redis had no record. */
  before: State | undefined;
  tried: Tried | undefined;
  /** Its creator, or everything, is paused: it doesn't begin. Times in ms since the epoch. */
  paused: { sinceMs: number; untilMs: number | undefined } | undefined;
  /** Until when the site's window is closed, ms since the epoch: it doesn't begin before. */
  closedUntilMs: number | undefined;
  /** Redis knows all there is to know of it; otherwise it may have ended without a trace here. */
  isSure: boolean;
  /** When its first attempt began, ms since the epoch; undefined: this is the first of which Redis knows. */
  begunAtMs: number | undefined;
}

/**
 * Notes that an operation is about to be tried. When it had ended before, nothing changes and its final
 * state is returned: then its message is only deleted. See attempt_start.lua.
 */
export async function startAttempt(
  client: ScriptClient,
  operation: {
    operationId: string;
    creatorId: string;
    kind: string;
    /** The line it stood in. */
    line: string;
    /** When it is not worth doing any more, ms since the epoch. */
    notAfter?: number | undefined;
  },
  now?: number,
): Promise<StartedAttempt> {
  const { operationId, creatorId, kind, line, notAfter } = operation;
  const [state, attempts, failures, before, tried, since, until, closed, sure, begun] = (await runScript(
    client,
    scripts.attemptStart,
    [nowArgument(now), operationId, creatorId, kind, line, notAfter ?? ''],
  )) as [State, number, number, State | '', string, string, string, string, number, string];
  return {
    state,
    attempts,
    failures,
    before: before || undefined,
    tried: tried ? (JSON.parse(tried) as Tried) : undefined,
    paused: since ? { sinceMs: Number(since), untilMs: until ? Number(until) : undefined } : undefined,
    closedUntilMs: closed ? Number(closed) : undefined,
    isSure: sure === 1,
    begunAtMs: begun ? Number(begun) : undefined,
  };
}

/**
 * Notes a try at an effect, before it is made, or how the site answered it. False: the operation has ended, or a
 * later try is known; then it must not be made. See attempt_note.lua.
 */
export async function noteAttempt(client: ScriptClient, operationId: string, tried: Tried): Promise<boolean> {
  const { n, newest, deadline, answered = '' } = tried;
  const args = ['', operationId, n, newest, Math.floor(deadline), answered];
  return (await runScript(client, scripts.attemptNote, args)) === 1;
}

/** How an attempt ended; `forwarded`: it will be tried again. */
export interface AttemptEnd {
  operationId: string;
  state: 'succeeded' | 'failed' | 'dead' | 'outcome_unknown' | 'forwarded';
  error?: string;
  /** Whether the attempt spends one of the failures an operation may have. */
  countFailure?: boolean;
  /** Not tried again before, ms since the epoch. */
  retryAt?: number;
  /** Of one that succeeded: pages of the site that have answered as expected. */
  fits?: readonly string[];
}

/** Notes how an attempt ended; returns the failures so far. See attempt_end.lua. */
export async function endAttempt(
  client: ScriptClient,
  end: AttemptEnd,
  now?: number,
): Promise<{ failures: number }> {
  const failures = (await runScript(client, scripts.attemptEnd, [
    nowArgument(now),
    end.operationId,
    end.state,
    end.error ?? '',
    end.countFailure ? 1 : 0,
    end.retryAt === undefined ? '' : Math.floor(end.retryAt),
    ...(end.fits ?? []),
  ])) as number;
  return { failures };
}
