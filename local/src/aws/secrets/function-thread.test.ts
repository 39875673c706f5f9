import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeSecretCommand, RotateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, expect, test } from 'vitest';
import { ManualClock } from '../manual-clock.ts';
import { functionArn } from '../resources.ts';
import { startTestAws } from '../test-clients.ts';
import { FunctionThread } from './function-thread.ts';
import type { RotationEvent } from './rotation-steps.ts';
import type { RotationNews } from './rotation.ts';

const folder = mkdtempSync(join(tmpdir(), 'huntaze-functions-'));
const threads: FunctionThread[] = [];
afterEach(() => Promise.all(threads.splice(0).map(thread => thread.close())));
afterAll(() => rmSync(folder, { recursive: true }));

const arn = functionArn('us-east-1', 'rotate-it');
let bundles = 0;

/** A bundle whose handler is this; `calls` counts those of one thread. It tells what it finds by its error's name. */
function bundleOf(body: string): string {
  const file = join(folder, `${(bundles += 1)}.mjs`);
  const tells = `const tell = name => { throw Object.assign(new Error('a secret'), { name: String(name) }); };`;
  const handler = `export async function handler(event, context) { calls += 1; ${body} }`;
  writeFileSync(file, `let calls = 0;\n${tells}\n${handler}\n`);
  return file;
}

function threadOf(body: string, clock = new ManualClock(), env: Record<string, string> = {}): FunctionThread {
  const thread = new FunctionThread({ arn, bundle: bundleOf(body), env, timeoutSeconds: 60 }, clock);
  threads.push(thread);
  return thread;
}

const event: RotationEvent = {
  Step: 'createSecret',
  SecretId: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:key-000000',
  ClientRequestToken: 'token-of-the-version-that-is-made',
  RotationToken: 'token-of-the-rotation',
};

const named = (name: string) => expect.objectContaining({ name }) as unknown;
const told = (thread: FunctionThread) =>
  thread.invoke(event).then(
    () => 'nothing',
    (error: Error) => error.name,
  );

test('the handler is called with the event and a context, and its error keeps its name', async () => {
  expect(await told(threadOf(`if (event.Step !== 'createSecret') tell('another')`))).toBe('nothing');
  expect(await told(threadOf('tell(context.functionName)'))).toBe('rotate-it');
  const remaining = 'const left = context.getRemainingTimeInMillis(); tell(left > 0 && left <= 60_000)';
  expect(await told(threadOf(remaining, new ManualClock(Date.now())))).toBe('true');
  expect(await told(threadOf(`throw 'text'`))).toBe('Error');
});

test('it has the environment that it is given, and nothing of this process’s', async () => {
  const thread = threadOf(`tell(JSON.stringify(process.env))`, undefined, { REDIS_HOST: 'here' });
  expect(await told(thread)).toBe('{"REDIS_HOST":"here"}');
});

test('one invocation at a time, in the thread that the one before had', async () => {
  const thread = threadOf(
    `const mine = calls; await null; await null; tell(calls === mine ? mine : 'two at once')`,
  );
  expect(await Promise.all([told(thread), told(thread), told(thread)])).toEqual(['1', '2', '3']);
});

test('one that takes too long is ended, and the next finds a thread of its own', async () => {
  const clock = new ManualClock();
  const thread = threadOf(
    `if (process.env.HANGS && calls === 1) await new Promise(() => undefined); tell(calls)`,
    clock,
    {
      HANGS: 'yes',
    },
  );
  const first = told(thread);
  while (clock.sleeping === 0) await new Promise(resolve => setImmediate(resolve));
  await clock.advance(59_999);
  await clock.advance(1);
  expect(await first).toBe('Sandbox.Timedout');
  const second = told(thread);
  while (clock.sleeping === 0) await new Promise(resolve => setImmediate(resolve));
  await clock.advance(60_000);
  expect(await second).toBe('Sandbox.Timedout'); // its first call again
});

test('a thread with nothing to do ends after half a minute', async () => {
  const clock = new ManualClock();
  const thread = threadOf('tell(calls)', clock);
  expect(await told(thread)).toBe('1');
  await clock.advance(29_999);
  expect(await told(thread)).toBe('2');
  await clock.advance(30_000);
  expect(await told(thread)).toBe('1');
});

test.each([
  ['that ends its process', 'process.exit(3)', 'Error'],
  [
    'that fails where nobody waits',
    `setTimeout(() => tell('Elsewhere')); await new Promise(() => undefined)`,
    'Elsewhere',
  ],
])('a function %s has failed, and this process goes on', async (_, body, name) => {
  const thread = threadOf(body);
  expect(await told(thread)).toBe(name);
  expect(await told(thread)).toBe(name);
});

test('a bundle that can’t be loaded, or exports no handler, fails the invocation', async () => {
  const missing = new FunctionThread(
    { arn, bundle: join(folder, 'nowhere.mjs'), env: {}, timeoutSeconds: 60 },
    new ManualClock(),
  );
  threads.push(missing);
  await expect(missing.invoke(event)).rejects.toEqual(named('Error'));
  const empty = join(folder, 'empty.mjs');
  writeFileSync(empty, 'export {};');
  const thread = new FunctionThread({ arn, bundle: empty, env: {}, timeoutSeconds: 60 }, new ManualClock());
  threads.push(thread);
  await expect(thread.invoke(event)).rejects.toEqual(named('TypeError'));
});

test('a rotation whose function there isn’t keeps it from starting', async () => {
  const secrets = [{ name: 'key', value: 'old', rotation: { function: 'nobody', everyDays: 90 } }];
  await expect(startTestAws({ secrets })).rejects.toThrow('cannot invoke the specified Lambda function');
});

test('what exists from the start is rotated by its function, every so many days', async () => {
  const over = Promise.withResolvers<RotationNews>();
  const bundle = bundleOf(`if (event.Step === 'setSecret') tell(event.SecretId.split(':').at(-1))`);
  const it = await startTestAws({
    functions: [{ name: 'rotate-it', bundle, env: {}, timeoutSeconds: 60 }],
    secrets: [{ name: 'key', value: 'old', rotation: { function: 'rotate-it', everyDays: 90 } }],
    onRotation: news => {
      if (news.event === 'RotationFailed') over.resolve(news);
    },
  });
  try {
    const described = await it.secrets.send(new DescribeSecretCommand({ SecretId: 'key' }));
    expect(described).toMatchObject({ RotationEnabled: true, RotationLambdaARN: arn });
    expect(described.NextRotationDate?.toISOString()).toMatch(/^2026-04-0[12]T/);
    await it.secrets.send(new RotateSecretCommand({ SecretId: 'key' }));
    expect(await over.promise).toMatchObject({ step: 'setSecret', error: expect.stringMatching(/^key-/) });
  } finally {
    await it.close();
  }
});
