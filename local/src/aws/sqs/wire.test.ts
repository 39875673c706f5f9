import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  type Message,
  type ReceiveMessageCommandInput,
  type SendMessageCommandInput,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestAws, type TestAws } from '../test-clients.ts';

let it: TestAws;
beforeAll(async () => {
  it = await startTestAws();
});
afterAll(() => it.close());

let made = 0;
async function makeQueue(attributes: Record<string, string> = {}): Promise<string> {
  const QueueName = `queue-${++made}${attributes['FifoQueue'] === 'true' ? '.fifo' : ''}`;
  const { QueueUrl } = await it.sqs.send(new CreateQueueCommand({ QueueName, Attributes: attributes }));
  return QueueUrl ?? '';
}
const send = (QueueUrl: string, MessageBody: string, more: Partial<SendMessageCommandInput> = {}) =>
  it.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }));
async function receive(QueueUrl: string, more: Partial<ReceiveMessageCommandInput> = {}): Promise<Message[]> {
  const { Messages } = await it.sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...more }),
  );
  return Messages ?? [];
}

describe('queues', () => {
  test('creating is idempotent, unless an attribute differs', async () => {
    const create = (VisibilityTimeout: string) =>
      it.sqs.send(new CreateQueueCommand({ QueueName: 'same', Attributes: { VisibilityTimeout } }));
    const first = await create('60');
    expect(first.QueueUrl).toBe(`${it.aws.url}/000000000000/same`);
    expect(await create('60')).toMatchObject({ QueueUrl: first.QueueUrl });
    await expect(create('61')).rejects.toMatchObject({ name: 'QueueNameExists' });
  });

  test('names and attributes have to be right', async () => {
    const create = (QueueName: string, Attributes: Record<string, string>) =>
      it.sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    await expect(create('a b', {})).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await expect(create('a', { FifoQueue: 'true' })).rejects.toThrow('must end with .fifo');
    await expect(create('a.fifo', {})).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await expect(create('a', { Nonsense: '1' })).rejects.toMatchObject({ name: 'InvalidAttributeName' });
    await expect(create('a', { VisibilityTimeout: '43201' })).rejects.toMatchObject({
      name: 'InvalidAttributeValue',
    });
    await expect(create('a', { ContentBasedDeduplication: 'true' })).rejects.toMatchObject({
      name: 'InvalidAttributeName',
    });
    await expect(
      create('a', {
        RedrivePolicy: '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:0:x","maxReceiveCount":1001}',
      }),
    ).rejects.toThrow('maxReceiveCount');
  });

  test('a queue is found by name; one that is not there is QueueDoesNotExist', async () => {
    const QueueUrl = await makeQueue();
    const QueueName = QueueUrl.split('/').at(-1) ?? '';
    expect(await it.sqs.send(new GetQueueUrlCommand({ QueueName }))).toMatchObject({ QueueUrl });
    const missing = it.sqs.send(new GetQueueUrlCommand({ QueueName: 'missing' }));
    await expect(missing).rejects.toBeInstanceOf(QueueDoesNotExist);
    await expect(missing).rejects.toMatchObject({
      $metadata: { httpStatusCode: 400 },
      Error: { Code: 'AWS.SimpleQueueService.NonExistentQueue', Type: 'Sender' },
    });
    await expect(send(`${it.aws.url}/000000000000/missing`, 'a')).rejects.toBeInstanceOf(QueueDoesNotExist);
    await expect(send(`${it.aws.url}/111111111111/${QueueName}`, 'a')).rejects.toBeInstanceOf(
      QueueDoesNotExist,
    );
  });

  test('queues are listed by prefix, in pages', async () => {
    for (const QueueName of ['list-1', 'list-2', 'list-3'])
      await it.sqs.send(new CreateQueueCommand({ QueueName }));
    const list = (NextToken?: string) =>
      it.sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'list-', MaxResults: 2, NextToken }));
    const page = await list();
    expect(page.QueueUrls?.map(url => url.split('/').at(-1))).toEqual(['list-1', 'list-2']);
    const rest = await list(page.NextToken);
    expect(rest.QueueUrls?.map(url => url.split('/').at(-1))).toEqual(['list-3']);
    expect(rest.NextToken).toBeUndefined();
  });

  test('attributes: what was set, what follows, and what is there right now', async () => {
    const QueueUrl = await makeQueue({ VisibilityTimeout: '60' });
    await it.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { DelaySeconds: '7' } }));
    await send(QueueUrl, 'delayed');
    await send(QueueUrl, 'available', { DelaySeconds: 0 });
    await send(QueueUrl, 'in flight', { DelaySeconds: 0 });
    await receive(QueueUrl, { MaxNumberOfMessages: 1 });
    const all = await it.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    expect(all.Attributes).toMatchObject({
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesNotVisible: '1',
      ApproximateNumberOfMessagesDelayed: '1',
      VisibilityTimeout: '60',
      DelaySeconds: '7',
      MessageRetentionPeriod: '345600',
      MaximumMessageSize: '1048576',
      QueueArn: `arn:aws:sqs:us-east-1:000000000000:${QueueUrl.split('/').at(-1)}`,
    });
    expect(all.Attributes).not.toHaveProperty('FifoQueue');
    const two = await it.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn', 'RedrivePolicy'] }),
    );
    expect(Object.keys(two.Attributes ?? {})).toEqual(['QueueArn']);
    const set = (Attributes: Record<string, string>) =>
      it.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
    await expect(set({ FifoQueue: 'true' })).rejects.toMatchObject({ name: 'InvalidAttributeName' });
    await expect(set({ DelaySeconds: '901' })).rejects.toMatchObject({ name: 'InvalidAttributeValue' });
  });

  test('a purge empties a queue, once in 60 seconds', async () => {
    const QueueUrl = await makeQueue();
    await send(QueueUrl, 'a');
    await it.sqs.send(new PurgeQueueCommand({ QueueUrl }));
    expect(await receive(QueueUrl)).toEqual([]);
    await expect(it.sqs.send(new PurgeQueueCommand({ QueueUrl }))).rejects.toMatchObject({
      name: 'PurgeQueueInProgress',
    });
  });
});

