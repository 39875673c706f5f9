import { METRICS } from '@huntaze/core/names';
import { value } from './factors.ts';
import type { Line, Topic } from './lines.ts';
import type { PriceName } from './prices.ts';
import { at, listAt, numberAt, refersTo, resourcesOf, type Resource, type Template } from './template.ts';

/** How many tasks of the scraper there are on average, and how the additional ones are had. */
export interface Tasks {
  /** 0 to 10, on average over the month; the service's least where it isn't said. */
  scraper: number | undefined;
  /** Of those beyond the base: the share that Spot gives; the rest is On-Demand. */
  spotShare: number;
}

type Pricing = (resource: Resource, id: string, template: Template, tasks: Tasks) => Line[];

function line(topic: Topic, what: string, quantity: number, price: PriceName): Line {
  return { group: 'always', topic, what, quantity, price };
}

const hours = () => value('hours');

/** Resources that are paid for as such, by the hour or the month. */
export const PRICED: Record<string, Pricing> = {
  'AWS::EC2::NatGateway': () => [line('network', 'NAT gateways', hours(), 'natHour')],
  'AWS::EC2::EIP': () => [line('network', 'public addresses', hours(), 'addressHour')],
  'AWS::EC2::VPCEndpoint': endpoint =>
    at(endpoint, 'VpcEndpointType') === 'Interface'
      ? [
          line(
            'network',
            'interface endpoints, in each zone',
            hours() * listAt(endpoint, 'SubnetIds').length,
            'endpointHour',
          ),
        ]
      : // S3's gateway is free.
        [],

  'AWS::ECS::Cluster': cluster => (hasInsights(cluster) ? [insights(value('insightsCluster'))] : []),
  'AWS::ECS::Service': service,
  'AWS::ECS::TaskDefinition': (_, id, template, tasks) =>
    resourcesOf(template, 'AWS::ECS::Cluster').some(([, cluster]) => hasInsights(cluster)) &&
    resourcesOf(template, 'AWS::ECS::Service').some(
      ([serviceId, one]) =>
        refersTo(at(one, 'TaskDefinition')) === id && countOf(serviceId, one, template, tasks) > 0,
    )
      ? [insights(value('insightsFamily'))]
      : [],

  'AWS::ElastiCache::ReplicationGroup': group => {
    const nodes = numberAt(group, 'NumNodeGroups') * (1 + numberAt(group, 'ReplicasPerNodeGroup'));
    const type = String(at(group, 'CacheNodeType'));
    const engine = String(at(group, 'Engine'));
    return [line('redis', `nodes (${type}, ${engine})`, hours() * nodes, cacheNode(type, engine))];
  },

  'AWS::ElasticLoadBalancingV2::LoadBalancer': balancer => [
    line('front', 'load balancer', hours(), 'balancerHour'),
    ...(at(balancer, 'Scheme') === 'internet-facing'
      ? [line('front', 'its public addresses', hours() * listAt(balancer, 'Subnets').length, 'addressHour')]
      : []),
  ],
  'AWS::WAFv2::WebACL': acl => [
    line('front', 'firewall', 1, 'webAcl'),
    line('front', 'its rules', listAt(acl, 'Rules').length, 'webAclRule'),
  ],

  'AWS::CloudWatch::Alarm': alarm => [
    line(
      'watching',
      'alarms',
      // Of an expression each metric that it uses counts, and it doesn't.
      at(alarm, 'MetricName') === undefined
        ? (listAt(alarm, 'Metrics') as { MetricStat?: unknown }[]).filter(one => one.MetricStat).length
        : 1,
      'alarm',
    ),
  ],
  'AWS::CloudWatch::CompositeAlarm': () => [line('watching', 'composite alarms', 1, 'compositeAlarm')],
  // Target tracking makes alarms of its own: one that adds, and one that takes away unless that is switched off.
  'AWS::ApplicationAutoScaling::ScalingPolicy': policy =>
    at(policy, 'PolicyType') === 'TargetTrackingScaling'
      ? [
          line(
            'watching',
            'alarms',
            at(policy, 'TargetTrackingScalingPolicyConfiguration', 'DisableScaleIn') === true ? 1 : 2,
            'alarm',
          ),
        ]
      : [],
  'AWS::CloudWatch::Dashboard': () => [line('watching', 'dashboards', 1, 'dashboard')],

  'AWS::KMS::Key': () => [line('secrets', 'keys', 1, 'key')],
  'AWS::SecretsManager::Secret': () => [line('secrets', 'secrets', 1, 'secret')],
};

/** What our processes publish, each name with its one dimension; reckoned as if in every hour. */
export function ownMetrics(): Line {
  const { namespace: _, ...names } = METRICS;
  return line('watching', 'metrics of our own', Object.keys(names).length, 'metric');
}

function insights(metrics: number): Line {
  return line('watching', 'metrics of Container Insights', metrics, 'insightsMetric');
}

