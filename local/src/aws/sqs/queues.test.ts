import {
  AddPermissionCommand,
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  ReceiveMessageCommand,
  RemovePermissionCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestAws, type TestAws } from '../test-clients.ts';

let it: TestAws;
beforeEach(async () => {
  it = await startTestAws({ queues: [{ name: 'q' }] });
});
afterEach(() => it.close());

const url = (name: string) => it.aws.queueUrl(name);
const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
const create = (QueueName: string, Attributes: Record<string, string> = {}) =>
  it.sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
const set = (name: string, Attributes: Record<string, string>) =>
  it.sqs.send(new SetQueueAttributesCommand({ QueueUrl: url(name), Attributes }));
async function attribute(name: string, AttributeName: 'Policy' | 'KmsMasterKeyId' | 'RedriveAllowPolicy') {
  const { Attributes } = await it.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url(name), AttributeNames: [AttributeName] }),
  );
  return Attributes?.[AttributeName];
}

describe('deleting', () => {
  test('a deleted queue is gone with its messages, and its name rests for 60 s', async () => {
    await it.sqs.send(new SendMessageCommand({ QueueUrl: url('q'), MessageBody: 'a' }));
    await it.sqs.send(new DeleteQueueCommand({ QueueUrl: url('q') }));
    const gone = { name: 'QueueDoesNotExist' };
    await expect(it.sqs.send(new GetQueueUrlCommand({ QueueName: 'q' }))).rejects.toMatchObject(gone);
    await expect(it.sqs.send(new DeleteQueueCommand({ QueueUrl: url('q') }))).rejects.toMatchObject(gone);
    await it.clock.advance(59_999);
    await expect(create('q')).rejects.toMatchObject({
      name: 'QueueDeletedRecently',
      message:
        'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
    });
    await it.clock.advance(1);
    await create('q');
    expect(await it.sqs.send(new ReceiveMessageCommand({ QueueUrl: url('q') }))).not.toHaveProperty(
      'Messages',
    );
  });

  test('who waits for a queue that is deleted gets nothing, at once', async () => {
    const waiting = it.sqs.send(new ReceiveMessageCommand({ QueueUrl: url('q'), WaitTimeSeconds: 20 }));
    await it.untilWaiting(1);
    await it.sqs.send(new DeleteQueueCommand({ QueueUrl: url('q') }));
    expect(await waiting).not.toHaveProperty('Messages');
    expect(it.clock.sleeping).toBe(0);
  });

  test('without its dead-letter queue a queue keeps its messages', async () => {
    await create('dead');
    await set('q', {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn('dead'), maxReceiveCount: 1 }),
    });
    await it.sqs.send(new DeleteQueueCommand({ QueueUrl: url('dead') }));
    await it.sqs.send(new SendMessageCommand({ QueueUrl: url('q'), MessageBody: 'a' }));
    for (let receives = 0; receives < 3; receives += 1)
      expect(
        await it.sqs.send(new ReceiveMessageCommand({ QueueUrl: url('q'), VisibilityTimeout: 0 })),
      ).toMatchObject({ Messages: [{ Body: 'a' }] });
  });
});

describe('tags', () => {
  const tags = async (name: string) =>
    (await it.sqs.send(new ListQueueTagsCommand({ QueueUrl: url(name) }))).Tags;
  const tag = (Tags: Record<string, string>) =>
    it.sqs.send(new TagQueueCommand({ QueueUrl: url('q'), Tags }));

  test('are added, replaced and removed', async () => {
    expect(await tags('q')).toBeUndefined();
    await tag({ a: '1', b: '' });
    await tag({ a: '2', c: '3' });
    await it.sqs.send(new UntagQueueCommand({ QueueUrl: url('q'), TagKeys: ['c', 'none'] }));
    expect(await tags('q')).toEqual({ a: '2', b: '' });
  });

  test('are given to a new queue, and not to one that is there', async () => {
    const created = (value: string) =>
      it.sqs.send(new CreateQueueCommand({ QueueName: 'tagged', tags: { a: value } }));
    await created('1');
    await created('2');
    expect(await tags('tagged')).toEqual({ a: '1' });
  });

  test('have their limits', async () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']));
    await tag(many(50));
    for (const bad of [{ more: '' }, { ['k'.repeat(129)]: '' }, { k0: 'v'.repeat(257) }, { '': 'v' }])
      await expect(tag(bad)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await expect(tag({})).rejects.toMatchObject({ name: 'MissingParameter' });
  });
});

