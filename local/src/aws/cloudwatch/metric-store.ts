import type { MetricId, Statistic } from '@huntaze/core/alarms';

export const MINUTE_MS = 60_000;
/** What is older is forgotten: the longest that an alarm with a period below an hour can look back. */
const KEPT_MINUTES = 24 * 60;
/** As CloudWatch: what claims to be from later than this isn't taken. Minutes. */
const MOST_AHEAD_MINUTES = 120;
/** Of the pipeline's there are some thirty. */
const MOST_METRICS = 500;

/** One value of a metric; `at` in milliseconds since the epoch. */
export interface Datapoint extends MetricId {
  value: number;
  at: number;
}

/** All that a minute's values have in common. */
interface Minute {
  sum: number;
  count: number;
  least: number;
  most: number;
}

/**
 * The metrics of an account, by the minute, in memory and bounded: a day of each, and of so many. Knows no clock.
 */
export class MetricStore {
  readonly #metrics = new Map<string, Map<number, Minute>>();

  /** Takes a value in; one that is too old, lies ahead, or is of one metric too many is dropped, as one that is no number. */
  put({ value, at, ...metric }: Datapoint, now: number): void {
    const minute = minuteOf(at);
    const age = minuteOf(now) - minute;
    if (!Number.isFinite(value) || !(age < KEPT_MINUTES && age >= -MOST_AHEAD_MINUTES)) return;
    const minutes = this.#minutesOf(metric);
    if (minutes === undefined) return;
    const { sum = 0, count = 0, least = value, most = value } = minutes.get(minute) ?? {};
    minutes.set(minute, {
      sum: sum + value,
      count: count + 1,
      least: Math.min(least, value),
      most: Math.max(most, value),
    });
  }

  /**
   * The statistic of the values in `[from, to)`, whole minutes in milliseconds since the epoch; undefined where there
   * are none.
   */
  read(metric: MetricId, statistic: Statistic, from: number, to: number): number | undefined {
    const minutes = this.#metrics.get(keyOf(metric));
    if (minutes === undefined) return undefined;
    const found: Minute[] = [];
    for (let minute = minuteOf(from); minute < minuteOf(to); minute += 1) {
      const one = minutes.get(minute);
      if (one !== undefined) found.push(one);
    }
    if (found.length === 0) return undefined;
    const sum = found.reduce((all, one) => all + one.sum, 0);
    switch (statistic) {
      case 'Sum':
        return sum;
      case 'Average':
        return sum / found.reduce((all, one) => all + one.count, 0);
      case 'Minimum':
        return Math.min(...found.map(one => one.least));
      case 'Maximum':
        return Math.max(...found.map(one => one.most));
    }
  }

  /** Forgets what is older than a day, and metrics of which nothing is left. */
  forget(now: number): void {
    const oldest = minuteOf(now) - KEPT_MINUTES;
    for (const [key, minutes] of this.#metrics) {
      for (const minute of minutes.keys()) if (minute <= oldest) minutes.delete(minute);
      if (minutes.size === 0) this.#metrics.delete(key);
    }
  }

  /** How much is kept: of how many metrics, and how many minutes of them all. */
  get size(): { metrics: number; minutes: number } {
    const minutes = [...this.#metrics.values()].reduce((all, one) => all + one.size, 0);
    return { metrics: this.#metrics.size, minutes };
  }

  #minutesOf(metric: MetricId): Map<number, Minute> | undefined {
    const key = keyOf(metric);
    const known = this.#metrics.get(key);
    if (known !== undefined || this.#metrics.size >= MOST_METRICS) return known;
    const made = new Map<number, Minute>();
    this.#metrics.set(key, made);
    return made;
  }
}

const minuteOf = (at: number) => Math.floor(at / MINUTE_MS);

function keyOf({ namespace, name, dimensions }: MetricId): string {
  const sorted = Object.entries(dimensions).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([namespace, name, sorted]);
}
