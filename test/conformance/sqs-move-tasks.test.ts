import {
  CancelMessageMoveTaskCommand,
  ListMessageMoveTasksCommand,
  StartMessageMoveTaskCommand,
  type ListMessageMoveTasksResultEntry,
  type StartMessageMoveTaskCommandInput,
} from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { advance, target } from './harness.ts';
import {
  arnOf,
  bodies,
  expectCounts,
  expectRefusal,
  makeFifo,
  makeQueue,
  receive,
  send,
  sendToGroup,
  take,
  takeOne,
} from './sqs.ts';

/*
 * Sources: API Reference, StartMessageMoveTask, ListMessageMoveTasks, CancelMessageMoveTask; Developer Guide,
 * "Learn how to configure a dead-letter queue redrive in Amazon SQS" ("All redriven messages are considered new
 * messages with a new messageID and enqueueTime").
 */

const start = async (SourceArn: string, more: Partial<StartMessageMoveTaskCommandInput> = {}) =>
  (await target.sqs.send(new StartMessageMoveTaskCommand({ SourceArn, ...more }))).TaskHandle;
const cancel = (TaskHandle: string | undefined) =>
  target.sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle }));
const list = async (SourceArn: string, MaxResults?: number): Promise<ListMessageMoveTasksResultEntry[]> =>
  (
    await target.sqs.send(
      new ListMessageMoveTasksCommand({ SourceArn, ...(MaxResults !== undefined && { MaxResults }) }),
    )
  ).Results ?? [];

/** Lets time pass until the newest task of the source has ended. */
async function untilEnded(SourceArn: string): Promise<ListMessageMoveTasksResultEntry> {
  for (let seconds = 0; ; seconds++) {
    const [task] = await list(SourceArn);
    if (task === undefined) throw new Error('no task is listed');
    if (task.Status !== 'RUNNING' && task.Status !== 'CANCELLING') return task;
    if (seconds === 5) throw new Error(`the task is still ${task.Status} after ${seconds} s`);
    await advance(1_000);
  }
}

interface Pair {
  queue: string;
  deadLetters: string;
  deadLetterArn: string;
}

async function makePair(make = makeQueue): Promise<Pair> {
  const deadLetters = await make({});
  const deadLetterArn = await arnOf(deadLetters);
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadLetterArn, maxReceiveCount: 1 });
  return { deadLetters, deadLetterArn, queue: await make({ RedrivePolicy }) };
}

/** Sends messages and has them moved to the dead-letter queue. */
async function bury({ queue, deadLetters }: Pair, ...messages: string[]): Promise<void> {
  for (const body of messages)
    if (queue.endsWith('.fifo')) await sendToGroup(queue, 'g', body);
    else await send(queue, body);
  await take(queue, messages.length, { VisibilityTimeout: 0 });
  await receive(queue);
  await expectCounts(deadLetters, [messages.length, 0, 0]);
}

test('a task moves everything back to the source queues', async () => {
  const pair = await makePair();
  await bury(pair, 'a', 'b', 'c');
  expect(await start(pair.deadLetterArn)).toEqual(expect.any(String));
  await untilEnded(pair.deadLetterArn);
  await expectCounts(pair.deadLetters, [0, 0, 0]);
  expect(bodies(await take(pair.queue, 3)).sort()).toEqual(['a', 'b', 'c']);
});

test('each message goes back to the queue that it came from', async () => {
  const deadLetters = await makeQueue();
  const deadLetterArn = await arnOf(deadLetters);
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadLetterArn, maxReceiveCount: 1 });
  const queues = [await makeQueue({ RedrivePolicy }), await makeQueue({ RedrivePolicy })];
  for (const queue of queues) {
    await send(queue, queue);
    await takeOne(queue, { VisibilityTimeout: 0 });
    await receive(queue);
  }
  await expectCounts(deadLetters, [2, 0, 0]);
  await start(deadLetterArn);
  await untilEnded(deadLetterArn);
  for (const queue of queues) expect(bodies(await take(queue, 1))).toEqual([queue]);
});

