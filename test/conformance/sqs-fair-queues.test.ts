import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { target } from './harness.ts';
import {
  BAD_IDS,
  bodies,
  expectCounts,
  expectRefusal,
  makeQueue,
  receive,
  send,
  sendToGroup,
  take,
  takeOne,
} from './sqs.ts';

/* Sources: Developer Guide, "Amazon SQS fair queues"; API Reference, SendMessage, MessageGroupId ("Standard queues"). */

test('a message of a standard queue may have a group, and brings it along', async () => {
  const queue = await makeQueue();
  await sendToGroup(queue, 'tenant', 'a');
  const { Attributes } = await takeOne(queue);
  expect(Attributes?.MessageGroupId).toBe('tenant');
  expect(Attributes).not.toHaveProperty('SequenceNumber');
  expect(Attributes).not.toHaveProperty('MessageDeduplicationId');
});

test('the group is taken in a batch too', async () => {
  const queue = await makeQueue();
  const Entries = [{ Id: '1', MessageBody: 'a', MessageGroupId: 'tenant' }];
  await target.sqs.send(new SendMessageBatchCommand({ QueueUrl: queue, Entries }));
  const { Attributes } = await takeOne(queue, { MessageSystemAttributeNames: ['MessageGroupId'] });
  expect(Attributes).toEqual({ MessageGroupId: 'tenant' });
});

test('a message without a group has none', async () => {
  const queue = await makeQueue();
  await send(queue, 'a');
  expect((await takeOne(queue)).Attributes).not.toHaveProperty('MessageGroupId');
});

test('messages of one group are received in parallel', async () => {
  const queue = await makeQueue();
  await sendToGroup(queue, 'tenant', 'a', 'b', 'c');
  await takeOne(queue);
  await takeOne(queue);
  await takeOne(queue);
  await expectCounts(queue, [0, 3, 0]);
});

test('a group brings no deduplication', async () => {
  const queue = await makeQueue();
  await sendToGroup(queue, 'tenant', 'a', 'a');
  expect(bodies(await take(queue, 2))).toEqual(['a', 'a']);
});

test('a message with a group may have a delay of its own', async () => {
  const queue = await makeQueue();
  await send(queue, 'a', { MessageGroupId: 'tenant', DelaySeconds: 60 });
  await expectCounts(queue, [0, 0, 1]);
});

test.for(BAD_IDS)('a group %s is refused', async ([, MessageGroupId]) => {
  const queue = await makeQueue();
  await expectRefusal(send(queue, 'a', { MessageGroupId }), { name: 'InvalidParameterValue' });
});

/*
 * "Amazon SQS … prioritizes … messages from quiet tenants": while a group with a backlog has many messages in
 * flight, a message of another doesn't wait for that backlog. AWS names no numbers; this margin is wide.
 */
test('a quiet group does not wait behind the backlog of a noisy one', async () => {
  const queue = await makeQueue();
  const batch = (length: number, MessageGroupId: string) =>
    target.sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: queue,
        Entries: Array.from({ length }, (_, index) => ({
          Id: `${index}`,
          MessageBody: MessageGroupId,
          MessageGroupId,
        })),
      }),
    );
  for (let batches = 0; batches < 10; batches++) await batch(10, 'noisy');
  await take(queue, 30);
  await batch(1, 'quiet');
  const next = [...(await receive(queue)), ...(await receive(queue))];
  expect(bodies(next)).toContain('quiet');
});

test('nothing of the noisy group is lost', async () => {
  const queue = await makeQueue();
  const sent = Array.from({ length: 20 }, (_, index) => `noisy ${index}`);
  await sendToGroup(queue, 'noisy', ...sent);
  const first = bodies(await take(queue, 10));
  await sendToGroup(queue, 'quiet', 'quiet');
  const rest = bodies(await take(queue, 11));
  expect([...first, ...rest].sort()).toEqual([...sent, 'quiet'].sort());
});
