import type { Input } from '../../input.ts';
import { readFifoId } from '../draft.ts';
import { invalidValue } from '../errors.ts';
import { receiptHandle, shownDeduplicationId, type Message } from '../message.ts';
import { md5OfAttributes, selectAttributes, writeAttributes } from '../message-attributes.ts';
import type { Queue } from '../queue.ts';
import { MAX_VISIBILITY_SECONDS } from '../queue-attributes.ts';
import { queueOf, type Action } from './action.ts';

/** Every message here was sent by the one user of the one account. */
const SENDER_ID = 'AIDALOCALLOCALLOCAL00';

/** What a receive wants of each message beside its body. */
interface Selection {
  system: string[];
  attributes: string[];
}

export const receiveMessage: Action = async (context, input) => {
  const queue = queueOf(context, input);
  const limit = inBounds(input, 'MaxNumberOfMessages', 1, 10) ?? 1;
  const waitSeconds = inBounds(input, 'WaitTimeSeconds', 0, 20);
  const visibilitySeconds = inBounds(input, 'VisibilityTimeout', 0, MAX_VISIBILITY_SECONDS);
  // AWS overlooks it on a standard queue: https://github.com/awspring/spring-cloud-aws/issues/529
  const attemptId = queue.fifo ? readFifoId(input, 'ReceiveRequestAttemptId') : undefined;
  // Unknown names are overlooked: unlike GetQueueAttributes, ReceiveMessage has no InvalidAttributeName among its errors.
  const selection = {
    system: [...input.strings('AttributeNames'), ...input.strings('MessageSystemAttributeNames')],
    attributes: input.strings('MessageAttributeNames'),
  };
  const seconds = (value: number | undefined) => (value === undefined ? undefined : value * 1_000);
  const attempt = (now: number) =>
    queue
      .receive(limit, seconds(visibilitySeconds) ?? queue.settings.visibilityMs, now, attemptId)
      .map(message => describe(queue, message, selection));
  const waitMs = seconds(waitSeconds) ?? queue.settings.waitMs;
  const messages = await context.polls.receive(queue, attempt, waitMs, context.signal);
  return messages.length === 0 ? {} : { Messages: messages };
};

function inBounds(input: Input, name: string, min: number, max: number): number | undefined {
  const value = input.integer(name);
  if (value !== undefined && (value < min || value > max))
    throw invalidValue(
      value,
      name,
      // AWS has two ways to say it.
      min === 0
        ? `Must be >= 0 and <= ${max}, if provided.`
        : `Must be between ${min} and ${max}, if provided.`,
    );
  return value;
}

function describe(queue: Queue, message: Message, selection: Selection): object {
  const attributes = selectAttributes(message.attributes, selection.attributes);
  const system = systemAttributes(message).filter(
    ([name]) => selection.system.includes('All') || selection.system.includes(name),
  );
  return {
    MessageId: message.id,
    ReceiptHandle: receiptHandle(queue.name, message),
    MD5OfBody: message.md5OfBody,
    Body: message.body,
    ...(system.length > 0 && { Attributes: Object.fromEntries(system) }),
    ...(attributes.size > 0 && {
      MD5OfMessageAttributes: md5OfAttributes(attributes),
      MessageAttributes: writeAttributes(attributes),
    }),
  };
}

function systemAttributes(message: Message): [name: string, value: string][] {
  const all: [string, string | undefined][] = [
    ['SenderId', SENDER_ID],
    ['SentTimestamp', String(message.sentAt)],
    ['ApproximateReceiveCount', String(message.receiveCount)],
    ['ApproximateFirstReceiveTimestamp', message.firstReceivedAt?.toString()],
    ['SequenceNumber', message.sequenceNumber],
    ['MessageGroupId', message.groupId],
    ['MessageDeduplicationId', shownDeduplicationId(message)],
    ['DeadLetterQueueSourceArn', message.deadLetterSource],
    ['AWSTraceHeader', message.systemAttributes.get('AWSTraceHeader')?.stringValue],
  ];
  return all.filter((entry): entry is [string, string] => entry[1] !== undefined);
}