describe('messages', () => {
  test('what is sent is received, with digests that the SDK and AWS compute alike', async () => {
    const QueueUrl = await makeQueue();
    const MessageAttributes = {
      text: { DataType: 'String', StringValue: 'grüße' },
      price: { DataType: 'Number.float', StringValue: '1.5' },
      bytes: { DataType: 'Binary.png', BinaryValue: new Uint8Array([0, 1, 255]) },
    };
    const sent = await send(QueueUrl, 'hällo', { MessageAttributes });
    // Computed by another implementation of AWS's algorithm.
    expect(sent.MD5OfMessageBody).toBe('38bbce5fb3d0aec801f9eab39182fa7a');
    expect(sent.MD5OfMessageAttributes).toBe('d4069ab5392e378606d2ad73361b61a3');
    const [message] = await receive(QueueUrl, {
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    });
    expect(message).toMatchObject({
      MessageId: sent.MessageId,
      Body: 'hällo',
      MessageAttributes,
      MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
      Attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: String(it.clock.now()),
        ApproximateFirstReceiveTimestamp: String(it.clock.now()),
      },
    });
    await it.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
  });

  test('a receive selects attributes by name, prefix or All, and the digest is over those', async () => {
    const QueueUrl = await makeQueue({ VisibilityTimeout: '0' });
    const value = (StringValue: string) => ({ DataType: 'String', StringValue });
    const sent = await send(QueueUrl, 'a', {
      MessageAttributes: { 'app.one': value('1'), 'app.two': value('2'), apple: value('3') },
    });
    const names = async (MessageAttributeNames: string[]) =>
      (await receive(QueueUrl, { MessageAttributeNames }))[0]?.MessageAttributes ?? {};
    expect(Object.keys(await names([]))).toEqual([]);
    expect(Object.keys(await names(['apple', 'other']))).toEqual(['apple']);
    expect(Object.keys(await names(['app.*'])).sort()).toEqual(['app.one', 'app.two']);
    expect(Object.keys(await names(['.*'])).length).toBe(3);
    const [one] = await receive(QueueUrl, { MessageAttributeNames: ['apple'] });
    expect(one?.MD5OfMessageAttributes).not.toBe(sent.MD5OfMessageAttributes);
    expect(one).not.toHaveProperty('Attributes');
    const [old] = await receive(QueueUrl, { AttributeNames: ['All'] });
    expect(old?.Attributes).toHaveProperty('SentTimestamp');
  });

  test('the trace header travels as a system attribute', async () => {
    const QueueUrl = await makeQueue();
    const trace = { DataType: 'String', StringValue: 'Root=1-2-3' };
    const sent = await send(QueueUrl, 'a', { MessageSystemAttributes: { AWSTraceHeader: trace } });
    expect(sent.MD5OfMessageSystemAttributes).toMatch(/^[0-9a-f]{32}$/);
    const [message] = await receive(QueueUrl, { MessageSystemAttributeNames: ['AWSTraceHeader'] });
    expect(message?.Attributes).toEqual({ AWSTraceHeader: 'Root=1-2-3' });
  });

  test('what SQS refuses is refused, in its words', async () => {
    const QueueUrl = await makeQueue();
    const attributes = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, n) => [`a${n}`, { DataType: 'String', StringValue: 'x' }]),
      );
    const withAttribute = (name: string, DataType: string, StringValue: string) =>
      send(QueueUrl, 'a', { MessageAttributes: { [name]: { DataType, StringValue } } });
    await send(QueueUrl, 'a', { MessageAttributes: attributes(10) });
    await expect(send(QueueUrl, 'a', { MessageAttributes: attributes(11) })).rejects.toThrow(
      'Number of message attributes [11] exceeds the allowed maximum [10].',
    );
    await expect(withAttribute('AWS.x', 'String', 'x')).rejects.toMatchObject({
      name: 'InvalidParameterValue',
    });
    await expect(withAttribute('a..b', 'String', 'x')).rejects.toThrow('invalid name');
    await expect(withAttribute('a', 'Text', 'x')).rejects.toThrow('supported type prefixes');
    await expect(withAttribute('a', 'String', '')).rejects.toThrow('non-empty value');
    await expect(withAttribute('a', 'Number', '1,5')).rejects.toThrow("Can't cast");
    await expect(withAttribute('a', 'Binary', 'x')).rejects.toThrow('Binary');
    await expect(send(QueueUrl, '')).rejects.toMatchObject({ name: 'MissingParameter' });
    await expect(send(QueueUrl, 'a\u0001b')).rejects.toMatchObject({ name: 'InvalidMessageContents' });
    await expect(send(QueueUrl, 'a', { DelaySeconds: 901 })).rejects.toThrow('DelaySeconds');
    await expect(send(QueueUrl, 'a', { MessageDeduplicationId: 'x' })).rejects.toThrow(
      'not valid for this queue type',
    );
    await expect(receive(QueueUrl, { MaxNumberOfMessages: 11 })).rejects.toThrow('Must be between 1 and 10');
    await expect(receive(QueueUrl, { WaitTimeSeconds: 21 })).rejects.toThrow('WaitTimeSeconds');
    await expect(receive(QueueUrl, { VisibilityTimeout: 43_201 })).rejects.toThrow('VisibilityTimeout');
    await send(QueueUrl, 'fair', { MessageGroupId: 'tenant' });
  });

  test('1 MiB, attributes included, is the most', async () => {
    const QueueUrl = await makeQueue();
    const MessageAttributes = { ab: { DataType: 'String', StringValue: 'xy' } };
    await send(QueueUrl, 'x'.repeat(1_048_576 - 10), { MessageAttributes });
    await expect(send(QueueUrl, 'x'.repeat(1_048_576 - 9), { MessageAttributes })).rejects.toThrow(
      'Message must be shorter than 1048576 bytes.',
    );
    await it.sqs.send(
      new SetQueueAttributesCommand({ QueueUrl, Attributes: { MaximumMessageSize: '1024' } }),
    );
    await expect(send(QueueUrl, 'ä'.repeat(513))).rejects.toThrow('shorter than 1024 bytes');
  });

  test('FIFO: a group is required, a delay of its own is refused, ids and numbers are shown', async () => {
    const QueueUrl = await makeQueue({ FifoQueue: 'true' });
    const ids = { MessageGroupId: 'g', MessageDeduplicationId: 'd' };
    await expect(send(QueueUrl, 'a', { MessageDeduplicationId: 'd' })).rejects.toThrow('MessageGroupId');
    await expect(send(QueueUrl, 'a', { MessageGroupId: 'g' })).rejects.toThrow('ContentBasedDeduplication');
    await expect(send(QueueUrl, 'a', { ...ids, MessageGroupId: 'a b' })).rejects.toThrow('alphanumeric');
    await expect(send(QueueUrl, 'a', { ...ids, DelaySeconds: 5 })).rejects.toThrow(
      'not valid for this queue type',
    );
    const sent = await send(QueueUrl, 'a', ids);
    expect(await send(QueueUrl, 'a', ids)).toMatchObject({
      MessageId: sent.MessageId,
      SequenceNumber: sent.SequenceNumber,
    });
    const messages = await receive(QueueUrl, { MessageSystemAttributeNames: ['All'] });
    expect(messages.map(({ Attributes }) => Attributes)).toMatchObject([
      { MessageGroupId: 'g', MessageDeduplicationId: 'd', SequenceNumber: sent.SequenceNumber },
    ]);
  });
});

