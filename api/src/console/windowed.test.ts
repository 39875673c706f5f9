import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { rowsInView } from './windowed.ts';

test('at the beginning: what is in view and some more', () => {
  expect(rowsInView(200, 800, 40, 10_000)).toEqual({ from: 0, to: 27 });
});

test('a list that became shorter than where one is still shows its end', () => {
  expect(rowsInView(-100_000, 800, 40, 5)).toEqual({ from: 4, to: 5 });
  expect(rowsInView(0, 800, 40, 0)).toEqual({ from: 0, to: 0 });
});

test('whatever is scrolled, all rows in view are in the page, and few others', () => {
  const place = fc.record({
    top: fc.integer({ min: -500_000, max: 2_000 }),
    view: fc.integer({ min: 100, max: 3_000 }),
    row: fc.integer({ min: 20, max: 120 }),
    count: fc.integer({ min: 0, max: 10_000 }),
  });
  fc.assert(
    fc.property(place, ({ top, view, row, count }) => {
      const { from, to } = rowsInView(top, view, row, count);
      expect(from).toBeGreaterThanOrEqual(0);
      expect(to).toBeLessThanOrEqual(count);
      expect(to - from).toBeLessThanOrEqual(view / row + 26);
      for (let y = Math.max(0, top); y < Math.min(view, top + count * row); y += row / 2) {
        const seen = Math.floor((y - top) / row);
        expect(seen).toBeGreaterThanOrEqual(from);
        expect(seen).toBeLessThan(to);
      }
    }),
  );
});
