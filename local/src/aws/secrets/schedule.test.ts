import { describe, expect, test } from 'vitest';
import { checkRules, nextWindow } from './schedule.ts';

/** Wednesday, 10:20 UTC. */
const NOW = Date.UTC(2026, 3, 15, 10, 20);
const iso = (time: number | undefined) => time && new Date(time).toISOString().replace(':00.000Z', '');
const windowOf = (ScheduleExpression: string, Duration?: string) => {
  const window = nextWindow({ ScheduleExpression, ...(Duration !== undefined && { Duration }) }, NOW);
  return [iso(window?.opensAt), new Date(window?.closesAt ?? 0).toISOString().slice(0, 19)];
};

describe('the next window', () => {
  test.each([
    ['rate(1 day)', undefined, '2026-04-16T00:00', '2026-04-16T23:59:59'],
    ['rate(10 days)', undefined, '2026-04-25T00:00', '2026-04-25T23:59:59'],
    ['rate(10 days)', '3h', '2026-04-25T00:00', '2026-04-25T02:59:59'],
    ['rate(4 hours)', undefined, '2026-04-15T14:00', '2026-04-15T14:59:59'],
    ['cron(0 16 1,15 * ? *)', '2h', '2026-04-15T16:00', '2026-04-15T17:59:59'],
    ['cron(0 8 * * ? *)', undefined, '2026-04-16T08:00', '2026-04-16T23:59:59'],
    ['cron(0 /8 * * ? *)', undefined, '2026-04-15T16:00', '2026-04-15T16:59:59'],
    ['cron(0 8 1 * ? *)', undefined, '2026-05-01T08:00', '2026-05-01T23:59:59'],
    ['cron(0 8 L * ? *)', undefined, '2026-04-30T08:00', '2026-04-30T23:59:59'],
    ['cron(0 0 ? * MON#1 *)', undefined, '2026-05-04T00:00', '2026-05-04T23:59:59'],
    ['cron(0 0 ? * 2#1 *)', undefined, '2026-05-04T00:00', '2026-05-04T23:59:59'],
    ['cron(0 0 ? * 5L *)', undefined, '2026-04-30T00:00', '2026-04-30T23:59:59'],
    ['cron(0 0 ? * SAT,SUN *)', undefined, '2026-04-18T00:00', '2026-04-18T23:59:59'],
    ['cron(0 0 1-7/3 JAN-MAR ? *)', undefined, '2027-01-01T00:00', '2027-01-01T23:59:59'],
    ['cron(0 12 29 2 ? *)', undefined, '2028-02-29T12:00', '2028-02-29T23:59:59'],
  ])('%s %s', (expression, duration, opensAt, closesAt) => {
    checkRules({ ScheduleExpression: expression, ...(duration !== undefined && { Duration: duration }) });
    expect(windowOf(expression, duration)).toEqual([opensAt, closesAt]);
  });

  test('a number of days is counted from the day of the last rotation', () => {
    expect(iso(nextWindow({ AutomaticallyAfterDays: 90 }, NOW)?.opensAt)).toBe('2026-07-14T00:00');
  });
});

test.each([
  'rate(3 hours)',
  'rate(0 days)',
  'rate(1000 days)',
  'rate(10 weeks)',
  'cron(5 8 * * ? *)',
  'cron(0 8 * * ? 2027)',
  'cron(0 8 * * * *)',
  'cron(0 8 ? * ? *)',
  'cron(0 24 * * ? *)',
  'cron(0 8 0 * ? *)',
  'cron(0 8 32 * ? *)',
  'cron(0 8 30 2 ? *)',
  'cron(0 8 * * ?)',
  'cron(0 8/0 * * ? *)',
  'cron(0 9-8 * * ? *)',
  'at(2026-01-01)',
  `cron(0 ${'8,'.repeat(130)}8 * * ? *)`, // longer than AWS takes
])('%s is refused', ScheduleExpression => {
  expect(() => checkRules({ ScheduleExpression })).toThrow('ScheduleExpression is not valid');
});

test.each([
  { AutomaticallyAfterDays: 0 },
  { AutomaticallyAfterDays: 1_001 },
  { Duration: '3h' },
  { AutomaticallyAfterDays: 1, ScheduleExpression: 'rate(1 day)' },
  { ScheduleExpression: 'rate(1 day)', Duration: '25h' },
  { ScheduleExpression: 'rate(1 day)', Duration: '1d' },
  { ScheduleExpression: 'rate(4 hours)', Duration: '5h' },
  { ScheduleExpression: 'cron(0 20 * * ? *)', Duration: '5h' },
])('%o is refused', rules => {
  expect(() => checkRules(rules)).toThrow();
});
