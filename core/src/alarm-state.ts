/** What a metric alarm of CloudWatch decides by: the points it is given are one for each of its periods. */
export interface AlarmRule {
  threshold: number;
  comparison: keyof typeof COMPARISONS;
  /** `toAlarm` of the last `periods` points must breach. */
  periods: number;
  toAlarm: number;
  missing: 'breaching' | 'notBreaching' | 'ignore' | 'missing';
}

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export const COMPARISONS = {
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
};

/**
 * CloudWatch looks at more points than it needs, in case some are missing. How many more isn't published; its
 * documentation's examples have 5 for 3 periods.
 */
const MORE_POINTS = 2;

/** How many of the newest points an alarm is to be given. */
export function rangeOf({ periods }: AlarmRule): number {
  return periods + MORE_POINTS;
}

/**
 * The state after a look at the points; undefined is one that is missing.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 * @param points the newest last, `rangeOf(rule)` of them
 */
export function alarmState(
  rule: AlarmRule,
  points: readonly (number | undefined)[],
  before: AlarmState,
): AlarmState {
  const { periods, toAlarm, missing } = rule;
  const breaches = (value: number) => COMPARISONS[rule.comparison](value, rule.threshold);
  const real = points.filter(point => point !== undefined);
  const breaching = real.slice(-periods).filter(breaches).length;
  const lacking = Math.max(0, periods - real.length);
  if (lacking === 0 || missing === 'notBreaching') return breaching >= toAlarm ? 'ALARM' : 'OK';
  if (missing === 'breaching') return breaching + lacking >= toAlarm ? 'ALARM' : 'OK';
  if (real.length === 0) return missing === 'ignore' ? before : 'INSUFFICIENT_DATA';
  if (breaching >= toAlarm) return 'ALARM';
  if (breaching < real.length) return 'OK';
  // All there is breaches. What has been so for long enough is taken to go on, even though points are missing.
  const age = points.length - points.findIndex(point => point !== undefined);
  return missing === 'missing' && age >= toAlarm ? 'ALARM' : before;
}
