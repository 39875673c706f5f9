import { expect, test } from 'vitest';
import type { Limits } from '../types.ts';
import { changeOf, typedOf } from './change.ts';

const limits: Limits = {
  scope: 'platform',
  in_force: {
    limit: 8,
    window_s: 60,
    most_unfinished: 200,
    most_waiting: 100_000,
    most_waiting_of_creator: 10_000,
    weights: { 'message.send': 2, 'profile.scrape': 1 },
  },
  set: { limit: 8, weights: { 'message.send': 2 } },
  lines: [],
};

test('what isn’t touched isn’t in the change', () => {
  expect(changeOf(limits, typedOf(limits))).toEqual({});
  const typed = typedOf(limits);
  typed.numbers['window_s'] = ' 30 ';
  expect(changeOf(limits, typed)).toEqual({ window_s: 30 });
});

test('what is emptied is again as the environment has it', () => {
  const typed = typedOf(limits);
  typed.numbers['limit'] = '';
  typed.weights['message.send'] = '';
  expect(changeOf(limits, typed)).toEqual({ limit: null, weights: null });
});

test('weights go as a whole, so that none is lost', () => {
  const typed = typedOf(limits);
  typed.weights['profile.scrape'] = '3';
  expect(changeOf(limits, typed)).toEqual({ weights: { 'message.send': 2, 'profile.scrape': 3 } });
});
