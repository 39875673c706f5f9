import { scraperEnv } from '@huntaze/scraper/env';
import * as z from 'zod/mini';
import { resources, type Resource, type Template } from '../synthesized.ts';
import { COMPARISONS, type AlarmRule } from '@huntaze/core/alarm-state';
import type { Bounds, Stepping, Tracking } from './policies.ts';

/** A service's capacity providers. */
export type Strategy = { provider: string; base: number; weight: number }[];

/** All that decides how many tasks there are, as a template has it. */
export interface Rules {
  bounds: Bounds;
  tracking: Tracking;
  stepping: Stepping;
  main: Strategy;
  standIn: {
    strategy: Strategy;
    /** Of both services together. */
    maxTasks: number;
    everyS: number;
  };
  /** Whether a task may keep itself from being chosen while it works. */
  mayProtect: boolean;
  /** Creators that a task works on at the same time. */
  lanes: number;
  /** So many operations in so long, for the whole site. */
  site: { tokens: number; windowS: number };
}

const getAtt = z.strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) });
const ref = z.strictObject({ Ref: z.string() });

/** Whatever isn't known here must not be there: the simulation would be of something else. */
const scalableTarget = z.object({
  MinCapacity: z.number(),
  MaxCapacity: z.number(),
  ResourceId: z.object({ 'Fn::Join': z.tuple([z.literal(''), z.array(z.unknown())]) }),
  ScalableDimension: z.literal('ecs:service:DesiredCount'),
  SuspendedState: z.optional(z.never()),
  ScheduledActions: z.optional(z.never()),
});
const metric = {
  Dimensions: z.tuple([z.strictObject({ Name: z.literal('QueueName'), Value: getAtt })]),
  MetricName: z.literal('ApproximateNumberOfMessagesVisible'),
  Namespace: z.literal('AWS/SQS'),
  Statistic: z.enum(['Average', 'Maximum']),
};
const tracking = z.strictObject({
  CustomizedMetricSpecification: z.strictObject(metric),
  // Were it allowed to take away as well, it had a second alarm, which isn't simulated.
  DisableScaleIn: z.literal(true),
  ScaleOutCooldown: z.number(),
  TargetValue: z.number(),
});
const stepping = z.strictObject({
  AdjustmentType: z.literal('ChangeInCapacity'),
  Cooldown: z.number(),
  MetricAggregationType: z.literal('Average'),
  StepAdjustments: z.array(
    z.strictObject({
      MetricIntervalLowerBound: z.optional(z.number()),
      MetricIntervalUpperBound: z.optional(z.number()),
      ScalingAdjustment: z.number(),
    }),
  ),
});
const alarm = z.object({
  ...metric,
  ActionsEnabled: z.optional(z.literal(true)),
  AlarmActions: z.array(z.unknown()),
  ComparisonOperator: z.enum(Object.keys(COMPARISONS) as [keyof typeof COMPARISONS]),
  DatapointsToAlarm: z.optional(z.number()),
  EvaluationPeriods: z.number(),
  Period: z.literal(60),
  Threshold: z.number(),
  TreatMissingData: z.optional(z.enum(['breaching', 'notBreaching', 'ignore', 'missing'])),
});
const service = z.object({
  CapacityProviderStrategy: z.array(
    z.strictObject({
      Base: z.optional(z.number()),
      CapacityProvider: z.enum(['FARGATE', 'FARGATE_SPOT']),
      Weight: z.optional(z.number()),
    }),
  ),
  TaskDefinition: ref,
});
const taskDefinition = z.object({
  TaskRoleArn: getAtt,
  ContainerDefinitions: z.tuple([
    z.object({ Environment: z.array(z.object({ Name: z.string(), Value: z.unknown() })) }),
  ]),
});
const statements = z.object({
  PolicyDocument: z.object({
    Statement: z.array(
      z.object({ Action: z.union([z.string(), z.array(z.string())]), Effect: z.enum(['Allow', 'Deny']) }),
    ),
  }),
  Roles: z.optional(z.array(ref)),
});

/**
 * What Application Auto Scaling makes of a target. Not documented; seen by others:
 * three points of a minute above it, and missing ones are missing.
 */
const HIGH = { comparison: 'GreaterThanThreshold', periods: 3, toAlarm: 3, missing: 'missing' } as const;

/** Both are needed: one says that Spot is gone, the other that it is back. */
const EVENTS = ['SERVICE_TASK_PLACEMENT_FAILURE', 'SERVICE_STEADY_STATE'];

/** @throws where the template has something that the simulation doesn't know, or lacks what it needs */
export function rulesOf(template: Template): Rules {
  const [, target] = the(
    'scalable target',
    resources(template, 'AWS::ApplicationAutoScaling::ScalableTarget'),
  );
  const { MinCapacity, MaxCapacity, ResourceId } = z.parse(scalableTarget, target.Properties);
  const mainId = the(
    'scaled service',
    resources(template, 'AWS::ECS::Service')
      .map(([id]) => id)
      .filter(id => JSON.stringify(ResourceId).includes(`"${id}","Name"`)),
  );
  const { TaskDefinition: definition, CapacityProviderStrategy: main } = serviceOf(template, mainId);
  const standInId = the(
    'other service of the same tasks',
    resources(template, 'AWS::ECS::Service')
      .filter(([id]) => id !== mainId)
      .filter(([id]) => serviceOf(template, id).TaskDefinition.Ref === definition.Ref)
      .map(([id]) => id),
  );
  const task = z.parse(taskDefinition, template.Resources[definition.Ref]?.Properties);
  const environment = new Map(
    task.ContainerDefinitions[0].Environment.map(({ Name, Value }) => [Name, Value]),
  );
  const number = (name: keyof typeof scraperEnv.shape) =>
    Number(environment.get(name) ?? z.parse(scraperEnv.shape[name], undefined));
  return {
    bounds: { min: MinCapacity, max: MaxCapacity },
    ...policiesOf(template),
    main: strategyOf(main),
    standIn: {
      strategy: strategyOf(serviceOf(template, standInId).CapacityProviderStrategy),
      ...standInOf(template, standInId),
    },
    mayProtect: mayProtect(template, task.TaskRoleArn['Fn::GetAtt'][0]),
    lanes: number('CONCURRENCY'),
    site: { tokens: number('TOKENS_PER_WINDOW'), windowS: number('WINDOW_SECONDS') },
  };
}

