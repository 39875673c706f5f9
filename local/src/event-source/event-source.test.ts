import { GetQueueAttributesCommand, SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Context, SQSEvent } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestAws, type TestAws } from '../aws/test-clients.ts';
import { startEventSource, type EventSource, type EventSourceOptions, type LogLine } from './event-source.ts';
import type { Handler } from './invocation.ts';

const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:q';
let it: TestAws;
let source: EventSource | undefined;
let logged: LogLine[];
beforeEach(async () => {
  it = await startTestAws({ queues: [{ name: 'q', attributes: { VisibilityTimeout: '60' } }] });
  logged = [];
});
afterEach(async () => {
  await source?.stop();
  source = undefined;
  await it.close();
});

function start(handler: Handler, more: Partial<EventSourceOptions> = {}): EventSource {
  source = startEventSource({
    sqs: it.sqs,
    queueUrl: it.aws.queueUrl('q'),
    queueArn: QUEUE_ARN,
    handler,
    batchSize: 10,
    maximumConcurrency: 2,
    functionTimeoutMs: 30_000,
    clock: it.clock,
    log: line => logged.push(line),
    ...more,
  });
  return source;
}

async function send(...bodies: string[]): Promise<void> {
  const Entries = bodies.map((MessageBody, n) => ({ Id: String(n), MessageBody }));
  await it.sqs.send(new SendMessageBatchCommand({ QueueUrl: it.aws.queueUrl('q'), Entries }));
}

async function counts(): Promise<[available: string | undefined, inFlight: string | undefined]> {
  const command = new GetQueueAttributesCommand({ QueueUrl: it.aws.queueUrl('q'), AttributeNames: ['All'] });
  const { Attributes = {} } = await it.sqs.send(command);
  return [Attributes['ApproximateNumberOfMessages'], Attributes['ApproximateNumberOfMessagesNotVisible']];
}

/** Resolves once `condition` holds, letting everything else run in between. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setImmediate(resolve));
}

/** Both pollers are idle again: whatever they had to delete is deleted. */
const idle = () => it.untilWaiting(2);

describe('the event', () => {
  test('is what Lambda sends, attributes in its spelling', async () => {
    let event: SQSEvent | undefined;
    start(received => void (event = received));
    await idle();
    const sent = await it.sqs.send(
      new SendMessageCommand({
        QueueUrl: it.aws.queueUrl('q'),
        MessageBody: '{"a":1}',
        MessageAttributes: {
          text: { DataType: 'String', StringValue: 'x' },
          count: { DataType: 'Number.int', StringValue: '7' },
          bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 255]) },
        },
      }),
    );
    await idle();
    const lists = { stringListValues: [], binaryListValues: [] };
    expect(event).toEqual({
      Records: [
        {
          messageId: sent.MessageId,
          receiptHandle: expect.stringMatching(/./),
          body: '{"a":1}',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: String(it.clock.now()),
            ApproximateFirstReceiveTimestamp: String(it.clock.now()),
            SenderId: expect.stringMatching(/./),
          },
          messageAttributes: {
            text: { dataType: 'String', stringValue: 'x', ...lists },
            count: { dataType: 'Number.int', stringValue: '7', ...lists },
            bytes: { dataType: 'Binary', binaryValue: 'Af8=', ...lists },
          },
          md5OfBody: sent.MD5OfMessageBody,
          md5OfMessageAttributes: sent.MD5OfMessageAttributes,
          eventSource: 'aws:sqs',
          eventSourceARN: QUEUE_ARN,
          awsRegion: 'us-east-1',
        },
      ],
    });
  });

  test('comes with a context that knows the time left', async () => {
    const remaining: number[] = [];
    let context: Context | undefined;
    start(async (_event, given) => {
      context = given;
      remaining.push(given.getRemainingTimeInMillis());
      await it.clock.sleep(10_000);
      remaining.push(given.getRemainingTimeInMillis());
    });
    await idle();
    await send('a');
    await until(() => remaining.length === 1);
    await it.clock.advance(10_000);
    await until(() => remaining.length === 2);
    expect(remaining).toEqual([30_000, 20_000]);
    expect(context).toMatchObject({
      functionName: 'huntaze-rate-limiter',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:huntaze-rate-limiter',
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });
});

