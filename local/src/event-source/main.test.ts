import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '@huntaze/core/clock';
import { datapointsIn } from '../aws/cloudwatch/emf.ts';
import { startTestAws, type TestAws } from '../aws/test-clients.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
/** One for each test: what one leaves in flight would come back in another. */
const QUEUES = ['q', 'failing', 'unheard', 'replaced', 'killed', 'real'];
let it: TestAws;
let folder: string;
const running = new Set<ChildProcessWithoutNullStreams>();
beforeAll(async () => {
  it = await startTestAws({ clock: systemClock, queues: QUEUES.map(name => ({ name, attributes: {} })) });
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

const send = (queue: string, MessageBody: string) =>
  it.sqs.send(new SendMessageCommand({ QueueUrl: it.aws.queueUrl(queue), MessageBody }));

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
  await send('q', 'a');
  expect((await lines.next()).value).toBe('{"name":"huntaze-rate-limiter","bodies":["a"]}');
  await it.untilWaiting(2);
  child.kill('SIGTERM');
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(0);
});

test('it tells what Lambda would: how often the function was invoked, and failed', async () => {
  const path = await bundle('fails.mjs', 'export const handler = () => { throw new Error("no"); };');
  const child = start(path, { QUEUE_URL: it.aws.queueUrl('failing') });
  const stderr = text(child.stderr);
  await once(createInterface({ input: child.stdout }), 'line');
  await send('failing', 'a');
  await it.untilWaiting(2);
  child.kill('SIGTERM');
  const points = (await stderr).split('\n').flatMap(datapointsIn);
  const sum = (name: string) =>
    points.filter(point => point.name === name).reduce((all, { value }) => all + value, 0);
  expect([sum('Invocations'), sum('Errors'), sum('Throttles')]).toEqual([1, 1, 0]);
  expect(points[0]).toMatchObject({
    namespace: 'AWS/Lambda',
    dimensions: { FunctionName: 'huntaze-rate-limiter' },
  });
});

// A supervisor that was killed reads no more. What the next one is to end is still there: before, the first line of metrics
// ended it with EPIPE, in the middle of its work.
test('it goes on where nobody reads what it tells', async () => {
  const path = await bundle('fails-unheard.mjs', 'export const handler = () => { throw new Error("no"); };');
  const child = start(path, { QUEUE_URL: it.aws.queueUrl('unheard') });
  await once(createInterface({ input: child.stdout }), 'line');
  child.stderr.destroy();
  await send('unheard', 'a');
  await it.untilWaiting(2); // It has failed, said so, and polls again.
  expect(child.exitCode).toBeNull();
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(0);
});

/** A package in the place of aws-lambda-ric: says how it was started, then is the runtime for tests. */
async function ricInstead(): Promise<string> {
  const root = join(folder, 'instead');
  const where = join(root, 'node_modules/aws-lambda-ric');
  await mkdir(where, { recursive: true });
  await writeFile(
    join(where, 'package.json'),
    '{"name":"aws-lambda-ric","bin":{"aws-lambda-ric":"./run.mjs"}}',
  );
  await writeFile(
    join(where, 'run.mjs'),
    `const { LAMBDA_TASK_ROOT: root, _HANDLER: handler, AWS_LAMBDA_FUNCTION_NAME: name } = process.env;
     const told = { pid: process.pid, args: process.argv.slice(2), cwd: process.cwd(), root, handler, name };
     console.log(JSON.stringify(told));
     await import(${JSON.stringify(new URL('test-runtime.ts', import.meta.url).href)});`,
  );
  return root;
}

/** Resolves when there is no such process. */
async function untilGone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await setTimeout(10);
  }
}

