import { ReceiveMessageCommand, SQSClient, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { QUEUES } from '@huntaze/core/names';
import { admit, type Limiter } from '@huntaze/limiter/admit';
import { toEvent } from '@huntaze/local/event-source/event';
import { startTestAws, type TestAws } from '@huntaze/local/aws/test-clients';
import { pipelineQueues } from '@huntaze/local/supervisor/queues';
import type { SQSRecord } from 'aws-lambda';
import type { Redis } from 'iovalkey';
import { BATCH, LineCase } from './line-case.ts';
import type { Figure } from './figure.ts';

/** One tick, one settlement. */
const AT_MOST = 2;
/** More than a window and its guard (ms). */
const LATER_MS = 61_000;
const TIMEOUT_S = 30;

/** Every command that a client sends from now on; `stop` says how many there were. */
function countCommands(redis: Redis): { stop: () => number } {
  const sendCommand = redis.sendCommand.bind(redis);
  let count = 0;
  redis.sendCommand = (...args) => {
    count += 1;
    return sendCommand(...args);
  };
  return {
    stop: () => {
      redis.sendCommand = sendCommand;
      return count;
    },
  };
}

/** Ten messages through the queue, as Lambda hands them over. */
async function batch(sqs: SQSClient, queueUrl: string, line: LineCase): Promise<SQSRecord[]> {
  const Entries = line.arriving(BATCH).map(({ body, sequence }, i) => ({
    Id: String(i),
    MessageBody: body,
    MessageAttributes: { sequence: { DataType: 'Number', StringValue: sequence } },
  }));
  await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: BATCH,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    }),
  );
  return toEvent(Messages, { queueArn: 'arn:aws:sqs:us-east-1:000000000000:bench', region: 'us-east-1' })
    .Records;
}

function limiterOf({ aws, sqs, clock }: TestAws, redis: Redis): Limiter {
  const silent = () => undefined;
  return {
    sqs,
    redis,
    clock,
    now: () => clock.now(),
    log: { info: silent, warn: silent, error: silent },
    count: silent,
    queueUrl: aws.queueUrl(QUEUES.rateLimiter),
    workflowsQueueUrl: aws.queueUrl(QUEUES.workflows),
    deadLetterQueueUrl: aws.queueUrl(QUEUES.rateLimiterDeadLetters),
    limit: { scope: 'platform', limit: BATCH, windowMs: 60_000 },
    version: '0.0.0',
    random: () => 0.5,
  };
}

/** How often the limiter asks Redis to admit a batch of ten, of which all go. */
export async function roundTrips(redis: Redis): Promise<Figure> {
  const world = await startTestAws({ queues: pipelineQueues(TIMEOUT_S) });
  const limiter = limiterOf(world, redis);
  const line = new LineCase(redis, 'platform', BATCH);
  const admitted = async () => {
    const records = await batch(world.sqs, limiter.queueUrl, line);
    const commands = countCommands(redis);
    const { batchItemFailures } = await admit(limiter, records, world.clock.now() + TIMEOUT_S * 1_000);
    const count = commands.stop();
    if (records.length !== BATCH || batchItemFailures.length > 0)
      throw new Error('not all ten were admitted');
    await world.clock.advance(LATER_MS);
    return count;
  };
  try {
    await admitted(); // the scripts' texts, once
    const value = await admitted();
    return {
      name: 'commands sent to Redis to admit a batch of ten and settle it',
      unit: 'round trips',
      bound: { atMost: AT_MOST },
      value,
      runs: [value],
      against: { name: "rate-limiter-flexible's for ten", value: BATCH, ratio: value / BATCH },
    };
  } finally {
    await world.close();
  }
}
