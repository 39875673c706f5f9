import { CreateQueueCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { advance, target, uniqueName } from './harness.ts';
import { arnOf, attributesOf, expectRefusal, makeFifo, makeQueue } from './sqs.ts';

/* Sources: API Reference, CreateQueue, SetQueueAttributes, GetQueueAttributes. */

const set = (QueueUrl: string, Attributes: Record<string, string>) =>
  target.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));

test('a standard queue has the documented defaults', async () => {
  const attributes = await attributesOf(await makeQueue());
  expect(attributes).toMatchObject({
    DelaySeconds: '0',
    MaximumMessageSize: '1048576',
    MessageRetentionPeriod: '345600',
    ReceiveMessageWaitTimeSeconds: '0',
    VisibilityTimeout: '30',
    SqsManagedSseEnabled: 'true',
  });
  expect(attributes).not.toHaveProperty('FifoQueue');
  expect(attributes).not.toHaveProperty('RedrivePolicy');
});

test('a FIFO queue has its own defaults besides', async () => {
  const queue = await makeQueue({ FifoQueue: 'true' });
  expect(await attributesOf(queue)).toMatchObject({
    FifoQueue: 'true',
    ContentBasedDeduplication: 'false',
    DeduplicationScope: 'queue',
    FifoThroughputLimit: 'perQueue',
  });
});

test('the ARN names service, region, account and queue', async () => {
  const queue = await makeQueue();
  const [account, name] = queue.split('/').slice(-2);
  expect(await arnOf(queue)).toMatch(new RegExp(`^arn:aws[a-z-]*:sqs:${target.region}:${account}:${name}$`));
});

test('All gives the counts and timestamps too', async () => {
  const attributes = await attributesOf(await makeQueue());
  for (const name of [
    'ApproximateNumberOfMessages',
    'ApproximateNumberOfMessagesNotVisible',
    'ApproximateNumberOfMessagesDelayed',
    'CreatedTimestamp',
    'LastModifiedTimestamp',
    'QueueArn',
  ])
    expect(attributes).toHaveProperty(name);
});

test('only what is named is given', async () => {
  const queue = await makeQueue();
  expect(Object.keys(await attributesOf(queue, 'VisibilityTimeout', 'DelaySeconds')).sort()).toEqual([
    'DelaySeconds',
    'VisibilityTimeout',
  ]);
});

test('an attribute that is not set is left out', async () => {
  const queue = await makeQueue();
  expect(await attributesOf(queue, 'RedrivePolicy', 'QueueArn')).toEqual({ QueueArn: await arnOf(queue) });
});

test('an unknown attribute is refused', async () => {
  const queue = await makeQueue();
  await expectRefusal(attributesOf(queue, 'Nonsense'), { name: 'InvalidAttributeName' });
  await expectRefusal(set(queue, { Nonsense: '1' }), { name: 'InvalidAttributeName' });
});

test('the timestamps are in seconds, and a change moves the second', async () => {
  const queue = await makeQueue();
  const before = await attributesOf(queue);
  const created = Number(before['CreatedTimestamp']);
  expect(created).toBeGreaterThan(1e9);
  expect(created).toBeLessThan(1e11);
  await advance(2_000);
  await set(queue, { DelaySeconds: '1' });
  const after = await attributesOf(queue);
  expect(after['CreatedTimestamp']).toBe(before['CreatedTimestamp']);
  expect(Number(after['LastModifiedTimestamp'])).toBeGreaterThan(Number(before['LastModifiedTimestamp']));
});

test('a change leaves the other attributes as they are', async () => {
  const queue = await makeQueue({ VisibilityTimeout: '60', DelaySeconds: '5' });
  await set(queue, { DelaySeconds: '6' });
  expect(await attributesOf(queue)).toMatchObject({ VisibilityTimeout: '60', DelaySeconds: '6' });
});

