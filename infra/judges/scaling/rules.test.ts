import { expect, test } from 'vitest';
import { resources, templateOf, type Template } from '../synthesized.ts';
import { rulesOf } from './rules.ts';

/** The template with one resource's properties changed. */
function changed(type: string, change: (properties: Record<string, any>) => void, nth = 0): Template {
  const template = structuredClone(templateOf());
  change(resources(template, type)[nth]![1].Properties!);
  return template;
}
const policyOf = (kind: string) =>
  resources(templateOf(), 'AWS::ApplicationAutoScaling::ScalingPolicy').findIndex(
    ([, { Properties }]) => Properties?.['PolicyType'] === kind,
  );

test('the figures are those of requirements 3.2 and 3.3', () => {
  const { bounds, tracking, stepping, standIn } = rulesOf(templateOf());
  expect(bounds).toEqual({ min: 1, max: 10 });
  expect(standIn.maxTasks).toBe(bounds.max);
  expect(tracking.target).toBe(100);
  expect(stepping.alarm).toMatchObject({
    threshold: 20,
    comparison: 'LessThanThreshold',
    periods: 5,
    toAlarm: 5,
    missing: 'notBreaching',
  });
});

test('one task has On-Demand capacity, the others Spot, and the stand-in none of that (6.1)', () => {
  const { main, standIn } = rulesOf(templateOf());
  expect(main).toEqual([
    { provider: 'FARGATE', base: 1, weight: 0 },
    { provider: 'FARGATE_SPOT', base: 0, weight: 1 },
  ]);
  expect(standIn.strategy.map(({ provider }) => provider)).toEqual(['FARGATE']);
});

test('whether tasks may protect themselves is read from their role', () => {
  expect(rulesOf(templateOf()).mayProtect).toBe(true);
  const text = JSON.stringify(templateOf()).replaceAll('ecs:UpdateTaskProtection', 'ecs:GetTaskProtection');
  expect(rulesOf(JSON.parse(text) as Template).mayProtect).toBe(false);
});

test.each<[what: string, template: () => Template, why: RegExp]>([
  [
    'target tracking that also takes away',
    () =>
      changed(
        'AWS::ApplicationAutoScaling::ScalingPolicy',
        one => (one['TargetTrackingScalingPolicyConfiguration'].DisableScaleIn = false),
        policyOf('TargetTrackingScaling'),
      ),
    /DisableScaleIn/,
  ],
  [
    'steps in per cent',
    () =>
      changed(
        'AWS::ApplicationAutoScaling::ScalingPolicy',
        one => (one['StepScalingPolicyConfiguration'].AdjustmentType = 'PercentChangeInCapacity'),
        policyOf('StepScaling'),
      ),
    /AdjustmentType/,
  ],
  [
    'another queue for one of the two',
    () =>
      changed(
        'AWS::ApplicationAutoScaling::ScalingPolicy',
        one => {
          const { CustomizedMetricSpecification: metric } = one['TargetTrackingScalingPolicyConfiguration'];
          metric.Dimensions[0].Value = { 'Fn::GetAtt': ['AnotherQueue', 'QueueName'] };
        },
        policyOf('TargetTrackingScaling'),
      ),
    /two queues are watched/,
  ],
  [
    'a second scalable target',
    () => {
      const template = structuredClone(templateOf());
      const [, target] = resources(template, 'AWS::ApplicationAutoScaling::ScalableTarget')[0]!;
      template.Resources['Another'] = target;
      return template;
    },
    /one scalable target, not 2/,
  ],
])('not understood, and said so: %s', (_, template, why) => {
  expect(() => rulesOf(template())).toThrow(why);
});
