import type { AlarmRule } from './alarm-state.ts';
import { METRICS, QUEUES, SERVICES } from './names.ts';

/**
 * Every alarm, once: the infrastructure makes CloudWatch's of them, local AWS evaluates the same ones, and the API asks
 * for them by name.
 */

/** How the names of all of them begin. */
export const ALARM_PREFIX = 'huntaze-';

/** One of the metrics that the processes publish themselves. */
export type OwnMetric = Exclude<keyof typeof METRICS, 'namespace'>;
/** Functions that an alarm watches. */
type Watched = 'limiter' | 'standIn' | 'resuming';

/** A metric, by whom it tells something of: what that is called in an installation only {@link Places} says. */
export type MetricOf =
  | {
      of: 'queue';
      which: keyof typeof QUEUES;
      name: 'ApproximateAgeOfOldestMessage' | 'ApproximateNumberOfMessagesVisible';
    }
  | { of: 'function'; which: Watched; name: 'Errors' | 'Throttles' | 'Invocations' }
  | { of: 'process'; name: OwnMetric }
  | { of: 'scraper'; name: 'CPUUtilization' }
  /** Of Container Insights, which ECS's own metrics lack. */
  | { of: 'scraper tasks'; name: 'RunningTaskCount' }
  | { of: 'cache node'; which: string; name: 'DatabaseMemoryUsagePercentage' | 'EngineCPUUtilization' }
  | { of: 'api'; name: 'HTTPCode_Target_5XX_Count' | 'HealthyHostCount' };

export type Statistic = 'Average' | 'Maximum' | 'Minimum' | 'Sum';

/** An alarm as CloudWatch is told of it. */
export interface AlarmDefinition extends AlarmRule {
  name: string;
  /** What is wrong, and what to do. */
  description: string;
  /** Usually one. Several, by a name of their own, are added up; there one that is missing is 0. */
  metrics: Readonly<Record<string, MetricOf & { statistic: Statistic }>>;
  periodSeconds: number;
  /** The topic is told of it by itself, as the requirements want; or of several together. */
  notifies: 'by itself' | 'together';
  /** Why it can't be told on one machine, where that is so. */
  notOnOneMachine?: string;
}

/** What there is in an installation that not every one has. */
export interface Extent {
  /** Of Redis in ElastiCache. */
  cacheNodes: number;
  /** Whether the API runs behind a load balancer of the installation. */
  hasApi: boolean;
}

/** The most that an installation can have. */
export const WHOLE: Extent = { cacheNodes: 2, hasApi: true };

const MINUTE = 60;
const FIVE_MINUTES = 300;
const HOUR = 3_600;
/** Everything that waits comes back to the limiter within 15 minutes, and says then how old it is. */
const LONGEST_DEFERRAL = 900;

/** The alarms of an installation of this extent: first those that the requirements name. */
export function alarmsOf({ cacheNodes, hasApi }: Extent): AlarmDefinition[] {
  const nodes = Array.from({ length: cacheNodes }, (_, i) => String(i + 1).padStart(3, '0'));
  return [...REQUIRED, ...OURS, ...nodes.flatMap(ofCacheNode), ...(hasApi ? OF_API : [])];
}

type Told = Pick<AlarmDefinition, 'description' | 'threshold' | 'periodSeconds'> &
  Partial<Pick<AlarmDefinition, 'comparison' | 'periods' | 'missing' | 'notOnOneMachine'>>;

/** Above the threshold, in one period, and no data means that all is well: unless said. */
function alarm(
  name: string,
  metrics: AlarmDefinition['metrics'] | (MetricOf & { statistic: Statistic }),
  { periods = 1, comparison = 'GreaterThanThreshold', missing = 'notBreaching', ...told }: Told,
  notifies: AlarmDefinition['notifies'] = 'together',
): AlarmDefinition {
  return {
    name: `${ALARM_PREFIX}${name}`,
    metrics: isOne(metrics) ? { watched: metrics } : metrics,
    comparison,
    periods,
    toAlarm: periods,
    missing,
    notifies,
    ...told,
  };
}

