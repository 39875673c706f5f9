import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '@huntaze/core/clock';
import { startTestAws, type TestAws } from '../aws/test-clients.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
let it: TestAws;
let folder: string;
const running = new Set<ChildProcessWithoutNullStreams>();
beforeAll(async () => {
  it = await startTestAws({ clock: systemClock, queues: [{ name: 'q', attributes: {} }] });
  folder = await mkdtemp(join(tmpdir(), 'event-source-'));
});
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await it.close();
  await rm(folder, { recursive: true });
});

async function bundle(name: string, source: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, source);
  return path;
}

function start(FUNCTION_BUNDLE: string, more: Record<string, string> = {}): ChildProcessWithoutNullStreams {
  const env = {
    PATH: process.env['PATH'],
    AWS_ENDPOINT_URL: it.aws.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    QUEUE_URL: it.aws.queueUrl('q'),
    FUNCTION_BUNDLE,
    ...more,
  };
  const child = spawn(process.execPath, [MAIN], { env });
  running.add(child);
  return child;
}

async function failure(child: ChildProcessWithoutNullStreams): Promise<{ code: unknown; stderr: string }> {
  const stderr = text(child.stderr);
  const [code] = (await once(child, 'close')) as [number];
  return { code, stderr: await stderr };
}

test('it runs the bundle in an environment like that of Lambda, passes its output on, and stops cleanly', async () => {
  const path = await bundle(
    'index.mjs',
    `const name = process.env.AWS_LAMBDA_FUNCTION_NAME;
     setInterval(() => {}, 1_000_000);
     export const handler = async event => {
       console.log(JSON.stringify({ name, bodies: event.Records.map(record => record.body) }));
       return { batchItemFailures: [] };
     };`,
  );
  const child = start(path);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('{"ready":true}');
  await it.sqs.send(new SendMessageCommand({ QueueUrl: it.aws.queueUrl('q'), MessageBody: 'a' }));
  expect((await lines.next()).value).toBe('{"name":"huntaze-rate-limiter","bodies":["a"]}');
  await it.untilWaiting(2);
  child.kill('SIGTERM');
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(0);
});

test('what is wrong at the start is one line', async () => {
  const good = await bundle('good.mjs', 'export const handler = () => undefined;');
  const none = await bundle('none.mjs', 'export const other = 1;');
  const broken = await bundle('broken.mjs', 'export const = ;');
  const refused = async (path: string, more: Record<string, string>, message: RegExp) => {
    const { code, stderr } = await failure(start(path, more));
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd()).not.toContain('\n');
  };
  await Promise.all([
    refused(good, { QUEUE_URL: '' }, /QUEUE_URL is missing/),
    refused(good, { MAXIMUM_CONCURRENCY: '1' }, /MAXIMUM_CONCURRENCY must be/),
    refused(good, { QUEUE_URL: it.aws.queueUrl('missing') }, /queue does not exist/),
    refused(good, { FUNCTION_TIMEOUT_SECONDS: '31' }, /visibility timeout \(30\)/),
    refused(none, {}, /exports no function called handler/),
    refused(broken, {}, /can't be loaded/),
    refused('/nowhere/index.mjs', {}, /can't be loaded/),
  ]);
});