test('as ric, it runs the handler under aws-lambda-ric, in a process that ends with it', async () => {
  const path = await bundle('limiter.mjs', 'export const handler = () => undefined;');
  const child = start(path, {
    QUEUE_URL: it.aws.queueUrl('replaced'),
    FUNCTION_RUNTIME: 'ric',
    AWS_LAMBDA_RIC: await ricInstead(),
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const told = JSON.parse((await lines.next()).value as string) as { pid: number };
  expect(told).toEqual({
    pid: expect.any(Number),
    args: ['limiter.handler'],
    cwd: folder,
    root: folder,
    handler: 'limiter.handler',
    name: 'huntaze-rate-limiter',
  });
  expect((await lines.next()).value).toBe('{"ready":true}');
  await it.untilWaiting(2);
  await send('replaced', 'exit');
  // The process that ended is replaced at the next message; the other one has nothing to do with it.
  const logged = createInterface({ input: child.stderr })[Symbol.asyncIterator]();
  expect(JSON.parse((await logged.next()).value as string)).toMatchObject({
    message: 'function failed',
    error: 'Runtime.ExitError',
  });
  await send('replaced', 'tell');
  const other = JSON.parse((await lines.next()).value as string) as { pid: number };
  expect(other.pid).not.toBe(told.pid);
  await it.untilWaiting(2);
  child.kill('SIGTERM');
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(0);
  await untilGone(other.pid);
});

test('killed, it leaves no process behind, not even one in the middle of an invocation', async () => {
  const path = await bundle('limiter.mjs', 'export const handler = () => undefined;');
  const child = start(path, {
    QUEUE_URL: it.aws.queueUrl('killed'),
    FUNCTION_RUNTIME: 'ric',
    AWS_LAMBDA_RIC: await ricInstead(),
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { pid } = JSON.parse((await lines.next()).value as string) as { pid: number };
  await lines.next();
  await it.untilWaiting(2);
  await send('killed', 'hang');
  await it.untilWaiting(1);
  child.kill('SIGKILL');
  await untilGone(pid);
});

/** Where aws-lambda-ric is installed: it is no dependency, since it takes a compiler and a minute. */
const RIC = process.env['AWS_LAMBDA_RIC'];

test.skipIf(RIC === undefined)('under the real aws-lambda-ric, which outlives nobody', async () => {
  const path = await bundle(
    'real.mjs',
    `export const handler = async (event, context) => {
       const bodies = event.Records.map(record => record.body);
       const left = context.getRemainingTimeInMillis();
       process.stdout.write(JSON.stringify({ pid: process.pid, bodies, left, id: context.awsRequestId }) + '\\n');
       if (bodies[0] === 'throw') throw new TypeError('broken');
       return { batchItemFailures: [] };
     };`,
  );
  const child = start(path, {
    QUEUE_URL: it.aws.queueUrl('real'),
    FUNCTION_RUNTIME: 'ric',
    AWS_LAMBDA_RIC: RIC ?? '',
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const logged = createInterface({ input: child.stderr })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('{"ready":true}');
  await it.untilWaiting(2);
  await send('real', 'a');
  const told = JSON.parse((await lines.next()).value as string) as { pid: number; left: number };
  expect(told).toMatchObject({ bodies: ['a'], id: expect.stringMatching(/^[\da-f-]{36}$/) });
  expect(told.left).toBeGreaterThan(25_000);
  await it.untilWaiting(2);
  await send('real', 'throw');
  for (let line = ''; !line.includes('function failed');) line = (await logged.next()).value as string;
  await it.untilWaiting(2);
  child.kill('SIGKILL');
  await once(child, 'close');
  await untilGone(told.pid);
});

// Fourteen processes at once take their time on a small machine.
test('what is wrong at the start is one line', { timeout: 120_000 }, async () => {
  const good = await bundle('good.mjs', 'export const handler = () => undefined;');
  const none = await bundle('none.mjs', 'export const other = 1;');
  const broken = await bundle('broken.mjs', 'export const = ;');
  const ric = { FUNCTION_RUNTIME: 'ric' };
  const instead = { ...ric, AWS_LAMBDA_RIC: await ricInstead() };
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
    refused(good, { BATCH_SIZE: '11' }, /batchSize above 10 needs/),
    refused(good, { FUNCTION_RUNTIME: 'docker' }, /FUNCTION_RUNTIME must be in-process or ric/),
    refused(good, ric, /FUNCTION_RUNTIME ric needs aws-lambda-ric: install it with "npm install/),
    refused(good, { ...ric, AWS_LAMBDA_RIC: folder }, /there is no aws-lambda-ric in .*; install it with/),
    refused('/nowhere/index.mjs', instead, /can't be loaded: there is no \/nowhere\/index.mjs/),
    refused(good, { ...instead, RUNTIME_INIT: 'error' }, /can't be loaded: no such module/),
    refused(good, { ...instead, RUNTIME_INIT: 'exit' }, /can't be loaded: Runtime exited with exit status 4/),
  ]);
});
