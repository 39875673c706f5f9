import { expect, test } from 'vitest';
import { needsPerson, verdictOf, type Findings } from './verdict.ts';

const NOW = Date.parse('2026-12-01T12:00:00Z');
const at = (seconds: number) => new Date(NOW + seconds * 1_000).toISOString();
const ada = {
  creator_id: 'ada',
  state: 'idle',
  pending: 0,
  waiting: 0,
  forwarded: 0,
  running: 0,
  outcome_unknown: 0,
} as const;

const findings = (more: Partial<Findings>): Findings => ({
  flow: {
    queued: 0,
    waiting: 0,
    released: 0,
    workflows: 0,
    running: 0,
    ended_hour: { succeeded: 0, failed: 0 },
  },
  limiter: { limit: 10, window_s: 60, used: 0, worst_24h: 10 },
  breaker: { state: 'closed' },
  tasks: { alive: 1, busy: 0, in_hand: 0 },
  creators: [ada],
  kinds_paused: [],
  halt: undefined,
  lostUntilMs: undefined,
  closedUntilMs: undefined,
  worstBeyond: undefined,
  ...more,
});
const flow = (more: Partial<Findings['flow']>) => ({ ...findings({}).flow, ...more });

test.each<[string, Partial<Findings>, string, string | undefined]>([
  ['good', {}, 'All is well: nothing waits', undefined],
  ['busy', { flow: flow({ running: 1 }) }, '1 operation is being done, and nothing waits', undefined],
  [
    'busy',
    {
      flow: flow({ waiting: 1_412 }),
      creators: [{ ...ada, state: 'limited', waiting: 1_412, last_expected_at: at(8_460) }],
    },
    '1,412 operations wait for the limit; the last goes in 2 h 21 min',
    undefined,
  ],
  [
    'busy',
    { flow: flow({ waiting: 3 }), creators: [{ ...ada, state: 'paused', waiting: 3 }] },
    '3 operations wait for the limit',
    '1 creator is paused',
  ],
  [
    'wait',
    { halt: { mode: 'paused', reason: 'night', untilMs: NOW + 90_000 } },
    'Everything is paused until it is over, in 1 min 30 s',
    'night',
  ],
  ['good', { halt: { mode: 'draining', reason: 'moves' } }, 'All is well: nothing waits', 'moves'],
  [
    'bad',
    { breaker: { state: 'open', until: at(42), why: '5 of 5 failed' } },
    'The site fails: it is left alone, and tried again in 42 s',
    '5 of 5 failed',
  ],
  [
    'bad',
    { flow: flow({ workflows: 7 }), tasks: { alive: 0, busy: 0, in_hand: 0 } },
    'No scraper is there: 7 operations wait for one',
    'no task of it was heard within the last minute',
  ],
  [
    'wait',
    { lostUntilMs: NOW + 60_000 },
    'Nothing goes before another 1 min has passed',
    'Redis is another one, or was emptied: what was spent of the limit is not known',
  ],
  [
    'wait',
    { closedUntilMs: NOW + 30_000 },
    'The site wants nothing more for now: it goes on in 30 s',
    'it answered 429 and named the time',
  ],
  [
    'bad',
    { creators: [{ ...ada, state: 'needs_login', why: 'a one-time code is asked for' }] },
    '1 creator needs a login',
    'ada: a one-time code is asked for',
  ],
  [
    'bad',
    {
      creators: [{ ...ada, outcome_unknown: 2 }],
      dead_letters: { total: 3, causes: [{ cause: 'the site answered 404', count: 3 }] },
      alarms: [
        { name: 'backlog', state: 'ALARM' },
        { name: 'age', state: 'OK' },
      ],
    },
    'Of 2 operations it is not known whether they took effect, and 4 other things need you',
    undefined,
  ],
  [
    'bad',
    { worstBeyond: { most: 11, limit: 10 }, halt: { mode: 'paused' } },
    'The site answered 11 operations within 1 min today: the limit is 10',
    'something else works at the site with the same pipeline’s limit, or this pipeline is wrong',
  ],
])('%s: %o', (tone, more, sentence, cause) => {
  const verdict = verdictOf(findings(more), NOW);
  expect({ tone: verdict.tone, sentence: verdict.sentence, cause: verdict.cause }).toEqual({
    tone,
    sentence,
    cause,
  });
});

test('a person is led to what needs one, and the badge counts all of it and nothing else', () => {
  const needy = findings({
    creators: [
      { ...ada, state: 'needs_login', outcome_unknown: 1 },
      { ...ada, creator_id: 'bea', state: 'paused' },
    ],
    kinds_paused: [{ kind: 'fans.scrape', why: 'the site changed', since: at(-60) }],
    dead_letters: { total: 2, causes: [{ cause: 'c', count: 2 }] },
    alarms: [{ name: 'age', state: 'ALARM' }],
  });
  expect(needsPerson(needy)).toBe(6);
  expect(verdictOf(needy, NOW)).toMatchObject({
    sentence: 'The kind fans.scrape is paused, and 5 other things need you',
    cause: 'the site changed',
  });
  expect(needsPerson(findings({ flow: flow({ waiting: 9 }), halt: { mode: 'paused' } }))).toBe(0);
  expect(verdictOf(findings({ creators: [{ ...ada, state: 'needs_login' }] }), NOW).action).toEqual({
    label: 'Let it in',
    href: '/creators/ada',
  });
});
