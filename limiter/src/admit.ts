import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Clock } from '@huntaze/core/clock';
import {
  lineOf,
  settle,
  tick,
  type Arrival,
  type Content,
  type Release,
  type ScopedLimit,
  type ScriptClient,
  type Tick,
} from '@huntaze/core/lua';
import { VISIBILITY_TIMEOUTS } from '@huntaze/core/queues';
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { readArrivals, type Unreadable } from './arrivals.ts';
import { deferCopies, deleteCopies } from './copies.ts';
import { bodyHash, forward, isNameless } from './forward.ts';
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
  /** Counts for the metrics: admissions, deferrals, forwards that failed, messages that nobody can read. */
  count(what: 'allowed' | 'rejected' | 'forwardFailed' | 'unreadable', times: number): void;
  /**
   * Of what this invocation leaves in the queue: the age of the oldest (s), and the furthest place in line. Everything
   * that waits comes back within 15 minutes, so the greatest of that time are those of all; SQS's own age forgets a
   * message that was received three times.
   */
  measure(what: 'oldestWaiting' | 'waiting', value: number): void;
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
/** What is left of it for the settlement and the copies' visibility when forwarding has to end (ms). */
const SETTLE_RESERVE_MS = 5_000;
/** A lease outlives the function by this much (ms). */
const LEASE_RESERVE_MS = 1_000;
/** After a failed send, or without Redis: back after so many seconds, and up to as many more. */
const RETRY_S = 5;

/** What has become of one arrival at the end of the invocation. */
type Fate = { is: 'done' } | { is: 'kept' } | { is: 'deferred'; dueAt: number; rank: number };

/** One invocation of the limiter. */
interface Invocation extends Limiter {
  /** When the function's time is over, ms since the epoch. */
  endsAt: number;
  /** How long the queue hides a message whose invocation died, at most (ms). */
  hiddenMs: number;
}

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
  const hiddenMs = VISIBILITY_TIMEOUTS * Math.max(0, endsAt - limiter.clock.now());
  const invocation = { ...limiter, endsAt, hiddenMs };
  const { arrivals, unreadable } = readArrivals(records);
  const recordOf = new Map(records.map(record => [record.messageId, record]));
  const lines = Map.groupBy(arrivals, arrival => lineOf(limiter.limit.scope, arrival.creatorId));
  const kept = await Promise.all([
    refuseAll(invocation, unreadable),
    ...[...lines].map(async ([line, standing]) => {
      const { keep, strangers } = await moveLine(invocation, line, standing);
      const reason = 'operation_id belongs to another creator';
      const refused = strangers.map(id => ({ record: recordOf.get(id)!, reason }));
      return [...keep, ...(await refuseAll(invocation, refused))];
    }),
  ]);
  const waiting = [...new Set(kept.flat())];
  if (waiting.length > 0) {
    const sent = waiting.map(id => Number(recordOf.get(id)!.attributes.SentTimestamp));
    limiter.measure('oldestWaiting', Math.max(0, limiter.clock.now() - Math.min(...sent)) / 1_000);
  }
  return { batchItemFailures: waiting.map(itemIdentifier => ({ itemIdentifier })) };
}

/** Dead-letters what can't be put in line; returns the ids of those for which that failed. */
async function refuseAll(invocation: Invocation, messages: Unreadable[]): Promise<string[]> {
  const kept = messages.map(async message => {
    const error = await refuse(invocation.sqs, invocation.deadLetterQueueUrl, message, invocation);
    const fields = { message_id: message.record.messageId, reason: message.reason };
    if (error === undefined) {
      invocation.log.error('unreadable message dead-lettered', fields);
      invocation.count('unreadable', 1);
      return [];
    }
    invocation.log.error('unreadable message could not be dead-lettered', { ...fields, error });
    return [message.record.messageId];
  });
  return (await Promise.all(kept)).flat();
}

async function moveLine(
  invocation: Invocation,
  line: string,
  arrivals: Arrival[],
): Promise<{ keep: string[]; strangers: string[] }> {
  const { redis, limit, clock, endsAt, hiddenMs } = invocation;
  const keep: string[] = [];
  const strangers: string[] = [];
  let waiting = arrivals;
  for (let round = 0; ; round++) {
    const leaseId = crypto.randomUUID();
    const holdMs = Math.max(0, endsAt - clock.now()) + LEASE_RESERVE_MS;
    let turn: Tick;
    try {
      turn = await tick(redis, line, limit, { id: leaseId, holdMs, hiddenMs }, waiting, invocation.now?.());
    } catch (error) {
      return { keep: [...keep, ...(await failClosed(invocation, waiting, error))], strangers };
    }
    for (const id of turn.bodiless)
      invocation.log.error('the line has lost a body; it goes with its copy', { operation_id: id });
    const settled = await release(invocation, line, leaseId, turn, arrivals);

    const deferred: { arrival: Arrival; dueAt: number; rank: number }[] = [];
    turn.verdicts.forEach((verdict, index) => {
      const arrival = waiting[index]!;
      if (verdict.is === 'stranger') strangers.push(arrival.messageId);
      const fate = fateOf(verdict, arrival, settled);
      if (fate.is === 'kept') keep.push(arrival.messageId);
      if (fate.is === 'deferred') deferred.push({ arrival, dueAt: fate.dueAt, rank: fate.rank });
    });
    if (deferred.length === 0) return { keep, strangers };

    const wait = Math.min(...deferred.map(({ dueAt }) => dueAt)) - turn.now;
    const time = endsAt - clock.now();
    if (wait > EARLY_MS || round >= EARLY_ROUNDS || time - wait < ROUND_RESERVE_MS) {
      await defer(invocation, turn, deferred);
      keep.push(...deferred.map(({ arrival }) => arrival.messageId));
      return { keep, strangers };
    }
    await clock.sleep(wait);
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
      return { is: 'deferred', dueAt: verdict.dueAt, rank: verdict.rank };
  }
}

