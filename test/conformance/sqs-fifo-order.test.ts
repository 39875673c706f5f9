import { expect, test } from 'vitest';
import { advance } from './harness.ts';
import {
  BAD_IDS,
  bodies,
  expectCounts,
  expectRefusal,
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
 * Sources: Developer Guide, "FIFO queue delivery logic in Amazon SQS" ("attempts to return as many messages
 * with the same message group ID as possible"; nothing more of a group while one of it is in flight), "Interleaving
 * multiple ordered message groups", "FIFO queue and message identifiers" (the sequence number: 20 digits, rising
 * within a group); API Reference, SendMessage, MessageGroupId.
 */

test('one receive gives up to 10 messages of one group, in order', async () => {
  const queue = await makeFifo();
  const sent = Array.from({ length: 12 }, (_, index) => `body ${index}`);
  await sendToGroup(queue, 'g', ...sent);
  expect(bodies(await receive(queue, { WaitTimeSeconds: 1 }))).toEqual(sent.slice(0, 10));
});

test('a group keeps its order over many receives', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'a', 'b', 'c');
  const seen: string[] = [];
  for (let times = 0; times < 3; times++) {
    const message = await takeOne(queue);
    seen.push(message.Body ?? '');
    await remove(queue, message);
  }
  expect(seen).toEqual(['a', 'b', 'c']);
});

test('nothing more of a group is given while one of it is in flight', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'a', 'b');
  await takeOne(queue);
  expect(await receive(queue)).toEqual([]);
});

test('a message that arrives for a group in flight waits', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'a');
  const message = await takeOne(queue);
  await sendToGroup(queue, 'g', 'b');
  expect(await receive(queue)).toEqual([]);
  await remove(queue, message);
  expect(bodies(await take(queue, 1))).toEqual(['b']);
});

test('a group stays blocked until the last of its messages in flight is deleted', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'a', 'b', 'c');
  const [first, second] = await take(queue, 2);
  if (first === undefined || second === undefined) throw new Error('unreachable: take() has counted');
  await remove(queue, first);
  expect(await receive(queue)).toEqual([]);
  await remove(queue, second);
  expect(bodies(await take(queue, 1))).toEqual(['c']);
});

test('other groups go on while one is in flight', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'a', 'b');
  await sendToGroup(queue, 'h', 'c');
  expect(bodies(await take(queue, 1))).toEqual(['a']);
  expect(bodies(await take(queue, 1))).toEqual(['c']);
});

test('a message whose visibility timeout ended comes before those after it', async () => {
  const queue = await makeFifo({ VisibilityTimeout: '1' });
  await sendToGroup(queue, 'g', 'a', 'b');
  await takeOne(queue);
  await advance(1_000);
  const again = await takeOne(queue);
  await remove(queue, again);
  expect(bodies([again, await takeOne(queue)])).toEqual(['a', 'b']);
});

test('a message given back comes before those after it', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'a', 'b');
  await hide(queue, await takeOne(queue), 0);
  const again = await takeOne(queue);
  await remove(queue, again);
  expect(bodies([again, await takeOne(queue)])).toEqual(['a', 'b']);
});

// The reason to stop a group at its first failure: those behind it that were deleted are gone.
test('the first of several comes back alone when the others were deleted', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'a', 'b', 'c');
  const [first, ...others] = await take(queue, 3);
  for (const message of others) await remove(queue, message);
  if (first !== undefined) await hide(queue, first, 0);
  expect(bodies(await take(queue, 1))).toEqual(['a']);
});

test('messages received together come back in their order', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'a', 'b', 'c');
  for (const message of (await take(queue, 3)).toReversed()) await hide(queue, message, 0);
  expect(bodies(await take(queue, 3))).toEqual(['a', 'b', 'c']);
});

test('a receive with room left gives messages of several groups, each in order', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'g1', 'g2');
  await sendToGroup(queue, 'h', 'h1', 'h2');
  const received = bodies(await take(queue, 4));
  expect(received.filter(body => body.startsWith('g'))).toEqual(['g1', 'g2']);
  expect(received.filter(body => body.startsWith('h'))).toEqual(['h1', 'h2']);
});

/*
 * AWS promises no order between groups. But a consumer that takes one message at a time has to reach a short
 * group before a long one is through, or a busy sender could hold up all others for good.
 */
test('a long group does not starve a short one', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'long', ...Array.from({ length: 20 }, (_, index) => `long ${index}`));
  await sendToGroup(queue, 'short', 'short');
  for (let times = 0; times < 20; times++) {
    const message = await takeOne(queue);
    if (message.Body === 'short') return;
    await remove(queue, message);
  }
  expect.fail('20 messages of the long group were received before the one of the short group');
});

test('sequence numbers have 20 digits and rise', async () => {
  const queue = await makeFifo();
  const numbers = [];
  for (const body of ['a', 'b', 'c'])
    numbers.push((await send(queue, body, { MessageGroupId: 'g' })).SequenceNumber ?? '');
  for (const number of numbers) expect(number).toMatch(/^\d{20}$/);
  expect(numbers.toSorted()).toEqual(numbers);
  expect(new Set(numbers).size).toBe(3);
  expect((await takeOne(queue)).Attributes?.SequenceNumber).toBe(numbers[0]);
});

test('a standard queue gives no sequence number', async () => {
  const queue = await makeQueue();
  expect((await send(queue, 'a')).SequenceNumber).toBeUndefined();
  expect((await takeOne(queue)).Attributes).not.toHaveProperty('SequenceNumber');
});

test('a message without a group is refused', async () => {
  const queue = await makeFifo();
  await expectRefusal(send(queue, 'a'), {
    name: 'MissingParameter',
    says: 'The request must contain the parameter MessageGroupId',
  });
});

test.for(BAD_IDS)('a group %s is refused', async ([, MessageGroupId]) => {
  const queue = await makeFifo();
  await expectRefusal(send(queue, 'a', { MessageGroupId, MessageDeduplicationId: 'd' }), {
    name: 'InvalidParameterValue',
  });
});

test('a group may have 128 characters of every allowed kind', async () => {
  const queue = await makeFifo();
  const MessageGroupId = 'aZ09!"#$%&\'()*+,-./:;?@[\\]^_`{|}~'.padEnd(128, 'x');
  await send(queue, 'a', { MessageGroupId });
  expect((await takeOne(queue)).Attributes?.MessageGroupId).toBe(MessageGroupId);
});

test('a deleted message lets its group go on at once', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'a', 'b');
  await remove(queue, await takeOne(queue));
  await expectCounts(queue, [1, 0, 0]);
  expect(bodies(await take(queue, 1))).toEqual(['b']);
});
