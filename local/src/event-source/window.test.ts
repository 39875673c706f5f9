import { expect, test } from 'vitest';
import { rest, testSource } from './test-source.ts';

/** Bodies of every batch, and when it came (seconds after the start). */
function recording(it: ReturnType<typeof testSource>) {
  const start = it.clock.now();
  const batches: { at: number; bodies: string[] }[] = [];
  const handler = (event: { Records: { body: string }[] }) => {
    batches.push({ at: (it.clock.now() - start) / 1_000, bodies: event.Records.map(({ body }) => body) });
  };
  return { batches, handler };
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => String(n));

test('without a window, whatever a receive returns is a batch', async () => {
  const it = testSource();
  const { batches, handler } = recording(it);
  const source = it.start(handler, { batchSize: 5 });
  await rest();
  expect(it.waits).toEqual([20, 20]);
  await it.send(['a']);
  expect(batches).toEqual([{ at: 0, bodies: ['a'] }]);
  await source.stop();
});

test('a window that passes ends a batch, and the next begins when the invocation has ended', async () => {
  const it = testSource();
  const { batches, handler } = recording(it);
  const slow = async (event: Parameters<typeof handler>[0]) => {
    handler(event);
    await it.clock.sleep(7_000);
  };
  // Two pollers share what comes; their windows are the same.
  const source = it.start(slow, { batchSize: 100, batchingWindowSeconds: 30 });
  await it.pass(10);
  await it.send(['a']);
  await it.pass(10);
  await it.send(['b', 'c']);
  await it.pass(9);
  expect(batches).toEqual([]);
  await it.pass(1);
  const all = batches.flatMap(({ bodies }) => bodies).sort();
  expect(all).toEqual(['a', 'b', 'c']);
  expect(new Set(batches.map(({ at }) => at))).toEqual(new Set([30]));
  await it.pass(7);
  const before = batches.length;
  await it.send(['d']);
  await it.pass(29);
  expect(batches).toHaveLength(before);
  await it.pass(1);
  expect(batches.at(-1)).toEqual({ at: 67, bodies: ['d'] });
  expect(await it.counts()).toEqual([0, 1]);
  await it.pass(7);
  expect(await it.counts()).toEqual([0, 0]);
  await source.stop();
});

test('a batch that is full does not wait for its window, and is filled by receives of ten', async () => {
  const it = testSource();
  const { batches, handler } = recording(it);
  await it.send(numbers(60));
  const source = it.start(handler, { batchSize: 25, batchingWindowSeconds: 300 });
  await rest();
  expect(batches.map(({ at, bodies }) => [at, bodies.length])).toEqual([
    [0, 25],
    [0, 25],
  ]);
  expect(it.calls['ReceiveMessage']).toBeLessThanOrEqual(10);
  expect(await it.counts()).toEqual([0, 10]); // gathered by now
  expect(it.calls['DeleteMessageBatch']).toBe(6);
  await source.stop();
});

test('a batch ends at 6 MB, and what was received beyond is the beginning of the next', async () => {
  const it = testSource();
  const { batches, handler } = recording(it);
  // JSON writes a quotation mark in two bytes: 20 messages of 800 kB as SQS counts are 16 MB as Lambda does.
  const half = 400_000;
  const body = `${'"'.repeat(half)}${'x'.repeat(half - 2)}`;
  await it.send(numbers(20).map(n => n.padStart(2, '0') + body));
  const sizes: number[] = [];
  const source = it.start(
    event => {
      sizes.push(Buffer.byteLength(JSON.stringify(event)));
      handler(event);
    },
    { batchSize: 100, batchingWindowSeconds: 10 },
  );
  await it.pass(20);
  expect(batches[0]?.at).toBe(0); // it is full: the window does not matter
  expect(Math.max(...sizes)).toBeLessThanOrEqual(6 * 1_024 * 1_024);
  expect(Math.max(...sizes)).toBeGreaterThan(4 * 1_200_000);
  const order = batches.flatMap(({ bodies }) => bodies.map(text => text.slice(0, 2)));
  expect(order.toSorted()).toEqual(
    numbers(20)
      .map(n => n.padStart(2, '0'))
      .toSorted(),
  );
  expect(await it.counts()).toEqual([0, 0]);
  await source.stop();
});

