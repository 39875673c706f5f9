import { expect, test } from 'vitest';
import { worstOf } from './windows.ts';

const always = [{ fromMs: 0, limit: 3 }];

test('the most in any half-open window, and how far it is above the limit', () => {
  expect(worstOf([0, 10, 20, 100], 100, always)).toEqual({ count: 3, above: 0 });
  expect(worstOf([99, 0, 10, 20], 100, always)).toEqual({ count: 4, above: 1 });
  expect(worstOf([], 100, always)).toEqual({ count: 0, above: 0 });
});

test('with limits that change, the greatest that was in force within the window', () => {
  const lowered = [
    { fromMs: 0, limit: 3 },
    { fromMs: 60_000, limit: 1 },
    { fromMs: 200_000, limit: 2 },
  ];
  const three = (fromMs: number) => worstOf([fromMs, fromMs + 1, fromMs + 2], 10_000, lowered).above;
  expect(three(0)).toBe(0);
  // Within a window (and what was on its way) of the change the old one still holds.
  expect(three(70_000)).toBe(0);
  expect(three(80_000)).toBe(2);
  expect(three(200_000)).toBe(1);
});
