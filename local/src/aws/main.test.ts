import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { clientConfig, failure, killAll, ready, start } from './test-process.ts';

afterEach(killAll);

test('it makes its resources, says when it is ready, and stops at SIGTERM within a second', async () => {
  const resources = {
    queues: [{ name: 'q' }],
    secrets: [{ name: 's', value: 'hidden' }],
    buckets: ['results'],
  };
  const child = start({ PORT: '0', RESOURCES_FILE: '-' }, JSON.stringify(resources));
  const stdout = text(child.stdout);
  const { port } = await ready(child);
  const secrets = new SecretsManagerClient(clientConfig(port));
  expect(await secrets.send(new GetSecretValueCommand({ SecretId: 's' }))).toMatchObject({
    SecretString: 'hidden',
  });
  const sqs = new SQSClient(clientConfig(port));
  const QueueUrl = `http://127.0.0.1:${port}/000000000000/q`;
  const polling = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
  await sqs.send(new ReceiveMessageCommand({ QueueUrl })); // The poll before it has arrived by now.
  const stoppedAt = Date.now();
  child.kill('SIGTERM');
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(0);
  expect(Date.now() - stoppedAt).toBeLessThan(1_000);
  expect((await polling).Messages).toBeUndefined();
  expect(await stdout).toBe(`{"ready":true,"port":${port}}\n`);
  for (const client of [sqs, secrets]) client.destroy();
});

test('what it acknowledged is there again after kill -9, without having been told where to keep it', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'aws-default-'));
  onTestFinished(() => rm(cwd, { recursive: true }));
  const open = async () => {
    const child = start({ PORT: '0', RESOURCES_FILE: '-' }, '{"queues":[{"name":"q"}]}', { cwd });
    const { port } = await ready(child);
    const sqs = new SQSClient(clientConfig(port));
    onTestFinished(() => sqs.destroy());
    return { child, sqs, QueueUrl: `http://127.0.0.1:${port}/000000000000/q` };
  };
  const before = await open();
  await before.sqs.send(new SendMessageCommand({ QueueUrl: before.QueueUrl, MessageBody: 'kept' }));
  before.child.kill('SIGKILL');
  await once(before.child, 'close');
  const { sqs, QueueUrl } = await open();
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  expect(Messages).toMatchObject([{ Body: 'kept' }]);
});

test('a taken port is one line that names it', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  expect(await failure(start({ PORT: String(port) }))).toEqual({
    code: 1,
    stderr: `local aws: port ${port} is taken\n`,
  });
  other.close();
});

test('bad settings are one line each, and never quote a secret', async () => {
  expect(await failure(start({ PORT: 'x' }))).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^.*PORT.*\n$/),
  });
  const withInput = (input: string) => failure(start({ PORT: '0', RESOURCES_FILE: '-' }, input));
  expect(await withInput('{"secrets":[{"name":"s","value":"hidden"')).toEqual({
    code: 1,
    stderr: 'local aws: RESOURCES_FILE is not JSON\n',
  });
  expect((await withInput('{"buckets":["No Bucket"]}')).stderr).toMatch(
    /^local aws: RESOURCES_FILE: buckets\.0 must.*\n$/,
  );
  expect((await withInput('{"queues":[{"name":"a b"}]}')).stderr).toMatch(
    /^local aws: RESOURCES_FILE: Value a b .*\n$/,
  );
  const missing = await failure(start({ PORT: '0', RESOURCES_FILE: '/nowhere/file.json' }));
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('/nowhere/file.json') });
});