/** Sends on what the tick released and settles the batch; returns the operations whose copies may go. */
async function release(
  invocation: Invocation,
  line: string,
  leaseId: string,
  turn: Tick,
  arrivals: Arrival[],
): Promise<Set<string>> {
  if (turn.releases.length + turn.bodiless.length + turn.staying.length === 0) return new Set();
  const { sqs, log, clock, endsAt } = invocation;
  const { confirmed, failed } = await forward(
    sqs,
    invocation.workflowsQueueUrl,
    turn.releases,
    { at: turn.now, version: invocation.version },
    { clock, endsAt: endsAt - SETTLE_RESERVE_MS },
  );
  for (const { release: message, error } of failed)
    log.error('forwarding failed; the message keeps its place', { ...fieldsOf(message), error });
  if (failed.length > 0) invocation.count('forwardFailed', failed.length);
  const staying = [...turn.staying, ...failed.map(({ release: message }) => message)];
  if (!(await settleAll(invocation, line, leaseId, confirmed, staying))) {
    await putBack(invocation, turn.releases);
    return new Set();
  }
  await putBack(
    invocation,
    failed.map(({ release: message }) => message),
  );
  for (const message of confirmed)
    log.info('rate limit decision', {
      ...fieldsOf(message),
      allowed: true,
      retry_after: 0,
      tokens_remaining: message.tokensRemaining,
    });
  invocation.count('allowed', confirmed.length);

  const here = new Set(arrivals.map(arrival => arrival.messageId));
  const elsewhere = confirmed.filter(message => !here.has(message.messageId));
  for (const fault of await deleteCopies(sqs, invocation.queueUrl, elsewhere, invocation))
    log.warn('copy not deleted; it will be recognised when it comes', { ...fault });
  return new Set(confirmed.map(message => message.operationId));
}

/** False if the line can't be told: its lease ends by itself, and it sends the same again, which is one to the next queue. */
async function settleAll(
  { redis, log }: Invocation,
  line: string,
  leaseId: string,
  confirmed: Release[],
  staying: Content[],
): Promise<boolean> {
  try {
    const { doubles } = await settle(redis, line, leaseId, {
      forwarded: confirmed.map(message => message.operationId),
      nameless: confirmed
        .filter(isNameless)
        .map(({ operationId, body }) => ({ operationId, bodyHash: bodyHash(body) })),
      staying,
    });
    for (const { operationId, first } of doubles)
      log.warn(
        'the same bytes as another message less than 5 minutes before: to the next queue they are one',
        {
          operation_id: operationId,
          first_operation_id: first,
        },
      );
    return true;
  } catch (error) {
    log.error('settlement failed; copies are kept until the line knows', { error: String(error) });
    return false;
  }
}

function fieldsOf(message: Release): Record<string, unknown> {
  return {
    message_id: message.messageId,
    creator_id: message.creatorId,
    operation_id: message.operationId,
  };
}

async function defer(
  invocation: Invocation,
  turn: Tick,
  deferred: { arrival: Arrival; dueAt: number; rank: number }[],
): Promise<void> {
  // Rounded down: a copy that comes a moment early waits that moment in here, one that is late wastes it.
  const copies = deferred.map(({ arrival, dueAt }) => ({
    ...arrival,
    seconds: Math.min(LONGEST_DEFERRAL_S, Math.max(1, Math.floor((dueAt - turn.now) / 1000))),
  }));
  for (const copy of copies)
    invocation.log.info('rate limit decision', {
      message_id: copy.messageId,
      creator_id: copy.creatorId,
      operation_id: copy.operationId,
      allowed: false,
      retry_after: copy.seconds,
      tokens_remaining: turn.tokensRemaining,
    });
  invocation.count('rejected', copies.length);
  invocation.measure('waiting', 1 + Math.max(...deferred.map(({ rank }) => rank)));
  await setVisibility(invocation, copies);
}

async function failClosed(invocation: Invocation, waiting: Arrival[], error: unknown): Promise<string[]> {
  invocation.log.error('no decision without Redis; nothing is admitted', { error: String(error) });
  await putBack(invocation, waiting);
  return waiting.map(arrival => arrival.messageId);
}

async function putBack(
  invocation: Invocation,
  copies: { messageId: string; receiptHandle: string }[],
): Promise<void> {
  await setVisibility(
    invocation,
    copies.map(copy => ({ ...copy, seconds: Math.ceil(RETRY_S * (1 + invocation.random())) })),
  );
}

async function setVisibility(
  invocation: Invocation,
  copies: { messageId: string; receiptHandle: string; seconds: number }[],
): Promise<void> {
  for (const fault of await deferCopies(invocation.sqs, invocation.queueUrl, copies, invocation))
    invocation.log.warn('visibility not changed; the copy comes back when its time-out ends', { ...fault });
}