test('a task moves everything to the queue that it names', async () => {
  const pair = await makePair();
  const other = await makeQueue();
  await bury(pair, 'a', 'b');
  await start(pair.deadLetterArn, { DestinationArn: await arnOf(other) });
  await untilEnded(pair.deadLetterArn);
  await expectCounts(pair.queue, [0, 0, 0]);
  expect(bodies(await take(other, 2)).sort()).toEqual(['a', 'b']);
});

test('a moved message is a new one: another id, received for the first time', async () => {
  const pair = await makePair();
  await bury(pair, 'a');
  const before = await takeOne(pair.deadLetters, { VisibilityTimeout: 0 });
  await advance(1_000);
  await start(pair.deadLetterArn);
  await untilEnded(pair.deadLetterArn);
  const after = await takeOne(pair.queue);
  expect(after.MessageId).not.toBe(before.MessageId);
  expect(after.Attributes?.ApproximateReceiveCount).toBe('1');
  expect(Number(after.Attributes?.SentTimestamp)).toBeGreaterThan(Number(before.Attributes?.SentTimestamp));
});

test('FIFO: a task moves messages back in their group and order', async () => {
  const pair = await makePair(makeFifo);
  await bury(pair, 'a', 'b', 'c');
  await start(pair.deadLetterArn);
  await untilEnded(pair.deadLetterArn);
  const received = await take(pair.queue, 3);
  expect(bodies(received)).toEqual(['a', 'b', 'c']);
  expect(received[0]?.Attributes?.MessageGroupId).toBe('g');
});

