import type { MessageAttribute } from './message-attributes.ts';
import { receiptHandleIsInvalid } from './errors.ts';

/** Where a message is in its life. Times are milliseconds since the epoch. */
type MessageState =
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
  /** When time alone changes something about it next: its state's end or its retention's. */
  wakeAt: number;
}

/**
 * The handle of one receive of one message: opaque to clients, readable here without a table, so that a
 * handle outlives its message (deleting what is gone succeeds) and names the receive it belongs to.
 */
export function receiptHandle(queueName: string, message: Message): string {
  return Buffer.from(`${queueName}\n${message.id}\n${message.receiveCount}`).toString('base64');
}

/**
 * Reads a receipt handle of `queueName`.
 * @throws ReceiptHandleIsInvalid if it was never one of this queue
 */
export function readReceiptHandle(
  queueName: string,
  handle: string,
): { messageId: string; receiveCount: number } {
  const parts = Buffer.from(handle, 'base64').toString('utf8').split('\n');
  const [queue, messageId, count] = parts;
  if (parts.length !== 3 || queue !== queueName || messageId === undefined || !/^\d+$/.test(count ?? ''))
    throw receiptHandleIsInvalid();
  return { messageId, receiveCount: Number(count) };
}
