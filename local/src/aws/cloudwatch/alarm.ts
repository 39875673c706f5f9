import { alarmState, COMPARISONS, rangeOf, type AlarmState } from '@huntaze/core/alarm-state';
import { metricId, type AlarmDefinition, type Places } from '@huntaze/core/alarms';
import { MINUTE_MS, type MetricStore } from './metric-store.ts';

/** How an alarm is; times in milliseconds since the epoch. */
export interface AlarmStatus {
  state: AlarmState;
  reason: string;
  /** When it came into this state. */
  since: number;
  /** When something about it last changed, its reason included. */
  updatedAt: number;
  /** The newest value that it was decided by. */
  value?: number | undefined;
}

/** One that hasn't been looked at yet, or can't be. */
export function unlookedAt({ notOnOneMachine }: AlarmDefinition, now: number): AlarmStatus {
  const reason =
    notOnOneMachine === undefined
      ? 'Unchecked: Initial alarm creation'
      : `Not evaluated on this machine: ${notOnOneMachine}`;
  return { state: 'INSUFFICIENT_DATA', reason, since: now, updatedAt: now };
}

/**
 * The alarm after a look at its metric. The window ends now and goes on with every look: CloudWatch's sliding one, which
 * an alarm has unless it is told otherwise.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html
 * @param now on the minute, milliseconds since the epoch: the minute that begins isn't looked at
 */
export function lookAt(
  alarm: AlarmDefinition,
  { store, places, now }: { store: MetricStore; places: Places; now: number },
  before: AlarmStatus,
): AlarmStatus {
  if (alarm.notOnOneMachine !== undefined) return before;
  const points = pointsOf(alarm, store, places, now);
  const state = alarmState(alarm, points, before.state);
  const reason = reasonFor(alarm, points, state);
  const value = points.findLast(point => point !== undefined);
  if (state === before.state && reason === before.reason) return before;
  return { state, reason, value, since: state === before.state ? before.since : now, updatedAt: now };
}

/** A value for each period, the newest last; of several metrics their sum, in which one that is missing is 0. */
function pointsOf(
  alarm: AlarmDefinition,
  store: MetricStore,
  places: Places,
  now: number,
): (number | undefined)[] {
  const period = alarm.periodSeconds * 1_000;
  const metrics = Object.values(alarm.metrics).map(metric => ({ ...metric, id: metricId(metric, places) }));
  // One minute may be told late, so CloudWatch looks at some more. Windows of several minutes go on by one, and beyond those
  // that are asked for there would only be values again that an earlier look has judged.
  const count = period > MINUTE_MS ? alarm.periods : rangeOf(alarm);
  return Array.from({ length: count }, (_, i) => {
    const to = now - (count - 1 - i) * period;
    const values = metrics.map(({ id, statistic }) => store.read(id, statistic, to - period, to));
    return values.length === 1 ? values[0] : values.reduce<number>((all, value) => all + (value ?? 0), 0);
  });
}

/** In CloudWatch's words, as good as. */
function reasonFor(
  alarm: AlarmDefinition,
  points: readonly (number | undefined)[],
  state: AlarmState,
): string {
  const { comparison, threshold, periods, toAlarm, missing } = alarm;
  const real = points.filter(point => point !== undefined).slice(-periods);
  const lacking = periods - real.length;
  const ofThese = lacking === 0 ? '' : `, ${lacking} missing (treated as ${missing})`;
  if (real.length === 0)
    return `no datapoints were received for ${periods} period${periods === 1 ? '' : 's'}${ofThese}`;
  const shown = real.map(point => String(Math.round(point * 100) / 100)).join(', ');
  const breaching = real.filter(point => COMPARISONS[comparison](point, threshold)).length;
  const words = WORDS[comparison];
  return `${state === 'ALARM' ? 'Threshold Crossed: ' : ''}${breaching} of ${periods} datapoints [${shown}] ${
    breaching === 1 ? 'was' : 'were'
  } ${words} the threshold (${threshold})${ofThese}; ${toAlarm} make the alarm`;
}

const WORDS: Record<AlarmDefinition['comparison'], string> = {
  GreaterThanThreshold: 'greater than',
  GreaterThanOrEqualToThreshold: 'greater than or equal to',
  LessThanThreshold: 'less than',
  LessThanOrEqualToThreshold: 'less than or equal to',
};
