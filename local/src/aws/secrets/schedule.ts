import { invalidSecretParameter } from './errors.ts';
import { nextCron, readCron, type Cron } from './cron.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** When a secret is rotated, as RotateSecret takes it. */
export interface RotationRules {
  AutomaticallyAfterDays?: number;
  /** `rate(…)` or `cron(…)`. */
  ScheduleExpression?: string;
  /** Length of the window in hours, e.g. `3h`. */
  Duration?: string;
}

/** A secret is rotated at some time from `opensAt` to `closesAt`; here when it opens. Milliseconds since the epoch. */
export interface RotationWindow {
  opensAt: number;
  closesAt: number;
}

type Schedule =
  { every: 'days'; count: number } | { every: 'hours'; count: number } | { every: 'cron'; cron: Cron };

/**
 * Checks rules before they are kept.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
 * @throws InvalidParameterException
 */
export function checkRules(rules: RotationRules): void {
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression } = rules;
  if (days !== undefined && expression !== undefined)
    throw invalidSecretParameter(
      'RotationRules can have AutomaticallyAfterDays or ScheduleExpression, but not both.',
    );
  const schedule = readSchedule(rules);
  if (schedule === undefined)
    throw invalidSecretParameter('RotationRules must have AutomaticallyAfterDays or ScheduleExpression.');
  if (rules.Duration === undefined) return;
  const hours = Number(/^([1-9]\d?)h$/.exec(rules.Duration)?.[1] ?? Number.NaN);
  const [start, end] =
    schedule.every === 'cron'
      ? [Math.max(...schedule.cron.hours), 24]
      : [0, schedule.every === 'hours' ? Math.min(24, schedule.count) : 24];
  if (!(start + hours <= end))
    throw invalidSecretParameter(
      'The Duration must be in hours, and the window must not extend into the next UTC day or the next window.',
    );
}

/** The first window that opens after `after`: days and rates are counted from there. */
export function nextWindow(rules: RotationRules, after: number): RotationWindow | undefined {
  const schedule = readSchedule(rules);
  if (schedule === undefined) return undefined;
  const hours = rules.Duration === undefined ? undefined : Number.parseInt(rules.Duration, 10);
  const lasting = (opensAt: number, usualHours: number) => ({
    opensAt,
    closesAt: opensAt + (hours ?? usualHours) * HOUR_MS - 1_000,
  });
  switch (schedule.every) {
    case 'days':
      return lasting(floor(after + schedule.count * DAY_MS, DAY_MS), 24);
    case 'hours':
      return lasting(floor(after + schedule.count * HOUR_MS, HOUR_MS), 1);
    case 'cron': {
      const opensAt = nextCron(schedule.cron, after);
      if (opensAt === undefined) return undefined;
      const hour = new Date(opensAt).getUTCHours();
      return lasting(opensAt, schedule.cron.hours.length > 1 ? 1 : 24 - hour);
    }
  }
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html. Characters. */
const MAX_EXPRESSION = 256;

function floor(time: number, unit: number): number {
  return Math.floor(time / unit) * unit;
}

function readSchedule({
  AutomaticallyAfterDays: days,
  ScheduleExpression: expression,
}: RotationRules): Schedule | undefined {
  if (days !== undefined) {
    if (days < 1 || days > 1_000)
      throw invalidSecretParameter('AutomaticallyAfterDays must be from 1 to 1000.');
    return { every: 'days', count: days };
  }
  if (expression === undefined) return undefined;
  const refused = () =>
    invalidSecretParameter(
      'The ScheduleExpression is not valid: rate(4 hours) to rate(999 days), or cron(0 Hours Day-of-month Month Day-of-week *).',
    );
  const [, count = '', unit = ''] = /^rate\((\d{1,5}) (hour|day)s?\)$/.exec(expression) ?? [];
  if (unit === 'hour') {
    if (Number(count) < 4 || Number(count) > 999 * 24) throw refused();
    return { every: 'hours', count: Number(count) };
  }
  if (unit === 'day') {
    if (Number(count) < 1 || Number(count) > 999) throw refused();
    return { every: 'days', count: Number(count) };
  }
  const cron = expression.length > MAX_EXPRESSION ? undefined : readCron(expression);
  if (cron === undefined || nextCron(cron, 0) === undefined) throw refused();
  return { every: 'cron', cron };
}
