import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs';
import { changeRules, closeSite } from '@huntaze/core/lua';
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

/** What Lambda's event source does with what isn't listed; here with all, so that the next batch is a new one. */
async function remove(sqs: SQSClient, queueUrl: string, records: SQSRecord[]): Promise<void> {
  const Entries = records.map(({ receiptHandle }, i) => ({ Id: String(i), ReceiptHandle: receiptHandle }));
  await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
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
    measure: silent,
    queueUrl: aws.queueUrl(QUEUES.rateLimiter),
    workflowsQueueUrl: aws.queueUrl(QUEUES.workflows),
    deadLetterQueueUrl: aws.queueUrl(QUEUES.rateLimiterDeadLetters),
    limit: { scope: 'platform', limit: BATCH, windowMs: 60_000 },
    version: '0.0.0',
    random: () => 0.5,
  };
}

/** How often the limiter asks Redis to admit a batch of ten: of which all go, none, and half. The most counts. */
export async function roundTrips(redis: Redis): Promise<Figure> {
  const world = await startTestAws({ queues: pipelineQueues(TIMEOUT_S) });
  const limiter = limiterOf(world, redis);
  const line = new LineCase(redis, 'platform', BATCH);
  const admitted = async (going: number) => {
    await world.clock.advance(LATER_MS);
    await changeRules(redis, limiter.limit, { limit: Math.max(1, going) });
    if (going === 0) await closeSite(redis, world.clock.now() + TIMEOUT_S * 1_000);
    const records = await batch(world.sqs, limiter.queueUrl, line);
    const commands = countCommands(redis);
    const { batchItemFailures } = await admit(limiter, records, world.clock.now() + TIMEOUT_S * 1_000);
    const count = commands.stop();
    await remove(world.sqs, limiter.queueUrl, records);
    if (records.length !== BATCH || batchItemFailures.length !== BATCH - going)
      throw new Error(
        `of ${records.length} messages ${batchItemFailures.length} were not admitted, not ${BATCH - going}`,
      );
    return count;
  };
  try {
    await admitted(BATCH); // the scripts' texts, once
    const runs: number[] = [];
    for (const going of [BATCH, BATCH / 2, 0]) runs.push(await admitted(going));
    const value = Math.max(...runs);
    return {
      name: 'commands sent to Redis to admit a batch of ten and settle it, whether all go, half, or none',
      unit: 'round trips',
      bound: { atMost: AT_MOST },
      value,
      runs,
      against: { name: "rate-limiter-flexible's for ten", value: BATCH, ratio: value / BATCH },
    };
  } finally {
    await world.close();
  }
}
