import { expect, test } from 'vitest';
import { nextTry } from './retry.ts';

const NOW = 1_800_000_000_000;

test.each([
  [1, 5_000],
  [2, 60_000],
  [3, 300_000],
  [4, 1_800_000],
  [5, 7_200_000],
  [6, 21_600_000],
  [7, 43_200_000],
])('after %i tries the next is made %i ms later, a fifth more or less', (tries, ms) => {
  expect([0, 0.5, 1].map(random => nextTry(tries, NOW, random)! - NOW)).toEqual([ms * 0.8, ms, ms * 1.2]);
});

test('after eight there is none', () => {
  expect(nextTry(8, NOW, 0.5)).toBeUndefined();
});
