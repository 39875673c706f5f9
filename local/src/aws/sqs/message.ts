import type { MessageAttribute } from './message-attributes.ts';
import { receiptHandleIsInvalid } from './errors.ts';
import type { Entry } from './number-heap.ts';

/** Where a message is in its life. Times are milliseconds since the epoch. */
export type MessageState =
  | { is: 'delayed'; until: number }
  | { is: 'available' }
  | { is: 'inFlight'; receivedAt: number; until: number };

/** What a producer hands in, checked. */
export interface Draft {
  body: string;
  md5OfBody: string;
  attributes: ReadonlyMap<string, MessageAttribute>;
  systemAttributes: ReadonlyMap<string, MessageAttribute>;
  /** Undefined: the queue's own delay. Milliseconds. */
  delayMs: number | undefined;
  groupId: string | undefined;
  deduplicationId: string | undefined;
}

/** A message in a queue. */
export interface Message extends Omit<Draft, 'delayMs'> {
  readonly id: string;
  /** Unique in its account, higher than that of every message sent before it. */
  readonly number: number;
  /** The name of the queue it is in. */
  queue: string;
  readonly sentAt: number;
  readonly sequenceNumber: string | undefined;
  /** What retention counts from: the sending; on a FIFO queue's dead-letter queue the moving. */
  enqueuedAt: number;
  /** Its place among the available ones; on a FIFO queue within its group. Lower goes first. */
  place: number;
  receiveCount: number;
  firstReceivedAt: number | undefined;
  /** The ARN of the queue it was dead-lettered from. */
  deadLetterSource: string | undefined;
  state: MessageState;
  /** Its entries in the indexes of the queue it is in: theirs alone to set, and no part of what is saved. */
  readonly entries: MessageEntries;
}

/** Where the indexes of a queue have a message. */
interface MessageEntries {
  /** By when its retention ends. */
  expiry?: Entry<Message>;
  /** By when its delay or its visibility timeout ends. */
  wake?: Entry<Message>;
  /** Among the available ones. */
  place?: Entry<Message>;
}

/**
 * The deduplication id that a receive shows. "When a message is moved from a FIFO queue to a FIFO DLQ, the
 * original message's deduplication ID will be replaced with the original message's ID" (Developer Guide,
 * "Learn how to configure a dead-letter queue redrive").
 */
export function shownDeduplicationId(message: Message): string | undefined {
  const { deadLetterSource, deduplicationId, id } = message;
  return deadLetterSource === undefined || deduplicationId === undefined ? deduplicationId : id;
}

/** What SQS calls the sequence number of a FIFO message: 20 digits, rising, not consecutive. */
export function sequenceNumber(number: number): string {
  return (18_800_000_000_000_000_000n + BigInt(number) * 256n).toString().padStart(20, '0');
}

/**
 * The handle of one receive of one message: opaque to clients, readable here without a table, so that a
 * handle outlives its message (deleting what is gone succeeds) and names the receive it belongs to.
 */
export function receiptHandle(queueName: string, message: Message): string {
  return Buffer.from(`${queueName}\n${message.number}\n${message.receiveCount}`).toString('base64');
}

/**
 * Reads a receipt handle of `queueName`.
 * @throws ReceiptHandleIsInvalid if it was never one of this queue
 */
export function readReceiptHandle(
  queueName: string,
  handle: string,
): { number: number; receiveCount: number } {
  const parts = Buffer.from(handle, 'base64').toString('utf8').split('\n');
  const [queue, number = '', count = ''] = parts;
  if (parts.length !== 3 || queue !== queueName || !/^\d+$/.test(number) || !/^\d+$/.test(count))
    throw receiptHandleIsInvalid();
  return { number: Number(number), receiveCount: Number(count) };
}
