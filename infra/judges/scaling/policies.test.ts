import { expect, test } from 'vitest';
import type { AlarmRule } from '@huntaze/core/alarm-state';
import { step, track, type Stepping, type Tracking } from './policies.ts';

const BOUNDS = { min: 1, max: 10 };
const alarm: AlarmRule = {
  threshold: 50,
  comparison: 'GreaterThanThreshold',
  periods: 1,
  toAlarm: 1,
  missing: 'missing',
};
const tracking: Tracking = { target: 100, cooldownS: 300, alarm };
const stepping = (...steps: Stepping['steps']): Stepping => ({ alarm, cooldownS: 300, steps });

test.each([
  [1, 101, 2],
  [1, 400, 4],
  [3, 150, 5],
  [5, 1_000, 10],
])('%i tasks and a metric of %i: %i are wanted', (current, metric, desired) => {
  expect(track(tracking, BOUNDS, current, metric, undefined, 0)?.desired).toBe(desired);
});

test('nothing is wanted where there is enough, or no more is allowed', () => {
  expect(track(tracking, BOUNDS, 4, 100, undefined, 0)).toBeUndefined();
  expect(track(tracking, BOUNDS, 4, 60, undefined, 0)).toBeUndefined();
  expect(track(tracking, BOUNDS, 10, 900, undefined, 0)).toBeUndefined();
});

test('while it cools down only a larger need adds, and only the difference', () => {
  const first = track(tracking, BOUNDS, 2, 150, undefined, 0);
  expect(first).toMatchObject({ desired: 3, cooling: { from: 2 } });
  expect(track(tracking, BOUNDS, 3, 150, first?.cooling, 60)).toBeUndefined();
  expect(track(tracking, BOUNDS, 3, 250, first?.cooling, 120)).toMatchObject({
    desired: 5,
    cooling: { from: 2 },
  });
  const over = first!.cooling.untilS;
  expect(over).toBeGreaterThan(300);
  expect(track(tracking, BOUNDS, 3, 150, first?.cooling, over)?.desired).toBe(5);
});

// The example of https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
test.each([
  [59, undefined],
  [60, 7],
  [69, 7],
  [70, 8],
  [41, undefined],
  [40, 4],
  [30, 3],
  [31, 4],
])('steps at a metric of %i: %s are wanted of 5', (metric, desired) => {
  const policy = stepping(
    { lower: 10, upper: 20, adjustment: 2 },
    { lower: 20, adjustment: 3 },
    { lower: 0, upper: 10, adjustment: 0 },
    { lower: -10, upper: 0, adjustment: 0 },
    { lower: -20, upper: -10, adjustment: -1 },
    { upper: -20, adjustment: -2 },
  );
  expect(step(policy, BOUNDS, 5, metric, undefined, 0)?.desired).toBe(desired);
});

test('taking away waits for the end of the cooldown, and ends at the minimum', () => {
  const policy = stepping({ upper: 0, adjustment: -2 });
  const first = step(policy, BOUNDS, 4, 10, undefined, 0);
  expect(first?.desired).toBe(2);
  expect(step(policy, BOUNDS, 2, 10, first?.cooling, 300)).toBeUndefined();
  expect(step(policy, BOUNDS, 2, 10, first?.cooling, first!.cooling.untilS)?.desired).toBe(1);
  expect(step(policy, BOUNDS, 1, 10, undefined, 0)).toBeUndefined();
});

test('adding counts what was added a moment ago: 2, then 3, are 3 in all', () => {
  const two = step(stepping({ lower: 0, adjustment: 2 }), BOUNDS, 5, 60, undefined, 0);
  const three = step(stepping({ lower: 0, adjustment: 3 }), BOUNDS, 7, 60, two?.cooling, 60);
  expect([two?.desired, three?.desired]).toEqual([7, 8]);
});
