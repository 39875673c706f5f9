import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestAws, type TestAws } from '../test-clients.ts';

let it: TestAws;
let QueueUrl: string;
beforeAll(async () => {
  it = await startTestAws({
    queues: [{ name: 'q' }],
    buckets: ['bucket'],
    secrets: [{ name: 's', value: 'first' }],
  });
});
afterAll(() => it.close());
beforeEach(async () => {
  it.aws.faults.clear();
  await drain();
});

async function drain(): Promise<string[]> {
  QueueUrl = it.aws.queueUrl('q');
  const { Messages = [] } = await it.sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 43_200 }),
  );
  return Messages.map(({ Body = '' }) => Body);
}
const send = (body: string, signal?: AbortSignal) =>
  it.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body }), signal && { abortSignal: signal });
const put = (Key: string) => it.s3.send(new PutObjectCommand({ Bucket: 'bucket', Key, Body: 'x' }));
const get = async (Key: string) => {
  const { Body } = await it.s3.send(new GetObjectCommand({ Bucket: 'bucket', Key }));
  return Body?.transformToString();
};
const secret = async () => (await it.secrets.send(new GetSecretValueCommand({ SecretId: 's' }))).SecretString;
const putSecret = (value: string) =>
  it.secrets.send(new PutSecretValueCommand({ SecretId: 's', SecretString: value }));
const injected = () => it.aws.faults.report()?.rules.map(rule => rule.injected);

/** How a call failed, as its caller's SDK tells it. */
async function failure(call: Promise<unknown>): Promise<{ name: string; status: unknown; fault: unknown }> {
  const error = (await call.then(
    () => {
      throw new Error('it succeeded');
    },
    (reason: unknown) => reason,
  )) as Error & { $fault?: string; $metadata?: { httpStatusCode?: number } };
  return { name: error.name, status: error.$metadata?.httpStatusCode, fault: error.$fault };
}

/** Advances the clock once `count` sleeps are under way. */
async function passOnceAsleep(ms: number, count = 1): Promise<void> {
  while (it.clock.sleeping < count) await new Promise(resolve => setImmediate(resolve));
  await it.clock.advance(ms);
}

test('an error, before anything took effect', async () => {
  it.aws.faults.set({ rules: [{ kind: 'error', times: 3 }] });
  expect(await failure(send('a'))).toMatchObject({ name: 'InternalError', status: 500 });
  expect(await failure(put('a'))).toMatchObject({ name: 'InternalError', status: 500 });
  expect(await failure(putSecret('second'))).toMatchObject({ name: 'InternalServiceError', status: 500 });
  expect(injected()).toEqual([3]);
  expect(await drain()).toEqual([]);
  expect(await failure(get('a'))).toMatchObject({ name: 'NoSuchKey' });
  expect(await secret()).toBe('first');
});

test('a service that is unavailable', async () => {
  it.aws.faults.set({ rules: [{ kind: 'error', status: 503 }] });
  expect(await failure(send('a'))).toMatchObject({ name: 'ServiceUnavailable', status: 503 });
  expect(await failure(put('a'))).toMatchObject({ name: 'ServiceUnavailable', status: 503 });
  expect(await failure(secret())).toMatchObject({ name: 'ServiceUnavailableException', status: 503 });
});

test('throttling, as each service words it', async () => {
  it.aws.faults.set({ rules: [{ kind: 'throttle' }] });
  expect(await failure(send('a'))).toEqual({ name: 'RequestThrottled', status: 403, fault: 'client' });
  expect(await failure(get('a'))).toMatchObject({ name: 'SlowDown', status: 503 });
  expect(await failure(secret())).toMatchObject({ name: 'ThrottlingException', status: 400 });
});

test('only the action, the queue and the calls that a rule names', async () => {
  it.aws.faults.set({
    rules: [
      { kind: 'error', action: 'SendMessage', queue: 'q', calls: [2] },
      { kind: 'throttle', action: 'PutObject' },
      { kind: 'throttle', action: 'GetSecretValue', calls: [1] },
    ],
  });
  await send('a');
  await failure(send('b'));
  await send('c');
  expect((await drain()).sort()).toEqual(['a', 'c']);
  await failure(put('a'));
  expect(await failure(get('a'))).toMatchObject({ name: 'NoSuchKey' });
  expect(await failure(secret())).toMatchObject({ name: 'ThrottlingException' });
  expect(await secret()).toBe('first');
  expect(injected()).toEqual([1, 1, 1]);
});