const bounds: [name: string, lowest: number, highest: number][] = [
  ['DelaySeconds', 0, 900],
  ['MaximumMessageSize', 1_024, 1_048_576],
  ['MessageRetentionPeriod', 60, 1_209_600],
  ['ReceiveMessageWaitTimeSeconds', 0, 20],
  ['VisibilityTimeout', 0, 43_200],
  ['KmsDataKeyReusePeriodSeconds', 60, 86_400],
];

test.for(bounds)('%s may be from %d to %d', async ([name, lowest, highest]) => {
  const queue = await makeQueue();
  for (const value of [lowest, highest]) {
    await set(queue, { [name]: String(value) });
    expect(await attributesOf(queue, name)).toEqual({ [name]: String(value) });
  }
});

test.for(bounds)('%s below %d or above %d is refused', async ([name, lowest, highest]) => {
  const queue = await makeQueue();
  for (const value of [lowest - 1, highest + 1, 'many'])
    await expectRefusal(set(queue, { [name]: String(value) }), { name: 'InvalidAttributeValue' });
});

test('one bad attribute spoils the whole change', async () => {
  const queue = await makeQueue();
  await expectRefusal(set(queue, { VisibilityTimeout: '60', DelaySeconds: '901' }), {
    name: 'InvalidAttributeValue',
  });
  expect(await attributesOf(queue, 'VisibilityTimeout')).toEqual({ VisibilityTimeout: '30' });
});

test('a queue with a bad attribute is not created', async () => {
  const create = target.sqs.send(
    new CreateQueueCommand({
      QueueName: uniqueName('conformance'),
      Attributes: { VisibilityTimeout: '43201' },
    }),
  );
  await expectRefusal(create, { name: 'InvalidAttributeValue' });
});

test.for(['ContentBasedDeduplication', 'DeduplicationScope', 'FifoThroughputLimit'])(
  'a standard queue refuses %s',
  async name => {
    const value = { ContentBasedDeduplication: 'true', DeduplicationScope: 'queue' }[name] ?? 'perQueue';
    const queue = await makeQueue();
    await expectRefusal(set(queue, { [name]: value }), { name: 'InvalidAttributeName' });
  },
);

test('FifoQueue cannot be changed', async () => {
  await expectRefusal(set(await makeQueue(), { FifoQueue: 'true' }));
  await expectRefusal(set(await makeFifo(), { FifoQueue: 'false' }));
});

test('content-based deduplication can be switched off and on', async () => {
  const queue = await makeFifo();
  for (const ContentBasedDeduplication of ['false', 'true']) {
    await set(queue, { ContentBasedDeduplication });
    expect(await attributesOf(queue, 'ContentBasedDeduplication')).toEqual({ ContentBasedDeduplication });
  }
});

// "The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup."
test('perMessageGroupId needs the scope messageGroup', async () => {
  const queue = await makeFifo();
  await expectRefusal(set(queue, { FifoThroughputLimit: 'perMessageGroupId' }));
  await set(queue, { FifoThroughputLimit: 'perMessageGroupId', DeduplicationScope: 'messageGroup' });
});

test.for([
  ['ContentBasedDeduplication', 'yes'],
  ['DeduplicationScope', 'account'],
  ['FifoThroughputLimit', 'unlimited'],
  ['SqsManagedSseEnabled', 'perhaps'],
  ['RedrivePolicy', 'not JSON'],
] as const)('%s cannot be %j', async ([name, value]) => {
  const queue = await makeFifo();
  await expectRefusal(set(queue, { [name]: value }));
});

// "Only one server-side encryption option is supported per queue."
test('a KMS key takes the place of the encryption by SQS', async () => {
  const queue = await makeQueue({ KmsMasterKeyId: 'alias/aws/sqs' });
  expect(await attributesOf(queue)).toMatchObject({
    KmsMasterKeyId: 'alias/aws/sqs',
    KmsDataKeyReusePeriodSeconds: '300',
    SqsManagedSseEnabled: 'false',
  });
});
