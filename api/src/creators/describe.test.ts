import type { CreatorRecord } from '@huntaze/core/lua';
import { expect, test } from 'vitest';
import { describeCreator } from './describe.ts';

const T = 1_800_000_000_000;
const record = (more: Partial<CreatorRecord>): CreatorRecord => ({
  creator: 'ada',
  pending: 0,
  waiting: 0,
  forwarded: 0,
  running: 0,
  unknown: [],
  ...more,
});
const head = { id: 'op-1', kind: 'k', since: T, waits_for: 'turn', expected_at: T + 5 } as const;

test.each<[string, Partial<CreatorRecord>, Record<string, unknown>]>([
  ['nothing to do', {}, { state: 'idle' }],
  ['at work', { running: 1 }, { state: 'ready' }],
  ['in line', { waiting: 2, running: 1, head }, { state: 'limited', until: new Date(T + 5).toISOString() }],
  [
    'one before it was never seen',
    { waiting: 1, head: { ...head, waits_for: 'predecessor', until: T + 9 } },
    { state: 'waiting', why: 'the operation before has not been seen', until: new Date(T + 9).toISOString() },
  ],
  [
    'tried again later',
    { forwarded: 1, retry_at: T + 7, error: '503' },
    { state: 'backing_off', why: '503' },
  ],
  [
    'paused, while one is tried again later',
    {
      waiting: 1,
      head,
      retry_at: T,
      halts: [{ mode: 'paused', since: T, reason: 'holidays', until: T + 1 }],
    },
    { state: 'paused', why: 'holidays', until: new Date(T + 1).toISOString() },
  ],
  [
    'of several the most serious',
    {
      unknown: ['op-9'],
      halts: [
        { mode: 'draining', since: T, reason: 'moves' },
        { mode: 'login', since: T, reason: 'wrong password' },
      ],
    },
    { state: 'needs_login', why: 'wrong password', outcome_unknown: 1 },
  ],
  [
    'a person is to say',
    { unknown: ['a', 'b'], waiting: 1, head },
    { state: 'outcome_unknown', outcome_unknown: 2 },
  ],
])('%s', (_, more, shown) => {
  expect(describeCreator(record(more))).toMatchObject({ creator_id: 'ada', ...shown });
});
