import { beforeEach, expect, test } from 'vitest';
import { pace } from './pace.ts';

let now: number;
let timers: { at: number; go: () => void }[];
const surroundings = {
  now: () => now,
  later: (ms: number, go: () => void) => {
    const timer = { at: now + ms, go };
    timers.push(timer);
    return () => void timers.splice(timers.indexOf(timer), 1);
  },
};
/** Lets time pass, with what was to happen in it. */
async function pass(ms: number) {
  now += ms;
  for (const timer of timers.filter(({ at }) => at <= now)) {
    timers.splice(timers.indexOf(timer), 1);
    timer.go();
  }
  for (let i = 0; i < 5; i += 1) await Promise.resolve();
}
beforeEach(() => {
  now = 0;
  timers = [];
});

test('the first runs at once; a hundred that ask in half a second are one more', async () => {
  const runs: number[] = [];
  const paced = pace(
    () => 500,
    () => Promise.resolve(void runs.push(now)),
    surroundings,
  );
  paced.ask();
  await pass(0);
  for (let i = 0; i < 100; i += 1) {
    paced.ask();
    await pass(5);
  }
  await pass(10_000);
  expect(runs).toEqual([0, 500]);
});

test('what is asked for during a run is done after it, even if the run takes long', async () => {
  const ends: (() => void)[] = [];
  const paced = pace(
    () => 500,
    () => new Promise(resolve => ends.push(resolve)),
    surroundings,
  );
  paced.ask();
  await pass(0);
  paced.ask();
  await pass(2_000);
  expect(ends).toHaveLength(1);
  ends[0]!();
  await pass(0);
  await pass(0);
  expect(ends).toHaveLength(2);
});

test('once stopped, nothing runs any more', async () => {
  let runs = 0;
  const paced = pace(
    () => 500,
    () => Promise.resolve(void (runs += 1)),
    surroundings,
  );
  paced.ask();
  paced.stop();
  await pass(1_000);
  paced.ask();
  await pass(1_000);
  expect(runs).toBe(0);
});
