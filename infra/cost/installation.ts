import { PREFIXES } from '@huntaze/core/names';
import { at, listAt, numberAt, refersTo, resourcesOf, type Resource, type Template } from './template.ts';

/** What of a template decides how much use costs. */
export interface Installation {
  /** The site’s limit: so many operations in so many seconds, for all or for each creator. */
  limit: { tokens: number; windowS: number; isEach: boolean };
  /** The scraper reaches the site through a NAT, this stack's or that of a VPC that exists. */
  isBehindNat: boolean;
  /** Interface endpoints. */
  endpoints: number;
  /** Public addresses of NATs, of tasks and of a load balancer. */
  publicAddresses: number;
  /** Queues that invoke functions. */
  eventSources: { isFifo: boolean }[];
  /** For how long a data key serves, for each queue under a key of ours (s). */
  keyReuseSeconds: number[];
  /** How often the stand-in's schedule calls it. */
  standInsPerHour: number;
  /** How often another one has unfinished rotations resumed. */
  resumptionsPerHour: number;
  /** A function's memory by its name. */
  memoryGb: (functionName: string) => number;
  logGroups: { name: string; days: number }[];
  /** How long objects are kept. */
  keptDays: { results: number; journal: number; accessLogs: number; trail: number };
  /** Snapshots of Redis that are kept. */
  snapshotDays: number;
  /** The API has a load balancer here. */
  hasFront: boolean;
}

export function installationOf(template: Template): Installation {
  const of = (type: string) => resourcesOf(template, type).map(([, resource]) => resource);
  const functions = new Map(of('AWS::Lambda::Function').map(one => [at(one, 'FunctionName'), one]));
  const services = of('AWS::ECS::Service');
  const publicServices = services.filter(isPublic);
  const balancers = of('AWS::ElasticLoadBalancingV2::LoadBalancer');
  return {
    limit: limitOf(functions.get('huntaze-rate-limiter')),
    isBehindNat: publicServices.length === 0,
    endpoints: of('AWS::EC2::VPCEndpoint').filter(one => at(one, 'VpcEndpointType') === 'Interface').length,
    publicAddresses:
      of('AWS::EC2::EIP').length +
      publicServices.length +
      balancers
        .filter(one => at(one, 'Scheme') === 'internet-facing')
        .reduce((sum, one) => sum + listAt(one, 'Subnets').length, 0),
    eventSources: of('AWS::Lambda::EventSourceMapping').map(one => ({
      isFifo: isFifo(at(one, 'EventSourceArn'), template),
    })),
    keyReuseSeconds: of('AWS::SQS::Queue')
      .filter(queue => at(queue, 'KmsMasterKeyId') !== undefined)
      // Nobody sends to dead letters as a rule.
      .filter(queue => at(queue, 'RedrivePolicy') !== undefined)
      .map(queue => numberAt(queue, 'KmsDataKeyReusePeriodSeconds')),
    standInsPerHour: of('AWS::Events::Rule')
      .map(rule => /^rate\((\d+) minutes?\)$/.exec(String(at(rule, 'ScheduleExpression')))?.[1])
      .reduce((sum, minutes) => sum + (minutes === undefined ? 0 : 60 / Number(minutes)), 0),
    resumptionsPerHour: of('AWS::Events::Rule').filter(
      rule => at(rule, 'ScheduleExpression') === 'rate(1 hour)',
    ).length,
    memoryGb: name => {
      const found = functions.get(name);
      if (!found) throw new Error(`there is no function ${name}`);
      return numberAt(found, 'MemorySize') / 1_024;
    },
    logGroups: of('AWS::Logs::LogGroup').map(group => ({
      name: String(at(group, 'LogGroupName')),
      days: numberAt(group, 'RetentionInDays'),
    })),
    keptDays: keptDaysOf(of('AWS::S3::Bucket')),
    snapshotDays: of('AWS::ElastiCache::ReplicationGroup').reduce(
      (sum, group) => sum + numberAt(group, 'SnapshotRetentionLimit'),
      0,
    ),
    hasFront: balancers.length > 0,
  };
}

function isPublic(service: Resource): boolean {
  return at(service, 'NetworkConfiguration', 'AwsvpcConfiguration', 'AssignPublicIp') === 'ENABLED';
}

/** A queue that is made says so itself, one that exists by its name. */
function isFifo(arn: unknown, template: Template): boolean {
  const made = template.Resources[refersTo(arn) ?? ''];
  return made ? at(made, 'FifoQueue') === true : String(arn).endsWith('.fifo');
}

function limitOf(limiter: Resource | undefined): Installation['limit'] {
  if (!limiter) throw new Error('there is no function huntaze-rate-limiter');
  return {
    tokens: numberAt(limiter, 'Environment', 'Variables', 'TOKENS_PER_WINDOW'),
    windowS: numberAt(limiter, 'Environment', 'Variables', 'WINDOW_SECONDS'),
    isEach: at(limiter, 'Environment', 'Variables', 'RATE_LIMIT_SCOPE') === 'creator',
  };
}

interface Lifecycle {
  Prefix?: string;
  ExpirationInDays?: number;
}

/** Buckets are told apart by what they are for: one has results, one is locked, one has access logs. */
function keptDaysOf(buckets: readonly Resource[]): Installation['keptDays'] {
  const rules = (bucket: Resource | undefined) =>
    bucket ? (listAt(bucket, 'LifecycleConfiguration', 'Rules') as Lifecycle[]) : [];
  const days = (bucket: Resource | undefined, prefix?: string) => {
    const found = rules(bucket).find(rule => rule.Prefix === prefix && rule.ExpirationInDays !== undefined);
    if (found?.ExpirationInDays === undefined)
      throw new Error(`no bucket’s lifecycle says how long ${prefix ?? 'what is in it'} is kept`);
    return found.ExpirationInDays;
  };
  const results = buckets.find(one => rules(one).some(({ Prefix }) => Prefix === `${PREFIXES.results}/`));
  const trail = buckets.find(one => at(one, 'ObjectLockEnabled') === true);
  const accessLogs = buckets.find(one => one !== results && one !== trail);
  return {
    results: days(results, `${PREFIXES.results}/`),
    journal: days(results, `${PREFIXES.journal}/`),
    accessLogs: days(accessLogs),
    trail: days(trail),
  };
}
