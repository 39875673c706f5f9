import { expect, test } from 'vitest';
import { lifeOf, marksOf, placeOf } from './life.ts';
import { at, operation } from './test-operation.ts';

const now = (s: number) => Date.parse(at(s));
const read = (life: ReturnType<typeof lifeOf>) =>
  life.parts.map(({ name, from, to, tone, isOpen }) => [
    name,
    (from - now(0)) / 1_000,
    (to - now(0)) / 1_000,
    tone + (isOpen ? ' …' : ''),
  ]);

test('what waits has waited until now', () => {
  const one = operation('op-1', { state: 'waiting', at: { pending: at(0), waiting: at(2) } });
  expect(read(lifeOf(one, now(60)))).toEqual([
    ['Accepted', 0, 2, 'idle'],
    ['In line', 2, 60, 'wait …'],
  ]);
});

test('each attempt has its bar, and what is between two of them', () => {
  const one = operation('op-1', {
    state: 'succeeded',
    attempts: 2,
    at: { pending: at(0), waiting: at(1), forwarded: at(30), running: at(32), succeeded: at(70) },
    tries: [
      { started_at: at(32), ended_at: at(36), error: 'the site answered 502' },
      { started_at: at(66), ended_at: at(70) },
    ],
  });
  const life = lifeOf(one, now(500));
  expect(read(life)).toEqual([
    ['Accepted', 0, 1, 'idle'],
    ['In line', 1, 30, 'wait'],
    ['Let through', 30, 32, 'wait'],
    ['Attempt 1', 32, 36, 'bad'],
    ['Waits to be tried again', 36, 66, 'wait'],
    ['Attempt 2', 66, 70, 'good'],
  ]);
  expect(life.parts[3]!.error).toBe('the site answered 502');
  expect([life.to, life.end]).toEqual([now(70), { state: 'succeeded', at: now(70) }]);
});

test('of many attempts the last are kept, and keep their numbers', () => {
  const one = operation('op-1', {
    state: 'running',
    attempts: 9,
    at: { pending: at(0), running: at(3) },
    tries: [{ started_at: at(90), ended_at: at(91), error: 'no answer' }, { started_at: at(99) }],
  });
  expect(read(lifeOf(one, now(100))).map(([name, , , tone]) => [name, tone])).toEqual([
    ['Accepted', 'idle'],
    ['Attempt 8', 'bad'],
    ['Waits to be tried again', 'wait'],
    ['Attempt 9', 'busy …'],
  ]);
});

test('what will be tried again waits for that', () => {
  const one = operation('op-1', {
    state: 'forwarded',
    attempts: 1,
    retry_at: at(90),
    at: { pending: at(0), waiting: at(1), forwarded: at(2), running: at(3) },
    tries: [{ started_at: at(3), ended_at: at(5), error: 'no answer' }],
  });
  expect(read(lifeOf(one, now(20))).slice(-1)).toEqual([['Waits to be tried again', 5, 20, 'wait …']]);
});

test('what was cancelled in line ends there', () => {
  const one = operation('op-1', {
    state: 'cancelled',
    at: { pending: at(0), waiting: at(1), cancelled: at(9) },
  });
  expect(read(lifeOf(one, now(500))).slice(-1)).toEqual([['In line', 1, 9, 'wait']]);
});

test('without its attempts, it is told by when it ran', () => {
  const one = operation('op-1', {
    state: 'failed',
    attempts: 1,
    error: 'the site answered 404',
    at: { pending: at(0), running: at(4), failed: at(6) },
  });
  const { parts } = lifeOf(one, now(500));
  expect(parts.at(-1)).toMatchObject({ name: 'Attempt 1', tone: 'bad', error: 'the site answered 404' });
});

test('of which nothing is known has no bars, and no life', () => {
  const one = operation('op-1', { at: {} });
  expect(lifeOf(one, now(5))).toEqual({ from: now(5), to: now(5), parts: [] });
});

test('clocks that differ make no bar that ends before it begins', () => {
  const one = operation('op-1', {
    state: 'running',
    at: { pending: at(10), waiting: at(9), forwarded: at(8), running: at(7) },
  });
  for (const { from, to } of lifeOf(one, now(6)).parts) expect(to).toBeGreaterThanOrEqual(from);
});

test.each([
  [0, [0]],
  [900, [0, 500]],
  [75_000, [0, 30_000, 60_000]],
  [3_600_000, [0, 1_800_000, 3_600_000]],
  [86_400_000, [0, 43_200_000, 86_400_000]],
])('an axis of %d ms has its marks at round times', (ms, marks) => {
  expect(marksOf(ms)).toEqual(marks);
});

test('an axis has five marks at most, however long it is', () => {
  for (let ms = 1; ms < 1e11; ms *= 1.7) expect(marksOf(ms).length).toBeLessThanOrEqual(5);
});

test('a bar stands where it belongs, is never too thin to be seen, and never beyond the end', () => {
  const life = { from: 0, to: 1_000_000, parts: [] };
  expect(placeOf({ from: 250_000, to: 750_000 }, life)).toEqual({ x: 25, width: 50 });
  const last = placeOf({ from: 1_000_000, to: 1_000_000 }, life);
  expect(last.width).toBeGreaterThan(0);
  expect(last.x + last.width).toBeLessThanOrEqual(100);
  expect(placeOf({ from: 0, to: 0 }, { from: 0, to: 0, parts: [] }).x).toBeGreaterThanOrEqual(0);
});
