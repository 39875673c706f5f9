import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestAws, type TestAws } from '../test-clients.ts';

let it: TestAws;
beforeAll(async () => {
  it = await startTestAws({ queues: [{ name: 'q', attributes: {} }], buckets: ['bucket'] });
});
afterAll(() => it.close());

async function post(
  target: string,
  body: string,
): Promise<{ status: number; error: unknown; header: unknown }> {
  const response = await fetch(it.aws.url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target },
    body,
  });
  const { __type: error } = (await response.json()) as { __type?: string };
  return { status: response.status, error, header: response.headers.get('x-amzn-query-error') };
}

test('health', async () => {
  const response = await fetch(`${it.aws.url}/__local/health`);
  expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
});

test('an error has the shape in its body and the older code in its header', async () => {
  const body = JSON.stringify({ QueueUrl: it.aws.queueUrl('missing'), MessageBody: 'a' });
  expect(await post('AmazonSQS.SendMessage', body)).toEqual({
    status: 400,
    error: 'com.amazonaws.sqs#QueueDoesNotExist',
    header: 'AWS.SimpleQueueService.NonExistentQueue;Sender',
  });
});

test('what is malformed is answered, not fatal', async () => {
  const serialization = { status: 400, error: 'com.amazon.coral.service#SerializationException' };
  const url = it.aws.queueUrl('q');
  const malformed = [
    '{',
    '',
    '[]',
    'null',
    JSON.stringify({ QueueUrl: 7 }),
    JSON.stringify({ QueueUrl: url, MessageBody: { a: 1 } }),
    JSON.stringify({ QueueUrl: url, MessageBody: 'a', DelaySeconds: '5' }),
    JSON.stringify({ QueueUrl: url, MessageBody: 'a', MessageAttributes: { a: 'b' } }),
    JSON.stringify({
      QueueUrl: url,
      MessageBody: 'a',
      MessageAttributes: { a: { DataType: 'Binary', BinaryValue: '%' } },
    }),
  ];
  for (const body of malformed)
    expect(await post('AmazonSQS.SendMessage', body)).toMatchObject(serialization);
  expect(
    await post('AmazonSQS.SendMessageBatch', JSON.stringify({ QueueUrl: url, Entries: [7] })),
  ).toMatchObject(serialization);
});

test('names that every object has are neither actions nor services nor fields', async () => {
  for (const target of [
    'AmazonSQS.constructor',
    'AmazonSQS.',
    'constructor.x',
    'toString',
    'secretsmanager.toString',
  ])
    expect((await post(target, '{}')).status).toBe(400);
  expect(
    await post('AmazonSQS.CreateQueue', '{"QueueName":"p","Attributes":{"toString":"1"}}'),
  ).toMatchObject({
    error: 'com.amazonaws.sqs#InvalidAttributeName',
  });
});

test('a body over its bound is refused', async () => {
  expect(await post('AmazonSQS.SendMessage', 'x'.repeat(8_000_000))).toMatchObject({ status: 413 });
  const response = await fetch(`${it.aws.url}/bucket/k`, {
    method: 'PUT',
    body: Buffer.alloc(65 * 1_048_576),
  });
  expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('EntityTooLarge')]);
});

test('of a failure the older code says whose fault it is', async () => {
  it.aws.faults.set({ rules: [{ kind: 'error', times: 1 }] });
  expect(await post('AmazonSQS.ListQueues', '{}')).toEqual({
    status: 500,
    error: 'com.amazon.coral.service#InternalError',
    header: 'InternalError;Receiver',
  });
});
