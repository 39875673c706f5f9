import { alarmsOf, WHOLE } from '@huntaze/core/alarms';
import { METRICS } from '@huntaze/core/names';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { resources } from '../synthesized.ts';
import { lookAt, STAGES } from './looking.ts';

// Requirements 5 and 6.4: each alarm, whom it tells, and what it says.

describe.each(STAGES)('%s', (stage, template) => {
  const { has, all } = lookAt(template);

  describe('5: alarms', () => {
    const topic =
      stage === 'dev'
        ? { Ref: Match.anyValue() }
        : { 'Fn::Join': ['', Match.arrayWith([':huntaze-cost-alerts'])] };

    test.each([
      [
        'workflows-age',
        { MetricName: 'ApproximateAgeOfOldestMessage', Threshold: 600, Period: 60, EvaluationPeriods: 1 },
      ],
      [
        'workflows-backlog',
        {
          MetricName: 'ApproximateNumberOfMessagesVisible',
          Threshold: 500,
          Period: 60,
          EvaluationPeriods: 1,
        },
      ],
      [
        'limiter-errors',
        { MetricName: 'Errors', Statistic: 'Sum', Threshold: 10, Period: 300, EvaluationPeriods: 1 },
      ],
      [
        'limiter-forwards',
        {
          MetricName: METRICS.forwardFailed,
          Namespace: METRICS.namespace,
          Statistic: 'Sum',
          Threshold: 10,
          Period: 300,
          EvaluationPeriods: 1,
        },
      ],
      [
        'scraper-cpu',
        {
          MetricName: 'CPUUtilization',
          Namespace: 'AWS/ECS',
          Statistic: 'Average',
          Threshold: 70,
          Period: 60,
          EvaluationPeriods: 10,
          DatapointsToAlarm: 10,
        },
      ],
    ])('5.1 to 5.5, 6.4: %s notifies by itself', (name, properties) => {
      has.hasResourceProperties('AWS::CloudWatch::Alarm', {
        AlarmName: `huntaze-${name}`,
        ...properties,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'notBreaching',
        AlarmActions: [topic],
      });
    });

    test('ours notify through one, which keeps still while one of those is on', () => {
      const alarms = resources(template, 'AWS::CloudWatch::Alarm');
      const silent = alarms.filter(([, { Properties }]) => Properties!['AlarmActions'] === undefined);
      expect(silent.map(([, { Properties }]) => String(Properties!['AlarmName'])).toSorted()).toEqual(
        [
          'api-errors',
          'api-unhealthy',
          'breaker-open',
          'limiter-dead-letters',
          'limiter-throttles',
          'no-task',
          'oldest-waiting',
          'redis-cpu-001',
          ...(stage === 'prod' ? ['redis-cpu-002'] : []),
          'redis-memory-001',
          ...(stage === 'prod' ? ['redis-memory-002'] : []),
          'rotation-failed',
          'rotation-unfinished',
          'site-changed',
          'site-throttled',
          'stand-in-failing',
          'workflows-dead-letters',
        ].map(name => `huntaze-${name}`),
      );
      const composite = all('AWS::CloudWatch::CompositeAlarm').find(
        ({ AlarmName }) => AlarmName === 'huntaze-anything-else',
      )!;
      const rule = JSON.stringify(composite['AlarmRule']);
      for (const [id] of silent) expect(rule).toContain(id);
      expect(composite).toMatchObject({
        ActionsSuppressor: expect.anything(),
        AlarmActions: [expect.anything()],
      });
    });

    test.each([
      [
        'limiter-dead-letters',
        { Threshold: 0, Period: 60, EvaluationPeriods: 1, TreatMissingData: 'notBreaching' },
      ],
      [
        'workflows-dead-letters',
        { Threshold: 0, Period: 60, EvaluationPeriods: 1, TreatMissingData: 'notBreaching' },
      ],
      [
        'oldest-waiting',
        { MetricName: METRICS.oldestWaiting, Statistic: 'Maximum', Threshold: 3_600, Period: 900 },
      ],
      [
        'rotation-failed',
        { MetricName: METRICS.rotationRefused, Threshold: 0, Period: 300, EvaluationPeriods: 1 },
      ],
      [
        'redis-memory-001',
        { MetricName: 'DatabaseMemoryUsagePercentage', Threshold: 75, Period: 60, EvaluationPeriods: 5 },
      ],
      [
        'breaker-open',
        {
          MetricName: METRICS.breaker,
          Statistic: 'Maximum',
          Threshold: 0,
          Period: 300,
          EvaluationPeriods: 1,
        },
      ],
      ['site-changed', { MetricName: METRICS.siteChanged, Statistic: 'Sum', Threshold: 0, Period: 300 }],
      ['limiter-throttles', { MetricName: 'Throttles', Threshold: 0, Period: 300, EvaluationPeriods: 2 }],
      [
        'no-task',
        {
          MetricName: 'RunningTaskCount',
          Statistic: 'Minimum',
          Threshold: 1,
          ComparisonOperator: 'LessThanThreshold',
          Period: 60,
          EvaluationPeriods: 5,
          TreatMissingData: 'breaching',
        },
      ],
    ])('ours: %s', (name, properties) => {
      has.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: `huntaze-${name}`, ...properties });
    });

    test('all are what is defined, and the API asks for no others', () => {
      const ours = all('AWS::CloudWatch::Alarm').flatMap(({ AlarmName }) =>
        typeof AlarmName === 'string' ? [AlarmName] : [],
      );
      const defined = alarmsOf(WHOLE).map(({ name }) => name);
      // In dev Redis has one node.
      const absent = defined.filter(name => !ours.includes(name));
      expect(absent).toEqual(stage === 'dev' ? ['huntaze-redis-memory-002', 'huntaze-redis-cpu-002'] : []);
      expect(ours.filter(name => !defined.includes(name))).toEqual([]);
      expect(defined.length).toBeLessThanOrEqual(100); // names in one request
    });

    test('each says what to do', () => {
      for (const { AlarmName, AlarmDescription } of all('AWS::CloudWatch::Alarm'))
        expect(String(AlarmDescription).length, String(AlarmName)).toBeGreaterThan(60);
    });

    test('5.4: our own metrics are ones that the processes publish', () => {
      const text = JSON.stringify(template);
      const ours = [
        ...text.matchAll(
          /"Namespace":"Huntaze\/Workflows","MetricName":"(\w+)"|"MetricName":"(\w+)","Namespace":"Huntaze\/Workflows"|Huntaze\/Workflows\\",\\"(\w+)\\"/g,
        ),
      ].map(([, a, b, c]) => a ?? b ?? c!);
      const published: string[] = Object.values(METRICS);
      expect(ours.filter(name => !published.includes(name))).toEqual([]);
      for (const name of [METRICS.allowed, METRICS.rejected, METRICS.successRate, METRICS.averageDuration])
        expect(ours).toContain(name);
    });
  });
});
