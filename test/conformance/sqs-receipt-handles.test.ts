import { DeleteMessageBatchCommand } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { advance, target } from './harness.ts';
import {
  expectCounts,
  expectRefusal,
  hide,
  makeFifo,
  makeQueue,
  receive,
  remove,
  send,
  sendToGroup,
  takeOne,
} from './sqs.ts';

/*
 * Sources: API Reference, DeleteMessage ("If you use an old ReceiptHandle, the request will succeed, but the
 * message might not be deleted"), ChangeMessageVisibility; API Reference, ReceiveMessage on
 * ReceiveRequestAttemptId ("if a consumer whose message processing time is longer than the visibility timeout
 * tries to delete the processed messages, the action fails with an error"); re:Post Knowledge Center,
 * "receipt handle" errors (InvalidParameterValue: The receipt handle has expired).
 */

const EXPIRED = { name: 'InvalidParameterValue', says: 'The receipt handle has expired' };

test('standard: deleting with the handle succeeds a second time', async () => {
  const queue = await makeQueue();
  await send(queue, 'a');
  const message = await takeOne(queue);
  await remove(queue, message);
  await remove(queue, message);
  await expectCounts(queue, [0, 0, 0]);
});

test('standard: the newest handle still deletes after its visibility timeout', async () => {
  const queue = await makeQueue();
  await send(queue, 'a');
  const message = await takeOne(queue, { VisibilityTimeout: 1 });
  await advance(1_000);
  await remove(queue, message);
  await expectCounts(queue, [0, 0, 0]);
});

test('standard: deleting with the handle of an earlier receive is no error', async () => {
  const queue = await makeQueue();
  await send(queue, 'a');
  const first = await takeOne(queue, { VisibilityTimeout: 1 });
  await advance(1_000);
  const second = await takeOne(queue);
  await remove(queue, first);
  await remove(queue, second);
  await expectCounts(queue, [0, 0, 0]);
});

test('standard: changing the visibility of a message that is visible again is refused', async () => {
  const queue = await makeQueue();
  await send(queue, 'a');
  const message = await takeOne(queue, { VisibilityTimeout: 1 });
  await advance(1_000);
  const error = await hide(queue, message, 30).then(
    () => undefined,
    (thrown: unknown) => thrown as Error,
  );
  // The API Reference names MessageNotInflight; AWS is also seen to answer with InvalidParameterValue.
  expect(error?.name).toMatch(/MessageNotInflight$|InvalidParameterValue$/);
});

test('standard: changing the visibility of a deleted message is refused', async () => {
  const queue = await makeQueue();
  await send(queue, 'a');
  const message = await takeOne(queue);
  await remove(queue, message);
  await expectRefusal(hide(queue, message, 30), {
    name: 'InvalidParameterValue',
    says: 'Message does not exist or is not available for visibility timeout change',
  });
});

test('FIFO: deleting after the visibility timeout is refused, the message is there again', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'a');
  const message = await takeOne(queue, { VisibilityTimeout: 1 });
  await advance(1_000);
  await expectRefusal(remove(queue, message), EXPIRED);
  await takeOne(queue);
});

test('FIFO: changing the visibility after its timeout is refused', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'a');
  const message = await takeOne(queue, { VisibilityTimeout: 1 });
  await advance(1_000);
  await expectRefusal(hide(queue, message, 30), { name: 'InvalidParameterValue' });
  await takeOne(queue);
});

test('FIFO: the handle of an earlier receive neither deletes nor changes', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'a');
  const first = await takeOne(queue, { VisibilityTimeout: 1 });
  await advance(1_000);
  const second = await takeOne(queue);
  await expectRefusal(remove(queue, first), { name: 'InvalidParameterValue' });
  await expectRefusal(hide(queue, first, 0), { name: 'InvalidParameterValue' });
  await expectCounts(queue, [0, 1, 0]);
  await remove(queue, second);
  await expectCounts(queue, [0, 0, 0]);
});

test('FIFO: in a batch an expired handle fails alone', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'a');
  await sendToGroup(queue, 'h', 'b');
  const expired = await takeOne(queue, { VisibilityTimeout: 1 });
  const held = await takeOne(queue, { VisibilityTimeout: 60 });
  await advance(1_000);
  const deleted = await target.sqs.send(
    new DeleteMessageBatchCommand({
      QueueUrl: queue,
      Entries: [
        { Id: 'expired', ReceiptHandle: expired.ReceiptHandle },
        { Id: 'held', ReceiptHandle: held.ReceiptHandle },
      ],
    }),
  );
  expect(deleted.Successful?.map(({ Id }) => Id)).toEqual(['held']);
  expect(deleted.Failed?.map(({ Id }) => Id)).toEqual(['expired']);
  await expectCounts(queue, [1, 0, 0]);
});

test('FIFO: deleting with the handle of a deleted message is no error', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'a');
  const message = await takeOne(queue);
  await remove(queue, message);
  await remove(queue, message);
});

test.for(['garbage', 'AQEB==', 'äöü'])(
  'the handle %j is invalid for deleting and for changing',
  async ReceiptHandle => {
    const queue = await makeQueue();
    await expectRefusal(remove(queue, { ReceiptHandle }), { name: 'ReceiptHandleIsInvalid' });
    await expectRefusal(hide(queue, { ReceiptHandle }, 1), { name: 'ReceiptHandleIsInvalid' });
  },
);

test("another queue's handle deletes nothing", async () => {
  const [queue, other] = [await makeQueue(), await makeQueue()];
  await send(queue, 'a');
  const message = await takeOne(queue, { VisibilityTimeout: 1 });
  await remove(other, message).catch(() => 'refused, which AWS documents as well as not deleting');
  await advance(1_000);
  expect(await receive(queue)).toHaveLength(1);
});
