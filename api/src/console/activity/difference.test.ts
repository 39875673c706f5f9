import { expect, test } from 'vitest';
import { differences, reasonOf } from './difference.ts';

test('only what has changed is told, by its path', () => {
  expect(
    differences(
      { limit: 10, window_s: 60, weights: { 'message.send': 1, 'profile.scrape': 1 } },
      { limit: 8, window_s: 60, weights: { 'message.send': 2, 'profile.scrape': 1 } },
    ),
  ).toEqual([
    { name: 'limit', before: '10', after: '8' },
    { name: 'weights.message.send', before: '1', after: '2' },
  ]);
});

test('what has come has no before, what has gone no after; null is nothing', () => {
  expect(differences({ until: null, limit: 8 }, { until: 'noon', limit: null })).toEqual([
    { name: 'until', after: 'noon' },
    { name: 'limit', before: '8' },
  ]);
});

test('a time is told as everywhere', () => {
  const until = { until: '2026-12-01T09:30:00.123Z' };
  expect(differences({ until: null }, until)).toEqual([{ name: 'until', after: '2026-12-01 09:30:00 UTC' }]);
});

test('lists are one value', () => {
  expect(differences({ creators: ['ada'] }, { creators: ['ada', 'bea'] })).toEqual([
    { name: 'creators', before: 'ada', after: 'ada; bea' },
  ]);
  expect(differences({ creators: ['ada'] }, { creators: ['ada'] })).toEqual([]);
});

test('of what has no after nothing is known, and nothing is told', () => {
  expect(differences({ state: 'ready' }, undefined)).toEqual([]);
});

test('what there wasn’t before is all new; a value without names is one', () => {
  expect(differences(undefined, { state: 'paused' })).toEqual([{ name: 'state', after: 'paused' }]);
  expect(differences('ready', 'paused')).toEqual([{ name: 'value', before: 'ready', after: 'paused' }]);
  expect(differences({ url: 'x' }, null)).toEqual([{ name: 'url', before: 'x' }]);
});

test('what is too long or too deep is cut, not left out', () => {
  const [long] = differences({}, { text: 'x'.repeat(500) });
  expect(long!.after!.length).toBeLessThan(130);
  expect(differences({}, { a: { b: { c: { d: 1 } } } })).toEqual([{ name: 'a.b.c', after: '1' }]);
});

test('a reason is said, not counted as a change', () => {
  const [before, after] = [
    { state: 'ready', reason: 'old' },
    { state: 'paused', why: 'on holiday' },
  ];
  expect(differences(before, after).map(({ name }) => name)).toEqual(['state']);
  expect(reasonOf(before, after)).toBe('on holiday');
  expect(reasonOf(before, undefined)).toBe('old');
  expect(reasonOf(undefined, { state: 'paused' })).toBeUndefined();
});

test('where before and after are of different things, both are told, and nothing turns into another', () => {
  const before = { letters: 2, causes: [{ cause: 'the site answered 5xx', count: 2 }], reason: 'it is back' };
  const after = { done: [{ id: 'dl-1', operation_id: 'op-1' }], failed: [] };
  expect(differences(before, after)).toEqual([
    { name: 'letters', after: '2', isFact: true },
    { name: 'causes', after: 'the site answered 5xx 2', isFact: true },
    { name: 'done', after: 'dl-1 op-1', isFact: true },
    { name: 'failed', after: 'none', isFact: true },
  ]);
});