describe('what becomes of a batch', () => {
  /** Sends three messages while both pollers wait, has them handled once, and tells what is left. */
  async function leftAfter(handler: Handler): Promise<unknown> {
    let calls = 0;
    start((event, context) => {
      calls += 1;
      return handler(event, context);
    });
    await idle();
    await send('a', 'b', 'c');
    await idle();
    expect(calls).toBe(1);
    return counts();
  }

  test('full success deletes all of it', async () => {
    expect(await leftAfter(() => undefined)).toEqual(['0', '0']);
    expect(logged).toEqual([]);
  });

  test('listed messages stay hidden for the time they have, the others are deleted', async () => {
    const fail = (event: SQSEvent) => ({
      batchItemFailures: event.Records.filter(({ body }) => body !== 'b').map(({ messageId }) => ({
        itemIdentifier: messageId,
      })),
    });
    expect(await leftAfter(fail)).toEqual(['0', '2']);
    expect(logged).toEqual([]);
  });

  test('an invalid response deletes nothing', async () => {
    expect(await leftAfter(() => ({ batchItemFailures: [{ itemIdentifier: 'unknown' }] }))).toEqual([
      '0',
      '3',
    ]);
    expect(logged).toMatchObject([{ level: 'ERROR', message: 'batch response is invalid' }]);
  });

  test('a throw deletes nothing, whether it is at once or later', async () => {
    const failed = await leftAfter(() => {
      throw new TypeError('broken');
    });
    expect(failed).toEqual(['0', '3']);
    expect(logged).toMatchObject([
      { message: 'function failed', error: 'TypeError', error_message: 'broken' },
    ]);
  });

  test('failed messages come back when their visibility timeout ends', async () => {
    const seen: string[] = [];
    start(async event => {
      for (const { body, attributes } of event.Records)
        seen.push(`${body}${attributes.ApproximateReceiveCount}`);
      return seen.length > 1 ? undefined : Promise.reject(new Error('first time'));
    });
    await idle();
    await send('a');
    await idle();
    // The polls of 20 s end and begin anew on the way.
    for (let seconds = 0; seconds < 60; seconds += 20) {
      await it.clock.advance(20_000);
      await idle();
    }
    await until(() => seen.length === 2);
    expect(seen).toEqual(['a1', 'a2']);
  });
});

test('a function that takes longer than its timeout has failed', async () => {
  let calls = 0;
  start(async () => {
    calls += 1;
    await new Promise(() => undefined);
  });
  await idle();
  await send('a');
  await until(() => calls === 1);
  await it.untilWaiting(1);
  await it.clock.advance(29_999);
  await it.untilWaiting(1);
  expect(logged).toEqual([]);
  await it.clock.advance(1);
  await until(() => logged.length > 0);
  expect(logged).toMatchObject([
    {
      message: 'function timed out',
      error_message: expect.stringContaining('timed out after 30.00 seconds'),
    },
  ]);
  await idle();
  expect(await counts()).toEqual(['0', '1']);
});

test('as many invocations at once as allowed, each with a batch of at most the size', async () => {
  const batches: number[] = [];
  const release = Promise.withResolvers<void>();
  start(
    async event => {
      batches.push(event.Records.length);
      await release.promise;
    },
    { batchSize: 2, maximumConcurrency: 3 },
  );
  await it.untilWaiting(3);
  await send('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
  await until(() => batches.length === 3);
  expect(await counts()).toEqual(['2', '6']);
  release.resolve();
  await it.untilWaiting(3);
  expect(batches).toEqual([2, 2, 2, 2]);
  expect(await counts()).toEqual(['0', '0']);
});

describe('stopping', () => {
  test('takes nothing more, and waits for what is under way and for its deletion', async () => {
    const release = Promise.withResolvers<void>();
    let calls = 0;
    const started = start(async () => {
      calls += 1;
      await release.promise;
    });
    await idle();
    await send('a');
    await until(() => calls === 1);
    const stopped = started.stop();
    await it.untilWaiting(0);
    await send('b');
    release.resolve();
    expect(await stopped).toBe(true);
    expect(calls).toBe(1);
    expect(await counts()).toEqual(['1', '0']);
  });

  test('does not wait for ever', async () => {
    let calls = 0;
    const started = start(
      () => {
        calls += 1;
        return new Promise(() => undefined);
      },
      { functionTimeoutMs: 30_000 },
    );
    await idle();
    await send('a');
    await until(() => calls === 1);
    const stopped = started.stop();
    await it.clock.advance(30_000);
    expect(await stopped).toBe(true);
    expect(logged).toMatchObject([{ message: 'function timed out' }]);
  });
});

test('a poll that fails is repeated, ever more slowly', async () => {
  await it.aws.close();
  start(() => undefined);
  await until(() => logged.length === 2);
  await until(() => it.clock.sleeping === 2);
  await it.clock.advance(200);
  await until(() => logged.length === 4);
  await until(() => it.clock.sleeping === 2);
  await it.clock.advance(999);
  expect(logged).toHaveLength(4);
  await it.clock.advance(1);
  await until(() => logged.length === 6);
  expect(logged[0]).toMatchObject({ level: 'ERROR', message: 'polling failed' });
});
