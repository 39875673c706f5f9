import { PurgeQueueCommand } from '@aws-sdk/client-sqs';
import { test } from 'vitest';
import { advance, target } from './harness.ts';
import {
  arnOf,
  expectCounts,
  hide,
  makeFifo,
  makeQueue,
  receive,
  remove,
  send,
  sendToGroup,
  take,
  takeOne,
} from './sqs.ts';

/*
 * Source: API Reference, GetQueueAttributes: ApproximateNumberOfMessages (available for retrieval), …NotVisible
 * (in flight), …Delayed. On AWS they are approximate and settle with time; here every moment has its true count.
 */

test('a new queue holds nothing', async () => {
  await expectCounts(await makeQueue(), [0, 0, 0]);
});

test('a message goes from available to in flight to gone', async () => {
  const queue = await makeQueue();
  await send(queue, 'a');
  await send(queue, 'b');
  await expectCounts(queue, [2, 0, 0]);
  const message = await takeOne(queue);
  await expectCounts(queue, [1, 1, 0]);
  await remove(queue, message);
  await expectCounts(queue, [1, 0, 0]);
});

test('a delayed message goes from delayed to available', async () => {
  const queue = await makeQueue({ DelaySeconds: '1' });
  await send(queue, 'a');
  await send(queue, 'b', { DelaySeconds: 0 });
  await expectCounts(queue, [1, 0, 1]);
  await advance(1_000);
  await expectCounts(queue, [2, 0, 0]);
});

test('a message whose visibility timeout ended is available again', async () => {
  const queue = await makeQueue({ VisibilityTimeout: '1' });
  await send(queue, 'a');
  await takeOne(queue);
  await expectCounts(queue, [0, 1, 0]);
  await advance(1_000);
  await expectCounts(queue, [1, 0, 0]);
});

test('a message given back is available at once', async () => {
  const queue = await makeQueue();
  await send(queue, 'a');
  await hide(queue, await takeOne(queue), 0);
  await expectCounts(queue, [1, 0, 0]);
});

test('FIFO: what waits behind a message in flight is available', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'a', 'b', 'c');
  const message = await takeOne(queue);
  await expectCounts(queue, [2, 1, 0]);
  await remove(queue, message);
  await expectCounts(queue, [2, 0, 0]);
});

test('a message moved to the dead-letter queue is counted there, and only there', async () => {
  const deadLetters = await makeQueue();
  const deadLetterTargetArn = await arnOf(deadLetters);
  const queue = await makeQueue({
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 }),
  });
  await send(queue, 'a');
  await takeOne(queue, { VisibilityTimeout: 0 });
  await expectCounts(queue, [1, 0, 0]);
  await receive(queue);
  await expectCounts(queue, [0, 0, 0]);
  await expectCounts(deadLetters, [1, 0, 0]);
});

test('a purge leaves nothing in any count', async () => {
  const queue = await makeQueue();
  await send(queue, 'available');
  await send(queue, 'delayed', { DelaySeconds: 60 });
  await send(queue, 'in flight');
  await takeOne(queue);
  await expectCounts(queue, [1, 1, 1]);
  await target.sqs.send(new PurgeQueueCommand({ QueueUrl: queue }));
  await expectCounts(queue, [0, 0, 0]);
});

test('what has outlived its retention is in no count', async () => {
  const queue = await makeQueue({ MessageRetentionPeriod: '60' });
  await send(queue, 'available');
  await send(queue, 'in flight');
  await takeOne(queue);
  await send(queue, 'delayed', { DelaySeconds: 900 });
  await expectCounts(queue, [1, 1, 1]);
  await advance(60_000);
  await expectCounts(queue, [0, 0, 0]);
});

test('many messages are counted to the last', async () => {
  const queue = await makeQueue();
  for (let index = 0; index < 25; index++) await send(queue, String(index));
  await take(queue, 15);
  await expectCounts(queue, [10, 15, 0]);
});
