import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, expect, test } from 'vitest';
import { startTestAws, type TestAws } from '../test-clients.ts';
import { clientConfig, failure, killAll, ready, start } from '../test-process.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  killAll();
  for (const close of closers.splice(0)) await close();
});

async function aws(): Promise<TestAws> {
  const it = await startTestAws({ queues: [{ name: 'q' }] });
  closers.push(() => it.close());
  return it;
}

async function ask(origin: string, method: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${origin}/__local/faults`, {
    method,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test('a plan is set, counted and ended at the wire', async () => {
  const it = await aws();
  const { url } = it.aws;
  expect(await ask(url, 'GET')).toEqual({ status: 200, body: { rules: [] } });
  const rule = { kind: 'error', name: 'first', calls: [1] };
  expect(await ask(url, 'PUT', { seed: 3, rules: [rule] })).toEqual({
    status: 200,
    body: { seed: 3, rules: [{ ...rule, status: 500, seen: 0, injected: 0 }], happened: [] },
  });
  const send = () =>
    it.sqs.send(new SendMessageCommand({ QueueUrl: it.aws.queueUrl('q'), MessageBody: 'a' }));
  await expect(send()).rejects.toMatchObject({ name: 'InternalError' });
  await send();
  const { body } = await ask(url, 'GET');
  expect(body).toMatchObject({ rules: [{ seen: 2, injected: 1 }] });
  expect(body['happened']).toEqual([
    {
      at: it.clock.now(),
      rule: 0,
      kind: 'error',
      service: 'sqs',
      action: 'SendMessage',
      queue: 'q',
      call: 1,
    },
  ]);
  expect(await ask(url, 'DELETE')).toEqual({ status: 200, body: { rules: [] } });
  await send();
});

test('a bad plan is one line, and leaves the one before in force', async () => {
  const { url, faults } = (await aws()).aws;
  await ask(url, 'PUT', { rules: [{ kind: 'error' }] });
  expect(await ask(url, 'PUT', { rules: [{ kind: 'error', times: 0 }] })).toEqual({
    status: 400,
    body: { error: 'rules.0.times must be at least 1' },
  });
  expect(await ask(url, 'PUT', '{')).toEqual({ status: 400, body: { error: 'the plan is not JSON' } });
  expect((await ask(url, 'PUT', `"${'x'.repeat(2_000_000)}"`)).status).toBe(413);
  expect((await ask(url, 'POST', {})).status).toBe(405);
  expect(faults.report()?.rules).toHaveLength(1);
});

test('a page in a browser can neither set a plan nor read anything', async () => {
  const it = await aws();
  const { url } = it.aws;
  const rules = { rules: [{ kind: 'error' }] };
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=a'])
    expect((await ask(url, 'PUT', rules, { 'content-type': type })).status).toBe(415);
  for (const origin of ['http://evil.example', 'null', url])
    expect((await ask(url, 'PUT', rules, { origin })).status).toBe(403);
  expect((await ask(url, 'GET', undefined, { origin: url })).status).toBe(403);
  expect((await ask(url, 'DELETE', undefined, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  expect(it.aws.faults.isOn).toBe(false);
});

test('a process takes its plan from a file, and refuses a bad one in one line', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'faults-'));
  closers.push(() => rm(folder, { recursive: true }));
  const file = join(folder, 'plan.json');
  await writeFile(file, JSON.stringify({ rules: [{ kind: 'throttle', times: 1 }] }));
  const child = start({ PORT: '0', RESOURCES_FILE: '-', FAULTS_FILE: file }, '{"queues":[{"name":"q"}]}');
  const { port } = await ready(child);
  const sqs = new SQSClient(clientConfig(port));
  const QueueUrl = `http://127.0.0.1:${port}/000000000000/q`;
  const send = () => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }));
  await expect(send()).rejects.toMatchObject({ name: 'RequestThrottled' });
  await send();
  expect(await ask(`http://127.0.0.1:${port}`, 'GET')).toMatchObject({ body: { rules: [{ injected: 1 }] } });
  sqs.destroy();
  child.kill('SIGTERM');
  await once(child, 'close');

  await writeFile(file, JSON.stringify({ rules: [{ kind: 'chaos' }] }));
  expect(await failure(start({ PORT: '0', FAULTS_FILE: file }))).toEqual({
    code: 1,
    stderr: expect.stringMatching(/^local aws: FAULTS_FILE: rules\.0\.kind must be one of .*\n$/),
  });
});
