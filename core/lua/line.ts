import { nowArgument, runScript, type ScriptClient } from './run.ts';
import * as scripts from './scripts.gen.ts';

/** The limit of one line: at most `limit` releases in any `windowMs` milliseconds. */
export interface Limit {
  limit: number;
  windowMs: number;
  /** Nothing is released above so many operations forwarded and not ended; absent, 20 windows' worth. */
  mostUnfinished?: number | undefined;
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
  MAX_UNFINISHED?: number | undefined;
}): ScopedLimit {
  return {
    scope: env.RATE_LIMIT_SCOPE,
    limit: env.TOKENS_PER_WINDOW,
    windowMs: env.WINDOW_SECONDS * 1_000,
    mostUnfinished: env.MAX_UNFINISHED,
  };
}

/** The limit as every script takes it. */
export function limitArguments({ limit, windowMs, mostUnfinished }: Limit): [number, number, number | ''] {
  return [limit, Math.round(windowMs), mostUnfinished ?? ''];
}

/** The line in which a creator's operations stand. */
export function lineOf(scope: ScopedLimit['scope'], creatorId: string): string {
  return scope === 'platform' ? 'platform' : `creator-${creatorId}`;
}

/** What a message brings, and takes along. */
export interface Content {
  operationId: string;
  body: string;
  /** The SQS message attributes in one line; passed on unread. */
  attributes: string;
}

/** A message that has arrived at the limiter. */
export interface Arrival extends Content {
  creatorId: string;
  kind: string;
  /** Place among its creator's operations, a whole number of microseconds as digits. */
  sequence: string;
  /** Sequence of the one before, as digits, where the producer has said so. */
  follows: string | undefined;
  /** When it is not worth doing any more, ms since the epoch. */
  notAfter: number | undefined;
  messageId: string;
  receiptHandle: string;
  /** How often SQS has handed this copy over. */
  receives: number;
}

/** Body and attributes above so many bytes are not kept in Redis: such a message leaves with its copy in hand. */
const LARGE_PARCEL_BYTES = 256 * 1_024;

/** A message whose turn has come; it is to be sent on, and then settled. */
export interface Release extends Content {
  creatorId: string;
  sequence: string;
  messageId: string;
  receiptHandle: string;
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
  /** Operations whose body is gone from Redis: they are released again when their copies come. */
  bodiless: string[];
  /** One per arrival, in order. */
  verdicts: Verdict[];
  /** Arrivals that wait, and whose bodies the line doesn't have: the settlement is to bring them. */
  staying: Arrival[];
}

/** The lease under which a tick releases. */
export interface Lease {
  id: string;
  /** At least as long as the function may run. */
  holdMs: number;
  /** How long the queue hides a message whose invocation died, at most. */
  hiddenMs: number;
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
    ...limitArguments(limit),
    lease.id,
    Math.ceil(lease.holdMs),
    Math.ceil(lease.hiddenMs),
    MOST_RELEASES,
    ...arrivals.flatMap(argumentsOf),
  ])) as [number, number, ReleaseReply[], VerdictReply[]];
  return {
    now: at,
    tokensRemaining,
    releases: releases.filter(hasBody).map(reply => readRelease(reply, arrivals)),
    bodiless: releases.filter(reply => !hasBody(reply)).map(([operationId]) => operationId),
    verdicts: verdicts.map(readVerdict),
    staying: arrivals.filter((arrival, i) => verdicts[i]?.[3] === 1 && !isLarge(arrival)),
  };
}

function argumentsOf(arrival: Arrival): (string | number)[] {
  return [
    arrival.operationId,
    arrival.creatorId,
    arrival.kind,
    arrival.sequence,
    arrival.follows ?? '',
    arrival.notAfter ?? '',
    arrival.messageId,
    arrival.receiptHandle,
    arrival.receives,
  ];
}

/** What the line keeps of a message beside its record. The attributes are JSON, and have no line break of their own. */
function parcelOf({ attributes, body }: Content): string {
  return `${attributes}\n${body}`;
}

function isLarge({ attributes, body }: Content): boolean {
  // Few are: no character takes more than 3 bytes, and most need not be counted.
  if (3 * (attributes.length + body.length) <= LARGE_PARCEL_BYTES) return false;
  return Buffer.byteLength(attributes) + Buffer.byteLength(body) > LARGE_PARCEL_BYTES;
}

type ReleaseReply = [string, number, number] | [string, number, -1, string, string, string, string, string];
type VerdictReply = ['released' | 'gone' | 'stranger'] | ['waiting', number, number, 0 | 1];

const hasBody = (reply: ReleaseReply) => reply.length === 3 || reply[7] !== '';

function readRelease(reply: ReleaseReply, arrivals: Arrival[]): Release {
  const [operationId, tokensRemaining, index] = reply;
  if (reply.length === 3) {
    const { creatorId, sequence, messageId, receiptHandle, body, attributes } = arrivals[index]!;
    const held = { creatorId, sequence, messageId, receiptHandle, body, attributes };
    return { operationId, tokensRemaining, ...held };
  }
  const [, , , creatorId, sequence, messageId, receiptHandle, parcel] = reply;
  const end = parcel.indexOf('\n');
  const held = { body: parcel.slice(end + 1), attributes: parcel.slice(0, end) };
  // Whoever has just brought the copy has its latest handle.
  const copy = arrivals.find(arrival => arrival.operationId === operationId) ?? { messageId, receiptHandle };
  return {
    operationId,
    tokensRemaining,
    creatorId,
    sequence,
    messageId: copy.messageId,
    receiptHandle: copy.receiptHandle,
    ...held,
  };
}

function readVerdict(reply: VerdictReply): Verdict {
  return reply[0] === 'waiting' ? { is: 'waiting', dueAt: reply[1], rank: reply[2] } : { is: reply[0] };
}

/** What has become of a batch after its tick. */
export interface Outcome {
  /** Operations that SQS has confirmed. */
  forwarded: string[];
  /** Those of them that have no id of their own, with the hash of their bytes. */
  nameless?: { operationId: string; bodyHash: string }[];
  /** What stays with the line to be sent on later: what the tick has said, and what could not be sent. */
  staying?: Content[];
}

/** What a settlement found. */
export interface Settlement {
  /** Whether the lease was still the caller's. */
  isOurs: boolean;
  /** Operations whose bytes were forwarded less than 5 minutes before, as `first`: to the next queue they are one. */
  doubles: { operationId: string; first: string }[];
}

/**
 * Marks what SQS has confirmed as forwarded and ends the lease; what was released and isn't named goes again. Keeps
 * the bodies of what stays: most messages find room at once, and those that come again have brought theirs, so that no
 * tick carries any. See settle.lua.
 */
export async function settle(
  client: ScriptClient,
  line: string,
  leaseId: string,
  { forwarded, nameless = [], staying = [] }: Outcome,
): Promise<Settlement> {
  const [mine, ...names] = (await runScript(client, scripts.settle, [
    line,
    leaseId,
    forwarded.length,
    ...forwarded,
    nameless.length,
    ...nameless.flatMap(({ operationId, bodyHash }) => [operationId, bodyHash]),
    ...staying.flatMap(content => (isLarge(content) ? [] : [content.operationId, parcelOf(content)])),
  ])) as [number, ...string[]];
  const doubles = names.flatMap((operationId, i) =>
    i % 2 === 0 ? { operationId, first: names[i + 1]! } : [],
  );
  return { isOurs: mine === 1, doubles };
}
