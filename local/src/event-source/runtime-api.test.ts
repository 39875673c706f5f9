import { afterEach, beforeEach, expect, test } from 'vitest';
import { RuntimeApi, type Task } from './runtime-api.ts';

let api: RuntimeApi;
beforeEach(async () => {
  api = await RuntimeApi.listen();
});
afterEach(() => api.close());

const task: Task = {
  requestId: '8476a536-e9f4-11e8-9739-2dfe598c3fcd',
  event: '{"Records":[]}',
  deadlineMs: 1_542_409_706_888,
  functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
  traceId: 'Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0',
};

const url = (path: string) => `http://${api.address}/2018-06-01/runtime/${path}`;
const next = () => fetch(url('invocation/next'));
const post = async (path: string, body: string, headers = {}) => {
  const response = await fetch(url(path), { method: 'POST', body, headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

test('a runtime that asks is held until there is an invocation, and gets it with its headers', async () => {
  const asked = next();
  await api.ready;
  const answer = api.invoke(task);
  const response = await asked;
  expect(response.status).toBe(200);
  expect(await response.text()).toBe(task.event);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'application/json',
    'lambda-runtime-aws-request-id': task.requestId,
    'lambda-runtime-deadline-ms': '1542409706888',
    'lambda-runtime-invoked-function-arn': task.functionArn,
    'lambda-runtime-trace-id': task.traceId,
  });
  expect(await post(`invocation/${task.requestId}/response`, '{"a":1}')).toEqual({
    status: 202,
    body: { status: 'OK' },
  });
  expect(await answer).toBe('{"a":1}');
});

test('an invocation waits for a runtime that is still busy with itself', async () => {
  const answer = api.invoke(task);
  expect(api.isOffering).toBe(true);
  expect((await next()).headers.get('lambda-runtime-aws-request-id')).toBe(task.requestId);
  expect(api.isOffering).toBe(false);
  await post(`invocation/${task.requestId}/response`, 'null');
  expect(await answer).toBe('null');
});

test('one invocation at a time, one answer to each', async () => {
  const answer = api.invoke(task);
  expect(() => api.invoke(task)).toThrow('one invocation at a time');
  await next();
  expect((await next()).status).toBe(403);
  expect(await post('invocation/another/response', 'null')).toMatchObject({
    status: 400,
    body: { errorType: 'InvalidRequestID' },
  });
  // The first one whose body is whole counts, not the first that begins.
  const slow = new TransformStream<Uint8Array, Uint8Array>();
  const writer = slow.writable.getWriter();
  const path = `invocation/${task.requestId}/response`;
  const begun = fetch(url(path), { method: 'POST', body: slow.readable, duplex: 'half' } as RequestInit);
  await writer.write(Buffer.from('1'));
  expect((await post(path, '2')).status).toBe(202);
  expect(await answer).toBe('2');
  await writer.close();
  expect((await begun).status).toBe(400);
});

test('an error is the one that the runtime reports, from its body or else its header', async () => {
  const fail = async (body: string, headers = {}) => {
    const answer = api.invoke(task);
    const told = answer.then(
      () => 'answered',
      (error: Error) => [error.name, error.message],
    );
    await next();
    expect((await post(`invocation/${task.requestId}/error`, body, headers)).status).toBe(202);
    return told;
  };
  expect(await fail('{"errorType":"TypeError","errorMessage":"broken"}')).toEqual(['TypeError', 'broken']);
  expect(await fail('', { 'Lambda-Runtime-Function-Error-Type': 'Runtime.X' })).toEqual([
    'Runtime.X',
    'no reason given',
  ]);
  expect(await fail('[]')).toEqual(['Runtime.Unknown', 'no reason given']);
});

test('a response above 6 MB is refused and fails the invocation', async () => {
  const answer = expect(api.invoke(task)).rejects.toThrow('larger than 6 MB');
  await next();
  const large = `"${'x'.repeat(6 * 1_024 * 1_024)}"`;
  expect((await post(`invocation/${task.requestId}/response`, large)).status).toBe(413);
  await answer;
});

test('an initialisation that failed is told to who waits for it', async () => {
  const ready = expect(api.ready).rejects.toMatchObject({ name: 'ImportError', message: 'no such module' });
  await post('init/error', '{"errorType":"ImportError","errorMessage":"no such module"}');
  await ready;
});

test('there is nothing else', async () => {
  for (const path of ['invocation', 'invocation/next/', '../secrets', ''])
    expect((await fetch(url(path))).status).toBe(404);
  expect((await post('invocation/next', '')).status).toBe(404);
  expect((await fetch(`http://${api.address}/`)).status).toBe(404);
});

test('a runtime that went away while it was held has taken nothing', async () => {
  const gone = new AbortController();
  const asked = expect(fetch(url('invocation/next'), { signal: gone.signal })).rejects.toThrow();
  await api.ready;
  gone.abort();
  await asked;
  // The server hears of it when it hears anything at all of a later connection.
  await post('nothing', '');
  const answer = api.invoke(task);
  expect(api.isOffering).toBe(true);
  await next();
  await post(`invocation/${task.requestId}/response`, 'null');
  expect(await answer).toBe('null');
});
