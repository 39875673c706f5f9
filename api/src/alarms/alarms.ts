import { DescribeAlarmsCommand, type CloudWatchClient, type MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { alarmsOf, WHOLE } from '@huntaze/core/alarms';

/** Somebody looks often, an alarm changes once a minute, and CloudWatch answers some nine requests a second in all. */
const BELIEVED_MS = 5_000;
/** All tries together. Milliseconds. */
const DEADLINE_MS = 6_000;

/** An alarm, and how it is. */
export interface AlarmShown {
  name: string;
  /** What is wrong when it is on, and what to do. */
  description: string;
  state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  /** Since when, ISO 8601. */
  since?: string;
  reason?: string;
  threshold: number;
  /** In CloudWatch's word: GreaterThanThreshold. */
  comparison: string;
  period_s: number;
  /** So many in a row. */
  periods: number;
  metric: string;
}

interface Ports {
  cloudWatch: CloudWatchClient;
}

/** By name, so that a permission for these is enough. Of some there is none in this installation. */
const NAMES = alarmsOf(WHOLE).map(({ name }) => name);

interface Asked {
  at: number;
  states: Promise<AlarmShown[]>;
}
const asked = new WeakMap<CloudWatchClient, Asked>();

/**
 * The installation's alarms, those of the requirements first; at most 5 s old. Whoever asks meanwhile gets the same answer,
 * a failure only until it is there.
 * @param now milliseconds since the epoch
 * @throws the SDK's error, within 6 s
 */
export function alarmStates({ cloudWatch }: Ports, now: number): Promise<AlarmShown[]> {
  const last = asked.get(cloudWatch);
  if (last !== undefined && now - last.at < BELIEVED_MS && now >= last.at) return last.states;
  const asking = { at: now, states: ask(cloudWatch) };
  asked.set(cloudWatch, asking);
  asking.states.catch(() => {
    if (asked.get(cloudWatch) === asking) asked.delete(cloudWatch);
  });
  return asking.states;
}

async function ask(cloudWatch: CloudWatchClient): Promise<AlarmShown[]> {
  const command = new DescribeAlarmsCommand({ AlarmNames: NAMES, MaxRecords: 100 });
  const abortSignal = AbortSignal.timeout(DEADLINE_MS);
  const { MetricAlarms = [] } = await cloudWatch.send(command, { abortSignal });
  const found = new Map(MetricAlarms.map(alarm => [alarm.AlarmName ?? '', alarm]));
  return NAMES.flatMap(name => {
    const alarm = found.get(name);
    return alarm === undefined ? [] : [shown(name, alarm)];
  });
}

function shown(name: string, alarm: MetricAlarm): AlarmShown {
  const since = alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp;
  const watched = (alarm.Metrics ?? []).flatMap(({ MetricStat }) => MetricStat ?? []);
  return {
    name,
    description: alarm.AlarmDescription ?? '',
    state: alarm.StateValue ?? 'INSUFFICIENT_DATA',
    ...(since !== undefined && { since: since.toISOString() }),
    ...(alarm.StateReason !== undefined && { reason: alarm.StateReason }),
    threshold: alarm.Threshold ?? 0,
    comparison: alarm.ComparisonOperator ?? '',
    period_s: alarm.Period ?? watched[0]?.Period ?? 0,
    periods: alarm.EvaluationPeriods ?? 1,
    metric: alarm.MetricName ?? watched.map(({ Metric }) => Metric?.MetricName ?? '').join(' + '),
  };
}
