import { expect, test } from 'vitest';
import { fit, paint, plain, widthOf, type Line } from './spans.ts';

test.each([
  ['abc', 3],
  ['', 0],
  ['né', 2],
  ['日本', 4],
  ['✓ ━', 3],
  ['👩‍👧', 2],
])('%s takes %d columns', (text, columns) => expect(widthOf(text)).toBe(columns));

test.each([
  [['short'], 5, 'short'],
  [['shorter'], 5, 'shor…'],
  [['日本語'], 5, '日本…'],
  [['日本語'], 4, '日…'],
  [['ab', { text: 'cdef', style: 'red' }, 'gh'], 5, 'abcd…'],
  [['two\nlines\u001B[2J'], 80, 'two lines [2J'],
  [['x'], 1, 'x'],
  [['xy'], 1, '…'],
] as [Line, number, string][])('%j in %d columns: %s', (line, columns, said) => {
  expect(plain(fit(line, columns))).toBe(said);
});

test('colours are written only where they are wanted, and end with their piece', () => {
  const line: Line = ['a', { text: 'b', style: 'green' }, 'c'];
  expect([paint(line, true), paint(line, false)]).toEqual(['a\u001B[32mb\u001B[0mc', 'abc']);
});
