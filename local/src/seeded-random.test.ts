import { expect, test } from 'vitest';
import { SeededRandom } from './seeded-random.ts';

const draw = (random: SeededRandom, times: number) => Array.from({ length: times }, random.next);

test('the same seed, the same numbers; another seed, others', () => {
  expect(draw(new SeededRandom(7), 5)).toEqual(draw(new SeededRandom(7), 5));
  expect(draw(new SeededRandom('a'), 5)).toEqual(draw(new SeededRandom('a'), 5));
  expect(draw(new SeededRandom(7), 5)).not.toEqual(draw(new SeededRandom(8), 5));
});

test('a fork depends on its name and the seed, not on what was drawn', () => {
  const one = new SeededRandom(7);
  const other = new SeededRandom(7);
  draw(other, 100);
  expect(draw(one.fork('queue'), 5)).toEqual(draw(other.fork('queue'), 5));
  expect(draw(one.fork('queue'), 5)).not.toEqual(draw(one.fork('site'), 5));
});

test('numbers are spread evenly, and in their bounds', () => {
  const random = new SeededRandom(1);
  const tenths = Array.from({ length: 10 }, () => 0);
  for (const number of draw(random, 100_000)) tenths[Math.floor(number * 10)]! += 1;
  for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  for (let i = 0; i < 1_000; i += 1) {
    expect([3, 4, 5]).toContain(random.integer(3, 6));
    const between = random.between(-1, 1);
    expect(between >= -1 && between < 1).toBe(true);
  }
});

test('times are around their median, half below and half above, and never negative', () => {
  const random = new SeededRandom(1);
  const times = Array.from({ length: 10_000 }, () => random.around(100, 0.5)).sort((a, b) => a - b);
  expect(times[0]).toBeGreaterThan(0);
  expect(times[5_000]).toBeGreaterThan(95);
  expect(times[5_000]).toBeLessThan(105);
});
