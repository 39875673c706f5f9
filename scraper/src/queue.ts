import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type Message,
  type MessageAttributeValue,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Clock } from '@huntaze/core/clock';
import { withAdded } from '@huntaze/core/attributes';
import { ATTRIBUTES } from '@huntaze/core/names';

/** A message that SQS has lent to us. */
export interface Held {
  id: string;
  receiptHandle: string;
  /** Messages of one group are worked on strictly in order. */
  group: string;
  body: string;
  attributes: Record<string, MessageAttributeValue>;
  /** When it was received, ms since the epoch: its 12 hours count from here. */
  receivedAtMs: number;
  /** How often SQS has handed it to anybody, this time included. */
  receives: number;
}

/** A message, and for how long from now on nobody else shall see it. */
export interface VisibilityChange {
  message: Held;
  seconds: number;
}

/** The workflows queue as the scraper uses it. Every call rejects with the SDK's error when SQS can't be had. */
export interface WorkQueue {
  /** Waits up to 20 s for up to 10 messages. They are held for {@link VISIBILITY_SECONDS}. */
  receive(signal: AbortSignal): Promise<Held[]>;
  remove(message: Held): Promise<void>;
  /**
   * Changes the visibility of up to 10 messages. `lost`: no longer ours, for good. `failed`: not changed, but
   * trying again may help.
   */
  changeVisibility(changes: VisibilityChange[]): Promise<{ lost: Held[]; failed: Held[] }>;
  /** Puts a copy into the dead-letter queue, and says why. */
  deadLetter(message: Held, why: DeadLetterReason): Promise<void>;
}

/** What a dead letter tells whoever looks at it, as attributes beside those that the message had. */
export interface DeadLetterReason {
  reason: string;
  /** Of an operation that was tried: how often, and how it ended last. */
  tried?: { attempts: number; lastError: string };
}

/** How long a received message is ours before the first extension: a crash blocks its creator at most so long. */
export const VISIBILITY_SECONDS = 30;
/** SQS: a batch has 10 entries at most. */
export const MAX_BATCH = 10;
const WAIT_SECONDS = 20;
/** The client's own time-out would end the long poll. */
const POLL_TIMEOUT_MS = (WAIT_SECONDS + 5) * 1_000;
/** An extension that hangs must leave time for another. */
const EXTEND_TIMEOUT_MS = 3_000;
const MAX_REASON = 1_000;

/** The workflows queue on SQS. */
export function sqsQueue(
  sqs: Pick<SQSClient, 'send'>,
  urls: { queue: string; deadLetters: string },
  clock: Clock,
): WorkQueue {
  return {
    async receive(signal) {
      const answer = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: urls.queue,
          MaxNumberOfMessages: MAX_BATCH,
          WaitTimeSeconds: WAIT_SECONDS,
          VisibilityTimeout: VISIBILITY_SECONDS,
          MessageAttributeNames: ['All'],
          MessageSystemAttributeNames: ['MessageGroupId', 'ApproximateReceiveCount'],
        }),
        { abortSignal: signal, requestTimeout: POLL_TIMEOUT_MS },
      );
      const now = clock.now();
      return (answer.Messages ?? []).map(message => held(message, now));
    },

    async remove(message) {
      await sqs.send(
        new DeleteMessageCommand({ QueueUrl: urls.queue, ReceiptHandle: message.receiptHandle }),
      );
    },

    async changeVisibility(changes) {
      const { Failed = [] } = await sqs.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: urls.queue,
          Entries: changes.map(({ message, seconds }, i) => ({
            Id: String(i),
            ReceiptHandle: message.receiptHandle,
            VisibilityTimeout: seconds,
          })),
        }),
        { requestTimeout: EXTEND_TIMEOUT_MS },
      );
      const which = (senderFault: boolean) =>
        Failed.filter(entry => (entry.SenderFault ?? false) === senderFault).flatMap(
          entry => changes[Number(entry.Id)]?.message ?? [],
        );
      return { lost: which(true), failed: which(false) };
    },

    async deadLetter(message, { reason, tried }) {
      const text = (value: string) => ({ DataType: 'String', StringValue: printable(value) });
      const told = {
        [ATTRIBUTES.reason]: text(reason),
        ...(tried && {
          [ATTRIBUTES.attempts]: { DataType: 'Number', StringValue: String(tried.attempts) },
          [ATTRIBUTES.lastError]: text(tried.lastError),
        }),
      };
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: urls.deadLetters,
          MessageBody: message.body,
          MessageGroupId: message.group,
          MessageDeduplicationId: message.id,
          MessageAttributes: withAdded(message.attributes, told, ATTRIBUTES.deadLetter),
        }),
      );
    },
  };
}

function held(message: Message, receivedAtMs: number): Held {
  const { MessageId, ReceiptHandle, Body = '', Attributes, MessageAttributes = {} } = message;
  if (!MessageId || !ReceiptHandle) throw new Error('SQS sent a message without id or receipt handle');
  return {
    id: MessageId,
    receiptHandle: ReceiptHandle,
    group: Attributes?.MessageGroupId ?? MessageId,
    body: Body,
    attributes: MessageAttributes,
    receivedAtMs,
    receives: Number(Attributes?.ApproximateReceiveCount ?? 1),
  };
}

/** SQS refuses control characters in an attribute, and an empty one. */
function printable(reason: string): string {
  return reason.replaceAll(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, ' ').slice(0, MAX_REASON) || 'unknown';
}
