import { expect, test } from 'vitest';
import { MetricStore, MINUTE_MS, type Datapoint } from './metric-store.ts';

const DAY_MS = 24 * 60 * MINUTE_MS;
const NOW = Date.UTC(2026, 11, 1, 12, 0, 30);
const MINUTE = NOW - 30_000;
const METRIC = { namespace: 'N', name: 'm', dimensions: { a: '1', b: '2' } };
const point = (value: number, at: number, more: Partial<Datapoint> = {}) => ({
  ...METRIC,
  value,
  at,
  ...more,
});

test.each([
  ['Sum', 0, 1, 6],
  ['Average', 0, 1, 2],
  ['Minimum', 0, 1, 1],
  ['Maximum', 0, 1, 3],
  ['Sum', 0, 2, 16],
  ['Average', 0, 2, 4], // of four values, not of two minutes
  ['Maximum', 1, 2, 10],
  ['Sum', 2, 3, undefined],
  ['Sum', -1, 0, undefined],
] as const)('%s of minutes %i to %i is %s', (statistic, from, to, expected) => {
  const store = new MetricStore();
  for (const value of [1, 2, 3]) store.put(point(value, MINUTE + value), NOW);
  store.put(point(10, MINUTE + MINUTE_MS), NOW);
  expect(store.read(METRIC, statistic, MINUTE + from * MINUTE_MS, MINUTE + to * MINUTE_MS)).toBe(expected);
});

test('a metric is its name and its dimensions, in whatever order', () => {
  const store = new MetricStore();
  store.put(point(1, NOW, { dimensions: { b: '2', a: '1' } }), NOW);
  store.put(point(2, NOW, { dimensions: { a: '1' } }), NOW);
  store.put(point(4, NOW, { name: 'other' }), NOW);
  expect(store.read(METRIC, 'Sum', MINUTE, MINUTE + MINUTE_MS)).toBe(1);
});

test('what is too old, lies ahead or is no number isn’t taken', () => {
  const store = new MetricStore();
  for (const at of [NOW - DAY_MS, NOW + 3 * 3_600_000, NaN, Infinity]) store.put(point(1, at), NOW);
  for (const value of [NaN, Infinity]) store.put(point(value, NOW), NOW);
  expect(store.size).toEqual({ metrics: 0, minutes: 0 });
});

test('it keeps a day, of 500 metrics at most', () => {
  const store = new MetricStore();
  for (let minute = 0; minute < 3 * 24 * 60; minute += 1) {
    const now = NOW + minute * MINUTE_MS;
    store.put(point(1, now), now);
    store.forget(now);
  }
  expect(store.size).toEqual({ metrics: 1, minutes: 24 * 60 });
  const end = NOW + 3 * DAY_MS;
  for (let i = 0; i < 600; i += 1) store.put(point(1, end, { name: `m${i}` }), end);
  expect(store.size.metrics).toBe(500);
  store.forget(end + 2 * DAY_MS);
  expect(store.size).toEqual({ metrics: 0, minutes: 0 });
});
