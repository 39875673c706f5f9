import { expect, test } from 'vitest';
import type { ShownOperation } from '../operations/describe.ts';
import { explain, stateWord } from './words.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const at = (seconds: number) => new Date(NOW + seconds * 1_000).toISOString();
const shown = (more: Partial<ShownOperation>): ShownOperation => ({
  operation_id: 'op-1',
  creator_id: 'ada',
  kind: 'profile.scrape',
  state: 'waiting',
  receives: 0,
  attempts: 0,
  failures: 0,
  at: {},
  ...more,
});

test.each<[string, Partial<ShownOperation>]>([
  ['number 3 in the line, its slot in 42 s', { position: 3, expected_at: at(42) }],
  [
    'waits for the operation before it, which has not been seen yet',
    { position: 1, expected_at: at(1), waits_for: 'predecessor' },
  ],
  [
    'tried again in 30 s: the site answered 502',
    { state: 'forwarded', retry_at: at(30), error: 'the site answered 502' },
  ],
  [
    'its kind, or that of the one before it, is paused for everybody',
    { state: 'forwarded', retry_at: at(30), error: 'it changed', waits_for: 'kind_paused' },
  ],
  ['its creator is paused, at the latest in 30 s', { state: 'waiting', waits_for: 'paused', until: at(30) }],
  ['admitted, waits for the operation before it or for the site’s slot', { state: 'forwarded' }],
  ['for 4 s', { state: 'running', at: { running: at(-4) } }],
  ['took 2.0 s, 1 min ago', { state: 'succeeded', at: { running: at(-62), succeeded: at(-60) } }],
  ['fan_id is unknown', { state: 'failed', error: 'fan_id is unknown' }],
])('%s', (words, operation) => expect(explain(shown(operation), NOW)).toBe(words));

test('a state is read as words', () => expect(stateWord('outcome_unknown')).toBe('Outcome unknown'));
