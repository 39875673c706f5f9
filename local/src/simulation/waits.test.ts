import { expect, test } from 'vitest';
import type { Passage } from './scenario.ts';
import { inLineMs, receivesByWait, waitedUnfairly, waitsOf } from './waits.ts';

const MINUTE_MS = 60_000;
const passage = (
  creator: string,
  acceptedAtMs: number,
  waitedMs: number | undefined,
  receives = 1,
): Passage => ({
  operationId: `${creator}-${acceptedAtMs}`,
  request: { kind: 'profile.scrape', creator_id: creator, params: {} },
  acceptedAtMs,
  forwardedAtMs: waitedMs === undefined ? undefined : acceptedAtMs + waitedMs,
  forwards: 1,
  receives,
  state: 'succeeded',
  endedAtMs: undefined,
  result: undefined,
});
const limit = { scope: 'platform', limit: 10, windowMs: MINUTE_MS } as const;

test('the nearest rank, in tenths of a second; what never came is left out', () => {
  const waits = Array.from({ length: 20 }, (_, i) => passage('a', i, (i + 1) * 1_000));
  expect(waitsOf([...waits, passage('a', 99, undefined)], inLineMs)).toEqual({
    p50: 10,
    p95: 19,
    longest: 20,
  });
  expect(waitsOf([], inLineMs)).toEqual({ p50: 0, p95: 0, longest: 0 });
});

test('receives by how long a message waited, in steps of 15 minutes', () => {
  const passages = [
    passage('a', 0, 14 * MINUTE_MS, 2),
    passage('a', 1, 0, 1),
    passage('a', 2, 15 * MINUTE_MS, 6),
    passage('a', 3, 50 * MINUTE_MS, 9),
  ];
  expect(receivesByWait(passages)).toEqual([
    { under_minutes: 15, messages: 2, mean: 1.5, most: 2 },
    { under_minutes: 30, messages: 1, mean: 6, most: 6 },
    { under_minutes: 60, messages: 1, mean: 9, most: 9 },
  ]);
});

test('a quiet creator’s one operation waits unfairly behind all of a busy one’s, and not behind one of each', () => {
  const busy = Array.from({ length: 100 }, (_, i) => passage('busy', 0, Math.floor(i / 10) * 60_250));
  expect(waitedUnfairly([...busy, passage('quiet', 1, 2 * MINUTE_MS)], { limit })).toBe(0);
  expect(waitedUnfairly([...busy, passage('quiet', 1, 10 * MINUTE_MS)], { limit })).toBe(1);
});
