import { SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { advance, target } from './harness.ts';
import {
  attributesOf,
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

/* Sources: Developer Guide, "Amazon SQS visibility timeout"; API Reference, ChangeMessageVisibility, ReceiveMessage. */

const HOUR_MS = 3_600_000;
const BEYOND = 'Total VisibilityTimeout for the message is beyond the limit [43200 seconds]';

for (const [kind, make] of [
  ['standard', makeQueue],
  ['FIFO', makeFifo],
] as const) {
  const sendOne = (queue: string, body = 'a') =>
    kind === 'FIFO' ? sendToGroup(queue, 'g', body) : send(queue, body);

  test(`${kind}: a received message is hidden for the queue's timeout, then back`, async () => {
    const queue = await make({ VisibilityTimeout: '2' });
    await sendOne(queue);
    await takeOne(queue);
    await advance(800);
    expect(await receive(queue)).toEqual([]);
    await advance(1_200);
    expect(bodies(await take(queue, 1))).toEqual(['a']);
  });

  test(`${kind}: a receive may bring its own timeout`, async () => {
    const queue = await make({ VisibilityTimeout: '60' });
    await sendOne(queue);
    await takeOne(queue, { VisibilityTimeout: 1 });
    await advance(1_000);
    await takeOne(queue);
  });

  test(`${kind}: a receive with a timeout of 0 leaves the message visible`, async () => {
    const queue = await make();
    await sendOne(queue);
    await takeOne(queue, { VisibilityTimeout: 0 });
    const again = await takeOne(queue);
    expect(again.Attributes?.ApproximateReceiveCount).toBe('2');
  });

  test(`${kind}: a timeout of 0 gives the message back`, async () => {
    const queue = await make();
    await sendOne(queue);
    await hide(queue, await takeOne(queue), 0);
    await expectCounts(queue, [1, 0, 0]);
    expect(bodies(await take(queue, 1))).toEqual(['a']);
  });

  test(`${kind}: a longer timeout counts from the change, not from the receive`, async () => {
    const queue = await make({ VisibilityTimeout: '2' });
    await sendOne(queue);
    const message = await takeOne(queue);
    await advance(1_000);
    await hide(queue, message, 3);
    await advance(1_600);
    expect(await receive(queue)).toEqual([]);
    await advance(1_400);
    await takeOne(queue);
  });

  test(`${kind}: a shorter timeout ends the hiding sooner`, async () => {
    const queue = await make({ VisibilityTimeout: '60' });
    await sendOne(queue);
    await hide(queue, await takeOne(queue), 1);
    expect(await receive(queue)).toEqual([]);
    await advance(1_000);
    await takeOne(queue);
  });

  test(`${kind}: a changed timeout is forgotten at the next receive`, async () => {
    const queue = await make({ VisibilityTimeout: '1' });
    await sendOne(queue);
    const message = await takeOne(queue);
    await hide(queue, message, 2);
    await advance(2_000);
    await takeOne(queue);
    await advance(1_100);
    await takeOne(queue);
  });

  test(`${kind}: a message can be hidden for 12 hours from its receive, to the second`, async () => {
    const queue = await make();
    await sendOne(queue);
    await hide(queue, await takeOne(queue), 43_200);
    await expectCounts(queue, [0, 1, 0]);
  });

  test(`${kind}: more than what is left of the 12 hours is refused in AWS's words`, async () => {
    const queue = await make();
    await sendOne(queue);
    const message = await takeOne(queue);
    await advance(2_000);
    await expectRefusal(hide(queue, message, 43_200), {
      name: 'InvalidParameterValue',
      says: `Value 43200 for parameter VisibilityTimeout is invalid. Reason: ${BEYOND}`,
    });
    await hide(queue, message, 43_100);
  });

  test(`${kind}: extensions don't reach beyond 12 hours`, async () => {
    const queue = await make({ VisibilityTimeout: '43200' });
    await sendOne(queue);
    const message = await takeOne(queue);
    await advance(11 * HOUR_MS);
    await hide(queue, message, 3_600);
    await expectRefusal(hide(queue, message, 3_601), { name: 'InvalidParameterValue', says: BEYOND });
    await advance(HOUR_MS - 1);
    expect(await receive(queue)).toEqual([]);
    await advance(1);
    await takeOne(queue);
  });

  test(`${kind}: the 12 hours begin anew with each receive`, async () => {
    const queue = await make();
    await sendOne(queue);
    await hide(queue, await takeOne(queue), 43_200);
    await advance(12 * HOUR_MS);
    const again = await takeOne(queue);
    await hide(queue, again, 43_200);
    await advance(12 * HOUR_MS);
    await takeOne(queue);
  });

  test.for([-1, 43_201])(`${kind}: a timeout of %d is refused`, async seconds => {
    const queue = await make();
    await sendOne(queue);
    await expectRefusal(hide(queue, await takeOne(queue), seconds), {
      name: 'InvalidParameterValue',
      says: `Value ${seconds} for parameter VisibilityTimeout is invalid`,
    });
  });

  test(`${kind}: a refused change leaves the timeout as it was`, async () => {
    const queue = await make({ VisibilityTimeout: '1' });
    await sendOne(queue);
    const message = await takeOne(queue);
    await expectRefusal(hide(queue, message, 43_201), { name: 'InvalidParameterValue' });
    await advance(1_000);
    await takeOne(queue);
  });

  test(`${kind}: a message deleted in flight never comes back`, async () => {
    const queue = await make({ VisibilityTimeout: '1' });
    await sendOne(queue);
    await remove(queue, await takeOne(queue));
    await advance(1_200);
    expect(await receive(queue)).toEqual([]);
    await expectCounts(queue, [0, 0, 0]);
  });
}

test('a changed queue timeout applies to the next receive', async () => {
  const queue = await makeQueue({ VisibilityTimeout: '60' });
  await send(queue, 'a');
  await target.sqs.send(
    new SetQueueAttributesCommand({ QueueUrl: queue, Attributes: { VisibilityTimeout: '1' } }),
  );
  expect(await attributesOf(queue, 'VisibilityTimeout')).toEqual({ VisibilityTimeout: '1' });
  await takeOne(queue);
  await advance(1_000);
  await takeOne(queue);
});
