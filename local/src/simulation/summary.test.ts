import { expect, test } from 'vitest';
import type { Figures } from './figures.ts';
import { summaryLines, summaryOf } from './summary.ts';

const waits = { p50: 60, p95: 170, longest: 300 };
/** One seed as it should be. */
const figures = {
  requested: 10,
  succeeded: 10,
  failed: 0,
  dead: 0,
  cancelled: 0,
  expired: 0,
  lost: 0,
  duplicated: 0,
  done_after_the_end: 0,
  begun_while_paused: 0,
  above_limit: 0,
  at_site_while_closed: 0,
  memory_lost: 0,
  forwarded_again: 0,
  order_inversions: 0,
  order_inversions_forwarded: 0,
  worst_window: 10,
  worst_window_forwarded: 10,
  healthy_dead_letters: 0,
  limit: 10,
  goodput: 0.97,
  goodput_forwarded: 0.996,
  receives_by_wait: [
    { under_minutes: 15, messages: 5, mean: 2, most: 3 },
    { under_minutes: 30, messages: 5, mean: 6, most: 9 },
  ],
  waits_in_line_s: { all: waits, busiest_creator: waits, other_creators: waits },
  disturbed: true,
  left_in_queues: {},
  faults_injected: [],
  redis_failures: {},
  invocations_killed: 1,
  stalled: null,
} as unknown as Figures;

const unkept = (all: Figures[], judgesMedians = true) =>
  summaryOf(all, judgesMedians)
    .bounds.filter(({ isKept }) => !isKept)
    .map(({ what }) => what);

test('what all seeds kept is kept', () => {
  const summary = summaryOf([figures, figures], true);
  expect(unkept([figures, figures])).toEqual([]);
  expect(summary).toMatchObject({ seeds: 2, worst_window: 10, goodput_forwarded: 0.996, quiet_p95_s: 170 });
  expect(summaryLines(summary)[0]).toBe('2 seeds, every bound kept:');
});

test('one seed that broke a promise is not outvoted by the others', () => {
  const bad = {
    ...figures,
    lost: 1,
    worst_window: 11,
    order_inversions_forwarded: 2,
    healthy_dead_letters: 1,
  };
  expect(unkept([figures, figures, bad], false)).toEqual([
    'worst window at the site',
    'lost',
    'out of order',
    'healthy dead letters',
    'seeds with a promise that was not kept',
  ]);
  expect(summaryLines(summaryOf([bad, figures], false))[0]).toBe('2 seeds, not every bound kept:');
});

test('medians are of the middle seed, and have bounds only where they are judged', () => {
  const slow = {
    ...figures,
    goodput_forwarded: 0.9,
    receives_by_wait: [
      { under_minutes: 15, messages: 5, mean: 4.1, most: 9 },
      { under_minutes: 30, messages: 5, mean: 6.1, most: 9 },
    ],
    waits_in_line_s: { ...figures.waits_in_line_s, other_creators: { ...waits, p95: 201 } },
  };
  expect(unkept([figures, figures, slow])).toEqual([]);
  expect(unkept([slow, figures, slow])).toEqual([
    'goodput into the workflows queue',
    'receives of what waits under 15 min',
    'receives of what waits under 30 min',
    'quiet creators’ p95 in the line (s)',
  ]);
  expect(unkept([slow, slow, slow], false)).toEqual([]);
});
