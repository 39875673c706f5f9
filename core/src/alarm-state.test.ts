import { expect, test } from 'vitest';
import { alarmState, rangeOf, type AlarmRule, type AlarmState } from './alarm-state.ts';

const MISSING = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;
const rule = (toAlarm: number, missing: AlarmRule['missing'] = 'missing'): AlarmRule => ({
  threshold: 10,
  comparison: 'GreaterThanThreshold',
  periods: 3,
  toAlarm,
  missing,
});
/** As CloudWatch's documentation writes them: X breaches, 0 doesn't, - is missing. */
const points = (written: string) =>
  written.split('').map(sign => (sign === '-' ? undefined : sign === 'X' ? 11 : 10));

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
test.each<[toAlarm: number, points: string, states: string]>([
  [3, '0-X-X', 'OK OK OK OK'],
  [3, '0----', 'OK OK OK OK'],
  [3, '-----', 'INSUFFICIENT_DATA before ALARM OK'],
  [3, '0XX-X', 'ALARM ALARM ALARM ALARM'],
  [3, '--X--', 'ALARM before ALARM OK'],
  [2, '0-X-X', 'ALARM ALARM ALARM ALARM'],
  [2, '00X0X', 'ALARM ALARM ALARM ALARM'],
  [2, '0-X--', 'OK OK ALARM OK'],
  [2, '----0', 'OK OK ALARM OK'],
  [2, '---X-', 'ALARM before ALARM OK'],
])('%i of 3 points, %s: %s', (toAlarm, written, states) => {
  for (const before of ['OK', 'ALARM', 'INSUFFICIENT_DATA'] satisfies AlarmState[])
    expect(MISSING.map(missing => alarmState(rule(toAlarm, missing), points(written), before))).toEqual(
      states.split(' ').map(state => (state === 'before' ? before : state)),
    );
});

test('what has breached only just now and is missing otherwise is no alarm yet', () => {
  expect(alarmState(rule(3), points('----X'), 'OK')).toBe('OK');
  expect(alarmState(rule(3), points('---X-'), 'OK')).toBe('OK');
});

test('as many points as needed are looked at, and two more', () => {
  expect(rangeOf(rule(3))).toBe(5);
});

test.each([
  ['LessThanThreshold', 'ALARM', 'OK', 'OK'],
  ['LessThanOrEqualToThreshold', 'ALARM', 'ALARM', 'OK'],
  ['GreaterThanThreshold', 'OK', 'OK', 'ALARM'],
  ['GreaterThanOrEqualToThreshold', 'OK', 'ALARM', 'ALARM'],
] as const)('%s: below %s, at %s, above %s', (comparison, ...states) => {
  const one = { ...rule(1), comparison, periods: 1 };
  expect([9, 10, 11].map(value => alarmState(one, [value], 'OK'))).toEqual(states);
});
