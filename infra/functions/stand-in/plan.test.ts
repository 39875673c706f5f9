import { expect, test } from 'vitest';
import type { Trigger } from './event.ts';
import { plan, REST_MS, wantedOfStandIn, type Situation } from './plan.ts';

const NOW = 1_800_000_000_000;
const FAILURE: Trigger = { is: 'placement failure', atMs: NOW };
const TICK: Trigger = { is: 'tick' };
const MAX_TASKS = 10;

type Counts = [desired: number, running: number, pending?: number];
/** A main service that may have all there is, or `max`. */
function situation(
  main: Counts,
  standIn: Counts,
  more: Partial<Situation> & { max?: number } = {},
): Situation {
  const counts = ([desired, running, pending = 0]: Counts) => ({ desired, running, pending });
  const { max = MAX_TASKS, ...rest } = more;
  return {
    main: { ...counts(main), min: 1, max },
    standIn: counts(standIn),
    failedAtMs: undefined,
    steadyAtMs: undefined,
    standInChangedAtMs: undefined,
    ...rest,
  };
}
const next = (seen: Situation, wanted?: number, now = NOW) => plan(seen, wanted, MAX_TASKS, now);
const wanted = (seen: Situation, trigger: Trigger) => wantedOfStandIn(seen, trigger, MAX_TASKS);

test.each([
  ['what it lacks', situation([8, 3], [0, 0]), 5],
  ['what it lacks beside what is about to run', situation([8, 3, 2], [0, 0]), 3],
  ['what it lacks, on top of what stands in already', situation([6, 3], [4, 4], { max: 6 }), 7],
  [
    'no more than it was told to have, as long as that is on its way',
    situation([5, 3], [5, 0, 5], { max: 5 }),
    5,
  ],
  ['nothing where nothing is lacking', situation([3, 3], [5, 5], { max: 5 }), undefined],
])('after a placement failure the stand-in is wanted to have %s', (_, seen, count) => {
  expect(wanted(seen, FAILURE)).toBe(count);
});

test('a failure that a steady state has followed says nothing any more, however late it comes', () => {
  const seen = situation([8, 3], [0, 0], { steadyAtMs: NOW + 1 });
  expect(wanted(seen, FAILURE)).toBeUndefined();
});

test('a failure whose event was lost is found by the next tick', () => {
  const seen = { failedAtMs: NOW - 60_000, steadyAtMs: NOW - 120_000 };
  expect(wanted(situation([8, 3], [0, 0], seen), TICK)).toBe(5);
  expect(wanted(situation([8, 3], [0, 0]), TICK)).toBeUndefined();
});

test('a raise: the main service gives up the room before the stand-in gets it', () => {
  expect(next(situation([8, 3], [0, 0]), 5)).toEqual({ do: 'set main max', to: 5 });
  expect(next(situation([8, 3], [0, 0], { max: 5 }), 5)).toEqual({ do: 'set main desired', to: 5 });
  expect(next(situation([5, 3], [0, 0], { max: 5 }), 5)).toEqual({ do: 'set stand-in desired', to: 5 });
  expect(next(situation([5, 3], [5, 0, 5], { max: 5 }), 5)).toBeUndefined();
});

test('a raise never takes what runs by now, nor the minimum', () => {
  expect(next(situation([8, 7], [0, 0]), 5)).toEqual({ do: 'set main max', to: 7 });
  expect(next(situation([7, 7], [3, 3], { max: 7 }), 5)).toBeUndefined();
  expect(next(situation([10, 0], [0, 0]), 10)).toEqual({ do: 'set main max', to: 1 });
});

test('the main service gets back only what has stopped of the stand-in', () => {
  expect(next(situation([5, 5], [2, 5], { max: 5 }))).toBeUndefined();
  expect(next(situation([5, 5], [2, 3, 1], { max: 5 }))).toEqual({ do: 'set main max', to: 6 });
  expect(next(situation([5, 5], [2, 1], { max: 5 }))).toEqual({ do: 'set main max', to: 8 });
});

test('a part of the stand-in is let go once nothing has happened to it for a while', () => {
  const seen = situation([4, 4], [5, 5], { max: 5, standInChangedAtMs: NOW });
  expect(next(seen, undefined, NOW + REST_MS - 1)).toBeUndefined();
  expect(next(seen, undefined, NOW + REST_MS)).toEqual({ do: 'set stand-in desired', to: 2 });
});

test.each([
  [
    'as many as run on the main service, which wants all it may have',
    situation([1, 1], [9, 9], { max: 1 }),
    8,
  ],
  ['more, the more run there', situation([4, 4], [6, 6], { max: 4 }), 2],
  ['all of it', situation([8, 8], [2, 2], { max: 8 }), 0],
  ['half of it where the main service wants no more', situation([1, 1], [5, 5], { max: 5 }), 2],
  ['the last of it', situation([5, 5], [1, 1], { max: 9 }), 0],
  ['also what On-Demand has no room for', situation([5, 5], [4, 0], { max: 6 }), 2],
])('what is let go: %s', (_, seen, to) => {
  expect(next(seen)).toEqual({ do: 'set stand-in desired', to });
});

test('nothing is let go while the main service is waiting for tasks', () => {
  expect(next(situation([5, 3, 2], [5, 5], { max: 5 }))).toBeUndefined();
});

test('what a deployment has set back is mended, and no task of the main service is stopped for it', () => {
  expect(next(situation([5, 5], [5, 5]))).toEqual({ do: 'set main max', to: 5 });
  expect(next(situation([9, 8], [5, 5]))).toEqual({ do: 'set main max', to: 8 });
  expect(next(situation([9, 8], [5, 5], { max: 8 }))).toEqual({ do: 'set main desired', to: 8 });
  expect(next(situation([8, 8], [5, 5], { max: 8 }))).toEqual({ do: 'set stand-in desired', to: 2 });
});

test('where nothing is wrong nothing is done', () => {
  expect(next(situation([4, 4], [0, 0]))).toBeUndefined();
  expect(next(situation([8, 4, 4], [0, 0]))).toBeUndefined();
});
