import { expect, test } from 'vitest';
import { restarts } from './restarts.ts';

const waits = (ends: [now: number, upMs: number][]) => {
  const after = restarts();
  return ends.map(([now, upMs]) => after(now, upMs));
};

test('the wait doubles, and the fifth end within a minute is the last', () => {
  const ends = [0, 1, 2, 3, 4].map((s): [number, number] => [s * 1_000, 500]);
  expect(waits(ends)).toEqual([200, 400, 800, 1_600, 'give up']);
});

test('ends that are further apart go on for ever, with at most 5 s between', () => {
  const ends = Array.from({ length: 8 }, (_, i): [number, number] => [i * 15_000, 14_000]);
  expect(waits(ends)).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
});

test('a part that was up for 30 s begins anew', () => {
  expect(
    waits([
      [0, 100],
      [20_000, 19_000],
      [50_000, 30_000],
      [80_000, 29_999],
    ]),
  ).toEqual([200, 400, 200, 400]);
});