const isOne = (metrics: object): metrics is MetricOf & { statistic: Statistic } => 'statistic' in metrics;

/** Requirements 5.1 to 5.3 and 6.4, to the letter; and what 5.3 means, which a function's errors don't show. */
const REQUIRED: AlarmDefinition[] = [
  alarm(
    'workflows-age',
    { of: 'queue', which: 'workflows', name: 'ApproximateAgeOfOldestMessage', statistic: 'Maximum' },
    {
      periodSeconds: MINUTE,
      threshold: 600,
      description:
        '5.1: the oldest released message waits for over 10 minutes. Is the site slow, closed, or a creator blocked? Look at the breaker and the tasks; a creator that needs a person waits on purpose.',
    },
    'by itself',
  ),
  alarm(
    'workflows-backlog',
    { of: 'queue', which: 'workflows', name: 'ApproximateNumberOfMessagesVisible', statistic: 'Maximum' },
    {
      periodSeconds: MINUTE,
      threshold: 500,
      description:
        '5.2: over 500 released messages wait. The platform’s limit alone keeps it below 200: is the scope `creator`, or does somebody send past the limiter? More tasks help only if the site’s limit leaves room.',
    },
    'by itself',
  ),
  alarm(
    'limiter-errors',
    { of: 'function', which: 'limiter', name: 'Errors', statistic: 'Sum' },
    {
      periodSeconds: FIVE_MINUTES,
      threshold: 10,
      description:
        '5.3: the limiter failed over 10 times in 5 minutes. Its messages come back by themselves; its log says why (a wrong variable, a time-out).',
    },
    'by itself',
  ),
  alarm(
    'limiter-forwards',
    { of: 'process', name: 'forwardFailed', statistic: 'Sum' },
    {
      periodSeconds: FIVE_MINUTES,
      threshold: 10,
      description:
        '5.3: over 10 messages in 5 minutes could not be sent on. They keep their places. Is the workflows queue there, and may the limiter use its key?',
    },
    'by itself',
  ),
  alarm(
    'scraper-cpu',
    { of: 'scraper', name: 'CPUUtilization', statistic: 'Average' },
    {
      periodSeconds: MINUTE,
      threshold: 70,
      periods: 10,
      description:
        '6.4: over 70 % of the processor for 10 minutes. If durations grow, give the tasks 2 vCPU or lower CONCURRENCY.',
    },
    'by itself',
  ),
];

function deadLetters(name: string, which: keyof typeof QUEUES, from: string): AlarmDefinition {
  return alarm(
    name,
    { of: 'queue', which, name: 'ApproximateNumberOfMessagesVisible', statistic: 'Maximum' },
    {
      periodSeconds: MINUTE,
      threshold: 0,
      description: `Dead letters of ${from}: each has its reason as an attribute. Mend the cause, then redrive or discard them.`,
    },
  );
}

