import { describe, expect, test } from 'vitest';
import { nextPollers } from './scaling.ts';
import { rest, testSource } from './test-source.ts';

test('more while messages are still available, back to five when there is little to do', () => {
  expect(nextPollers(5, { full: 1, empty: 0 })).toBe(305);
  expect(nextPollers(1_205, { full: 9, empty: 0 })).toBe(1_250);
  expect(nextPollers(305, { full: 9, empty: 9 })).toBe(305);
  expect(nextPollers(305, { full: 9, empty: 10 })).toBe(5);
  expect(nextPollers(5, { full: 0, empty: 0 })).toBe(5); // all of them at work for a minute
  expect(nextPollers(305, { full: 0, empty: 0 })).toBe(305);
});

describe('without a maximum concurrency', () => {
  test('it begins with five, and a minute of backlog brings 300 more', async () => {
    const it = testSource('q', '3600');
    let running = 0;
    let most = 0;
    await it.send(Array.from({ length: 400 }, (_, n) => String(n)));
    const source = it.start(
      async () => {
        running += 1;
        most = Math.max(most, running);
        await it.clock.sleep(10_000);
        running -= 1;
      },
      { batchSize: 1, maximumConcurrency: undefined },
    );
    await rest();
    expect(running).toBe(5);
    await it.pass(59);
    expect(most).toBe(5);
    await it.pass(1);
    expect(most).toBe(305);
    await it.pass(20);
    expect(await it.counts()).toEqual([0, 0]);
    expect(it.waiting()).toBe(305);
    await it.pass(60); // quiet
    expect(it.waiting()).toBe(5);
    await source.stop();
    expect(it.waiting()).toBe(0);
    expect(it.clock.sleeping).toBe(0);
  });
});

test('with one, there are never more pollers, nor fewer', async () => {
  const it = testSource();
  const source = it.start(() => undefined, { maximumConcurrency: 7 });
  await rest();
  expect(it.waiting()).toBe(7);
  await it.pass(200);
  expect(it.waiting()).toBe(7);
  await source.stop();
});