test('an answer is lost after the action took effect', async () => {
  it.aws.faults.set({ rules: [{ kind: 'lose-answer', times: 3 }] });
  for (const call of [() => send('a'), () => put('lost'), () => putSecret('second')])
    expect(await failure(call())).toMatchObject({
      name: expect.stringMatching(/^(Error|TimeoutError)$/),
      status: undefined,
    });
  expect(injected()).toEqual([3]);
  expect(await drain()).toEqual(['a']);
  expect(await get('lost')).toBe('x');
  expect(await secret()).toBe('second');
  await putSecret('first');
});

test('a receive whose answer is lost has taken its message in flight', async () => {
  await send('a');
  it.aws.faults.set({ rules: [{ kind: 'lose-answer', action: 'ReceiveMessage' }] });
  await failure(it.sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 30 })));
  it.aws.faults.clear();
  expect(await drain()).toEqual([]);
  await it.clock.advance(30_000);
  expect(await drain()).toEqual(['a']);
});

test.each([
  [false, []],
  [true, ['a']],
])('no answer until the client gives up (takes effect: %s)', async (takesEffect, left) => {
  it.aws.faults.set({ rules: [{ kind: 'timeout', takesEffect, action: 'SendMessage' }] });
  const giveUp = new AbortController();
  const sending = failure(send('a', giveUp.signal));
  while (it.clock.sleeping === 0) await new Promise(resolve => setImmediate(resolve));
  giveUp.abort();
  expect(await sending).toMatchObject({ name: 'AbortError' });
  expect(await drain()).toEqual(left);
  while (it.clock.sleeping > 0) await new Promise(resolve => setImmediate(resolve));
});

test('no answer, until the time of the plan is over and the connection is cut', async () => {
  it.aws.faults.set({ rules: [{ kind: 'timeout', ms: 5_000 }] });
  for (const call of [() => send('a'), () => put('late'), secret]) {
    const failed = failure(call());
    await passOnceAsleep(4_999);
    expect(it.clock.sleeping).toBe(1);
    await it.clock.advance(1);
    expect((await failed).status).toBeUndefined();
  }
  expect(injected()).toEqual([3]);
  it.aws.faults.clear();
  expect(await failure(get('late'))).toMatchObject({ name: 'NoSuchKey' });
});

test('a slow answer to what took effect at once', async () => {
  it.aws.faults.set({ rules: [{ kind: 'slow', ms: 3_000, times: 3 }] });
  const answered: string[] = [];
  const calls = [send('a'), put('slow'), putSecret('second')].map((call, index) =>
    call.then(() => answered.push(String(index))),
  );
  while (it.clock.sleeping < 3) await new Promise(resolve => setImmediate(resolve));
  expect(await drain()).toEqual(['a']);
  expect([await get('slow'), await secret()]).toEqual(['x', 'second']);
  await it.clock.advance(2_999);
  expect(answered).toEqual([]);
  await it.clock.advance(1);
  await Promise.all(calls);
  await putSecret('first');
});

test('slow goes together with an error', async () => {
  it.aws.faults.set({ rules: [{ kind: 'error' }, { kind: 'slow', ms: 1_000 }] });
  const failed = failure(send('a'));
  await passOnceAsleep(1_000);
  expect(await failed).toMatchObject({ status: 500 });
  expect(injected()).toEqual([1, 1]);
});

test('a long answer of S3 comes whole, though late', async () => {
  const Body = 'long '.repeat(100_000);
  await it.s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'long', Body }));
  it.aws.faults.set({ rules: [{ kind: 'slow', ms: 1_000 }] });
  const getting = get('long');
  await passOnceAsleep(1_000);
  expect(await getting).toBe(Body);
});

test('without a plan nothing goes wrong', async () => {
  expect(it.aws.faults.report()).toBeUndefined();
  await send('a');
  const { Attributes } = await it.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
  );
  expect(Attributes).toEqual({ ApproximateNumberOfMessages: '1' });
});
