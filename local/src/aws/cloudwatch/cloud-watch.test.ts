import { metricId, type AlarmDefinition } from '@huntaze/core/alarms';
import { expect, test } from 'vitest';
import { CloudWatch } from './cloud-watch.ts';
import { emfLine } from './emf.ts';
import { MINUTE_MS } from './metric-store.ts';
import { PIPELINE_ALARMS, PLACES } from './pipeline-alarms.ts';

const START = Date.UTC(2026, 11, 1, 12);

const definition = (name: string) => PIPELINE_ALARMS.find(one => one.name === `huntaze-${name}`)!;

/** Tells of an alarm's metric, a value a minute, and looks after each; an empty place is a minute without. */
function play(name: string, values: readonly (number | undefined)[]): string[] {
  const alarm = definition(name);
  const cloudWatch = new CloudWatch([alarm], PLACES, START);
  return values.map((value, i) => {
    const minute = START + i * MINUTE_MS;
    if (value !== undefined) cloudWatch.hear([lineFor(alarm, value, minute + 1_000)], minute + 1_000);
    cloudWatch.look(minute + MINUTE_MS);
    return cloudWatch.alarms[0]!.status.state;
  });
}

function lineFor(alarm: AlarmDefinition, value: number, at: number): string {
  const { name, ...rest } = metricId(Object.values(alarm.metrics)[0]!, PLACES);
  return emfLine(rest, { [name]: value }, at);
}

const SHORT = { O: 'OK', A: 'ALARM', I: 'INSUFFICIENT_DATA' };
/** The number as often, or nothing (`-`). */
const times = (count: number, value: number | undefined) => Array.from({ length: count }, () => value);
const _ = undefined;

test.each<[name: string, values: (number | undefined)[], states: string]>([
  // 5.1 and 5.2: above, not at; and well again as soon as it is below.
  ['workflows-age', [600, 601, 600, _], 'OAOO'],
  ['workflows-backlog', [500, 501, 9_000, 500], 'OAAO'],
  // 5.3: the sum of any five minutes, whichever minute they begin in.
  ['limiter-errors', [10, _, _, _, _, _], 'OOOOOO'],
  ['limiter-errors', [6, _, _, 5, _, _], 'OOOAAO'],
  ['limiter-forwards', [_, 11, _, _, _, _, _], 'OAAAAAO'],
  // 6.4: ten minutes in a row.
  ['scraper-cpu', times(12, 71), 'OOOOOOOOOAAA'],
  ['scraper-cpu', [...times(9, 99), 70, ...times(9, 99)], 'OOOOOOOOOOOOOOOOOOO'],
  // Ours.
  ['workflows-dead-letters', [0, 1, 1, 0], 'OAAO'],
  ['oldest-waiting', [3_600, 3_601, ...times(14, _), _], `OA${'A'.repeat(14)}O`],
  ['limiter-throttles', [1, ...times(4, _), 1, ...times(4, _), _], 'OOOOOAAAAAO'],
  ['breaker-open', [1, 0, _, _, _, _], 'AAAAAO'],
  ['site-throttled', [2, 1, 1, _, _, _], 'OOAAAO'],
  // Nobody says how many run: nobody runs.
  ['no-task', [1, _, _, _, _, _, _, _], 'OOOOOOOA'],
  ['no-task', times(6, 0), 'AAAAAA'],
  ['no-task', [1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1], 'OOOOOOOOOAO'],
  ['rotation-failed', [_, 1, _, _, _, _, _], 'OAAAAAO'],
])('%s: %j is %s', (name, values, states) => {
  expect(play(name, values)).toEqual(states.split('').map(one => SHORT[one as keyof typeof SHORT]));
});

test('what one machine can’t tell is listed with why, and never evaluated', () => {
  const elsewhere = PIPELINE_ALARMS.filter(one => one.notOnOneMachine !== undefined);
  expect(elsewhere.map(one => one.name.replace('huntaze-', ''))).toEqual([
    'rotation-unfinished',
    'stand-in-failing',
    'redis-memory-001',
    'redis-cpu-001',
    'api-errors',
    'api-unhealthy',
  ]);
  const cloudWatch = new CloudWatch(elsewhere, PLACES, START);
  cloudWatch.hear([lineFor(definition('api-errors'), 99, START)], START);
  expect(cloudWatch.look(START + MINUTE_MS)).toEqual([]);
  for (const { status } of cloudWatch.alarms)
    expect(status).toMatchObject({
      state: 'INSUFFICIENT_DATA',
      since: START,
      reason: expect.stringMatching(/^Not evaluated on this machine: .{30,}/),
    });
});

test('several metrics are added up; one that is missing is 0', () => {
  const alarm = { ...definition('rotation-unfinished'), periods: 1, toAlarm: 1, periodSeconds: 60 };
  const { notOnOneMachine: _why, ...evaluated } = alarm;
  const cloudWatch = new CloudWatch([evaluated], PLACES, START);
  cloudWatch.look(START + MINUTE_MS);
  expect(cloudWatch.alarms[0]!.status.state).toBe('OK');
  const [, errors] = Object.values(alarm.metrics);
  const { name, ...rest } = metricId(errors!, PLACES);
  cloudWatch.hear([emfLine(rest, { [name]: 1 }, START + MINUTE_MS)], START + MINUTE_MS);
  cloudWatch.look(START + 2 * MINUTE_MS);
  expect(cloudWatch.alarms[0]!.status.state).toBe('ALARM');
});

test('it is told once, when it comes into another state; since then it is in it', () => {
  const alarm = definition('workflows-backlog');
  const cloudWatch = new CloudWatch([alarm], PLACES, START);
  const at = (minutes: number) => START + minutes * MINUTE_MS;
  const measure = (visible: number, now: number) =>
    cloudWatch.measure(
      [{ name: PLACES.queues.workflows, visible, inFlight: 0, delayed: 0, oldestAge: 1 }],
      now,
    );
  measure(612, at(1));
  expect(cloudWatch.look(at(1))).toEqual([
    {
      name: alarm.name,
      state: 'ALARM',
      before: 'INSUFFICIENT_DATA',
      value: 612,
      threshold: 500,
      description: alarm.description,
      reason:
        'Threshold Crossed: 1 of 1 datapoints [612] was greater than the threshold (500); 1 make the alarm',
    },
  ]);
  measure(700, at(2));
  expect(cloudWatch.look(at(2))).toEqual([]);
  expect(cloudWatch.alarms[0]!.status).toMatchObject({ since: at(1), updatedAt: at(2), value: 700 });
  measure(3, at(3));
  expect(cloudWatch.look(at(3))).toMatchObject([{ state: 'OK', before: 'ALARM', value: 3 }]);
});

test('a measurement at the end of a minute counts for that minute', () => {
  const cloudWatch = new CloudWatch([definition('workflows-age')], PLACES, START);
  const queue = { name: PLACES.queues.workflows, visible: 1, inFlight: 0, delayed: 0 };
  cloudWatch.measure([{ ...queue, oldestAge: 601 }], START + MINUTE_MS);
  expect(cloudWatch.look(START + MINUTE_MS)).toMatchObject([{ state: 'ALARM', value: 601 }]);
});

test('the names are each there once', () => {
  expect(new Set(PIPELINE_ALARMS.map(one => one.name)).size).toBe(PIPELINE_ALARMS.length);
});
