import { expect, test } from 'vitest';
import { ordinal, placeOf } from './ordinals.ts';

test.each([
  [1, 'first'],
  [3, 'third'],
  [10, 'tenth'],
  [11, '11th'],
  [12, '12th'],
  [20, '20th'],
  [21, '21st'],
  [22, '22nd'],
  [43, '43rd'],
  [111, '111th'],
  [113, '113th'],
  [121, '121st'],
])('%d is the %s', (n, said) => expect(ordinal(n)).toBe(said));

test.each([
  [3, 5, 'third of five'],
  [10, 10, 'tenth of ten'],
  [2, 11, 'second of 11'],
  [11, 25, '11th of 25'],
  [1, 1, 'the only one'],
])('%d of %d: %s', (n, of, said) => expect(placeOf(n, of)).toBe(said));
