import { expect, test } from 'vitest';
import { inTime, spanOf } from './times.ts';

test.each([
  [-5_000, '0 s'],
  [499, '0 s'],
  [42_000, '42 s'],
  [59_700, '1 min'],
  [200_000, '3 min 20 s'],
  [3_600_000, '1 h'],
  [7_500_000, '2 h 5 min'],
])('%d ms are %s', (ms, said) => expect(spanOf(ms)).toBe(said));

test('what is due is now, the rest is in a while', () => {
  expect([inTime(100), inTime(42_000)]).toEqual(['now', 'in 42 s']);
});
