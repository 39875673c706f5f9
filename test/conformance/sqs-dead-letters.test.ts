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
  remove,
  send,
  sendToGroup,
  take,
  takeOne,
} from './sqs.ts';

/*
 * Sources: Developer Guide, "Using dead-letter queues in Amazon SQS" and its page on redrive; API Reference,
 * SetQueueAttributes (RedrivePolicy), ReceiveMessage (ApproximateReceiveCount: "across all queues").
 */

const policy = (deadLetterTargetArn: string, maxReceiveCount: number | string = 1) => ({
  RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }),
});
const set = (QueueUrl: string, Attributes: Record<string, string>) =>
  target.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
/** Receives without hiding anything: what is there fails once more. */
const fail = (queue: string) => takeOne(queue, { VisibilityTimeout: 0 });

/** A queue and its dead-letter queue. */
async function makePair(
  make = makeQueue,
  maxReceiveCount = 1,
): Promise<{ queue: string; deadLetters: string }> {
  const deadLetters = await make({});
  return { deadLetters, queue: await make(policy(await arnOf(deadLetters), maxReceiveCount)) };
}

test('a message is moved when its receives exceed maxReceiveCount, at the next receive', async () => {
  const { queue, deadLetters } = await makePair(makeQueue, 2);
  await send(queue, 'a');
  await fail(queue);
  await fail(queue);
  await expectCounts(deadLetters, [0, 0, 0]);
  expect(await receive(queue)).toEqual([]);
  await expectCounts(queue, [0, 0, 0]);
  expect(bodies(await take(deadLetters, 1))).toEqual(['a']);
});

test('a message in flight for the last time can still be deleted', async () => {
  const { queue, deadLetters } = await makePair();
  await send(queue, 'a');
  await remove(queue, await takeOne(queue));
  await expectCounts(queue, [0, 0, 0]);
  await expectCounts(deadLetters, [0, 0, 0]);
});

test('the receive that moves one message gives the others', async () => {
  const { queue, deadLetters } = await makePair();
  await send(queue, 'bad');
  await fail(queue);
  await send(queue, 'good');
  expect(bodies(await take(queue, 1))).toEqual(['good']);
  await receive(queue); // On AWS the move may take a receive more.
  await expectCounts(deadLetters, [1, 0, 0]);
});

test('a long poll of the dead-letter queue wakes when a message is moved there', async () => {
  const { queue, deadLetters } = await makePair();
  await send(queue, 'a');
  await fail(queue);
  const polling = receive(deadLetters, { WaitTimeSeconds: 20 });
  await receive(queue);
  expect(bodies(await polling)).toEqual(['a']);
});

test('a moved message keeps id, body, attributes and send time', async () => {
  const { queue, deadLetters } = await makePair();
  const MessageAttributes = { colour: { DataType: 'String', StringValue: 'red' } };
  await send(queue, 'a', { MessageAttributes });
  const before = await fail(queue);
  await receive(queue);
  await advance(1_000);
  const after = await takeOne(deadLetters, { MessageAttributeNames: ['All'] });
  expect(after).toMatchObject({ MessageId: before.MessageId, Body: 'a', MessageAttributes });
  expect(after.Attributes?.SentTimestamp).toBe(before.Attributes?.SentTimestamp);
});

test('a moved message names the queue it comes from', async () => {
  const { queue, deadLetters } = await makePair();
  await send(queue, 'a');
  expect((await fail(queue)).Attributes).not.toHaveProperty('DeadLetterQueueSourceArn');
  await receive(queue);
  expect((await takeOne(deadLetters)).Attributes?.DeadLetterQueueSourceArn).toBe(await arnOf(queue));
});

test('receives are counted across both queues', async () => {
  const { queue, deadLetters } = await makePair(makeQueue, 2);
  await send(queue, 'a');
  await fail(queue);
  await fail(queue);
  await receive(queue);
  expect((await takeOne(deadLetters)).Attributes?.ApproximateReceiveCount).toBe('3');
});

// Developer Guide, dead-letter queue redrive: the deduplication id "is replaced with the original message's ID", so
// that two messages that happen to share one both have room there.
test('FIFO: a moved message keeps its group; its id takes the place of the deduplication id', async () => {
  const { queue, deadLetters } = await makePair(makeFifo);
  const { MessageId } = await send(queue, 'a', { MessageGroupId: 'g', MessageDeduplicationId: 'd' });
  await fail(queue);
  expect(await receive(queue)).toEqual([]);
  const { Attributes } = await takeOne(deadLetters);
  expect(Attributes).toMatchObject({
    MessageGroupId: 'g',
    MessageDeduplicationId: MessageId,
    DeadLetterQueueSourceArn: await arnOf(queue),
  });
});

test('FIFO: the group goes on without the message that was moved', async () => {
  const { queue, deadLetters } = await makePair(makeFifo);
  await sendToGroup(queue, 'g', 'bad', 'next');
  await fail(queue);
  expect(bodies(await take(queue, 1))).toEqual(['next']);
  expect(bodies(await take(deadLetters, 1))).toEqual(['bad']);
});

test('FIFO: messages of a group are moved in their order', async () => {
  const { queue, deadLetters } = await makePair(makeFifo);
  await sendToGroup(queue, 'g', 'a', 'b', 'c');
  await take(queue, 3, { VisibilityTimeout: 0 });
  await receive(queue);
  expect(bodies(await take(deadLetters, 3))).toEqual(['a', 'b', 'c']);
});

test('a dead-letter queue may have one of its own', async () => {
  const last = await makeQueue();
  const middle = await makeQueue(policy(await arnOf(last), 2));
  const queue = await makeQueue(policy(await arnOf(middle), 1));
  await send(queue, 'a');
  // Whether the receives of the first queue count towards the limit of the second isn't told.
  for (let times = 0; times < 5; times++)
    for (const each of [queue, middle]) await receive(each, { VisibilityTimeout: 0 });
  expect(bodies(await take(last, 1))).toEqual(['a']);
});

test('without a policy a message is received for ever', async () => {
  const queue = await makeQueue();
  await send(queue, 'a');
  for (let times = 0; times < 12; times++) await fail(queue);
  expect((await takeOne(queue)).Attributes?.ApproximateReceiveCount).toBe('13');
});

test('a policy that is taken back moves nothing more', async () => {
  const { queue } = await makePair();
  await send(queue, 'a');
  await fail(queue);
  await set(queue, { RedrivePolicy: '' });
  expect(await attributesOf(queue, 'RedrivePolicy')).toEqual({});
  await takeOne(queue);
});

test('a lowered maxReceiveCount applies to messages that are there', async () => {
  const { queue, deadLetters } = await makePair(makeQueue, 10);
  await send(queue, 'a');
  await fail(queue);
  await fail(queue);
  await set(queue, policy(await arnOf(deadLetters), 1));
  expect(await receive(queue)).toEqual([]);
  await expectCounts(deadLetters, [1, 0, 0]);
});
