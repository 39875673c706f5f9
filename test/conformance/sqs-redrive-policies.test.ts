import {
  ListDeadLetterSourceQueuesCommand,
  SetQueueAttributesCommand,
  type ListDeadLetterSourceQueuesCommandInput,
} from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { target } from './harness.ts';
import { arnOf, eventually, expectRefusal, makeFifo, makeQueue, receive, send, takeOne } from './sqs.ts';

/* Sources: API Reference, SetQueueAttributes (RedrivePolicy, RedriveAllowPolicy), ListDeadLetterSourceQueues. */

const policy = (deadLetterTargetArn: string, maxReceiveCount: number | string = 1) => ({
  RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }),
});
const set = (QueueUrl: string, Attributes: Record<string, string>) =>
  target.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
test('maxReceiveCount may be written as a string', async () => {
  const deadLetters = await makeQueue();
  const queue = await makeQueue(policy(await arnOf(deadLetters), '1'));
  await send(queue, 'a');
  await takeOne(queue, { VisibilityTimeout: 0 });
  expect(await receive(queue)).toEqual([]);
});

test.for([0, 1_001, -1, 'many'])('a maxReceiveCount of %s is refused', async maxReceiveCount => {
  const [queue, deadLetters] = [await makeQueue(), await makeQueue()];
  await expectRefusal(set(queue, policy(await arnOf(deadLetters), maxReceiveCount)), {
    name: 'InvalidParameterValue',
  });
});

test('a maxReceiveCount of 1,000 is taken', async () => {
  const [queue, deadLetters] = [await makeQueue(), await makeQueue()];
  await set(queue, policy(await arnOf(deadLetters), 1_000));
});

test('a policy without a dead-letter queue, or without a count, is refused', async () => {
  const [queue, deadLetters] = [await makeQueue(), await makeQueue()];
  for (const part of [{ maxReceiveCount: 3 }, { deadLetterTargetArn: await arnOf(deadLetters) }])
    await expectRefusal(set(queue, { RedrivePolicy: JSON.stringify(part) }), {
      name: 'InvalidParameterValue',
    });
});

test('a dead-letter queue that does not exist is refused', async () => {
  const queue = await makeQueue();
  const arn = await arnOf(queue);
  await expectRefusal(set(queue, policy(`${arn}-missing`)), { name: 'InvalidParameterValue' });
});

// "The dead-letter queue of a FIFO queue must also be a FIFO queue", and likewise for standard queues.
test.for([
  ['FIFO', makeFifo, makeQueue],
  ['standard', makeQueue, makeFifo],
] as const)('the dead-letter queue of a %s queue is of its kind', async ([, make, makeOther]) => {
  const [queue, other] = [await make(), await makeOther()];
  await expectRefusal(set(queue, policy(await arnOf(other))), { name: 'InvalidParameterValue' });
});

test('an allow policy of denyAll refuses every source', async () => {
  const deadLetters = await makeQueue({
    RedriveAllowPolicy: JSON.stringify({ redrivePermission: 'denyAll' }),
  });
  const queue = await makeQueue();
  await expectRefusal(set(queue, policy(await arnOf(deadLetters))));
});

test('an allow policy of byQueue lets the named sources in and no other', async () => {
  const [named, other] = [await makeQueue(), await makeQueue()];
  const RedriveAllowPolicy = JSON.stringify({
    redrivePermission: 'byQueue',
    sourceQueueArns: [await arnOf(named)],
  });
  const deadLetters = await arnOf(await makeQueue({ RedriveAllowPolicy }));
  await set(named, policy(deadLetters));
  await expectRefusal(set(other, policy(deadLetters)));
});

test('an allow policy of allowAll lets every source in', async () => {
  const deadLetters = await makeQueue({
    RedriveAllowPolicy: JSON.stringify({ redrivePermission: 'allowAll' }),
  });
  const queue = await makeQueue();
  await set(queue, policy(await arnOf(deadLetters)));
});

test.for([
  ['of an unknown kind', { redrivePermission: 'some' }],
  [
    'that names sources though it denies all',
    { redrivePermission: 'denyAll', sourceQueueArns: ['arn:aws:sqs:us-east-1:0:a'] },
  ],
  ['byQueue without a source', { redrivePermission: 'byQueue' }],
  [
    'with 11 sources',
    {
      redrivePermission: 'byQueue',
      sourceQueueArns: Array.from({ length: 11 }, (_, n) => `arn:aws:sqs:us-east-1:123456789012:q${n}`),
    },
  ],
] as const)('an allow policy %s is refused', async ([, allowPolicy]) => {
  const queue = await makeQueue();
  await expectRefusal(set(queue, { RedriveAllowPolicy: JSON.stringify(allowPolicy) }));
});

const listSources = (QueueUrl: string, more: Partial<ListDeadLetterSourceQueuesCommandInput> = {}) =>
  target.sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl, ...more }));

test('the sources of a dead-letter queue are listed', async () => {
  const deadLetters = await makeQueue();
  const sources = [];
  for (let count = 0; count < 3; count++) sources.push(await makeQueue(policy(await arnOf(deadLetters))));
  await eventually(
    async () => (await listSources(deadLetters)).queueUrls?.toSorted() ?? [],
    sources.toSorted(),
  );
});

test("a queue that is nobody's dead-letter queue has no sources", async () => {
  expect((await listSources(await makeQueue())).queueUrls ?? []).toEqual([]);
});

test('sources are listed in pages', async () => {
  const deadLetters = await makeQueue();
  const sources: string[] = [];
  for (let count = 0; count < 3; count++) sources.push(await makeQueue(policy(await arnOf(deadLetters))));
  await eventually(async () => (await listSources(deadLetters)).queueUrls?.length, 3);
  const first = await listSources(deadLetters, { MaxResults: 2 });
  expect(first.queueUrls).toHaveLength(2);
  expect(first.NextToken).toEqual(expect.any(String));
  const rest = await listSources(deadLetters, { MaxResults: 2, NextToken: first.NextToken });
  expect(rest.queueUrls).toHaveLength(1);
  expect(rest.NextToken).toBeUndefined();
  expect([...(first.queueUrls ?? []), ...(rest.queueUrls ?? [])].sort()).toEqual(sources.sort());
});

test('the sources of a missing queue are not listed', async () => {
  const queue = await makeQueue();
  await expectRefusal(listSources(`${queue}-missing`), { name: 'QueueDoesNotExist' });
});
