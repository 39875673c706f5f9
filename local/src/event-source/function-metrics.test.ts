import { expect, test } from 'vitest';
import { datapointsIn } from '../aws/cloudwatch/emf.ts';
import { FunctionMetrics, type Counted } from './function-metrics.ts';
import { rest, testSource } from './test-source.ts';

test('what was counted is told once, of the time when it began', () => {
  let now = 1_000;
  const metrics = new FunctionMetrics('f', () => now);
  expect(metrics.take()).toBeUndefined();
  metrics.count('Invocations');
  now = 2_000;
  metrics.count('Invocations');
  metrics.count('Errors');
  const told = { namespace: 'AWS/Lambda', dimensions: { FunctionName: 'f' }, at: 1_000 };
  expect(datapointsIn(metrics.take()!)).toEqual([
    { ...told, name: 'Invocations', value: 2 },
    { ...told, name: 'Errors', value: 1 },
    { ...told, name: 'Throttles', value: 0 },
  ]);
  expect(metrics.take()).toBeUndefined();
});

test.each<[what: string, answer: () => unknown, counted: Counted[]]>([
  ['a success', () => undefined, ['Invocations']],
  ['a throw', () => Promise.reject(new Error('no')), ['Invocations', 'Errors']],
  ['a time-out', () => new Promise(() => undefined), ['Invocations', 'Errors']],
  ['a partial failure', () => ({ batchItemFailures: [] }), ['Invocations']],
  // The function has answered; that the answer is of no use is the event source's affair.
  ['an answer that names nobody', () => ({ batchItemFailures: [{ itemIdentifier: 'x' }] }), ['Invocations']],
])('counted of %s: %j', async (_, answer, expected) => {
  const it = testSource();
  const counted: Counted[] = [];
  const source = it.start(answer, { count: what => counted.push(what), functionTimeoutMs: 3_000 });
  await it.send(['1']);
  await it.pass(4);
  expect(counted).toEqual(expected);
  const stopped = source.stop();
  await it.pass(1);
  await stopped;
});

test('each try that is throttled is counted, and is no invocation', async () => {
  const it = testSource();
  const counted: Counted[] = [];
  let throttled = 3;
  const source = it.start(() => undefined, {
    visibilityTimeoutMs: 60_000,
    throttle: () => (throttled -= 1) >= 0,
    count: what => counted.push(what),
  });
  await it.send(['1']);
  await it.pass(30);
  await rest();
  expect(counted).toEqual(['Throttles', 'Throttles', 'Throttles', 'Invocations']);
  const stopped = source.stop();
  await it.pass(1);
  await stopped;
});