test('a task that has ended is COMPLETED and tells what it moved', async () => {
  const pair = await makePair();
  await bury(pair, 'a', 'b');
  await start(pair.deadLetterArn);
  const task = await untilEnded(pair.deadLetterArn);
  expect(task).toMatchObject({
    Status: 'COMPLETED',
    SourceArn: pair.deadLetterArn,
    ApproximateNumberOfMessagesMoved: 2,
    ApproximateNumberOfMessagesToMove: 2,
  });
  expect(task.StartedTimestamp).toBeGreaterThan(1e12);
  // "it is only populated for tasks that are in RUNNING status"; NULL what was not asked for.
  expect([task.TaskHandle, task.DestinationArn, task.MaxNumberOfMessagesPerSecond]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('a running task tells its handle, destination and rate', async () => {
  const pair = await makePair();
  await bury(pair, 'a', 'b', 'c', 'd');
  const DestinationArn = await arnOf(pair.queue);
  const TaskHandle = await start(pair.deadLetterArn, { DestinationArn, MaxNumberOfMessagesPerSecond: 1 });
  expect(await list(pair.deadLetterArn)).toMatchObject([
    {
      Status: 'RUNNING',
      TaskHandle,
      DestinationArn,
      MaxNumberOfMessagesPerSecond: 1,
      SourceArn: pair.deadLetterArn,
    },
  ]);
  await cancel(TaskHandle);
});

test('a task keeps to its rate', async () => {
  const pair = await makePair();
  await bury(pair, 'a', 'b', 'c', 'd', 'e', 'f');
  await start(pair.deadLetterArn, { MaxNumberOfMessagesPerSecond: 1 });
  await advance(2_000);
  const [task] = await list(pair.deadLetterArn);
  expect(task?.Status).toBe('RUNNING');
  expect(task?.ApproximateNumberOfMessagesMoved).toBeGreaterThan(0);
  expect(task?.ApproximateNumberOfMessagesMoved).toBeLessThanOrEqual(4);
  await cancel(task?.TaskHandle);
});

test('a cancelled task stops and leaves what it has not moved', async () => {
  const pair = await makePair();
  await bury(pair, 'a', 'b', 'c', 'd', 'e', 'f');
  const handle = await start(pair.deadLetterArn, { MaxNumberOfMessagesPerSecond: 1 });
  const { ApproximateNumberOfMessagesMoved: moved = -1 } = await cancel(handle);
  expect(moved).toBeGreaterThanOrEqual(0);
  const task = await untilEnded(pair.deadLetterArn);
  expect(task.Status).toBe('CANCELLED');
  const left = 6 - (task.ApproximateNumberOfMessagesMoved ?? 0);
  expect(left).toBeGreaterThan(0);
  await expectCounts(pair.deadLetters, [left, 0, 0]);
  await expectCounts(pair.queue, [6 - left, 0, 0]);
});

test('one source has one running task', async () => {
  const pair = await makePair();
  await bury(pair, 'a', 'b', 'c', 'd');
  const handle = await start(pair.deadLetterArn, { MaxNumberOfMessagesPerSecond: 1 });
  // The API Reference names UnsupportedOperation; AWS is seen to answer with InvalidParameterValue.
  await expectRefusal(start(pair.deadLetterArn), { says: /already a task running/ });
  await cancel(handle);
});

test('a task that was cancelled cannot be cancelled again', async () => {
  const pair = await makePair();
  await bury(pair, 'a', 'b', 'c');
  const handle = await start(pair.deadLetterArn, { MaxNumberOfMessagesPerSecond: 1 });
  await cancel(handle);
  await untilEnded(pair.deadLetterArn);
  await expectRefusal(cancel(handle));
});

test('another task can be started when one has ended', async () => {
  const pair = await makePair();
  for (const body of ['a', 'b']) {
    await bury(pair, body);
    await start(pair.deadLetterArn);
    expect((await untilEnded(pair.deadLetterArn)).Status).toBe('COMPLETED');
    await take(pair.queue, 1, { VisibilityTimeout: 60 });
  }
});

test('one task is listed unless more are asked for, the newest first', async () => {
  const pair = await makePair();
  for (let times = 0; times < 2; times++) {
    await start(pair.deadLetterArn);
    await untilEnded(pair.deadLetterArn);
    await advance(10);
  }
  expect(await list(pair.deadLetterArn)).toHaveLength(1);
  const started = (await list(pair.deadLetterArn, 10)).map(({ StartedTimestamp = 0 }) => StartedTimestamp);
  expect(started).toHaveLength(2);
  expect(started[0]).toBeGreaterThanOrEqual(started[1] ?? Infinity);
});

test.for([0, 11])('a list of up to %d tasks is refused', async MaxResults => {
  const { deadLetterArn } = await makePair();
  await expectRefusal(list(deadLetterArn, MaxResults), { name: 'InvalidParameterValue' });
});

test('a source that had no task lists none', async () => {
  const { deadLetterArn } = await makePair();
  expect(await list(deadLetterArn)).toEqual([]);
});

test.for([0, 501])('a rate of %d a second is refused', async MaxNumberOfMessagesPerSecond => {
  const { deadLetterArn } = await makePair();
  await expectRefusal(start(deadLetterArn, { MaxNumberOfMessagesPerSecond }), {
    name: 'InvalidParameterValue',
  });
});

test('a source that is no dead-letter queue is refused', async () => {
  const queue = await makeQueue();
  await expectRefusal(start(await arnOf(queue)), { name: 'InvalidParameterValue' });
});

test('a source or a destination that does not exist is refused', async () => {
  const { deadLetterArn } = await makePair();
  const missing = { name: 'ResourceNotFoundException' };
  await expectRefusal(start(`${deadLetterArn}-missing`), missing);
  await expectRefusal(start(deadLetterArn, { DestinationArn: `${deadLetterArn}-missing` }), missing);
  await expectRefusal(list(`${deadLetterArn}-missing`), missing);
});

test('a handle that is none cannot be cancelled', async () => {
  await expectRefusal(cancel('none'));
});
