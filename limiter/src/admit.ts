import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Clock } from '@huntaze/core/clock';
import {
  lineOf,
  settle,
  tick,
  type Arrival,
  type Release,
  type ScopedLimit,
  type ScriptClient,
  type Tick,
} from '@huntaze/core/lua';
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { readArrivals, type Unreadable } from './arrivals.ts';
import { deferCopies, deleteCopies } from './copies.ts';
import { forward } from './forward.ts';
import { refuse } from './refuse.ts';

/** Where the limiter tells what it decided: one call, one line of JSON. */
interface Log {
  info(message: string, fields: Record<string, unknown>): void;
  warn(message: string, fields: Record<string, unknown>): void;
  error(message: string, fields: Record<string, unknown>): void;
}

/** Everything the limiter works with. */
export interface Limiter {
  sqs: Pick<SQSClient, 'send'>;
  redis: ScriptClient;
  clock: Clock;
  log: Log;
  /** Counts admissions and deferrals for the metrics. */
  count(what: 'allowed' | 'rejected', times: number): void;
  queueUrl: string;
  workflowsQueueUrl: string;
  deadLetterQueueUrl: string;
  limit: ScopedLimit;
  version: string;
  /** In [0, 1); jitter. */
  random(): number;
  /** A simulation's time for the line (ms); absent, Redis's own clock rules. */
  now?: () => number;
}

/** SQS's ApproximateReceiveCount apart, a deferral costs nothing; this bounds what a lost line can hide (s). */
const LONGEST_DEFERRAL_S = 900;
/** Who is due within this time is waited for: the last percent of the rate is here (ms). */
const EARLY_MS = 1_000;
/** How often one invocation may wait for a token. */
const EARLY_ROUNDS = 3;
/** What must be left of the function's time to start another round (ms). */
const ROUND_RESERVE_MS = 8_000;
/** The queue hides a message six times as long as an invocation may take, as AWS advises. */
const VISIBILITY_TIMEOUTS = 6;
/** A lease outlives the function by this much (ms). */
const LEASE_RESERVE_MS = 1_000;
/** After a failed send, or without Redis: back after so many seconds, and up to as many more. */
const RETRY_S = 5;

/** What has become of one arrival at the end of the invocation. */
type Fate = { is: 'done' } | { is: 'kept' } | { is: 'deferred'; dueAt: number };

/**
 * Takes one batch of the rate limiter queue through the line. What is listed in the answer stays in the
 * queue, with the visibility timeout set here; SQS's event source deletes the rest.
 * @param endsAt when the function's time is over, ms since the epoch
 */
export async function admit(
  limiter: Limiter,
  records: SQSRecord[],
  endsAt: number,
): Promise<SQSBatchResponse> {
  const { arrivals, unreadable } = readArrivals(records);
  const kept = new Set<string>();
  for (const message of unreadable)
    if (!(await refuseMessage(limiter, message))) kept.add(message.record.messageId);

  const recordOf = new Map(records.map(record => [record.messageId, record]));
  const lines = Map.groupBy(arrivals, arrival => lineOf(limiter.limit.scope, arrival.creatorId));
  await Promise.all(
    [...lines].map(async ([line, standing]) => {
      const { keep, strangers } = await moveLine(limiter, line, standing, endsAt);
      for (const id of keep) kept.add(id);
      for (const id of strangers) {
        const reason = 'operation_id belongs to another creator';
        if (!(await refuseMessage(limiter, { record: recordOf.get(id)!, reason }))) kept.add(id);
      }
    }),
  );
  return { batchItemFailures: [...kept].map(itemIdentifier => ({ itemIdentifier })) };
}

async function refuseMessage(limiter: Limiter, message: Unreadable): Promise<boolean> {
  const error = await refuse(limiter.sqs, limiter.deadLetterQueueUrl, message);
  const fields = { message_id: message.record.messageId, reason: message.reason };
  if (error === undefined) limiter.log.error('unreadable message dead-lettered', fields);
  else limiter.log.error('unreadable message could not be dead-lettered', { ...fields, error });
  return error === undefined;
}

