import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type Message,
  type MessageAttributeValue,
} from '@aws-sdk/client-sqs';
import { QUEUES } from '@huntaze/core/names';
import { admit, type Limiter } from '@huntaze/limiter/admit';
import { startTestAws, type TestAws } from '@huntaze/local/aws/test-clients';
import { afterEach, beforeEach } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { answerOf, deleteUnlisted, receiveBatch } from './deliver.ts';

/** Lambda's time-out (ms). */
const TIMEOUT = 30_000;

/** A message as older and newer producers write it. */
export const body = (creator: string, n: number) =>
  JSON.stringify({ operation_id: `${creator}-${n}`, kind: 'profile.scrape', creator_id: creator });

/** The limiter on local SQS, a hand-held clock and a real Redis, new for each test of a file. */
export function useLimiter() {
  const redis = useRedis();
  let world: TestAws;
  let limiter: Limiter;
  let logged: { message: string; fields: Record<string, unknown> }[];
  let counted: Partial<Record<Parameters<Limiter['count']>[0], number>>;
  let measured: Partial<Record<Parameters<Limiter['measure']>[0], number[]>>;

  beforeEach(async () => {
    const fifo = {
      FifoQueue: 'true',
      VisibilityTimeout: '43200',
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
    };
    world = await startTestAws({
      queues: [
        { name: QUEUES.rateLimiterDeadLetters, attributes: {} },
        { name: QUEUES.rateLimiter, attributes: { VisibilityTimeout: '180' } },
        { name: QUEUES.workflows, attributes: fifo },
      ],
    });
    logged = [];
    counted = {};
    measured = {};
    const log = (message: string, fields: Record<string, unknown>) => void logged.push({ message, fields });
    limiter = {
      sqs: world.sqs,
      redis: redis.client,
      clock: world.clock,
      now: () => world.clock.now(),
      log: { info: log, warn: log, error: log },
      count: (what, times) => (counted[what] = (counted[what] ?? 0) + times),
      measure: (what, value) => (measured[what] ??= []).push(value),
      queueUrl: world.aws.queueUrl(QUEUES.rateLimiter),
      workflowsQueueUrl: world.aws.queueUrl(QUEUES.workflows),
      deadLetterQueueUrl: world.aws.queueUrl(QUEUES.rateLimiterDeadLetters),
      limit: { scope: 'platform', limit: 10, windowMs: 60_000 },
      version: '1.2.3',
      random: () => 0.5,
    };
  });
  afterEach(() => world.close());

  async function send(text: string, attributes: Record<string, MessageAttributeValue> = {}): Promise<void> {
    await world.sqs.send(
      new SendMessageCommand({
        QueueUrl: limiter.queueUrl,
        MessageBody: text,
        MessageAttributes: attributes,
      }),
    );
  }

  /** Everything that is visible in a queue, which is empty then. */
  async function receiveFrom(queueUrl: string): Promise<Message[]> {
    const all: Message[] = [];
    for (;;) {
      const { Messages } = await world.sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: 10,
          MessageAttributeNames: ['All'],
          MessageSystemAttributeNames: ['All'],
        }),
      );
      if (!Messages) return all;
      all.push(...Messages);
      // Gone at once, or their groups would stay blocked.
      for (const { ReceiptHandle } of Messages)
        await world.sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
    }
  }

  return {
    get sqs() {
      return world.sqs;
    },
    get redis() {
      return redis.client;
    },
    get limiter() {
      return limiter;
    },
    get clock() {
      return world.clock;
    },
    get logged() {
      return logged;
    },
    get measured() {
      return measured;
    },
    get counted() {
      return counted;
    },
    send,
    receiveFrom,
    forwarded: () => receiveFrom(limiter.workflowsQueueUrl),

    sendOperation: (creator: string, n: number) =>
      send(body(creator, n), {
        sequence: { DataType: 'Number', StringValue: String(n) },
        ...(n > 1 && { follows: { DataType: 'Number', StringValue: String(n - 1) } }),
      }),

    /** One invocation on what is visible now, as the event source does it; returns the message ids that it listed. */
    async invoke(with_: Limiter = limiter, timeoutMs = TIMEOUT): Promise<string[]> {
      const records = await receiveBatch(world.sqs, limiter.queueUrl);
      const answer = await admit(with_, records, world.clock.now() + timeoutMs);
      await deleteUnlisted(world.sqs, limiter.queueUrl, records, answer);
      return answerOf(answer);
    },

    async counts(queueUrl: string): Promise<{ visible: number; hidden: number }> {
      const { Attributes: a } = await world.sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
      );
      return {
        visible: Number(a?.ApproximateNumberOfMessages),
        hidden: Number(a?.ApproximateNumberOfMessagesNotVisible),
      };
    },

    /** The same limiter, but what `answer` says of a batch to the FIFO queue happens instead of it. */
    withSends(
      answer: (command: SendMessageBatchCommand, go: () => Promise<unknown>) => Promise<unknown>,
    ): Limiter {
      const sqs = new Proxy(world.sqs, {
        get: (target, property) =>
          property === 'send'
            ? (command: SendMessageBatchCommand) =>
                command instanceof SendMessageBatchCommand
                  ? answer(command, () => target.send(command))
                  : target.send(command)
            : (Reflect.get(target, property) as unknown),
      });
      return { ...limiter, sqs };
    },
  };
}
