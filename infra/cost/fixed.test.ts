import { describe, expect, test } from 'vitest';
import { fixedLines, UnknownResource } from './estimate.ts';
import type { Tasks } from './fixed.ts';
import { gathered, usdOf } from './lines.ts';
import type { Template } from './template.ts';
import { of } from './test-templates.ts';

const ONE: Tasks = { scraper: undefined, spotShare: 1 };

function usd(template: Template, tasks = ONE): number {
  return fixedLines(template, tasks).reduce((sum, line) => sum + usdOf(line, 'eu-west-1'), 0);
}

const service = {
  TaskDefinition: { Ref: 'Task' },
  CapacityProviderStrategy: [
    { CapacityProvider: 'FARGATE', Base: 1, Weight: 0 },
    { CapacityProvider: 'FARGATE_SPOT', Weight: 1 },
  ],
};
const task = {
  Cpu: '1024',
  Memory: '2048',
  RuntimePlatform: { CpuArchitecture: 'ARM64' },
  ContainerDefinitions: [{ Name: 'scraper' }],
};
const target = {
  MinCapacity: 1,
  ResourceId: { 'Fn::Join': ['', ['service/', { 'Fn::GetAtt': ['Service', 'Name'] }]] },
};
/** One service that is scaled, of a processor and 2 GB a task. */
const scaled = (more: Parameters<typeof of>[0] = {}, of1: object = {}) =>
  of({
    Service: ['AWS::ECS::Service', { ...service, ...of1 }],
    Task: ['AWS::ECS::TaskDefinition', task],
    Target: ['AWS::ApplicationAutoScaling::ScalableTarget', target],
    ...more,
  });
const ON_DEMAND = 730 * (0.03238 + 2 * 0.00356);
const SPOT = 730 * (0.00979124 + 2 * 0.00107649);

describe('by hand', () => {
  test.each<[what: string, template: Template, usd: number]>([
    ['nothing', of({}), 0],
    ['a NAT gateway', of({ Nat: ['AWS::EC2::NatGateway'] }), 35.04],
    ['its address', of({ Ip: ['AWS::EC2::EIP'] }), 3.65],
    [
      'an interface endpoint in two zones',
      of({ E: ['AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Interface', SubnetIds: ['a', 'b'] }] }),
      16.06,
    ],
    ['the gateway of S3', of({ E: ['AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Gateway' }] }), 0],
    [
      'two nodes of Valkey',
      of({
        R: [
          'AWS::ElastiCache::ReplicationGroup',
          { NumNodeGroups: 1, ReplicasPerNodeGroup: 1, CacheNodeType: 'cache.t4g.small', Engine: 'valkey' },
        ],
      }),
      2 * 730 * 0.0272,
    ],
    [
      'a load balancer that is reached from outside, in two zones',
      of({
        L: ['AWS::ElasticLoadBalancingV2::LoadBalancer', { Scheme: 'internet-facing', Subnets: ['a', 'b'] }],
      }),
      730 * (0.0252 + 2 * 0.005),
    ],
    [
      'one that is not',
      of({ L: ['AWS::ElasticLoadBalancingV2::LoadBalancer', { Scheme: 'internal' }] }),
      18.396,
    ],
    ['a firewall of three rules', of({ W: ['AWS::WAFv2::WebACL', { Rules: [{}, {}, {}] }] }), 8],
    ['an alarm', of({ A: ['AWS::CloudWatch::Alarm', { MetricName: 'Errors' }] }), 0.1],
    [
      'an alarm on the sum of two metrics',
      of({
        A: [
          'AWS::CloudWatch::Alarm',
          { Metrics: [{ Expression: 'a + b' }, { MetricStat: {} }, { MetricStat: {} }] },
        ],
      }),
      0.2,
    ],
    ['a composite alarm', of({ A: ['AWS::CloudWatch::CompositeAlarm'] }), 0.5],
    [
      'a dashboard, a key and a secret',
      of({ D: ['AWS::CloudWatch::Dashboard'], K: ['AWS::KMS::Key'], S: ['AWS::SecretsManager::Secret'] }),
      4.4,
    ],
    [
      'the alarm that target tracking makes when it only adds',
      of({
        P: [
          'AWS::ApplicationAutoScaling::ScalingPolicy',
          {
            PolicyType: 'TargetTrackingScaling',
            TargetTrackingScalingPolicyConfiguration: { DisableScaleIn: true },
          },
        ],
      }),
      0.1,
    ],
    [
      'the two when it takes away as well',
      of({ P: ['AWS::ApplicationAutoScaling::ScalingPolicy', { PolicyType: 'TargetTrackingScaling' }] }),
      0.2,
    ],
    [
      'step scaling',
      of({ P: ['AWS::ApplicationAutoScaling::ScalingPolicy', { PolicyType: 'StepScaling' }] }),
      0,
    ],
  ])('%s', (_, template, expected) => {
    expect(usd(template)).toBeCloseTo(expected, 6);
  });
});

