import { expect, test } from 'vitest';
import { ManualClock, Stalled } from './manual-clock.ts';

const never = new Promise<void>(() => undefined);

test('wakes everybody at their own instant and in order, and who wakes runs before time goes on', async () => {
  const clock = new ManualClock(0);
  const seen: [string, number][] = [];
  const sleeper = async (name: string, ...naps: number[]) => {
    for (const nap of naps) {
      await clock.sleep(nap);
      seen.push([name, clock.now()]);
    }
  };
  void sleeper('a', 10, 10);
  void sleeper('b', 10, 5);
  void sleeper('c', 12 * 3_600_000);
  await clock.advance(20);
  expect(seen).toEqual([
    ['a', 10],
    ['b', 10],
    ['b', 15],
    ['a', 20],
  ]);
  expect(clock.now()).toBe(20);
  expect(clock.sleeping).toBe(1);
  await clock.advance(12 * 3_600_000);
  expect(seen.at(-1)).toEqual(['c', 12 * 3_600_000]);
});

test('a sleep that is aborted rejects with the reason, and is forgotten', async () => {
  const clock = new ManualClock(0);
  const abort = new AbortController();
  const sleep = clock.sleep(10, abort.signal);
  abort.abort(new Error('enough'));
  await expect(sleep).rejects.toThrow('enough');
  await expect(clock.sleep(10, abort.signal)).rejects.toThrow('enough');
  expect(clock.sleeping).toBe(0);
});

test('runs freely until what is waited for has come, and not a moment longer', async () => {
  const clock = new ManualClock(0);
  const work = async () => {
    for (let i = 0; i < 1_000; i += 1) await clock.sleep(86_400);
    return 'done';
  };
  void clock.sleep(1e9);
  expect(await clock.run(work(), 1e9)).toBe('done');
  expect(clock.now()).toBe(86_400_000);
  const failing = clock.sleep(5).then(() => Promise.reject(new Error('no')));
  await expect(clock.run(failing, 10)).rejects.toThrow('no');
});

test('says when nothing can come any more, and when it takes too long', async () => {
  const clock = new ManualClock(0);
  await expect(clock.run(never, 1_000)).rejects.toThrow(Stalled);
  const ticking = async () => {
    for (;;) await clock.sleep(100);
  };
  void ticking();
  await expect(clock.run(never, 1_000)).rejects.toThrow('has not come in 1000 ms');
  expect(clock.now()).toBe(1_000);
});

test('waits at every instant for what it was told to wait for', async () => {
  let outside = 0;
  const clock = new ManualClock(0, async () => {
    outside += 1;
    await new Promise(resolve => setImmediate(resolve));
  });
  await clock.run(
    clock.sleep(1).then(() => clock.sleep(1)),
    10,
  );
  expect(outside).toBeGreaterThanOrEqual(3);
});
