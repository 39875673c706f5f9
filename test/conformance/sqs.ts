/** SQS in the words of the checks: queues that are removed afterwards, sends, receives, refusals. */
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type Message,
  type ReceiveMessageCommandInput,
  type SendMessageCommandInput,
  type SendMessageCommandOutput,
  type SQSServiceException,
} from '@aws-sdk/client-sqs';
import { expect } from 'vitest';
import { removeAfterwards, target, uniqueName } from './harness.ts';

const { sqs } = target;
/** An endpoint of many machines may need a moment to show what was just done. */
const SETTLES_WITHIN_MS = 5_000;

/** Creates a queue that is deleted after the check. @returns its URL */
export async function makeQueue(attributes: Record<string, string> = {}): Promise<string> {
  const suffix = attributes['FifoQueue'] === 'true' ? '.fifo' : '';
  const QueueName = uniqueName('conformance') + suffix;
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes: attributes }));
  removeAfterwards(() => sqs.send(new DeleteQueueCommand({ QueueUrl })));
  return QueueUrl;
}

/** A FIFO queue; ids from the content unless told otherwise. */
export const makeFifo = (attributes: Record<string, string> = {}): Promise<string> =>
  makeQueue({ FifoQueue: 'true', ContentBasedDeduplication: 'true', ...attributes });

/** Queue attributes, all that the queue has, or those named. */
export async function attributesOf(QueueUrl: string, ...names: string[]): Promise<Record<string, string>> {
  const AttributeNames = (names.length === 0 ? ['All'] : names) as 'All'[];
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
  return Attributes ?? {};
}

/** The queue's ARN, as a redrive policy or a move task wants it. */
export async function arnOf(QueueUrl: string): Promise<string> {
  const { QueueArn = '' } = await attributesOf(QueueUrl, 'QueueArn');
  return QueueArn;
}

/** How many messages are [available, in flight, delayed]. */
async function countsOf(QueueUrl: string): Promise<[number, number, number]> {
  const counts = await attributesOf(
    QueueUrl,
    'ApproximateNumberOfMessages',
    'ApproximateNumberOfMessagesNotVisible',
    'ApproximateNumberOfMessagesDelayed',
  );
  return [
    Number(counts['ApproximateNumberOfMessages']),
    Number(counts['ApproximateNumberOfMessagesNotVisible']),
    Number(counts['ApproximateNumberOfMessagesDelayed']),
  ];
}

/** Checks that so many messages are [available, in flight, delayed]. */
export const expectCounts = (QueueUrl: string, counts: [number, number, number]): Promise<void> =>
  eventually(() => countsOf(QueueUrl), counts);

/** Waits until `find` finds what is looked for: at once on local AWS, within a few seconds on one of many machines. */
export async function eventually<T>(find: () => Promise<T>, expected: T): Promise<void> {
  if (target.isLocal) expect(await find()).toEqual(expected);
  else await expect.poll(find, { timeout: SETTLES_WITHIN_MS, interval: 500 }).toEqual(expected);
}

/** Sends one message. */
export const send = (
  QueueUrl: string,
  MessageBody: string,
  more: Partial<SendMessageCommandInput> = {},
): Promise<SendMessageCommandOutput> => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }));

/** Sends one message of a group after the other. */
export async function sendToGroup(
  QueueUrl: string,
  MessageGroupId: string,
  ...bodies: string[]
): Promise<void> {
  for (const body of bodies) await send(QueueUrl, body, { MessageGroupId });
}

/** One receive of up to 10 messages, with all their system attributes unless told otherwise. */
export async function receive(
  QueueUrl: string,
  more: Partial<ReceiveMessageCommandInput> = {},
): Promise<Message[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['All'],
      ...more,
    }),
  );
  return Messages;
}

/**
 * Receives until there are `count` messages. Local AWS has to hand over in one receive what fits into one;
 * elsewhere a short receive may miss messages, so it waits a little and asks again.
 */
export async function take(
  QueueUrl: string,
  count: number,
  more: Partial<ReceiveMessageCommandInput> = {},
): Promise<Message[]> {
  const messages: Message[] = [];
  for (
    let tries = 0;
    messages.length < count && tries < Math.ceil(count / 10) + (target.isLocal ? 0 : 3);
    tries++
  )
    messages.push(
      ...(await receive(QueueUrl, {
        MaxNumberOfMessages: Math.min(10, count - messages.length),
        ...(!target.isLocal && { WaitTimeSeconds: 1 }),
        ...more,
      })),
    );
  expect(bodies(messages), 'messages received').toHaveLength(count);
  return messages;
}

/** Receives exactly one message. */
export async function takeOne(
  QueueUrl: string,
  more: Partial<ReceiveMessageCommandInput> = {},
): Promise<Message> {
  const [message] = await take(QueueUrl, 1, more);
  if (message === undefined) throw new Error('unreachable: take() has counted');
  return message;
}

/** The bodies, in order. */
export const bodies = (messages: readonly Message[]): string[] => messages.map(({ Body = '' }) => Body);

/** Deletes the message that was received. */
export const remove = (QueueUrl: string, { ReceiptHandle }: Message): Promise<unknown> =>
  sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));

/** Hides the message that was received for `seconds` from now. */
export const hide = (QueueUrl: string, { ReceiptHandle }: Message, seconds: number): Promise<unknown> =>
  sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: seconds }));

/** What a refusal has to say. */
interface Refusal {
  /**
   * The exception's name in the SDK: the modelled shape's, or the code where the model has none. A prefix of
   * the older query protocol is overlooked here, so that it doesn't hide all else: sqs-errors checks names to
   * the letter. Left out where AWS documents only that it is refused.
   */
  name?: string;
  /** The query protocol's code, where it isn't the name. */
  code?: string;
  /** The HTTP status, where AWS documents it. */
  status?: number;
  /** A part of AWS's sentence, where AWS documents one. */
  says?: string | RegExp;
}

/** Checks that `request` is refused as the caller's fault, with AWS's name and, where given, code, status and words. */
export async function expectRefusal(request: Promise<unknown>, refusal: Refusal = {}): Promise<void> {
  const error = await request.then(
    () => undefined,
    (thrown: unknown) => thrown as SQSServiceException & { Error?: { Code?: string } },
  );
  if (error === undefined) expect.fail(`was accepted, expected ${refusal.name ?? 'a refusal'}`);
  const { says, ...wanted } = refusal;
  const told = {
    name: error.name.replace(/^AWS\.SimpleQueueService\./, ''),
    code: error.Error?.Code,
    status: error.$metadata.httpStatusCode,
  };
  expect({ fault: error.$fault, ...told }, error.message).toMatchObject({ fault: 'client', ...wanted });
  // An endpoint that doesn't know the action refuses too, but not what the check is about.
  expect(told.name, error.message).not.toMatch(/^(InvalidAction|UnknownOperation|UnknownError)/);
  if (says !== undefined) expect(error.message).toMatch(says);
}

/** What neither a group, a deduplication id nor an attempt may be: API Reference, SendMessage and ReceiveMessage. */
export const BAD_IDS: readonly (readonly [what: string, id: string])[] = [
  ['with a space', 'a b'],
  ['beyond ASCII', 'ä'],
  ['of 129 characters', 'a'.repeat(129)],
];