describe('tasks', () => {
  test('the least that the service keeps, On-Demand', () => {
    expect(usd(scaled())).toBeCloseTo(ON_DEMAND, 6);
  });

  test('three: one On-Demand, two on Spot', () => {
    expect(usd(scaled(), { scraper: 3, spotShare: 1 })).toBeCloseTo(ON_DEMAND + 2 * SPOT, 6);
  });

  test('of which Spot gives half', () => {
    expect(usd(scaled(), { scraper: 3, spotShare: 0.5 })).toBeCloseTo(2 * ON_DEMAND + SPOT, 6);
  });

  test('half a task, on average over the month', () => {
    expect(usd(scaled(), { scraper: 0.5, spotShare: 1 })).toBeCloseTo(ON_DEMAND / 2, 6);
  });

  test('a public address each', () => {
    const isPublic = { NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'ENABLED' } } };
    expect(usd(scaled({}, isPublic), { scraper: 2, spotShare: 0 })).toBeCloseTo(2 * (ON_DEMAND + 3.65), 6);
  });

  test('a service that is not scaled has what it wants, and no strategy is On-Demand', () => {
    const other = { TaskDefinition: { Ref: 'Task' }, DesiredCount: 2 };
    const template = of({ Api: ['AWS::ECS::Service', other], Task: ['AWS::ECS::TaskDefinition', task] });
    expect(usd(template, { scraper: 9, spotShare: 1 })).toBeCloseTo(2 * ON_DEMAND, 6);
  });

  test('Container Insights: of the cluster, the service, the kind of task, and each task', () => {
    const cluster = (Value: string): Parameters<typeof of>[0] => ({
      Cluster: ['AWS::ECS::Cluster', { ClusterSettings: [{ Name: 'containerInsights', Value }] }],
    });
    const metrics = (scraper: number) =>
      usd(scaled(cluster('enhanced')), { scraper, spotShare: 1 }) - usd(scaled(), { scraper, spotShare: 1 });
    expect(metrics(1)).toBeCloseTo((26 + 5 + 24 + 24 + 48) * 0.07, 6);
    expect(metrics(2)).toBeCloseTo((26 + 5 + 24 + 24 + 2 * 48) * 0.07, 6);
    expect(usd(scaled(cluster('disabled')))).toBeCloseTo(usd(scaled()), 6);
  });
});

test('what is alike is one line', () => {
  const two = fixedLines(of({ A: ['AWS::EC2::EIP'], B: ['AWS::EC2::EIP'] }), ONE);
  expect(gathered(two)).toEqual([{ ...two[0]!, quantity: 1_460 }]);
});

describe('what it doesn’t know is an error that names it', () => {
  const node = {
    NumNodeGroups: 1,
    ReplicasPerNodeGroup: 0,
    CacheNodeType: 'cache.r7g.large',
    Engine: 'valkey',
  };
  test.each<[what: string, template: Template, says: string]>([
    ['a type', of({ Thing: ['AWS::Neptune::DBCluster'] }), 'AWS::Neptune::DBCluster (Thing) has no price'],
    [
      'a node',
      of({ R: ['AWS::ElastiCache::ReplicationGroup', node] }),
      'no price for a cache.r7g.large with valkey',
    ],
    [
      'a processor',
      scaled({ Task: ['AWS::ECS::TaskDefinition', { ...task, RuntimePlatform: {} }] }),
      'Task is not for arm64',
    ],
    [
      'a second container',
      scaled({ Task: ['AWS::ECS::TaskDefinition', { ...task, ContainerDefinitions: [{}, {}] }] }),
      'Task has 2 containers',
    ],
    [
      'a size',
      scaled({ Task: ['AWS::ECS::TaskDefinition', { ...task, Cpu: undefined }] }),
      'AWS::ECS::TaskDefinition: Cpu is not a number',
    ],
  ])('%s', (_, template, says) => {
    expect(() => fixedLines(template, ONE)).toThrow(says);
  });

  test('of its own kind', () => {
    expect(() => fixedLines(of({ Thing: ['Custom::Anything'] }), ONE)).toThrow(UnknownResource);
  });
});
