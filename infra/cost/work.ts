import { DAYS_A_MONTH, value } from './factors.ts';
import { installationOf, type Installation } from './installation.ts';
import type { Line, Topic } from './lines.ts';
import type { PriceName } from './prices.ts';
import type { Template } from './template.ts';
import { usageOf, type Demand, type Usage } from './usage.ts';

const GB = 1e9;
const MINUTES_AN_HOUR = 60;
const SECONDS_AN_HOUR = 3_600;

function line(group: Line['group'], topic: Topic, what: string, quantity: number, price: PriceName): Line {
  return { group, topic, what, quantity, price };
}

/** Everything that is paid for by use: what runs without work, and what the work takes. */
export function workLines(template: Template, demand: Demand): Line[] {
  const installation = installationOf(template);
  const usage = usageOf(installation, demand);
  return [
    ...queuesAndFunctions(installation, usage),
    ...network(installation, usage, demand),
    ...secrets(usage, demand),
    ...logs(installation, usage),
    ...objects(installation, usage, demand),
    ...front(installation, usage),
  ];
}

function queuesAndFunctions({ eventSources, memoryGb }: Installation, usage: Usage): Line[] {
  const polls = value('pollers') * value('pollsPerMinute') * MINUTES_AN_HOUR * value('hours');
  const seconds = (count: number, ms: number, name: string) => (count * ms * memoryGb(name)) / 1_000;
  return [
    ...eventSources.map(({ isFifo }) =>
      line('always', 'queues', 'polls of event sources', polls, isFifo ? 'fifoRequest' : 'queueRequest'),
    ),
    line('always', 'queues', 'polls of the scraper', usage.taskPolls, 'fifoRequest'),
    line('always', 'queues', 'the stand-in’s invocations', usage.standIns, 'invocation'),
    line(
      'always',
      'queues',
      'the stand-in’s time',
      seconds(usage.standIns, value('standInMs'), 'huntaze-stand-in'),
      'functionGbSecond',
    ),
    line('always', 'queues', 'looks for unfinished rotations', usage.resumptions, 'invocation'),
    line(
      'work',
      'queues',
      'requests on the limiter’s queue',
      // One poll for each receive is more than the batches that they come in.
      usage.receives * (value('limiterRequests') + 1),
      'queueRequest',
    ),
    line(
      'work',
      'queues',
      'requests on the workflows queue',
      usage.operations * value('workflowsRequests'),
      'fifoRequest',
    ),
    line('work', 'queues', 'the limiter’s invocations', usage.invocations, 'invocation'),
    line(
      'work',
      'queues',
      'the limiter’s time',
      seconds(usage.invocations, value('invocationMs'), 'huntaze-rate-limiter'),
      'functionGbSecond',
    ),
  ];
}

/** The site's pages come through the NAT, where tasks have no address of their own; requests to AWS through endpoints. */
function network({ isBehindNat, endpoints }: Installation, usage: Usage, { pageMegabytes }: Demand): Line[] {
  const calls = usage.receives * value('limiterRequests') + usage.operations * value('workflowsRequests');
  const requests = calls + usage.taskPolls + usage.secretRequests + usage.keyRequests;
  return [
    ...(isBehindNat
      ? [
          line(
            'work',
            'network',
            'pages through the NAT',
            (usage.operations * pageMegabytes * 1e6) / GB,
            'natGb',
          ),
        ]
      : []),
    ...(endpoints > 0
      ? [
          line(
            'work',
            'network',
            'requests through endpoints',
            (requests * value('requestBytes')) / GB,
            'endpointGb',
          ),
        ]
      : []),
  ];
}

function secrets(usage: Usage, { hasOtherTrail }: Demand): Line[] {
  return [
    line('work', 'secrets', 'requests to KMS', usage.keyRequests, 'keyRequest'),
    line('work', 'secrets', 'secrets read', usage.secretRequests, 'secretRequest'),
    ...(hasOtherTrail
      ? [line('work', 'secrets', 'events of a second trail', usage.trailEvents, 'trailEvent')]
      : []),
  ];
}

/** What each log group is written in a month (bytes). */
function logBytes(name: string, { publicAddresses }: Installation, usage: Usage): number {
  const platform = value('functionLogBytes');
  switch (name) {
    case '/aws/lambda/huntaze-rate-limiter':
      return usage.receives * value('limiterLogBytes') + usage.invocations * platform;
    case '/aws/lambda/huntaze-stand-in':
      return usage.standIns * 2 * platform;
    case '/aws/lambda/huntaze-resume-rotations':
      return usage.resumptions * 2 * platform;
    case '/huntaze/scraper':
      return usage.operations * value('scraperLogBytes');
    case '/huntaze/api':
      return usage.operations * value('apiLogBytes');
    case '/huntaze/trail':
      return usage.trailEvents * value('trailEventBytes');
    case '/huntaze/network':
      return publicAddresses * value('flowLogBytes') * DAYS_A_MONTH;
    case 'aws-waf-logs-huntaze-api':
      return usage.apiRequests * value('firewallLogBytes');
    // Four steps of each secret a quarter, and one run at the beginning: next to nothing.
    case '/aws/lambda/huntaze-rotate-credentials':
    case '/aws/lambda/huntaze-rotate-redis-auth':
    case '/huntaze/default-security-group':
      return 0;
    default:
      throw new Error(
        `infra/cost/work.ts doesn’t know how much is written to the log group ${name}: say it there`,
      );
  }
}

function logs(installation: Installation, usage: Usage): Line[] {
  return installation.logGroups.flatMap(({ name, days }) => {
    const gigabytes = logBytes(name, installation, usage) / GB;
    const kept = gigabytes * (days / DAYS_A_MONTH) * value('compression');
    return [
      line('work', 'storage', 'logs taken in', gigabytes, 'logGb'),
      line('work', 'storage', 'logs kept', kept, 'logKeptGb'),
    ];
  });
}

/** Objects as they are kept once the first of them has reached its end: until then it is less. */
function objects({ keptDays, snapshotDays }: Installation, usage: Usage, demand: Demand): Line[] {
  const perDay = demand.operationsPerDay;
  const bytes =
    perDay * value('resultBytes') * keptDays.results +
    perDay * value('journalBytes') * keptDays.journal +
    ((usage.puts + usage.gets + usage.apiRequests) / DAYS_A_MONTH) *
      value('accessLogBytes') *
      keptDays.accessLogs +
    (usage.trailEvents / DAYS_A_MONTH) * value('trailEventBytes') * keptDays.trail;
  // One snapshot is free: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/backups.html
  const snapshots = Math.max(0, snapshotDays - 1);
  return [
    line('work', 'storage', 'objects put', usage.puts, 'put'),
    line('work', 'storage', 'objects read', usage.gets, 'get'),
    line('work', 'storage', 'objects kept', bytes / GB, 'objectGb'),
    line(
      'work',
      'redis',
      'snapshots kept',
      (snapshots * perDay * value('ledgerDays') * value('ledgerBytes')) / GB,
      'backupGb',
    ),
  ];
}

function front({ hasFront }: Installation, usage: Usage): Line[] {
  if (!hasFront) return [];
  const perSecond = usage.apiRequests / (value('hours') * SECONDS_AN_HOUR);
  return [
    line(
      'work',
      'front',
      'capacity of the load balancer',
      (perSecond / value('connectionsPerUnit')) * value('hours'),
      'capacityHour',
    ),
    line('work', 'front', 'requests to the firewall', usage.apiRequests, 'webAclRequest'),
  ];
}
