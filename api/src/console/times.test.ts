import { expect, test } from 'vitest';
import { absolute, counted, fromNow, since, took } from './times.ts';

const NOW = Date.parse('2026-11-30T19:38:36.400Z');

test.each([
  [42_000, 'in 42 s'],
  [200_000, 'in 3 min 20 s'],
  [1_643_000, 'in 27 min'],
  [7_500_000, 'in 2 h 5 min'],
  [51 * 3_600_000, 'in 2 d 3 h'],
  [1_400, 'now'],
  [-1_400, 'now'],
  [-42_900, '42 s ago'],
  [-200_000, '3 min ago'],
  [-3_599_999, '59 min ago'],
  [-7_500_000, '2 h ago'],
  [-51 * 3_600_000, '2 d ago'],
])('%d ms from now is "%s"', (ms, words) => expect(fromNow(NOW + ms, NOW)).toBe(words));

test('spans', () => {
  expect([since(-5), since(59_999), since(60_000)]).toEqual(['0 s', '59 s', '1 min']);
  expect([took(340.4), took(2_400), took(42_000)]).toEqual(['340 ms', '2.4 s', '42 s']);
  expect(absolute(NOW)).toBe('2026-11-30 19:38:36 UTC');
  expect([counted(1, 'creator'), counted(12_345, 'creator')]).toEqual(['1 creator', '12,345 creators']);
});