async function moveLine(
  limiter: Limiter,
  line: string,
  arrivals: Arrival[],
  endsAt: number,
): Promise<{ keep: string[]; strangers: string[] }> {
  const keep: string[] = [];
  const strangers: string[] = [];
  let waiting = arrivals;
  for (let round = 0; ; round++) {
    const leaseId = crypto.randomUUID();
    const holdMs = Math.ceil(Math.max(0, endsAt - limiter.clock.now()) + LEASE_RESERVE_MS);
    let turn: Tick;
    try {
      const lease = { id: leaseId, holdMs, hiddenMs: VISIBILITY_TIMEOUTS * holdMs };
      turn = await tick(limiter.redis, line, limiter.limit, lease, waiting, limiter.now?.());
    } catch (error) {
      keep.push(...(await failClosed(limiter, waiting, error)));
      return { keep, strangers };
    }
    const settled = await release(limiter, line, leaseId, turn, arrivals);

    const deferred: { arrival: Arrival; dueAt: number }[] = [];
    turn.verdicts.forEach((verdict, index) => {
      const arrival = waiting[index]!;
      if (verdict.is === 'stranger') strangers.push(arrival.messageId);
      const fate = fateOf(verdict, arrival, settled);
      if (fate.is === 'kept') keep.push(arrival.messageId);
      if (fate.is === 'deferred') deferred.push({ arrival, dueAt: fate.dueAt });
    });
    if (deferred.length === 0) return { keep, strangers };

    const wait = Math.min(...deferred.map(({ dueAt }) => dueAt)) - turn.now;
    const time = endsAt - limiter.clock.now();
    if (wait > EARLY_MS || round >= EARLY_ROUNDS || time - wait < ROUND_RESERVE_MS) {
      await defer(limiter, turn, deferred);
      keep.push(...deferred.map(({ arrival }) => arrival.messageId));
      return { keep, strangers };
    }
    await limiter.clock.sleep(wait);
    waiting = deferred.map(({ arrival }) => arrival);
  }
}

function fateOf(verdict: Tick['verdicts'][number], arrival: Arrival, settled: Set<string>): Fate {
  switch (verdict.is) {
    case 'gone':
    case 'stranger':
      return { is: 'done' };
    case 'released':
      return settled.has(arrival.operationId) ? { is: 'done' } : { is: 'kept' };
    case 'waiting':
      return { is: 'deferred', dueAt: verdict.dueAt };
  }
}

/** Sends on what the tick released and settles it; returns the operations whose copies may go. */
async function release(
  limiter: Limiter,
  line: string,
  leaseId: string,
  turn: Tick,
  arrivals: Arrival[],
): Promise<Set<string>> {
  if (turn.releases.length === 0) return new Set();
  const { confirmed, failed } = await forward(limiter.sqs, limiter.workflowsQueueUrl, turn.releases, {
    at: turn.now,
    version: limiter.version,
  });
  for (const { release: message, error } of failed)
    limiter.log.error('forwarding failed; the message keeps its place', { ...fieldsOf(message), error });
  await putBack(
    limiter,
    failed.map(({ release: message }) => message),
  );
  try {
    await settle(
      limiter.redis,
      line,
      leaseId,
      confirmed.map(message => message.operationId),
    );
  } catch (error) {
    // The lease ends by itself and the line sends these again; the next queue's deduplication makes it one.
    limiter.log.error('settlement failed; copies are kept until the line knows', { error: String(error) });
    return new Set();
  }
  for (const message of confirmed)
    limiter.log.info('rate limit decision', {
      ...fieldsOf(message),
      allowed: true,
      retry_after: 0,
      tokens_remaining: message.tokensRemaining,
    });
  limiter.count('allowed', confirmed.length);

  const here = new Set(arrivals.map(arrival => arrival.messageId));
  const elsewhere = confirmed.filter(message => !here.has(message.messageId));
  for (const fault of await deleteCopies(limiter.sqs, limiter.queueUrl, elsewhere))
    limiter.log.warn('copy not deleted; it will be recognised when it comes', { ...fault });
  return new Set(confirmed.map(message => message.operationId));
}

function fieldsOf(message: Release): Record<string, unknown> {
  return {
    message_id: message.messageId,
    creator_id: message.creatorId,
    operation_id: message.operationId,
  };
}

async function defer(
  limiter: Limiter,
  turn: Tick,
  deferred: { arrival: Arrival; dueAt: number }[],
): Promise<void> {
  // Rounded down: a copy that comes a moment early waits that moment in here, one that is late wastes it.
  const copies = deferred.map(({ arrival, dueAt }) => ({
    ...arrival,
    seconds: Math.min(LONGEST_DEFERRAL_S, Math.max(1, Math.floor((dueAt - turn.now) / 1000))),
  }));
  for (const copy of copies)
    limiter.log.info('rate limit decision', {
      message_id: copy.messageId,
      creator_id: copy.creatorId,
      operation_id: copy.operationId,
      allowed: false,
      retry_after: copy.seconds,
      tokens_remaining: turn.tokensRemaining,
    });
  limiter.count('rejected', copies.length);
  await setVisibility(limiter, copies);
}

async function failClosed(limiter: Limiter, waiting: Arrival[], error: unknown): Promise<string[]> {
  limiter.log.error('no decision without Redis; nothing is admitted', { error: String(error) });
  await putBack(limiter, waiting);
  return waiting.map(arrival => arrival.messageId);
}

async function putBack(
  limiter: Limiter,
  copies: { messageId: string; receiptHandle: string }[],
): Promise<void> {
  await setVisibility(
    limiter,
    copies.map(copy => ({ ...copy, seconds: Math.ceil(RETRY_S * (1 + limiter.random())) })),
  );
}

async function setVisibility(
  limiter: Limiter,
  copies: { messageId: string; receiptHandle: string; seconds: number }[],
): Promise<void> {
  for (const fault of await deferCopies(limiter.sqs, limiter.queueUrl, copies))
    limiter.log.warn('visibility not changed; the copy comes back when its time-out ends', { ...fault });
}
