import type { Rules } from '@huntaze/core/lua';
import { expect, test } from 'vitest';
import { effectsOf } from './endpoints.ts';
import type { ShownLimits } from './limits.ts';

const before: Rules = {
  limit: 10,
  windowMs: 60_000,
  mostUnfinished: 200,
  mostWaiting: 50_400,
  mostWaitingOfCreator: 14_400,
  weights: {},
};
const known = {
  scope: 'platform',
  in_force: {} as ShownLimits['in_force'],
  set: {},
  lines: [{ line: 'platform', used: 9, granted: 9, worst_24h: 9, hours: [] }],
} satisfies ShownLimits;

test.each<[string, Partial<Rules>, number, string[]]>([
  ['nothing', {}, 5, ['nothing changes']],
  [
    'fewer, with some that wait',
    { limit: 5 },
    101,
    [
      'at most 5 operations in any 1 min, until now 10 operations in any 1 min',
      'what is spent of the window stays spent: nothing goes earlier for it',
      'more than that is taken just now: nothing goes until it has come back',
      '101 operations that wait would have gone in 20 min, before in 10 min',
    ],
  ],
  [
    'a longer window',
    { windowMs: 90_000 },
    0,
    [
      'at most 10 operations in any 1 min 30 s, until now 10 operations in any 1 min',
      'what is spent of the window stays spent: nothing goes earlier for it',
      'nothing goes for 30 s: what is older than the shorter window was forgotten',
    ],
  ],
  [
    'bounds and weights',
    { mostWaiting: 100, weights: { 'fans.scrape': 3 } },
    200,
    [
      'at most 100 operations waiting in all, until now 50,400',
      'more than that wait already: nothing new is accepted until they are fewer',
      'fans.scrape takes 3 tokens, until now 1; what waits already keeps its own',
    ],
  ],
])('%s', (_, change, waiting, effects) => {
  expect(effectsOf(before, { ...before, ...change }, waiting, known)).toEqual(effects);
});
