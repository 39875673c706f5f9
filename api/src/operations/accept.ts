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
 * @throws NotAccepted when Redis or the queue can't be reached; KeyTaken; Draining
 */
export async function acceptOperation(
  api: Intake,
  request: OperationRequest,
  idempotency: Idempotency | undefined,
  now: number,
): Promise<Accepted> {
  const operation = {
    operationId: (api.newId ?? newOperationId)(now),
    creatorId: request.creator_id,
    kind: request.kind,
    notAfter: request.not_after === undefined ? undefined : Date.parse(request.not_after),
  };
  let acceptance: Acceptance;
  try {
    acceptance = await accept(api.redis, api.limit, operation, idempotency, api.lineNow?.());
  } catch (error) {
    throw new NotAccepted('the line can not be reached', { cause: error });
  }
  if (acceptance.is === 'key taken') throw new KeyTaken('the Idempotency-Key was used for another request');
  if (acceptance.is === 'draining')
    throw new Draining(`${request.creator_id} takes on nothing new until it is resumed`);
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
