import { nowArgument, runScript, type ScriptClient } from './run.ts';
import { scripts } from './scripts.gen.ts';

/**
 * How much a token's return is delayed beyond the window, in ms: it covers the jitter between admission and
 * the moment at which the admitted message is in the next queue.
 */
const GUARD_MS = 250;

/** The limit of one line: at most `limit` releases in any `windowMs` milliseconds. */
export interface Limit {
  limit: number;
  windowMs: number;
}

/** The limit, and the scope in which it holds: for the whole site, or for each creator. */
export interface ScopedLimit extends Limit {
  scope: 'platform' | 'creator';
}

/** The limit that a deployable's environment sets. */
export function limitFrom(env: {
  TOKENS_PER_WINDOW: number;
  WINDOW_SECONDS: number;
  RATE_LIMIT_SCOPE: ScopedLimit['scope'];
}): ScopedLimit {
  return {
    scope: env.RATE_LIMIT_SCOPE,
    limit: env.TOKENS_PER_WINDOW,
    windowMs: env.WINDOW_SECONDS * 1_000,
  };
}

/** How long a token of the line stays spent, in ms. */
export function tokenSpan(limit: Limit): number {
  return limit.windowMs + GUARD_MS;
}

/** The line in which a creator's operations stand. */
export function lineOf(scope: ScopedLimit['scope'], creatorId: string): string {
  return scope === 'platform' ? 'platform' : `creator-${creatorId}`;
}

/** A message that has arrived at the limiter. */
export interface Arrival {
  operationId: string;
  creatorId: string;
  kind: string;
  /** Place among its creator's operations, a whole number of microseconds as digits. */
  sequence: string;
  /** Sequence of the one before, as digits, where the producer has said so. */
  follows: string | undefined;
  messageId: string;
  receiptHandle: string;
  /** How often SQS has handed this copy over. */
  receives: number;
  body: string;
  /** The SQS message attributes as JSON; passed on unread. */
  attributes: string;
}

/** A message whose turn has come; it is to be sent on, and then settled. */
export interface Release {
  operationId: string;
  creatorId: string;
  sequence: string;
  messageId: string;
  receiptHandle: string;
  body: string;
  attributes: string;
  tokensRemaining: number;
}

/** What is to become of the copy that has arrived. */
type Verdict =
  | { is: 'released' }
  /** It was sent on before, or withdrawn: the copy can go. */
  | { is: 'gone' }
  /** Its id belongs to an operation of another creator. */
  | { is: 'stranger' }
  /** Its token comes free at `dueAt` (ms); `rank` others are before it. */
  | { is: 'waiting'; dueAt: number; rank: number };

export interface Tick {
  now: number;
  tokensRemaining: number;
  releases: Release[];
  /** One per arrival, in order. */
  verdicts: Verdict[];
}

/** The lease under which a tick releases. */
export interface Lease {
  id: string;
  /** At least as long as the function may run. */
  holdMs: number;
}

/** At most so many releases in one tick: a bound on the reply, far above what a window gives. */
const MOST_RELEASES = 100;

/** Lets the line move: releases what has room, enrols the arrivals, releases again. See tick.lua. */
export async function tick(
  client: ScriptClient,
  line: string,
  limit: Limit,
  lease: Lease,
  arrivals: Arrival[],
  now?: number,
): Promise<Tick> {
  const [at, tokensRemaining, releases, verdicts] = (await runScript(client, scripts.tick, [
    nowArgument(now),
    line,
    limit.limit,
    Math.round(limit.windowMs),
    GUARD_MS,
    lease.id,
    lease.holdMs,
    MOST_RELEASES,
    ...arrivals.flatMap(a => [
      a.operationId,
      a.creatorId,
      a.kind,
      a.sequence,
      a.follows ?? '',
      a.messageId,
      a.receiptHandle,
      a.receives,
      a.body,
      a.attributes,
    ]),
  ])) as [number, number, ReleaseReply[], VerdictReply[]];
  return {
    now: at,
    tokensRemaining,
    releases: releases.map(readRelease),
    verdicts: verdicts.map(readVerdict),
  };
}

type ReleaseReply = [string, string, string, string, string, string, string, number];
type VerdictReply = ['released' | 'gone' | 'stranger'] | ['waiting', number, number];

function readRelease(reply: ReleaseReply): Release {
  const [operationId, creatorId, sequence, messageId, receiptHandle, body, attributes, tokensRemaining] =
    reply;
  return { operationId, creatorId, sequence, messageId, receiptHandle, body, attributes, tokensRemaining };
}

function readVerdict(reply: VerdictReply): Verdict {
  return reply[0] === 'waiting' ? { is: 'waiting', dueAt: reply[1], rank: reply[2] } : { is: reply[0] };
}

/**
 * Marks what SQS has confirmed as forwarded and ends the lease; what isn't named stays released and goes
 * again. Returns whether the lease was still this one's. See settle.lua.
 */
export async function settle(
  client: ScriptClient,
  line: string,
  leaseId: string,
  forwarded: string[],
  now?: number,
): Promise<boolean> {
  const [mine] = (await runScript(client, scripts.settle, [
    nowArgument(now),
    line,
    leaseId,
    ...forwarded,
  ])) as [number];
  return mine === 1;
}
