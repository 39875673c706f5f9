import { createHash } from 'node:crypto';
import type { Message, MessageSystemAttributeName } from '@aws-sdk/client-sqs';
import { readEnvelope, UnreadableMessage, type Envelope } from '@huntaze/core/envelope';
import { isSafeId } from '@huntaze/core/ids';
import { ATTRIBUTES } from '@huntaze/core/names';
import { check, operationRequest, type OperationRequest } from '@huntaze/core/operations';
import * as z from 'zod/mini';
import { iso } from '../operations/describe.ts';
import { causeOf } from './cause.ts';

/** The two that put letters into their dead-letter queue. */
export const QUEUE_NAMES = ['limiter', 'scraper'] as const;
export type QueueName = (typeof QUEUE_NAMES)[number];

/** A dead letter, as the API shows it. */
export const shownLetter = z.strictObject({
  id: z.string(),
  /** Whose queue it lies in. */
  queue: z.enum(QUEUE_NAMES),
  operation_id: z.optional(z.string()),
  creator_id: z.optional(z.string()),
  kind: z.optional(z.string()),
  /** In few words, the same for all that died of the same. */
  cause: z.string(),
  /** How often it was tried, and how that ended last. */
  attempts: z.optional(z.int()),
  last_error: z.optional(z.string()),
  sent_at: z.iso.datetime(),
});

/** A dead letter that is held: what it says, and the message that says it. */
export interface Letter {
  id: string;
  queue: QueueName;
  /** What SQS knows it by, for as long as it is held. */
  message: Pick<Message, 'ReceiptHandle'>;
  operationId: string | undefined;
  /** Undefined: nobody can say whose it is. */
  creatorId: string | undefined;
  kind: string | undefined;
  cause: string;
  attempts: number | undefined;
  lastError: string | undefined;
  /** When it came into its queue, ms since the epoch. */
  sentAtMs: number;
  /** Its place among its creator's operations; '' where nobody has said. */
  sequence: string;
  /** What it asks for; undefined: it is no operation that could be asked for again. */
  request: OperationRequest | undefined;
}

/** What SQS says of a message that is needed here. */
export const SYSTEM_ATTRIBUTES = [
  'SentTimestamp',
  'DeadLetterQueueSourceArn',
] as const satisfies MessageSystemAttributeName[];

/** Reads a dead letter; whatever it is, there is something to be said of it. */
export function readLetter(queue: QueueName, message: Message): Letter {
  const { MessageId = '', Body = '', Attributes, MessageAttributes } = message;
  const envelope = envelopeOf(Body);
  const told = { ...combined(MessageAttributes?.[ATTRIBUTES.deadLetter]?.StringValue) };
  const text = (name: string) => MessageAttributes?.[name]?.StringValue ?? told[name];
  const reason = text(ATTRIBUTES.reason);
  const attempts = Number(text(ATTRIBUTES.attempts));
  const named = text(ATTRIBUTES.operationId);
  return {
    id: letterId(queue, MessageId),
    queue,
    message: { ReceiptHandle: message.ReceiptHandle },
    operationId: envelope?.operationId ?? (isSafeId(named) ? named : undefined),
    creatorId: envelope?.creatorId,
    kind: envelope?.kind,
    cause: causeOf(reason, Attributes?.DeadLetterQueueSourceArn !== undefined),
    attempts: Number.isSafeInteger(attempts) && attempts > 0 ? attempts : undefined,
    lastError: text(ATTRIBUTES.lastError) ?? reason,
    sentAtMs: Number(Attributes?.SentTimestamp ?? 0),
    sequence: text(ATTRIBUTES.sequence) ?? '',
    request: envelope && requestIn(Body),
  };
}

/**
 * A letter's name for those outside: a receipt handle never leaves the server, and is another each time. The message's id
 * stays the same for as long as it lies there.
 */
function letterId(queue: QueueName, messageId: string): string {
  return `dl-${createHash('sha256').update(`${queue}:${messageId}`).digest('hex').slice(0, 24)}`;
}

function envelopeOf(body: string): Envelope | undefined {
  try {
    return readEnvelope(body);
  } catch (error) {
    if (error instanceof UnreadableMessage) return undefined;
    throw error;
  }
}

/** The scraper's words, where they travel as one. */
function combined(json: string | undefined): Record<string, string> {
  if (json === undefined) return {};
  try {
    return z.safeParse(z.record(z.string(), z.string()), JSON.parse(json)).data ?? {};
  } catch {
    return {}; // not JSON: somebody else's attribute
  }
}

/** What a body asks for, if it is one of ours. It has been read as JSON before. */
function requestIn(body: string): OperationRequest | undefined {
  const { kind, creator_id, params, not_after } = JSON.parse(body) as Record<string, unknown>;
  const asked = { kind, creator_id, params, ...(not_after !== undefined && { not_after }) };
  const checked = check(operationRequest, asked);
  return checked.ok ? checked.value : undefined;
}

/** In the order in which the letters came; of equal times, in that of the creator's operations. */
export function byTime(a: Letter, b: Letter): number {
  return a.sentAtMs - b.sentAtMs || a.sequence.length - b.sequence.length || compare(a.sequence, b.sequence);
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** A letter as the API shows it. */
export function describeLetter(letter: Letter): z.infer<typeof shownLetter> {
  const { id, queue, operationId, creatorId, kind, cause, attempts, lastError, sentAtMs } = letter;
  return {
    id,
    queue,
    ...(operationId !== undefined && { operation_id: operationId }),
    ...(creatorId !== undefined && { creator_id: creatorId }),
    ...(kind !== undefined && { kind }),
    cause,
    ...(attempts !== undefined && { attempts }),
    ...(lastError !== undefined && { last_error: lastError }),
    sent_at: iso(sentAtMs),
  };
}
