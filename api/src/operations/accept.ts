import { createHash } from 'node:crypto';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Clock } from '@huntaze/core/clock';
import { newOperationId } from '@huntaze/core/ids';
import {
  accept,
  voidOperation,
  type Acceptance,
  type Accepted,
  type Idempotency,
  type ScopedLimit,
  type ScriptClient,
} from '@huntaze/core/lua';
import { messageFor } from '@huntaze/core/message';
import type { OperationRequest } from '@huntaze/core/operations';
import { spanOf } from '@huntaze/core/times';

/** What taking operations on needs. */
export interface Intake {
  redis: ScriptClient;
  sqs: Pick<SQSClient, 'send'>;
  queueUrl: string;
  limit: ScopedLimit;
  clock: Clock;
  log: (line: Record<string, unknown>) => void;
  /** A simulation's time for the line (ms); absent, Redis's own clock rules. */
  lineNow?: () => number;
  /** Makes the ids of operations from the time (ms), for a simulation; absent, the real ones. */
  newId?: (nowMs: number) => string;
}

/** How long an operation's sending is repeated before it is given up (ms). */
const SEND_MS = 10_000;
/** Ends the deadline's sleep. Made once: an abort without a reason makes an error with a stack. */
const SENT = new Error('sent in time');

/** The operation was not accepted, and nothing of it is left that could still run. */
export class NotAccepted extends Error {
  override readonly name = 'NotAccepted';
}

/** The idempotency key was used for another request. */
export class KeyTaken extends Error {
  override readonly name = 'KeyTaken';
}

/** What there is of this creator, or of all, is being brought to its end: nothing new is taken on. */
export class Draining extends Error {
  override readonly name = 'Draining';
}

/** As much waits as may: of the creator, or in all. */
export class Full extends Error {
  override readonly name = 'Full';
  readonly who: 'creator' | 'everybody';
  readonly retryInMs: number;

  constructor(message: string, who: 'creator' | 'everybody', retryInMs: number) {
    super(message);
    this.who = who;
    this.retryInMs = retryInMs;
  }
}

/**
 * What makes a repeated request known. The key holds for one token: two callers can't meet in one, and none of it
 * can be read from Redis.
 */
export function idempotencyOf(key: string, tokenSha256: string, request: OperationRequest): Idempotency {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  return { key: hash(`${tokenSha256}:${key}`), fingerprint: hash(JSON.stringify(request)) };
}

/**
 * Takes an operation on: its place first, then the queue. It is accepted as a whole or not at all; a send
 * whose answer is lost is repeated with the same body, and withdrawn when that doesn't help either. Asked again
 * under the same key, the operation of the first call is returned, and sent again if it is still pending.
 * @param more.of the operation that this one repeats
 * @param more.tokenId who asks, and is told of the end if it has a webhook
 * @throws NotAccepted when Redis or the queue can't be reached; KeyTaken; Draining; Full
 */
export async function acceptOperation(
  api: Intake,
  request: OperationRequest,
  idempotency: Idempotency | undefined,
  now: number,
  { of, tokenId }: { of?: string | undefined; tokenId?: string | undefined } = {},
): Promise<Accepted> {
  const operation = {
    of,
    operationId: (api.newId ?? newOperationId)(now),
    creatorId: request.creator_id,
    kind: request.kind,
    notAfter: request.not_after === undefined ? undefined : Date.parse(request.not_after),
  };
  let acceptance: Acceptance;
  try {
    acceptance = await accept(api.redis, api.limit, operation, idempotency, api.lineNow?.(), tokenId);
  } catch (error) {
    throw new NotAccepted('the line can not be reached', { cause: error });
  }
  if (acceptance.is === 'key taken') throw new KeyTaken('the Idempotency-Key was used for another request');
  if (acceptance.is === 'draining')
    throw new Draining(`${request.creator_id} takes on nothing new until it is resumed`);
  if (acceptance.is !== 'accepted') throw full(acceptance, request.creator_id, now);
  const { place } = acceptance;
  if (place.state !== 'pending') return place;
  const { operationId } = place;
  const { creatorId, kind } = operation;
  api.log({ message: 'accepting', operation_id: operationId, creator_id: creatorId, kind });
  try {
    await send(api, request, place);
  } catch (error) {
    if (await withdrawn(api, operationId))
      throw new NotAccepted('the queue can not be reached', { cause: error });
  }
  return place;
}

function full(why: Extract<Acceptance, { is: 'full' | 'too late' }>, creatorId: string, now: number): Full {
  if (why.is === 'too late') {
    const [expected, latest] = [why.expectedAt, why.latest].map(time => spanOf(time - now));
    const message = `its turn would come in ${expected} only, and nothing is taken on for later than ${latest}`;
    return new Full(message, 'creator', why.retryInMs);
  }
  const whose = why.who === 'creator' ? `of ${creatorId} ` : '';
  return new Full(
    `${why.waiting} operations ${whose}wait already, and at most ${why.most} may`,
    why.who,
    why.retryInMs,
  );
}

/** False if the message has been seen in the line after all: then the operation stands. */
async function withdrawn(api: Intake, operationId: string): Promise<boolean> {
  try {
    return await voidOperation(api.redis, operationId, api.lineNow?.());
  } catch (error) {
    throw new NotAccepted('neither the queue nor the line can be reached', { cause: error });
  }
}

async function send(api: Intake, request: OperationRequest, place: Accepted): Promise<void> {
  const command = new SendMessageCommand({ QueueUrl: api.queueUrl, ...messageFor(request, place) });
  const late = new AbortController();
  const sent = new AbortController();
  api.clock.sleep(SEND_MS, sent.signal).then(
    () => late.abort(),
    () => undefined, // sent in time
  );
  try {
    await api.sqs.send(command, { abortSignal: late.signal });
  } finally {
    sent.abort(SENT);
  }
}