function hasInsights(cluster: Resource): boolean {
  return listAt(cluster, 'ClusterSettings').some(setting => {
    const { Name, Value } = setting as { Name: string; Value: string };
    return Name === 'containerInsights' && Value !== 'disabled';
  });
}

const NODES: Record<string, PriceName> = {
  'cache.t4g.micro valkey': 'valkeyMicroHour',
  'cache.t4g.small valkey': 'valkeySmallHour',
  'cache.t4g.medium valkey': 'valkeyMediumHour',
  'cache.t4g.micro redis': 'redisMicroHour',
  'cache.t4g.small redis': 'redisSmallHour',
  'cache.t4g.medium redis': 'redisMediumHour',
};

function cacheNode(type: string, engine: string): PriceName {
  const price = NODES[`${type} ${engine}`];
  if (price === undefined)
    throw new Error(`infra/cost/prices.ts has no price for a ${type} with ${engine}: add it there`);
  return price;
}

/** The target that scales a service, if one does. */
function targetOf(serviceId: string, template: Template): Resource | undefined {
  return resourcesOf(template, 'AWS::ApplicationAutoScaling::ScalableTarget').find(([, target]) =>
    JSON.stringify(at(target, 'ResourceId')).includes(`"${serviceId}","Name"`),
  )?.[1];
}

/** How many tasks of a service there are on average. */
function countOf(id: string, one: Resource, template: Template, { scraper }: Tasks): number {
  const target = targetOf(id, template);
  if (target === undefined) return numberAt(one, 'DesiredCount');
  return scraper ?? numberAt(target, 'MinCapacity');
}

/** The tasks of the service that is scaled. */
export function scraperTasks(template: Template, tasks: Tasks): number {
  return resourcesOf(template, 'AWS::ECS::Service')
    .filter(([id]) => targetOf(id, template) !== undefined)
    .reduce((sum, [id, one]) => sum + countOf(id, one, template, tasks), 0);
}

function service(one: Resource, id: string, template: Template, tasks: Tasks): Line[] {
  const count = countOf(id, one, template, tasks);
  const definitionId = refersTo(at(one, 'TaskDefinition'))!;
  const definition = template.Resources[definitionId]!;
  if (at(definition, 'RuntimePlatform', 'CpuArchitecture') !== 'ARM64')
    throw new Error(`${definitionId} is not for arm64, and no other is priced in infra/cost/prices.ts`);
  const containers = listAt(definition, 'ContainerDefinitions') as { Name?: string }[];
  if (containers.length !== 1)
    throw new Error(
      `${definitionId} has ${containers.length} containers: Container Insights’ metrics are known of one`,
    );
  const name = containers[0]!.Name ?? definitionId;
  const cpus = numberAt(definition, 'Cpu') / 1_024;
  const memoryGb = numberAt(definition, 'Memory') / 1_024;
  const onSpot = spotTasks(one, count, tasks.spotShare);
  const of = (many: number, how: string, cpu: PriceName, memory: PriceName) => [
    line('tasks', `${name}, ${how}: processor`, hours() * many * cpus, cpu),
    line('tasks', `${name}, ${how}: memory`, hours() * many * memoryGb, memory),
  ];
  const isPublic = at(one, 'NetworkConfiguration', 'AwsvpcConfiguration', 'AssignPublicIp') === 'ENABLED';
  const isWatched = resourcesOf(template, 'AWS::ECS::Cluster').some(([, cluster]) => hasInsights(cluster));
  return [
    ...of(count - onSpot, 'On-Demand', 'cpuHour', 'memoryHour'),
    ...of(onSpot, 'Spot', 'spotCpuHour', 'spotMemoryHour'),
    ...(isPublic ? [line('network', 'public addresses', hours() * count, 'addressHour')] : []),
    ...(isWatched
      ? [
          insights(
            value('insightsService') +
              (count > 0 ? value('insightsServiceRunning') : 0) +
              value('insightsTask') * count,
          ),
        ]
      : []),
  ];
}

/** What is beyond the bases goes by weight: to Spot as far as its weight and the share that is assumed go. */
function spotTasks(one: Resource, count: number, spotShare: number): number {
  const strategy = listAt(one, 'CapacityProviderStrategy') as {
    CapacityProvider: string;
    Base?: number;
    Weight?: number;
  }[];
  const beyond = Math.max(0, count - strategy.reduce((sum, { Base = 0 }) => sum + Base, 0));
  const weight = strategy.reduce((sum, { Weight = 0 }) => sum + Weight, 0);
  const spot = strategy
    .filter(({ CapacityProvider }) => CapacityProvider === 'FARGATE_SPOT')
    .reduce((sum, { Weight = 0 }) => sum + Weight, 0);
  return weight === 0 ? 0 : beyond * (spot / weight) * spotShare;
}
