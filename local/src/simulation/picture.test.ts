import { expect, test } from 'vitest';
import { barsOf } from './picture.ts';

test('counts as bars: nothing is a space, the most is full, and anything at all is seen', () => {
  expect(barsOf([0, 1, 400, 800, 400, 0], 60)).toBe(' ▁▅█▅ ');
  expect(barsOf([0, 0], 60)).toBe('  ');
  expect(barsOf([], 60)).toBe('');
});

test('more counts than columns: each column is the largest of its own', () => {
  const counts = Array.from({ length: 100 }, (_, i) => (i === 55 ? 8 : 1));
  expect(barsOf(counts, 10)).toBe('▂▂▂▂▂█▂▂▂▂');
});