function policiesOf(template: Template): Pick<Rules, 'tracking' | 'stepping'> {
  const policies = resources(template, 'AWS::ApplicationAutoScaling::ScalingPolicy');
  const ofType = (type: string) =>
    policies.filter(([, { Properties }]) => Properties?.['PolicyType'] === type);
  const [, trackingPolicy] = the('target tracking policy', ofType('TargetTrackingScaling'));
  const [steppingId, steppingPolicy] = the('step scaling policy', ofType('StepScaling'));
  const alarmResource = the(
    'alarm of the step scaling policy',
    resources(template, 'AWS::CloudWatch::Alarm').filter(([, { Properties }]) =>
      JSON.stringify(Properties?.['AlarmActions'] ?? []).includes(`{"Ref":"${steppingId}"}`),
    ),
  );
  const few = z.parse(alarm, alarmResource[1].Properties);
  const many = z.parse(tracking, trackingPolicy.Properties?.['TargetTrackingScalingPolicyConfiguration']);
  const fewer = z.parse(stepping, steppingPolicy.Properties?.['StepScalingPolicyConfiguration']);
  const [manyQueue, fewQueue] = [many.CustomizedMetricSpecification, few].map(one => queueOf(one.Dimensions));
  if (manyQueue !== fewQueue) throw new Error(`two queues are watched: ${manyQueue} and ${fewQueue}`);
  return {
    tracking: {
      target: many.TargetValue,
      cooldownS: many.ScaleOutCooldown,
      alarm: { ...HIGH, threshold: many.TargetValue },
    },
    stepping: {
      alarm: alarmOf(few),
      cooldownS: fewer.Cooldown,
      steps: fewer.StepAdjustments.map(one => ({
        lower: one.MetricIntervalLowerBound,
        upper: one.MetricIntervalUpperBound,
        adjustment: one.ScalingAdjustment,
      })),
    },
  };
}

function queueOf([{ Value }]: z.infer<typeof alarm>['Dimensions']): string {
  return Value['Fn::GetAtt'][0];
}

function alarmOf(properties: z.infer<typeof alarm>): AlarmRule {
  const { EvaluationPeriods: periods } = properties;
  return {
    threshold: properties.Threshold,
    comparison: properties.ComparisonOperator,
    periods,
    toAlarm: properties.DatapointsToAlarm ?? periods,
    missing: properties.TreatMissingData ?? 'missing',
  };
}

function serviceOf(template: Template, id: string): z.infer<typeof service> {
  return z.parse(service, template.Resources[id]?.Properties);
}

function strategyOf(items: z.infer<typeof service>['CapacityProviderStrategy']): Strategy {
  return items.map(item => ({
    provider: item.CapacityProvider,
    base: item.Base ?? 0,
    weight: item.Weight ?? 0,
  }));
}

/** What the function that lets the stand-in work is told, and how often it looks whether or not it was called. */
function standInOf(template: Template, standInId: string): { maxTasks: number; everyS: number } {
  const [, { Properties }] = the(
    'function that knows the stand-in',
    resources(template, 'AWS::Lambda::Function').filter(([, one]) =>
      JSON.stringify(one.Properties?.['Environment'] ?? {}).includes(`["${standInId}","Name"]`),
    ),
  );
  const { Variables } = z.parse(
    z.object({ Variables: z.object({ MAX_TASKS: z.string() }) }),
    Properties?.['Environment'],
  );
  const rules = resources(template, 'AWS::Events::Rule').map(([, rule]) => rule.Properties ?? {});
  const targetOf = (rule: Record<string, unknown>) => JSON.stringify(rule['Targets']);
  const placement = the(
    'rule for what ECS says of its tasks',
    rules.filter(rule =>
      EVENTS.every(event => JSON.stringify(rule['EventPattern'] ?? {}).includes(`"${event}"`)),
    ),
  );
  const minutes = rules
    .filter(rule => targetOf(rule) === targetOf(placement))
    .map(rule => /^rate\((\d+) minutes?\)$/.exec(String(rule['ScheduleExpression']))?.[1])
    .filter(every => every !== undefined);
  return { maxTasks: Number(Variables.MAX_TASKS), everyS: Number(the('schedule', minutes)) * 60 };
}

function mayProtect(template: Template, roleId: string): boolean {
  const inline = (resource: Resource) => z.safeParse(statements, resource.Properties).data;
  return resources(template, 'AWS::IAM::Policy')
    .map(([, resource]) => inline(resource))
    .filter(policy => policy?.Roles?.some(({ Ref }) => Ref === roleId))
    .flatMap(policy => policy?.PolicyDocument.Statement ?? [])
    .some(({ Action, Effect }) => Effect === 'Allow' && [Action].flat().includes('ecs:UpdateTaskProtection'));
}

function the<T>(what: string, found: readonly T[]): T {
  const [first, ...more] = found;
  if (first === undefined || more.length > 0)
    throw new Error(`there must be one ${what}, not ${found.length}`);
  return first;
}
