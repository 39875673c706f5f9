import { SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { advance, target } from './harness.ts';
import {
  arnOf,
  attributesOf,
  bodies,
  expectCounts,
  makeFifo,
  makeQueue,
  receive,
  send,
  sendToGroup,
  take,
  takeOne,
} from './sqs.ts';

/*
 * Sources: API Reference, CreateQueue and SetQueueAttributes, MessageRetentionPeriod; Developer Guide, "Using
 * dead-letter queues in Amazon SQS" on the timestamps of messages that were moved.
 */

const DAY_MS = 86_400_000;
const retain = (seconds: number) => ({ MessageRetentionPeriod: String(seconds) });

test('a message is kept for 4 days unless told otherwise', async () => {
  const queue = await makeQueue();
  expect(await attributesOf(queue, 'MessageRetentionPeriod')).toEqual(retain(345_600));
  await send(queue, 'a');
  await advance(4 * DAY_MS - 1);
  await takeOne(queue, { VisibilityTimeout: 0 });
  await advance(1);
  expect(await receive(queue)).toEqual([]);
});

test('a message is kept for 14 days at most', async () => {
  const queue = await makeQueue(retain(1_209_600));
  await send(queue, 'a');
  await advance(14 * DAY_MS - 1);
  await takeOne(queue, { VisibilityTimeout: 0 });
  await advance(1);
  await expectCounts(queue, [0, 0, 0]);
});

test('a message ends with its retention while it is in flight', async () => {
  const queue = await makeQueue({ ...retain(60), VisibilityTimeout: '120' });
  await send(queue, 'a');
  await takeOne(queue);
  await advance(60_000);
  await expectCounts(queue, [0, 0, 0]);
  await advance(60_000);
  expect(await receive(queue)).toEqual([]);
});

test('receiving a message does not prolong its retention', async () => {
  const queue = await makeQueue(retain(60));
  await send(queue, 'a');
  await advance(40_000);
  await takeOne(queue, { VisibilityTimeout: 0 });
  await advance(20_000);
  expect(await receive(queue)).toEqual([]);
});

test('a shorter retention applies to messages that are there', async () => {
  const queue = await makeQueue(retain(3_600));
  await send(queue, 'old');
  await advance(120_000);
  await send(queue, 'new');
  await target.sqs.send(new SetQueueAttributesCommand({ QueueUrl: queue, Attributes: retain(60) }));
  await advance(1_000);
  expect(bodies(await take(queue, 1))).toEqual(['new']);
  await expectCounts(queue, [0, 1, 0]);
});

test('FIFO: an expired message lets its group go on', async () => {
  const queue = await makeFifo({ ...retain(60), VisibilityTimeout: '120' });
  await sendToGroup(queue, 'g', 'a');
  await takeOne(queue);
  await advance(30_000);
  await sendToGroup(queue, 'g', 'b');
  await advance(30_000);
  expect(bodies(await take(queue, 1))).toEqual(['b']);
});

// "For standard queues, the expiration of a message is always based on its original enqueue timestamp."
test('standard: in the dead-letter queue retention counts from the original send', async () => {
  const deadLetters = await makeQueue(retain(100));
  const deadLetterTargetArn = await arnOf(deadLetters);
  const queue = await makeQueue({
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 }),
  });
  await send(queue, 'a');
  await takeOne(queue, { VisibilityTimeout: 0 });
  await advance(60_000);
  expect(await receive(queue)).toEqual([]);
  await expectCounts(deadLetters, [1, 0, 0]);
  await advance(40_000);
  await expectCounts(deadLetters, [0, 0, 0]);
});

// "For FIFO queues, the enqueue timestamp resets when the message is moved to a dead-letter queue."
test('FIFO: in the dead-letter queue retention counts from the move', async () => {
  const deadLetters = await makeFifo(retain(100));
  const deadLetterTargetArn = await arnOf(deadLetters);
  const queue = await makeFifo({
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 }),
  });
  await sendToGroup(queue, 'g', 'a');
  await takeOne(queue, { VisibilityTimeout: 0 });
  await advance(60_000);
  expect(await receive(queue)).toEqual([]);
  await advance(99_000);
  await expectCounts(deadLetters, [1, 0, 0]);
  await advance(1_000);
  await expectCounts(deadLetters, [0, 0, 0]);
});
