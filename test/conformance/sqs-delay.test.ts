import { SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { advance, target } from './harness.ts';
import {
  bodies,
  expectCounts,
  expectRefusal,
  makeFifo,
  makeQueue,
  receive,
  send,
  sendToGroup,
  take,
} from './sqs.ts';

/* Sources: Developer Guide, "Amazon SQS delay queues" and "Amazon SQS message timers"; API Reference, SendMessage. */

const setDelay = (QueueUrl: string, DelaySeconds: string) =>
  target.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { DelaySeconds } }));

test('a message of a delay queue appears when the delay is over', async () => {
  const queue = await makeQueue({ DelaySeconds: '2' });
  await send(queue, 'a');
  expect(await receive(queue)).toEqual([]);
  await advance(1_000);
  expect(await receive(queue)).toEqual([]);
  await advance(1_000);
  expect(bodies(await take(queue, 1))).toEqual(['a']);
});

test("a message's own delay counts, not the queue's", async () => {
  const queue = await makeQueue({ DelaySeconds: '60' });
  await send(queue, 'later', { DelaySeconds: 1 });
  await send(queue, 'now', { DelaySeconds: 0 });
  expect(bodies(await take(queue, 1))).toEqual(['now']);
  await advance(1_000);
  expect(bodies(await take(queue, 1))).toEqual(['later']);
});

test('a delayed message is counted as delayed until then', async () => {
  const queue = await makeQueue();
  await send(queue, 'a', { DelaySeconds: 2 });
  await expectCounts(queue, [0, 0, 1]);
  await advance(2_000);
  await expectCounts(queue, [1, 0, 0]);
});

test('15 minutes is the longest delay', async () => {
  const queue = await makeQueue();
  await send(queue, 'a', { DelaySeconds: 900 });
  await expectRefusal(send(queue, 'b', { DelaySeconds: 901 }), {
    name: 'InvalidParameterValue',
    says: 'DelaySeconds',
  });
  await expectRefusal(send(queue, 'c', { DelaySeconds: -1 }), {
    name: 'InvalidParameterValue',
    says: 'DelaySeconds',
  });
  await expectCounts(queue, [0, 0, 1]);
});

test('a delay of 15 minutes ends to the second', async () => {
  const queue = await makeQueue();
  await send(queue, 'a', { DelaySeconds: 900 });
  await advance(899_999);
  expect(await receive(queue)).toEqual([]);
  await advance(1);
  await take(queue, 1);
});

// Developer Guide, "delay queues": "For standard queues, the per-queue delay setting is not retroactive".
test('standard: a changed delay leaves messages that are there alone', async () => {
  const queue = await makeQueue({ DelaySeconds: '1' });
  await send(queue, 'a');
  await setDelay(queue, '60');
  await advance(1_000);
  expect(bodies(await take(queue, 1))).toEqual(['a']);
});

// The same page: "For FIFO queues, the per-queue delay setting is retroactive".
test('FIFO: a changed delay applies to messages that are there', async () => {
  const queue = await makeFifo({ DelaySeconds: '60' });
  await sendToGroup(queue, 'g', 'a');
  expect(await receive(queue)).toEqual([]);
  await setDelay(queue, '0');
  expect(bodies(await take(queue, 1))).toEqual(['a']);
});

test('FIFO: the delay of the queue applies', async () => {
  const queue = await makeFifo({ DelaySeconds: '1' });
  await sendToGroup(queue, 'g', 'a', 'b');
  await expectCounts(queue, [0, 0, 2]);
  expect(await receive(queue)).toEqual([]);
  await advance(1_000);
  expect(bodies(await take(queue, 1))).toEqual(['a']);
});

test('FIFO: a message cannot have a delay of its own', async () => {
  const queue = await makeFifo();
  await expectRefusal(send(queue, 'a', { MessageGroupId: 'g', DelaySeconds: 1 }), {
    name: 'InvalidParameterValue',
    says: 'Value 1 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type',
  });
});
