import { createHash } from 'node:crypto';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { advance, target } from './harness.ts';
import {
  BAD_IDS,
  bodies,
  expectCounts,
  expectRefusal,
  makeFifo,
  makeQueue,
  receive,
  remove,
  send,
  take,
  takeOne,
} from './sqs.ts';

/*
 * Sources: API Reference, SendMessage, MessageDeduplicationId, and CreateQueue, ContentBasedDeduplication and
 * DeduplicationScope; Developer Guide, "Exactly-once processing in Amazon SQS", "Using the message deduplication ID".
 */

const INTERVAL_MS = 300_000;
const highThroughput = { DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' };
const sendAs = (queue: string, body: string, MessageDeduplicationId: string, MessageGroupId = 'g') =>
  send(queue, body, { MessageGroupId, MessageDeduplicationId });

test('a second message with the id is accepted but not delivered', async () => {
  const queue = await makeFifo();
  await sendAs(queue, 'first', 'd');
  await sendAs(queue, 'second', 'd');
  expect(bodies(await take(queue, 1))).toEqual(['first']);
  await expectCounts(queue, [0, 1, 0]);
});

test('the answer to a duplicate is that of the first', async () => {
  const queue = await makeFifo();
  const first = await sendAs(queue, 'a', 'd');
  const second = await sendAs(queue, 'a', 'd');
  expect(second.MessageId).toBe(first.MessageId);
  expect(second.SequenceNumber).toBe(first.SequenceNumber);
});

test('an id is remembered after its message was received and deleted', async () => {
  const queue = await makeFifo();
  await sendAs(queue, 'a', 'd');
  await remove(queue, await takeOne(queue));
  await sendAs(queue, 'b', 'd');
  await expectCounts(queue, [0, 0, 0]);
  expect(await receive(queue)).toEqual([]);
});

test('an id is remembered while its message is in flight', async () => {
  const queue = await makeFifo();
  await sendAs(queue, 'a', 'd');
  await takeOne(queue);
  await sendAs(queue, 'b', 'd');
  await expectCounts(queue, [0, 1, 0]);
});

test('an id is forgotten after 5 minutes, not before', async () => {
  const queue = await makeFifo();
  await sendAs(queue, 'a', 'd');
  await advance(INTERVAL_MS - 1);
  await sendAs(queue, 'b', 'd');
  await expectCounts(queue, [1, 0, 0]);
  await advance(1);
  await sendAs(queue, 'c', 'd');
  expect(bodies(await take(queue, 2))).toEqual(['a', 'c']);
});

test('a duplicate does not prolong the 5 minutes', async () => {
  const queue = await makeFifo();
  await sendAs(queue, 'a', 'd');
  await advance(INTERVAL_MS / 2);
  await sendAs(queue, 'b', 'd');
  await advance(INTERVAL_MS / 2);
  await sendAs(queue, 'c', 'd');
  expect(bodies(await take(queue, 2))).toEqual(['a', 'c']);
});

test('content-based: an equal body is a duplicate', async () => {
  const queue = await makeFifo();
  await send(queue, 'a', { MessageGroupId: 'g' });
  await send(queue, 'a', { MessageGroupId: 'g' });
  await send(queue, 'b', { MessageGroupId: 'g' });
  await expectCounts(queue, [2, 0, 0]);
});

test('content-based: the id is the SHA-256 of the body', async () => {
  const queue = await makeFifo();
  const sha256 = createHash('sha256').update('grüße').digest('hex');
  await send(queue, 'grüße', { MessageGroupId: 'g' });
  await sendAs(queue, 'other', sha256);
  const message = await takeOne(queue);
  expect(message.Attributes?.MessageDeduplicationId).toBe(sha256);
  await expectCounts(queue, [0, 1, 0]);
});

test('content-based: attributes do not count as content', async () => {
  const queue = await makeFifo();
  for (const StringValue of ['1', '2'])
    await send(queue, 'a', {
      MessageGroupId: 'g',
      MessageAttributes: { n: { DataType: 'Number', StringValue } },
    });
  await expectCounts(queue, [1, 0, 0]);
});

test("content-based: a message's own id counts, not its body", async () => {
  const queue = await makeFifo();
  await sendAs(queue, 'a', 'one');
  await sendAs(queue, 'a', 'two');
  await expectCounts(queue, [2, 0, 0]);
});

test('without an id and without content-based deduplication a message is refused', async () => {
  const queue = await makeFifo({ ContentBasedDeduplication: 'false' });
  await expectRefusal(send(queue, 'a', { MessageGroupId: 'g' }), {
    name: 'InvalidParameterValue',
    says: 'ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
  });
});

test('scope queue: the id counts across groups', async () => {
  const queue = await makeFifo({ DeduplicationScope: 'queue' });
  await sendAs(queue, 'a', 'd', 'g');
  await sendAs(queue, 'b', 'd', 'h');
  expect(bodies(await take(queue, 1))).toEqual(['a']);
  await expectCounts(queue, [0, 1, 0]);
});

test('scope messageGroup: the id counts within its group', async () => {
  const queue = await makeFifo(highThroughput);
  await sendAs(queue, 'a', 'd', 'g');
  await sendAs(queue, 'b', 'd', 'h');
  await sendAs(queue, 'c', 'd', 'g');
  await expectCounts(queue, [2, 0, 0]);
  expect(bodies(await take(queue, 2)).sort()).toEqual(['a', 'b']);
});

test('scope messageGroup: group and id are told apart whatever their characters', async () => {
  const queue = await makeFifo(highThroughput);
  await sendAs(queue, 'a', 'c', 'a:b');
  await sendAs(queue, 'b', 'b:c', 'a');
  await expectCounts(queue, [2, 0, 0]);
});

test('duplicates within one batch are delivered once', async () => {
  const queue = await makeFifo();
  const entry = { MessageBody: 'a', MessageGroupId: 'g', MessageDeduplicationId: 'd' };
  const sent = await target.sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: queue,
      Entries: [
        { Id: '1', ...entry },
        { Id: '2', ...entry },
      ],
    }),
  );
  expect(sent.Successful).toHaveLength(2);
  await expectCounts(queue, [1, 0, 0]);
});

test('queues do not share their ids', async () => {
  const queues = [await makeFifo(), await makeFifo()];
  for (const queue of queues) await sendAs(queue, 'a', 'd');
  for (const queue of queues) await takeOne(queue);
});

test('a delayed message is deduplicated from when it was sent', async () => {
  const queue = await makeFifo({ DelaySeconds: '60' });
  await sendAs(queue, 'a', 'd');
  await sendAs(queue, 'b', 'd');
  await expectCounts(queue, [0, 0, 1]);
});

test.for(BAD_IDS)('an id %s is refused', async ([, MessageDeduplicationId]) => {
  const queue = await makeFifo({ ContentBasedDeduplication: 'false' });
  await expectRefusal(send(queue, 'a', { MessageGroupId: 'g', MessageDeduplicationId }), {
    name: 'InvalidParameterValue',
  });
});

test('a standard queue refuses a deduplication id', async () => {
  const queue = await makeQueue();
  await expectRefusal(send(queue, 'a', { MessageDeduplicationId: 'd' }), {
    name: 'InvalidParameterValue',
    says: 'The request include parameter that is not valid for this queue type',
  });
});