test('also without a window, ten large messages are two batches', async () => {
  const it = testSource();
  const { batches, handler } = recording(it);
  await it.send(numbers(10).map(n => n + 'x'.repeat(1_000_000)));
  const source = it.start(handler);
  await rest();
  expect(batches.map(({ at, bodies }) => [at, bodies.length])).toEqual([
    [0, 6],
    [0, 4],
  ]);
  expect(await it.counts()).toEqual([0, 0]);
  await source.stop();
});

test('what has no room keeps its place in its group, also before something small that had some', async () => {
  const it = testSource('q.fifo');
  const { batches, handler } = recording(it);
  const bodies = [...numbers(7).map(n => n + 'x'.repeat(1_000_000)), 'small'];
  await it.send(bodies, 'group');
  const source = it.start(handler);
  await rest();
  expect(batches.map(batch => batch.bodies.map(body => body.slice(0, 5)))).toEqual([
    ['0xxxx', '1xxxx', '2xxxx', '3xxxx', '4xxxx', '5xxxx'],
    ['6xxxx', 'small'],
  ]);
  await source.stop();
});

test('what has no room has been received all the same: its visibility runs', async () => {
  const it = testSource('q', '30');
  let calls = 0;
  await it.send(numbers(7).map(n => n + 'x'.repeat(1_000_000)));
  const source = it.start(
    async () => {
      calls += 1;
      await it.clock.sleep(20_000);
    },
    { visibilityTimeoutMs: 30_000, throttle: () => calls > 0 },
  );
  await it.pass(29);
  expect(it.logged).toMatchObject([{ message: 'invocation throttled', batch: 1 }]);
  await source.stop();
});

test('a window of a second is a second, whatever was received in between', async () => {
  const it = testSource();
  const { batches, handler } = recording(it);
  const source = it.start(handler, { batchSize: 20, batchingWindowSeconds: 1 });
  await rest();
  await it.clock.advance(300);
  await it.send(['a', 'b']);
  await it.clock.advance(699);
  await rest();
  expect(batches).toEqual([]);
  await it.send(['c']);
  await it.clock.advance(1);
  await rest();
  expect(batches.flatMap(({ bodies }) => bodies).sort()).toEqual(['a', 'b', 'c']);
  await source.stop();
});

test('a stop within the window ends it: what was gathered is handled, nothing more is taken', async () => {
  const it = testSource();
  const { batches, handler } = recording(it);
  const source = it.start(handler, { batchSize: 100, batchingWindowSeconds: 300 });
  await rest();
  await it.send(['a']);
  expect(batches).toEqual([]);
  const stopped = source.stop();
  await rest();
  await it.send(['b']);
  expect(await stopped).toBe(true);
  expect(batches).toEqual([{ at: 0, bodies: ['a'] }]);
  expect(await it.counts()).toEqual([1, 0]);
});

test('receives that fail within a window lose nothing that was gathered, and do not prolong it', async () => {
  const it = testSource('q', '120');
  const { batches, handler } = recording(it);
  const source = it.start(handler, { batchSize: 100, batchingWindowSeconds: 60, functionTimeoutMs: 1_000 });
  await rest();
  await it.send(['a']);
  it.outage = new Error('away');
  for (let second = 0; second < 70 && batches.length === 0; second += 1) await it.pass(1);
  it.outage = undefined;
  expect(it.logged).toContainEqual(
    expect.objectContaining({ message: 'polling failed', error_message: 'away' }),
  );
  expect(batches.map(({ bodies }) => bodies)).toEqual([['a']]);
  expect(batches[0]?.at).toBeGreaterThanOrEqual(60);
  expect(batches[0]?.at).toBeLessThan(66);
  await it.pass(2); // the deletion is repeated
  expect(await it.counts()).toEqual([0, 0]);
  await source.stop();
});

test('a message whose visibility ends within the window is received again: that is the queue’s own matter', async () => {
  const it = testSource('q', '30');
  const counts: string[] = [];
  const source = it.start(
    event => {
      counts.push(...event.Records.map(({ attributes }) => attributes.ApproximateReceiveCount));
    },
    { batchSize: 100, batchingWindowSeconds: 40 },
  );
  await rest();
  await it.send(['a']);
  await it.pass(40);
  expect(counts.toSorted()).toEqual(['1', '2']);
  expect(await it.counts()).toEqual([0, 0]);
  await source.stop();
});