describe('dead-letter queues', () => {
  const policy = JSON.stringify({ deadLetterTargetArn: arn('dead'), maxReceiveCount: 3 });

  test('list who uses them, page by page', async () => {
    await create('dead');
    for (const name of ['c', 'a', 'b']) await create(name, { RedrivePolicy: policy });
    const page = (MaxResults?: number, NextToken?: string) =>
      it.sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: url('dead'), MaxResults, NextToken }));
    expect((await page()).queueUrls).toEqual(['a', 'b', 'c'].map(url));
    const first = await page(2);
    expect(first.queueUrls).toEqual(['a', 'b'].map(url));
    const second = await page(2, first.NextToken);
    expect(second.queueUrls).toEqual([url('c')]);
    expect(second.NextToken).toBeUndefined();
    await set('a', { RedrivePolicy: '' });
    expect((await page()).queueUrls).toEqual(['b', 'c'].map(url));
    await expect(page(0)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    const none = await it.sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: url('a') }));
    expect(none.queueUrls).toEqual([]);
  });

  test('say who may use them', async () => {
    await create('dead');
    const allow = (RedriveAllowPolicy: object) =>
      set('dead', { RedriveAllowPolicy: JSON.stringify(RedriveAllowPolicy) });
    const use = () => set('q', { RedrivePolicy: policy });
    await allow({ redrivePermission: 'denyAll' });
    await expect(use()).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await expect(create('r', { RedrivePolicy: policy })).rejects.toThrow('RedriveAllowPolicy');
    await allow({ redrivePermission: 'byQueue', sourceQueueArns: [arn('other')] });
    await expect(use()).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await allow({ redrivePermission: 'byQueue', sourceQueueArns: [arn('q')] });
    await use();
    await allow({ redrivePermission: 'allowAll' });
    await create('r', { RedrivePolicy: policy });
    await set('dead', { RedriveAllowPolicy: '' });
    expect(await attribute('dead', 'RedriveAllowPolicy')).toBeUndefined();
    for (const bad of [
      {},
      { redrivePermission: 'some' },
      { redrivePermission: 'byQueue' },
      { redrivePermission: 'byQueue', sourceQueueArns: Array.from({ length: 11 }, () => arn('q')) },
      { redrivePermission: 'allowAll', sourceQueueArns: [arn('q')] },
    ])
      await expect(allow(bad)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });
});

describe('policies', () => {
  test('are kept as they are, like keys', async () => {
    const Policy = '{"Version":"2012-10-17","Statement":[]}';
    await set('q', { Policy, KmsMasterKeyId: 'alias/own' });
    expect([await attribute('q', 'Policy'), await attribute('q', 'KmsMasterKeyId')]).toEqual([
      Policy,
      'alias/own',
    ]);
  });

  test.each([
    ['not json'],
    ['[]'],
    ['null'],
    ['{}'],
    ['{"Statement":[null,5,"x"]}'],
    ['{"Statement":"Allow"}'],
    ['{"Statement":[{"Effect":"Perhaps"}]}'],
    ['{"Statement":[{"Effect":"Allow","Sid":7}]}'],
    ['{"Version":2012,"Statement":[]}'],
  ])('%s is no policy', async Policy => {
    await expect(set('q', { Policy })).rejects.toMatchObject({ name: 'InvalidAttributeValue' });
    await expect(create('new', { Policy })).rejects.toMatchObject({ name: 'InvalidAttributeValue' });
    await set('q', { Policy: '{"Statement":{"Effect":"Deny"}}' });
    await set('q', { Policy: '' });
  });

  test('a key takes the place of the encryption by SQS; per-group limits need per-group deduplication', async () => {
    await set('q', { KmsMasterKeyId: 'alias/own' });
    const { Attributes } = await it.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url('q'), AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({ SqsManagedSseEnabled: 'false', KmsDataKeyReusePeriodSeconds: '300' });
    const FifoThroughputLimit = 'perMessageGroupId';
    await expect(create('f.fifo', { FifoQueue: 'true', FifoThroughputLimit })).rejects.toThrow(
      'messageGroup',
    );
    await create('f.fifo', { FifoQueue: 'true', FifoThroughputLimit, DeduplicationScope: 'messageGroup' });
    await expect(set('f.fifo', { DeduplicationScope: 'queue' })).rejects.toThrow('messageGroup');
  });

  test('get a statement for each permission, and lose it', async () => {
    const add = (Label: string, Actions = ['SendMessage']) =>
      it.sqs.send(
        new AddPermissionCommand({ QueueUrl: url('q'), Label, AWSAccountIds: ['111122223333'], Actions }),
      );
    const remove = (Label: string) => it.sqs.send(new RemovePermissionCommand({ QueueUrl: url('q'), Label }));
    await add('send');
    await add('both', ['SendMessage', 'ReceiveMessage']);
    expect(JSON.parse((await attribute('q', 'Policy')) ?? '')).toMatchObject({
      Statement: [
        {
          Sid: 'send',
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::111122223333:root' },
          Action: 'SQS:SendMessage',
          Resource: arn('q'),
        },
        { Sid: 'both', Action: ['SQS:SendMessage', 'SQS:ReceiveMessage'] },
      ],
    });
    await expect(add('send')).rejects.toThrow('Already exists');
    await expect(add('a b')).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await expect(
      add(
        'more',
        Array.from({ length: 8 }, () => 'SendMessage'),
      ),
    ).rejects.toMatchObject({
      name: 'OverLimit',
    });
    await remove('send');
    await expect(remove('send')).rejects.toThrow("can't find label");
    await remove('both');
    expect(await attribute('q', 'Policy')).toBeUndefined();
  });
});

test('queues are listed page by page', async () => {
  for (const name of ['x3', 'x1', 'x2']) await create(name);
  const page = (NextToken?: string) =>
    it.sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'x', MaxResults: 2, NextToken }));
  const first = await page();
  expect(first.QueueUrls).toEqual(['x1', 'x2'].map(url));
  expect((await page(first.NextToken)).QueueUrls).toEqual([url('x3')]);
});
