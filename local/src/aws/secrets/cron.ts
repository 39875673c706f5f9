const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A 29th of February that is a Monday comes again after 40 years at most. */
const LONGEST_SEARCH_DAYS = 41 * 366;

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** A cron expression of Secrets Manager's: at full hours, in UTC. */
export interface Cron {
  /** Sorted. */
  hours: readonly number[];
  isDay: (day: Date) => boolean;
}

/**
 * Reads `cron(Minutes Hours Day-of-month Month Day-of-week Year)`: minutes are 0, the year is `*`, and one of
 * the two days is `?`. Undefined for anything else.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
 */
export function readCron(expression: string): Cron | undefined {
  const fields = /^cron\((.*)\)$/.exec(expression)?.[1]?.trim().toUpperCase().split(/\s+/) ?? [];
  const [minute, hour = '', dayOfMonth = '', month = '', dayOfWeek = '', year, ...rest] = fields;
  if (minute !== '0' || year !== '*' || rest.length > 0) return undefined;
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) return undefined;
  const hours = readList(hour, 0, 23);
  const months = readList(month, 1, 12, MONTHS);
  const isDay = dayOfMonth === '?' ? readDaysOfWeek(dayOfWeek) : readDaysOfMonth(dayOfMonth);
  if (hours === undefined || months === undefined || isDay === undefined) return undefined;
  return {
    hours: [...hours].sort((a, b) => a - b),
    isDay: day => months.has(day.getUTCMonth() + 1) && isDay(day),
  };
}

/** The first instant after `after` that the expression names; undefined if there is none. */
export function nextCron(cron: Cron, after: number): number | undefined {
  const today = Math.floor(after / DAY_MS) * DAY_MS;
  for (let days = 0; days < LONGEST_SEARCH_DAYS; days += 1) {
    const midnight = today + days * DAY_MS;
    if (!cron.isDay(new Date(midnight))) continue;
    const hour = cron.hours.find(candidate => midnight + candidate * HOUR_MS > after);
    if (hour !== undefined) return midnight + hour * HOUR_MS;
  }
  return undefined;
}

function readDaysOfMonth(field: string): ((day: Date) => boolean) | undefined {
  if (field === 'L') return day => new Date(day.getTime() + DAY_MS).getUTCDate() === 1;
  const days = readList(field, 1, 31);
  return days && (day => days.has(day.getUTCDate()));
}

/** 1 to 7 or SUN to SAT; `5L`: the last Thursday of the month; `2#1`: its first Monday. */
function readDaysOfWeek(field: string): ((day: Date) => boolean) | undefined {
  const [, name = '', sign = '', count = ''] = /^(\w+?)(L|#)([1-5]?)$/.exec(field) ?? [];
  const weekday = readList(name, 1, 7, WEEKDAYS);
  if (sign === 'L' && count === '' && weekday?.size === 1)
    return day =>
      weekday.has(day.getUTCDay() + 1) &&
      new Date(day.getTime() + 7 * DAY_MS).getUTCMonth() !== day.getUTCMonth();
  if (sign === '#' && count !== '' && weekday?.size === 1)
    return day => weekday.has(day.getUTCDay() + 1) && Math.ceil(day.getUTCDate() / 7) === Number(count);
  const days = field === 'L' ? new Set([7]) : readList(field, 1, 7, WEEKDAYS);
  return days && (day => days.has(day.getUTCDay() + 1));
}

/** `*`, `A`, `A-B`, each also with `/STEP`, which also stands alone, and several of them with commas. */
function readList(field: string, min: number, max: number, names: string[] = []): Set<number> | undefined {
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const [, range = '', step = ''] = /^([^/]*)(?:\/(\d{1,2}))?$/.exec(part) ?? [];
    const [from = '', to] =
      range === '*' || (range === '' && step !== '') ? [String(min), String(max)] : range.split('-', 2);
    const first = readValue(from, min, names);
    const last = to === undefined ? (step === '' ? first : max) : readValue(to, min, names);
    if (first === undefined || last === undefined || first < min || last > max || first > last)
      return undefined;
    if (step === '0') return undefined;
    for (let value = first; value <= last; value += Number(step || 1)) values.add(value);
  }
  return values;
}

function readValue(text: string, min: number, names: string[]): number | undefined {
  const named = names.indexOf(text);
  if (named !== -1) return named + min;
  return /^\d{1,2}$/.test(text) ? Number(text) : undefined;
}