const OURS: AlarmDefinition[] = [
  deadLetters('limiter-dead-letters', 'rateLimiterDeadLetters', 'the limiter'),
  deadLetters('workflows-dead-letters', 'workflowsDeadLetters', 'the scraper'),
  alarm(
    'oldest-waiting',
    { of: 'process', name: 'oldestWaiting', statistic: 'Maximum' },
    {
      periodSeconds: LONGEST_DEFERRAL,
      threshold: 3_600,
      description:
        'A request waits for its turn for over an hour. At 10 a minute that is a backlog of 600, or a creator that is paused or awaits a predecessor. The API shows which.',
    },
  ),
  alarm(
    'limiter-throttles',
    { of: 'function', which: 'limiter', name: 'Throttles', statistic: 'Sum' },
    {
      periodSeconds: FIVE_MINUTES,
      threshold: 0,
      periods: 2,
      description:
        'Lambda has throttled the limiter for 10 minutes: the account’s concurrency is used up by other functions. Raise it, or reserve some.',
    },
  ),
  alarm(
    'site-changed',
    { of: 'process', name: 'siteChanged', statistic: 'Sum' },
    {
      periodSeconds: FIVE_MINUTES,
      threshold: 0,
      description:
        'The site’s answers don’t fit any more: the kind of operation is paused, and the log and the console name the field. Mend scraper/src/site and deploy it, or resume the kind if it was a mistake.',
    },
  ),
  alarm(
    'breaker-open',
    { of: 'process', name: 'breaker', statistic: 'Maximum' },
    {
      periodSeconds: FIVE_MINUTES,
      threshold: 0,
      description:
        'The breaker has opened: the site fails again and again, and is probed once a window until it answers. Nothing is lost meanwhile; look whether the site is down for others, too.',
    },
  ),
  alarm(
    'site-throttled',
    { of: 'process', name: 'throttled', statistic: 'Sum' },
    {
      periodSeconds: FIVE_MINUTES,
      threshold: 3,
      description:
        'The site has refused over 3 navigations in 5 minutes (429), though no more were made than are allowed. Somebody else uses the accounts, or the limit is lower than it was: lower it with the API.',
    },
  ),
  alarm(
    'no-task',
    { of: 'scraper tasks', name: 'RunningTaskCount', statistic: 'Minimum' },
    {
      periodSeconds: MINUTE,
      threshold: 1,
      comparison: 'LessThanThreshold',
      periods: 5,
      missing: 'breaching',
      description:
        'No scraper has run for 5 minutes. The service’s events say why (no capacity, an image that isn’t there, a health check that fails).',
    },
  ),
  alarm(
    'rotation-failed',
    { of: 'process', name: 'rotationRefused', statistic: 'Sum' },
    {
      periodSeconds: FIVE_MINUTES,
      threshold: 0,
      description:
        'A secret can’t be rotated as things are. The old one still holds. The log of its function says why; a creator whose login the site refuses needs a person.',
    },
  ),
  // Looked at every hour. That it isn't looked at any more is to be known, too.
  alarm(
    'rotation-unfinished',
    {
      overdue: { of: 'process', name: 'rotationsOverdue', statistic: 'Maximum' },
      errors: { of: 'function', which: 'resuming', name: 'Errors', statistic: 'Sum' },
    },
    {
      periodSeconds: HOUR,
      threshold: 0,
      periods: 2,
      description:
        'A rotation hasn’t come to its end for a day, or those that are unfinished can’t be resumed. Both passwords are tried meanwhile. The log of huntaze-resume-rotations names the secret.',
      notOnOneMachine:
        'the function that looks for unfinished rotations every hour runs in AWS only; one that fails here shows in rotation-failed',
    },
  ),
  // After a failure its one message group waits for six minutes: once in ten is every time.
  alarm(
    'stand-in-failing',
    { of: 'function', which: 'standIn', name: 'Errors', statistic: 'Sum' },
    {
      periodSeconds: 600,
      threshold: 0,
      periods: 3,
      description:
        'What lets On-Demand tasks stand in for Spot has failed for half an hour: its log says why. Until it is mended, tasks that Spot can’t place are missing.',
      notOnOneMachine: 'there is no Spot capacity here that something would have to stand in for',
    },
  ),
];

/** @param which the end of the node's name */
function ofCacheNode(which: string): AlarmDefinition[] {
  return [
    alarm(
      `redis-memory-${which}`,
      { of: 'cache node', which, name: 'DatabaseMemoryUsagePercentage', statistic: 'Maximum' },
      {
        periodSeconds: MINUTE,
        threshold: 75,
        periods: 5,
        description:
          'Redis is over three quarters full: from here on no bodies are kept in it, and at 100 % nobody new is put in line. Take a larger node.',
        notOnOneMachine: 'Redis here is no node of ElastiCache and has no bound of its own to be full by',
      },
    ),
    alarm(
      `redis-cpu-${which}`,
      { of: 'cache node', which, name: 'EngineCPUUtilization', statistic: 'Average' },
      {
        periodSeconds: MINUTE,
        threshold: 80,
        periods: 5,
        description: 'Redis is busy for over 80 %: decisions take longer. Take a larger node.',
        notOnOneMachine:
          'Redis here is no node of ElastiCache: it shares the machine’s processor with everything else',
      },
    ),
  ];
}

