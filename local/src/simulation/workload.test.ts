import { expect, test } from 'vitest';
import { SeededRandom } from '../seeded-random.ts';
import { requestsOf } from './workload.ts';

const random = () => new SeededRandom(1);
const limit = { limit: 10, windowMs: 60_000 };
const ofCreator = (asked: ReturnType<typeof requestsOf>) =>
  Object.groupBy(asked, ({ request }) => request.creator_id);

test('so many, of so many creators, in the order of their times', () => {
  const asked = requestsOf({ operations: 100, creators: 5, overMs: 1_000, busiest: 0, limit }, random());
  expect(asked).toHaveLength(100);
  expect(asked.map(({ atMs }) => atMs)).toEqual(asked.map(({ atMs }) => atMs).sort((a, b) => a - b));
  expect(asked.every(({ atMs }) => atMs >= 0 && atMs < 1_000)).toBe(true);
  const sizes = Object.values(ofCreator(asked)).map(own => own?.length);
  expect(sizes).toEqual([20, 20, 20, 20, 20]);
});

test('the busiest creator asks for its share in one burst; the others have as many each, over the whole time', () => {
  const asked = requestsOf({ operations: 100, creators: 5, overMs: 600_000, busiest: 0.6, limit }, random());
  const own = ofCreator(asked);
  expect(own['creator-1']).toHaveLength(60);
  expect(own['creator-1']!.every(({ atMs }) => atMs < 60 * 3)).toBe(true);
  const others = Object.keys(own).filter(name => name !== 'creator-1');
  expect(others.map(name => own[name]?.length)).toEqual([10, 10, 10, 10]);
  expect(asked.some(({ atMs }) => atMs > 300_000)).toBe(true);
});

test('one creator is the busiest of one; all at once is all at 0', () => {
  const asked = requestsOf({ operations: 3, creators: 1, overMs: 0, busiest: 0.6, limit }, random());
  expect(asked.map(({ atMs, request }) => [atMs, request.creator_id])).toEqual([
    [0, 'creator-1'],
    [0, 'creator-1'],
    [0, 'creator-1'],
  ]);
});

test('at the edge: one early in each window, the others right before its end', () => {
  const asked = requestsOf(
    { operations: 25, creators: 5, overMs: 0, busiest: 0, pattern: 'edge', limit },
    random(),
  );
  const inWindow = asked.map(({ atMs }) => atMs % 60_000);
  expect(inWindow.filter(ms => ms <= 1_500)).toHaveLength(3);
  expect(inWindow.filter(ms => ms >= 58_500)).toHaveLength(22);
  expect(Math.max(...asked.map(({ atMs }) => atMs))).toBeLessThan(180_000);
});

test('after silence: a windowful, nothing for an hour, then all at once', () => {
  const workload = { operations: 30, creators: 5, overMs: 0, busiest: 0, pattern: 'silence', limit } as const;
  const times = requestsOf(workload, random()).map(({ atMs }) => atMs);
  expect(times.filter(ms => ms < 1_000)).toHaveLength(10);
  expect(times.filter(ms => ms >= 3_600_000 && ms < 3_601_000)).toHaveLength(20);
});

test('a share of them is worth doing for a while only', () => {
  const asked = requestsOf(
    { operations: 100, creators: 5, overMs: 0, busiest: 0, expiring: 0.5, limit },
    random(),
  );
  const expiring = asked.filter(({ worthForMs }) => worthForMs !== undefined).length;
  expect(expiring).toBeGreaterThan(30);
  expect(expiring).toBeLessThan(70);
});
