import { expect, test } from 'vitest';
import { advance } from './harness.ts';
import {
  BAD_IDS,
  bodies,
  expectRefusal,
  hide,
  makeFifo,
  makeQueue,
  receive,
  remove,
  send,
  sendToGroup,
  take,
} from './sqs.ts';

/*
 * Source: API Reference, ReceiveMessage, ReceiveRequestAttemptId: 5 minutes; possible "if none of the messages
 * have been modified (deleted or had their visibility changes)"; "subsequent calls with the same
 * ReceiveRequestAttemptId return the same messages and receipt handles"; a retry "resets the visibility timeout".
 */

const attempt = (ReceiveRequestAttemptId: string) => ({ ReceiveRequestAttemptId });

test('the same attempt gets the same message and receipt handle again', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'a');
  const [first] = await take(queue, 1, attempt('one'));
  const [again] = await receive(queue, attempt('one'));
  expect([again?.Body, again?.ReceiptHandle]).toEqual(['a', first?.ReceiptHandle]);
});

test('the same attempt gets all the messages again, in order', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'a', 'b');
  const first = await take(queue, 2, attempt('one'));
  const again = await receive(queue, attempt('one'));
  expect(bodies(again)).toEqual(['a', 'b']);
  expect(again.map(({ ReceiptHandle }) => ReceiptHandle)).toEqual(
    first.map(({ ReceiptHandle }) => ReceiptHandle),
  );
});

test('another attempt, or none, gets nothing of what is in flight', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'a');
  await take(queue, 1, attempt('one'));
  expect(await receive(queue, attempt('two'))).toEqual([]);
  expect(await receive(queue)).toEqual([]);
});

test('a repeated attempt begins the visibility timeout anew', async () => {
  const queue = await makeFifo({ VisibilityTimeout: '2' });
  await sendToGroup(queue, 'g', 'a');
  await take(queue, 1, attempt('one'));
  await advance(1_200);
  expect(await receive(queue, attempt('one'))).toHaveLength(1);
  await advance(1_200);
  expect(await receive(queue)).toEqual([]);
  await advance(1_000);
  await take(queue, 1);
});

// The sentence is AWS's, from threads about its own messaging library for Java.
const NOT_RETRYABLE = {
  name: 'InvalidParameterValue',
  says: 'The receiveRequestAttemptId is not valid anymore since the receive call is not retryable.',
};

test('an attempt whose message was deleted cannot be repeated', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'a');
  const [first] = await take(queue, 1, attempt('one'));
  if (first !== undefined) await remove(queue, first);
  await expectRefusal(receive(queue, attempt('one')), NOT_RETRYABLE);
});

test('an attempt whose visibility was changed cannot be repeated', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'a');
  const [first] = await take(queue, 1, attempt('one'));
  if (first !== undefined) await hide(queue, first, 60);
  await expectRefusal(receive(queue, attempt('one')), NOT_RETRYABLE);
});

test('a receive that found nothing leaves its attempt free', async () => {
  const queue = await makeFifo();
  expect(await receive(queue, attempt('one'))).toEqual([]);
  await sendToGroup(queue, 'g', 'a');
  await take(queue, 1, attempt('one'));
});

// AWS overlooks it ("both AWS and LocalStack APIs do not complain", a maintainer of Spring Cloud AWS).
test('a standard queue overlooks the attempt', async () => {
  const queue = await makeQueue();
  for (const body of ['a', 'b']) await send(queue, body);
  expect(await take(queue, 1, attempt('one'))).toHaveLength(1);
  expect(await take(queue, 1, attempt('one'))).toHaveLength(1);
});

test('an attempt is forgotten after 5 minutes, not before', async () => {
  const queue = await makeFifo({ VisibilityTimeout: '600' });
  await sendToGroup(queue, 'g', 'a');
  await take(queue, 1, attempt('one'));
  await advance(299_999);
  expect(await receive(queue, attempt('one'))).toHaveLength(1);
  await advance(1);
  expect(await receive(queue, attempt('one'))).toEqual([]);
});

test.for(BAD_IDS)('an attempt %s is refused', async ([, ReceiveRequestAttemptId]) => {
  const queue = await makeFifo();
  await expectRefusal(receive(queue, { ReceiveRequestAttemptId }), { name: 'InvalidParameterValue' });
});