const OF_API: AlarmDefinition[] = [
  alarm(
    'api-errors',
    { of: 'api', name: 'HTTPCode_Target_5XX_Count', statistic: 'Sum' },
    {
      periodSeconds: FIVE_MINUTES,
      threshold: 10,
      description:
        'The API answered over 10 requests in 5 minutes with an error of its own. 503 means that Redis or SQS didn’t answer; nothing was accepted half.',
      notOnOneMachine: 'there is no load balancer here that would count the API’s answers',
    },
  ),
  alarm(
    'api-unhealthy',
    { of: 'api', name: 'HealthyHostCount', statistic: 'Minimum' },
    {
      periodSeconds: MINUTE,
      threshold: 1,
      comparison: 'LessThanThreshold',
      periods: 3,
      missing: 'breaching',
      description: 'No task of the API is healthy. The service’s events and its log say why.',
      notOnOneMachine: 'there is no load balancer here; an API that ends is started again, and that is said',
    },
  ),
];

/** What an installation calls what its metrics are of. */
export interface Places {
  queues: Record<keyof typeof QUEUES, string>;
  functions: Partial<Record<Watched, string>>;
  /** ECS's cluster, and the scraper's service in it. */
  cluster: string;
  service: string;
  /** The group of Redis's nodes. */
  cache?: string | undefined;
  api?: { loadBalancer: string; targets: string } | undefined;
}

/** A metric as CloudWatch knows it. */
export interface MetricId {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
}

/**
 * The metric as an installation has it.
 * @throws Error for one that the installation doesn't have
 */
export function metricId(metric: MetricOf, places: Places): MetricId {
  const there = (value: string | undefined): string => {
    if (value === undefined) throw new Error(`no place for the metric ${metric.name} of ${metric.of}`);
    return value;
  };
  const as = (namespace: string, dimensions: Record<string, string>, name: string = metric.name) => ({
    namespace,
    name,
    dimensions,
  });
  const scraper = { ClusterName: places.cluster, ServiceName: places.service };
  switch (metric.of) {
    case 'queue':
      return as('AWS/SQS', { QueueName: places.queues[metric.which] });
    case 'function':
      return as('AWS/Lambda', { FunctionName: there(places.functions[metric.which]) });
    case 'process':
      return as(METRICS.namespace, { service: SERVICES[OF_SERVICE[metric.name]] }, METRICS[metric.name]);
    case 'scraper':
      return as('AWS/ECS', scraper);
    case 'scraper tasks':
      return as('ECS/ContainerInsights', scraper);
    case 'cache node':
      return as('AWS/ElastiCache', { CacheClusterId: `${there(places.cache)}-${metric.which}` });
    case 'api':
      return as('AWS/ApplicationELB', {
        LoadBalancer: there(places.api?.loadBalancer),
        TargetGroup: there(places.api?.targets),
      });
  }
}

/** Which process publishes it. */
const OF_SERVICE: Record<OwnMetric, keyof typeof SERVICES> = {
  allowed: 'limiter',
  rejected: 'limiter',
  forwardFailed: 'limiter',
  unreadable: 'limiter',
  oldestWaiting: 'limiter',
  waiting: 'limiter',
  successRate: 'scraper',
  averageDuration: 'scraper',
  throttled: 'scraper',
  breaker: 'scraper',
  siteChanged: 'scraper',
  slotUse: 'scraper',
  rotationRefused: 'rotation',
  rotationsOverdue: 'rotation',
};
