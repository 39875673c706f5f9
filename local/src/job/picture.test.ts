import type { State } from '@huntaze/core/operations';
import { describe, expect, test } from 'vitest';
import type { Seen } from './client.ts';
import { bar, creatorLines, endedLines, headline, troubleLines } from './picture.ts';
import type { Entry } from './run.ts';
import { plain } from './spans.ts';

const NOW = Date.parse('2026-01-31T12:00:00Z');
const inSeconds = (s: number) => new Date(NOW + s * 1_000).toISOString();

let count = 0;
function entry(creator: string, state?: State, seen: Partial<Seen> = {}): Entry {
  count += 1;
  return {
    operationId: `op-${count}`,
    request: { kind: 'fans.scrape', creator_id: creator, params: {} },
    seen: state && { state, receives: 1, attempts: 0, ...seen },
  };
}
const waiting = (creator: string, s: number) => entry(creator, 'waiting', { expected_at: inSeconds(s) });
const retried = (creator: string, s: number) =>
  entry(creator, 'forwarded', { attempts: 1, retry_at: inSeconds(s), error: 'site answered 502' });

test.each([
  ['nothing asked yet', [entry('a'), entry('a')], '0 of 2 done · 2 waiting'],
  [
    'of all sorts',
    [
      entry('a', 'succeeded'),
      entry('a', 'dead'),
      entry('a', 'running'),
      entry('b', 'forwarded'),
      retried('c', 30),
      waiting('a', 102),
      waiting('b', 42),
    ],
    '2 of 7 done (1 failed) · 1 running · 1 about to run · 1 to be tried again · 2 waiting · next slot in 42 s',
  ],
  ['a slot that is due', [waiting('a', -3)], '0 of 1 done · 1 waiting · next slot now'],
  ['all done', [entry('a', 'succeeded')], '1 of 1 done'],
])('the headline: %s', (_, entries, said) => expect(headline(entries, NOW)).toBe(said));

test.each([
  [[], '──────────'],
  [[entry('a', 'succeeded'), entry('a')], '━━━━━─────'],
  [[entry('a', 'succeeded'), entry('a', 'failed'), entry('a')], '━━━━━━────'],
  [[entry('a', 'succeeded')], '━━━━━━━━━━'],
])('the bar %#', (entries, drawn) => expect(plain(bar(entries, 10))).toBe(drawn));

describe('a creator’s line', () => {
  test.each([
    ['on its way', [entry('a')], 'a, the only one: fans.scrape is on its way into the line'],
    ['no time known', [entry('a', 'pending')], 'a, the only one: fans.scrape waits for its slot'],
    [
      'waiting',
      [entry('a', 'succeeded'), waiting('a', 42), waiting('a', 48)],
      'a, second of three: fans.scrape, next slot in 42 s · the third in 48 s',
    ],
    [
      'running, another admitted',
      [entry('a', 'running'), entry('a', 'forwarded')],
      'a, first of two: fans.scrape is running · the second waits for the one before it',
    ],
    ['about to run', [entry('a', 'forwarded')], 'a, the only one: fans.scrape is about to run'],
    [
      'to be tried again',
      [retried('a', 30)],
      'a, the only one: fans.scrape is tried again in 30 s: site answered 502',
    ],
    [
      'being tried again',
      [retried('a', 0)],
      'a, the only one: fans.scrape is about to be tried again: site answered 502',
    ],
  ])('%s', (_, entries, said) => expect(creatorLines(entries, NOW, 5).map(plain)).toEqual([said]));

  test('there is one for each with something open, and the last says how many more there are', () => {
    const entries = [entry('a', 'succeeded'), ...['b', 'c', 'd', 'e'].map(creator => waiting(creator, 1))];
    expect(creatorLines(entries, NOW, 4)).toHaveLength(4);
    expect(creatorLines(entries, NOW, 3).map(plain)).toEqual([
      'b, the only one: fans.scrape, next slot in 1 s',
      'c, the only one: fans.scrape, next slot in 1 s',
      '… and 2 more creators',
    ]);
  });
});

test('what has ended is told once, with its place and why', () => {
  const entries = [
    entry('a', 'succeeded'),
    entry('b', 'running'),
    entry('a', 'outcome_unknown', { error: 'the browser went away' }),
  ];
  const lines = endedLines(entries, new Set());
  expect(lines.map(({ line }) => plain(line))).toEqual([
    '✓ a, first of two: fans.scrape succeeded',
    '✗ a, second of two: fans.scrape outcome unknown: the browser went away',
  ]);
  expect(endedLines(entries, new Set(lines.map(({ id }) => id)))).toEqual([]);
});

test('trouble has an id for each time that something is put off', () => {
  const [first, again] = [retried('a', 30), retried('a', 60)].map(one => troubleLines([one], NOW));
  expect(first!.map(({ line }) => plain(line))).toEqual([
    '↻ a, the only one: fans.scrape is tried again in 30 s: site answered 502',
  ]);
  expect(first![0]!.id).not.toBe(again![0]!.id);
});
