import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { ManualClock } from '../aws/manual-clock.ts';
import { startEnvironments, type Environments } from './environments.ts';
import type { Invocation } from './invocation.ts';
import { testSource } from './test-source.ts';

const RUNTIME = fileURLToPath(new URL('test-runtime.ts', import.meta.url));
let clock: ManualClock;
let environments: Environments | undefined;
afterEach(async () => {
  await environments?.stop();
});

function start(init = '', maximum = 2, command = process.execPath): Environments {
  clock = new ManualClock();
  const env = { PATH: process.env['PATH'], RUNTIME_INIT: init };
  const runtime = { command, args: [RUNTIME], cwd: process.cwd(), env };
  environments = startEnvironments({ runtime, maximum, clock });
  return environments;
}

const invocation = (body: string): Invocation => ({
  requestId: crypto.randomUUID(),
  event: { Records: [{ body }] } as Invocation['event'],
  timeoutMs: 30_000,
  region: 'us-east-1',
});

interface Told {
  pid: number;
  invocation: number;
  headers: Record<string, string>;
}
const ask = async (body = 'tell') => (await environments?.invoke(invocation(body))) as Told;

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Time passes once `sleepers` wait for it. */
async function pass(ms: number, sleepers = 1): Promise<void> {
  while (clock.sleeping < sleepers) await new Promise(resolve => setImmediate(resolve));
  await clock.advance(ms);
}

test('an environment is started when it is needed, and kept for the next invocation', async () => {
  start();
  const first = await ask();
  expect(first.invocation).toBe(1);
  expect(Number(first.headers['lambda-runtime-deadline-ms'])).toBe(clock.now() + 30_000);
  expect(first.headers['lambda-runtime-invoked-function-arn']).toMatch(/:function:huntaze-rate-limiter$/);
  expect(first.headers['lambda-runtime-trace-id']).toMatch(
    /^Root=1-[\da-f]{8}-[\da-f]{24};Parent=[\da-f]{16};Sampled=0$/,
  );
  expect(await ask()).toMatchObject({ pid: first.pid, invocation: 2 });
});

test('one that was started ahead is the one that is used', async () => {
  await start('', 1).warm();
  expect((await ask()).invocation).toBe(1);
});

test('two invocations at once have two environments, and there are no more than allowed', async () => {
  start();
  const fresh = await Promise.allSettled([ask(), ask(), ask()]);
  expect(fresh.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  const [one, two] = await Promise.all([ask(), ask()]);
  expect(one.pid).not.toBe(two.pid);
  const hanging = expect(ask('hang')).rejects.toThrow('timed out');
  const alsoHanging = expect(ask('hang')).rejects.toThrow('timed out');
  await expect(ask()).rejects.toThrow('no more than 2');
  await pass(30_000, 2);
  await Promise.all([hanging, alsoHanging]);
});

test('an error leaves the environment as it is', async () => {
  start();
  const { pid } = await ask();
  await expect(ask('fail')).rejects.toMatchObject({ name: 'TypeError', message: 'broken' });
  expect(await ask()).toMatchObject({ pid, invocation: 3 });
});

test('a response that is no JSON, or too large, is for the event source to judge', async () => {
  start();
  expect(await ask('text')).toBe('no JSON');
  await expect(ask('large')).rejects.toMatchObject({ name: 'Function.ResponseSizeTooLarge' });
  expect((await ask()).invocation).toBe(3);
});

test('a time-out kills the process before it is told; another one goes on', async () => {
  start('', 1);
  const { pid } = await ask();
  const late = ask('hang').catch((error: Error) => ({
    name: error.name,
    message: error.message,
    alive: isAlive(pid),
  }));
  await pass(29_999);
  expect(isAlive(pid)).toBe(true);
  await pass(1);
  expect(await late).toMatchObject({
    name: 'FunctionTimedOut',
    message: expect.stringContaining('Task timed out after 30.00 seconds'),
    alive: false,
  });
  const after = await ask();
  expect(after.pid).not.toBe(pid);
  expect(after.invocation).toBe(1);
});

test('a process that ends in the middle fails its invocation and is replaced', async () => {
  start('', 1);
  const { pid } = await ask();
  await expect(ask('exit')).rejects.toMatchObject({
    name: 'Runtime.ExitError',
    message: 'Runtime exited with exit status 3',
  });
  expect((await ask()).pid).not.toBe(pid);
});

test('one that ended between two invocations costs none of them', async () => {
  start('', 1);
  await ask();
  // It ends while the next event may already be offered to it.
  expect(await ask('last')).toBeNull();
  expect((await ask()).invocation).toBe(1);
});

test('an initialisation that fails, ends or never ends fails the invocation; the next one tries again', async () => {
  start('error', 1);
  for (let time = 0; time < 2; time += 1)
    await expect(ask()).rejects.toMatchObject({ name: 'ImportError', message: 'no such module' });
  start('exit', 1);
  await expect(ask()).rejects.toThrow('Runtime exited with exit status 4');
  start('hang', 1);
  for (let time = 0; time < 2; time += 1) {
    const slow = expect(ask()).rejects.toThrow('Init timed out after 10 seconds');
    await pass(10_000);
    await slow;
  }
  start('', 1, '/nowhere/node');
  await expect(ask()).rejects.toThrow("the runtime can't be started");
});

const CUT = /Runtime exited by SIGKILL|are stopped/;

test('a stop ends every process, whatever it is doing', async () => {
  const it = start();
  const [{ pid }, other] = await Promise.all([ask(), ask()]);
  // Whether the function has begun by then is up to the machine: one that hasn't begins nowhere else.
  const cut = expect(ask('hang')).rejects.toThrow(CUT);
  await it.stop();
  await cut;
  expect([pid, other.pid].map(isAlive)).toEqual([false, false]);
  await expect(ask()).rejects.toThrow('are stopped');

  const early = start();
  const unborn = expect(ask()).rejects.toThrow(CUT);
  await early.stop();
  await unborn;
});

test('an event source fed from it: what fails there stays in the queue', async () => {
  const queue = testSource('q', '60');
  start('', 2);
  const source = queue.start(environments!, { batchSize: 1 });
  await queue.send(['tell', 'fail', 'exit', 'text', 'keep']);
  const left = async () => queue.counts();
  while (queue.logged.length < 4 || (await left())[0] > 0)
    await new Promise(resolve => setImmediate(resolve));
  while ((await left())[1] !== 4) await new Promise(resolve => setImmediate(resolve));
  expect(queue.logged.map(({ reason, error }) => String(reason ?? error)).toSorted()).toEqual([
    'Runtime.ExitError',
    'TypeError',
    'an itemIdentifier is missing or empty',
    'the result is not a JSON object',
  ]);
  expect(await source.stop()).toBe(true);
});