describe('batches', () => {
  test('each entry stands for itself: what fails is in Failed', async () => {
    const QueueUrl = await makeQueue();
    const sent = await it.sqs.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: 'good', MessageBody: 'a' },
          { Id: 'bad', MessageBody: 'a\u0000' },
          { Id: 'late', MessageBody: 'b', DelaySeconds: 901 },
        ],
      }),
    );
    expect(sent.Successful?.map(({ Id }) => Id)).toEqual(['good']);
    expect(sent.Failed).toMatchObject([
      { Id: 'bad', Code: 'InvalidMessageContents', SenderFault: true },
      { Id: 'late', Code: 'InvalidParameterValue', SenderFault: true },
    ]);
    const [message] = await receive(QueueUrl);
    const ReceiptHandle = message?.ReceiptHandle;
    const changed = await it.sqs.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl,
        Entries: [
          { Id: 'good', ReceiptHandle, VisibilityTimeout: 60 },
          { Id: 'long', ReceiptHandle, VisibilityTimeout: 43_201 },
          { Id: 'bad', ReceiptHandle: 'nonsense', VisibilityTimeout: 60 },
        ],
      }),
    );
    expect(changed.Successful).toEqual([{ Id: 'good' }]);
    expect(changed.Failed).toMatchObject([{ Id: 'long' }, { Id: 'bad', Code: 'ReceiptHandleIsInvalid' }]);
    const deleted = await it.sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: 'good', ReceiptHandle },
          { Id: 'bad', ReceiptHandle: 'nonsense' },
        ],
      }),
    );
    expect(deleted.Successful).toEqual([{ Id: 'good' }]);
    expect(deleted.Failed).toMatchObject([{ Id: 'bad', Code: 'ReceiptHandleIsInvalid' }]);
  });

  test('an expired FIFO handle is ReceiptHandleIsInvalid in a batch, InvalidParameterValue alone', async () => {
    const QueueUrl = await makeQueue({ FifoQueue: 'true', ContentBasedDeduplication: 'true' });
    await send(QueueUrl, 'a', { MessageGroupId: 'g' });
    const [message] = await receive(QueueUrl, { VisibilityTimeout: 0 });
    const ReceiptHandle = message?.ReceiptHandle;
    await expect(it.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))).rejects.toMatchObject({
      name: 'InvalidParameterValue',
      message: `Value ${ReceiptHandle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
    });
    const batch = await it.sqs.send(
      new DeleteMessageBatchCommand({ QueueUrl, Entries: [{ Id: 'a', ReceiptHandle }] }),
    );
    expect(batch.Failed).toMatchObject([{ Id: 'a', Code: 'ReceiptHandleIsInvalid', SenderFault: true }]);
  });

  test('a batch as a whole has to be right', async () => {
    const QueueUrl = await makeQueue();
    const batch = (...Entries: { Id: string; MessageBody: string }[]) =>
      it.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    const entries = (count: number, MessageBody = 'a') =>
      Array.from({ length: count }, (_, n) => ({ Id: String(n), MessageBody }));
    await expect(batch()).rejects.toMatchObject({ name: 'EmptyBatchRequest' });
    await expect(batch(...entries(11))).rejects.toMatchObject({ name: 'TooManyEntriesInBatchRequest' });
    await expect(batch(...entries(1), ...entries(1))).rejects.toMatchObject({
      name: 'BatchEntryIdsNotDistinct',
    });
    await expect(batch({ Id: 'a b', MessageBody: 'a' })).rejects.toMatchObject({
      name: 'InvalidBatchEntryId',
    });
    await expect(batch(...entries(2, 'x'.repeat(600_000)))).rejects.toMatchObject({
      name: 'BatchRequestTooLong',
    });
    expect(await receive(QueueUrl)).toEqual([]);
    expect((await batch(...entries(2, 'x'.repeat(524_288)))).Successful).toHaveLength(2);
  });
});

test('changing the visibility over the wire', async () => {
  const QueueUrl = await makeQueue();
  await send(QueueUrl, 'a');
  const [message] = await receive(QueueUrl);
  const change = (VisibilityTimeout: number) =>
    it.sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl,
        ReceiptHandle: message?.ReceiptHandle,
        VisibilityTimeout,
      }),
    );
  await change(0);
  await expect(change(10)).rejects.toMatchObject({ name: 'MessageNotInflight' });
  expect(await receive(QueueUrl)).toHaveLength(1);
});

test('ReceiveRequestAttemptId repeats a receive on a FIFO queue, and is overlooked elsewhere', async () => {
  const ReceiveRequestAttemptId = 'attempt-1';
  const fifo = await makeQueue({ FifoQueue: 'true' });
  await send(fifo, 'a', { MessageGroupId: 'g', MessageDeduplicationId: 'd' });
  const first = await receive(fifo, { ReceiveRequestAttemptId });
  expect(first).toMatchObject([{ Body: 'a' }]);
  expect(await receive(fifo, { ReceiveRequestAttemptId })).toEqual(first);
  expect(await receive(fifo)).toEqual([]);
  await expect(receive(fifo, { ReceiveRequestAttemptId: 'a b' })).rejects.toThrow('alphanumeric');
  await expect(receive(await makeQueue(), { ReceiveRequestAttemptId })).resolves.toEqual([]);
});
