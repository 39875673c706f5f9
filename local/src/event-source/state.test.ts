import { expect, test } from 'vitest';
import { rest, testSource } from './test-source.ts';

test('disabled, it takes nothing; enabled again, it goes on', async () => {
  const it = testSource();
  const seen: string[] = [];
  const source = it.start(
    async ({ Records }) => {
      seen.push(...Records.map(({ body }) => body));
      await it.clock.sleep(5_000);
    },
    { enabled: false },
  );
  expect(source.state).toBe('Disabled');
  await it.send(['a']);
  expect(await it.counts()).toEqual([1, 0]);
  source.enable();
  source.enable(); // as it is
  expect(source.state).toBe('Enabled');
  await rest();
  expect(seen).toEqual(['a']);

  const disabled = source.disable();
  expect(source.state).toBe('Disabling');
  expect(() => source.enable()).toThrow('is being disabled');
  await it.send(['b']);
  await it.pass(5);
  expect(await disabled).toBe(true);
  expect(await source.disable()).toBe(true);
  expect(source.state).toBe('Disabled');
  expect(seen).toEqual(['a']);
  expect(await it.counts()).toEqual([1, 0]); // the batch under way was finished, nothing else begun

  source.enable();
  await it.pass(6);
  expect(seen).toEqual(['a', 'b']);
  expect(await it.counts()).toEqual([0, 0]);
  expect(await source.stop()).toBe(true);
  expect(() => source.enable()).toThrow('is stopped');
  expect(it.clock.sleeping).toBe(0);
});

test('who stops it twice is told the same', async () => {
  const it = testSource();
  const source = it.start(() => new Promise(() => undefined), { functionTimeoutMs: 60_000 });
  await it.send(['a']);
  const stops = [source.stop(), source.stop()];
  await it.pass(60);
  expect(await Promise.all(stops)).toEqual([true, true]);
});

test('a function that outlives its timeout and a little more is given up', async () => {
  const it = testSource();
  const never = { initTimeoutMs: 10_000, invoke: () => new Promise<never>(() => undefined) };
  const source = it.start(never, { functionTimeoutMs: 1_000 });
  await it.send(['a']);
  const stopped = source.stop();
  await it.pass(16);
  expect(source.state).toBe('Disabling');
  await it.pass(1);
  expect(await stopped).toBe(false);
  expect(it.logged).toMatchObject([{ level: 'WARN', message: 'stopped with invocations under way' }]);
});

test('nothing of it uses a timer of its own: hours pass in the clock’s time alone', async () => {
  const it = testSource();
  const timers = { setTimeout: globalThis.setTimeout, setInterval: globalThis.setInterval };
  const forbidden = () => {
    throw new Error('a real timer');
  };
  Object.assign(globalThis, { setTimeout: forbidden, setInterval: forbidden });
  try {
    const left: number[] = [];
    const ids: string[] = [];
    const start = it.clock.now();
    const source = it.start(
      async (_event, context) => {
        ids.push(context.awsRequestId);
        await it.clock.sleep(2_500);
        left.push(context.getRemainingTimeInMillis());
        if (ids.length === 1) throw new Error('first time');
      },
      { newRequestId: () => `id-${ids.length}`, batchingWindowSeconds: 2 },
    );
    await it.send(['a']);
    await rest();
    await it.clock.advance(10_800_000);
    await source.stop();
    expect(ids).toEqual(['id-0', 'id-1']);
    expect(left).toEqual([27_500, 27_500]);
    expect(await it.counts()).toEqual([0, 0]);
    expect(it.clock.now() - start).toBe(10_800_000);
  } finally {
    Object.assign(globalThis, timers);
  }
});
