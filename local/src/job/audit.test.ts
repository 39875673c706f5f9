import { expect, test } from 'vitest';
import type { SiteLogEntry } from '../site/log.ts';
import { audit as auditAll, worstWindow, type Outcome } from './audit.ts';

/** A job that had the pipeline for itself. */
const audit = (outcomes: Outcome[], log: SiteLogEntry[], account: typeof accountOf, job: typeof JOB) =>
  auditAll(outcomes, [], log, account, job);

const JOB = { limit: 10, windowMs: 6_000, wallMs: 20_000 };
const accountOf = (creatorId: string) => `${creatorId}@site`;

function line(account: string, at_ms: number, more: Partial<SiteLogEntry> = {}): SiteLogEntry {
  return { at_ms, account: accountOf(account), method: 'GET', path: '/my/profile', status: 200, ...more };
}

function outcome(creatorId: string, at: number, more: Partial<Outcome> = {}): Outcome {
  return {
    operationId: `${creatorId}-${at}`,
    creatorId,
    kind: 'profile.scrape',
    state: 'succeeded',
    attempts: 1,
    receives: 1,
    error: undefined,
    result: {
      status: 'succeeded',
      site: {
        navigations: [{ path: '/my/profile', started_at_ms: at - 20, answered_at_ms: at + 80, status: 200 }],
      },
    },
    ...more,
  };
}

test('a job that went well', () => {
  const log = [line('ada', 1_000), line('bea', 1_100), line('ada', 7_000)];
  const summary = audit(
    [outcome('ada', 1_000), outcome('ada', 7_000), outcome('bea', 1_100)],
    log,
    accountOf,
    {
      ...JOB,
      limit: 2,
    },
  );
  expect(summary).toEqual({
    requested: 3,
    succeeded: 3,
    failed: 0,
    dead: 0,
    lost: 0,
    duplicated: 0,
    order_inversions: 0,
    worst_window: 2,
    limit: 2,
    window_s: 6,
    goodput: 1,
    receives_per_message: 1,
    wall_s: 20,
  });
});

test('the worst window is half open and counts what the site refused', () => {
  expect(worstWindow([], 100)).toBe(0);
  expect(worstWindow([0, 99, 100, 150, 198], 100)).toBe(4);
  expect(worstWindow([0, 99, 100, 150, 199], 100)).toBe(3);
  const log = [line('ada', 0), line('ada', 10, { status: 429 }), line('ada', 20, { status: 302 })];
  expect(audit([outcome('ada', 0)], log, accountOf, JOB).worst_window).toBe(3);
});

test('what reached the site in another order than it was accepted in is an inversion', () => {
  const log = [line('ada', 1_000), line('ada', 2_000), line('bea', 1_500)];
  expect(
    audit([outcome('ada', 2_000), outcome('ada', 1_000), outcome('bea', 1_500)], log, accountOf, JOB),
  ).toMatchObject({ order_inversions: 1 });
});

test('a page that no attempt explains, and an effect beyond one an operation, are duplicates', () => {
  const page = [line('ada', 1_000), line('ada', 1_300)];
  expect(audit([outcome('ada', 1_000)], page, accountOf, JOB).duplicated).toBe(1);
  expect(audit([outcome('ada', 1_000, { attempts: 2 })], page, accountOf, JOB).duplicated).toBe(0);
  const effect = (at: number, status: number) =>
    line('ada', at, { method: 'POST', effect: 'message', status });
  const effects = [line('ada', 1_000), effect(1_100, 200), effect(1_200, 502)];
  const sent = outcome('ada', 1_000, { kind: 'message.send' });
  expect(audit([sent], effects, accountOf, JOB).duplicated).toBe(1);
  expect(audit([sent], effects.slice(0, 2), accountOf, JOB).duplicated).toBe(0);
  expect(audit([outcome('ada', 1_000)], effects.slice(0, 2), accountOf, JOB).duplicated).toBe(1);
});

test('effects are held against operations of their own kind', () => {
  const effect = (at: number, what: string) => line('ada', at, { method: 'POST', effect: what });
  const done = [
    outcome('ada', 1, { kind: 'message.send' }),
    outcome('ada', 2, { kind: 'credentials.rotate', state: 'failed' }),
  ];
  const duplicated = (...effects: SiteLogEntry[]) => audit(done, effects, accountOf, JOB).duplicated;
  expect(duplicated(effect(1, 'message.send fan-1 #1'), effect(2, 'credentials.rotate'))).toBe(0);
  expect(duplicated(effect(1, 'message.send fan-1 #1'), effect(2, 'message.send fan-1 #2'))).toBe(1);
  expect(duplicated(effect(1, 'credentials.rotate'), effect(2, 'credentials.rotate'))).toBe(1);
  expect(duplicated(effect(1, 'sent'), effect(2, 'credentials.rotate'))).toBe(0);
  expect(duplicated(effect(1, 'sent'), effect(2, 'sent'), effect(3, 'credentials.rotate'))).toBe(1);
});

test('an operation without an end, or succeeded without a result, is lost', () => {
  const outcomes = [
    outcome('ada', 1, { state: 'running' }),
    outcome('ada', 2, { result: undefined }),
    outcome('ada', 3, { state: undefined }),
    outcome('ada', 4, { state: 'failed', result: undefined }),
  ];
  expect(audit(outcomes, [], accountOf, JOB)).toMatchObject({ lost: 3, failed: 1, goodput: null });
});

test('what others asked for meanwhile is theirs, and no duplicate', () => {
  const log = [
    line('ada', 1_000),
    line('ada', 1_300),
    line('ada', 1_400, { method: 'POST', effect: 'message' }),
  ];
  const others = [{ creatorId: 'ada', kind: 'message.send' as const, attempts: 1 }];
  expect(auditAll([outcome('ada', 1_000)], others, log, accountOf, JOB).duplicated).toBe(0);
  expect(audit([outcome('ada', 1_000)], log, accountOf, JOB).duplicated).toBe(2);
});
