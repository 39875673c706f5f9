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
  type Voided,
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
  /** From 0 to 1, for jitter; absent, the real one. */
  random?: () => number;
}

/** How long an operation's sending is repeated before it is given up (ms). */
const SEND_MS = 10_000;
/** How often it is tried to withdraw an operation, and about how long after the try before (ms). */
const WITHDRAWALS = { most: 2, pauseMs: 500 };
/** Ends the deadline's sleep. Made once: an abort without a reason makes an error with a stack. */
const SENT = new Error('sent in time');

/** The operation was not accepted, and nothing of it is left that could still run. */
export class NotAccepted extends Error {
  override readonly name = 'NotAccepted';
}

/**
 * Neither the queue nor the line can be reached, or somebody else asks for it at the same time: it may be done, or not. Under
 * its idempotency key the same request finds out.
 */
export class Undecided extends Error {
  override readonly name = 'Undecided';
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
 * under the same key, the operation of the first call is returned, and sent again if it is still pending. Whoever ends in
 * between leaves an operation that is pending, is awaited by its creator's next ones for as long as its message could take,
 * and is sent by whoever asks again under its key.
 * @param more.of the operation that this one repeats
 * @param more.tokenId who asks, and is told of the end if it has a webhook
 * @throws NotAccepted when Redis or the queue can't be reached; Undecided; KeyTaken; Draining; Full
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
    // It may have been noted, and only the answer be lost.
    if (!isAnswer(error))
      await voidOnce(api, { operationId: operation.operationId, ask: 1 }).catch(() => undefined);
    throw new NotAccepted('the line can not be reached', { cause: error });
  }
  if (acceptance.is === 'key taken') throw new KeyTaken('the Idempotency-Key was used for another request');
  if (acceptance.is === 'draining')
    throw new Draining(`${request.creator_id} takes on nothing new until it is resumed`);
  if (acceptance.is !== 'accepted') throw full(acceptance, request.creator_id, now);
  const { place } = acceptance;
  if (place.state !== 'pending') return place;
  api.log({
    message: 'accepting',
    operation_id: place.operationId,
    creator_id: operation.creatorId,
    kind: operation.kind,
  });
  try {
    await send(api, request, place);
  } catch (error) {
    const voided = await withdraw(api, place);
    if (voided === 'withdrawn') throw new NotAccepted('the queue can not be reached', { cause: error });
    if (voided !== 'stands') throw new Undecided(UNDECIDED[voided], { cause: error });
  }
  return place;
}

const UNDECIDED = {
  'asked again':
    'the queue can not be reached, and it is being asked for by another request under the same key',
  unknown: 'the queue can not be reached, and the line has lost its memory meanwhile',
};

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

/** `stands`: the message has been seen in the line after all. @throws Undecided when the line can't be reached either */
async function withdraw(api: Intake, place: Accepted): Promise<Voided> {
  const { random = Math.random } = api;
  for (let tries = 1; ; tries += 1) {
    try {
      return await voidOnce(api, place);
    } catch (error) {
      if (tries === WITHDRAWALS.most)
        throw new Undecided('neither the queue nor the line can be reached', { cause: error });
      await api.clock.sleep(WITHDRAWALS.pauseMs * (0.5 + random()));
    }
  }
}

function voidOnce(api: Intake, place: Pick<Accepted, 'operationId' | 'ask'>): Promise<Voided> {
  return voidOperation(api.redis, place, api.lineNow?.());
}

/** Whether Redis has said no. A script that it refuses has changed nothing. */
function isAnswer(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
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
