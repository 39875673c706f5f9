import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { ApiService } from '../api.ts';
import type { Queues } from '../queues.ts';
import type { SharedRedis } from '../redis.ts';
import type { Scraper } from '../scraper.ts';
import { ofCacheNode, own, running } from './metrics.ts';

const { GREATER_THAN_THRESHOLD, LESS_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;
const { BREACHING, NOT_BREACHING } = cloudwatch.TreatMissingData;
const MINUTE = Duration.minutes(1);
const FIVE_MINUTES = Duration.minutes(5);
const HOUR = Duration.hours(1);
/** Everything that waits comes back to the limiter within 15 minutes, and says then how old it is. */
const LONGEST_DEFERRAL = Duration.minutes(15);

interface Rule {
  id: string;
  metric: cloudwatch.IMetric;
  /** Above it, unless `below` is set. */
  threshold: number;
  below?: boolean;
  /** So many periods in a row; one, unless said. */
  periods?: number;
  /** What no data means; that all is well, unless said. */
  missing?: cloudwatch.TreatMissingData;
  /** What is wrong, and what to do. */
  description: string;
}

export interface AlarmProps {
  topic: sns.ITopic;
  queues: Queues;
  limiter: lambda.Function;
  scraper: Scraper;
  redis: SharedRedis;
  standIn: lambda.Function;
  resuming: lambda.Function;
  api?: ApiService | undefined;
}

/**
 * The alarms. Those that the requirements name notify the topic each by itself; ours are gathered in one, which keeps
 * still while one of those tells of the same outage already.
 */
export class Alarms extends Construct {
  readonly required: cloudwatch.Alarm[];
  readonly extras: cloudwatch.Alarm[];
  readonly composite: cloudwatch.CompositeAlarm;

  constructor(scope: Construct, id: string, props: AlarmProps) {
    super(scope, id);
    const notify = new SnsAction(props.topic);
    const make = ({ id: name, description, metric, threshold, below, periods = 1, missing }: Rule) =>
      new cloudwatch.Alarm(this, name, {
        alarmName: `huntaze-${name}`,
        alarmDescription: description,
        metric,
        threshold,
        comparisonOperator: below ? LESS_THAN_THRESHOLD : GREATER_THAN_THRESHOLD,
        evaluationPeriods: periods,
        datapointsToAlarm: periods,
        treatMissingData: missing ?? NOT_BREACHING,
      });

    this.required = required(props).map(make);
    for (const alarm of this.required) {
      alarm.addAlarmAction(notify);
      alarm.addOkAction(notify);
    }
    this.extras = [...extras(props), ...extrasOfRedis(props), ...extrasOfApi(props)].map(make);
    const outage = new cloudwatch.CompositeAlarm(this, 'outage', {
      compositeAlarmName: 'huntaze-outage',
      alarmDescription: 'One of the alarms of the requirements; it has told so itself.',
      alarmRule: cloudwatch.AlarmRule.anyOf(...this.required),
    });
    this.composite = new cloudwatch.CompositeAlarm(this, 'anything-else', {
      compositeAlarmName: 'huntaze-anything-else',
      alarmDescription:
        'Something beside the alarms of the requirements: the console of CloudWatch shows which, and its description what to do. Silent while one of those is on.',
      alarmRule: cloudwatch.AlarmRule.anyOf(...this.extras),
      actionsSuppressor: outage,
      // What belongs to one outage rarely comes in the same minute.
      actionsSuppressorWaitPeriod: Duration.minutes(2),
      actionsSuppressorExtensionPeriod: Duration.minutes(2),
    });
    this.composite.addAlarmAction(notify);
    this.composite.addOkAction(notify);
  }
}

/** Requirements 5.1 to 5.3 and 6.4, to the letter; and what 5.3 means, which a function's errors don't show. */
function required({ queues, limiter, scraper }: AlarmProps): Rule[] {
  return [
    {
      id: 'workflows-age',
      metric: queues.workflows.metricApproximateAgeOfOldestMessage({ period: MINUTE, statistic: 'Maximum' }),
      threshold: 600,
      description:
        '5.1: the oldest released message waits for over 10 minutes. Is the site slow, closed, or a creator blocked? Look at the breaker and the tasks; a creator that needs a person waits on purpose.',
    },
    {
      id: 'workflows-backlog',
      metric: queues.workflows.metricApproximateNumberOfMessagesVisible({
        period: MINUTE,
        statistic: 'Maximum',
      }),
      threshold: 500,
      description:
        '5.2: over 500 released messages wait. The platform’s limit alone keeps it below 200: is the scope `creator`, or does somebody send past the limiter? More tasks help only if the site’s limit leaves room.',
    },
    {
      id: 'limiter-errors',
      metric: limiter.metricErrors({ period: FIVE_MINUTES, statistic: 'Sum' }),
      threshold: 10,
      description:
        '5.3: the limiter failed over 10 times in 5 minutes. Its messages come back by themselves; its log says why (a wrong variable, a time-out).',
    },
    {
      id: 'limiter-forwards',
      metric: own('forwardFailed', 'Sum', FIVE_MINUTES),
      threshold: 10,
      description:
        '5.3: over 10 messages in 5 minutes could not be sent on. They keep their places. Is the workflows queue there, and may the limiter use its key?',
    },
    {
      id: 'scraper-cpu',
      metric: scraper.service.metricCpuUtilization({ period: MINUTE, statistic: 'Average' }),
      threshold: 70,
      periods: 10,
      description:
        '6.4: over 70 % of the processor for 10 minutes. If durations grow, give the tasks 2 vCPU or lower CONCURRENCY.',
    },
  ];
}

function extras(props: AlarmProps): Rule[] {
  const { queues, limiter, scraper } = props;
  const deadLetters = (id: string, queue: Queues['workflows'], from: string): Rule => ({
    id,
    metric: queue.metricApproximateNumberOfMessagesVisible({ period: MINUTE, statistic: 'Maximum' }),
    threshold: 0,
    description: `Dead letters of ${from}: each has its reason as an attribute. Mend the cause, then redrive or discard them.`,
  });
  return [
    deadLetters('limiter-dead-letters', queues.rateLimiterDeadLetters, 'the limiter'),
    deadLetters('workflows-dead-letters', queues.workflowsDeadLetters, 'the scraper'),
    {
      id: 'oldest-waiting',
      metric: own('oldestWaiting', 'Maximum', LONGEST_DEFERRAL),
      threshold: 3_600,
      description:
        'A request waits for its turn for over an hour. At 10 a minute that is a backlog of 600, or a creator that is paused or awaits a predecessor. The API shows which.',
    },
    {
      id: 'limiter-throttles',
      metric: limiter.metricThrottles({ period: FIVE_MINUTES, statistic: 'Sum' }),
      threshold: 0,
      periods: 2,
      description:
        'Lambda has throttled the limiter for 10 minutes: the account’s concurrency is used up by other functions. Raise it, or reserve some.',
    },
    {
      id: 'breaker-open',
      metric: own('breaker', 'Maximum', FIVE_MINUTES),
      threshold: 0,
      description:
        'The breaker has opened: the site fails again and again, and is probed once a window until it answers. Nothing is lost meanwhile; look whether the site is down for others, too.',
    },
    {
      id: 'site-throttled',
      metric: own('throttled', 'Sum', FIVE_MINUTES),
      threshold: 3,
      description:
        'The site has refused over 3 navigations in 5 minutes (429), though no more were made than are allowed. Somebody else uses the accounts, or the limit is lower than it was: lower it with the API.',
    },
    {
      id: 'no-task',
      metric: running(scraper.cluster.clusterName, scraper.service.serviceName),
      threshold: 1,
      below: true,
      periods: 5,
      missing: BREACHING,
      description:
        'No scraper has run for 5 minutes. The service’s events say why (no capacity, an image that isn’t there, a health check that fails).',
    },
    {
      id: 'rotation-failed',
      metric: own('rotationRefused', 'Sum', FIVE_MINUTES),
      threshold: 0,
      description:
        'A secret can’t be rotated as things are. The old one still holds. The log of its function says why; a creator whose login the site refuses needs a person.',
    },
    {
      // Looked at every hour. That it isn't looked at any more is to be known, too.
      id: 'rotation-unfinished',
      metric: new cloudwatch.MathExpression({
        expression: 'FILL(overdue, 0) + FILL(errors, 0)',
        usingMetrics: {
          overdue: own('rotationsOverdue', 'Maximum', HOUR),
          errors: props.resuming.metricErrors({ period: HOUR, statistic: 'Sum' }),
        },
        period: HOUR,
      }),
      threshold: 0,
      periods: 2,
      description:
        'A rotation hasn’t come to its end for a day, or those that are unfinished can’t be resumed. Both passwords are tried meanwhile. The log of huntaze-resume-rotations names the secret.',
    },
    {
      // After a failure its one message group waits for six minutes: once in ten is every time.
      id: 'stand-in-failing',
      metric: props.standIn.metricErrors({ period: Duration.minutes(10), statistic: 'Sum' }),
      threshold: 0,
      periods: 3,
      description:
        'What lets On-Demand tasks stand in for Spot has failed for half an hour: its log says why. Until it is mended, tasks that Spot can’t place are missing.',
    },
  ];
}

function extrasOfRedis({ redis }: AlarmProps): Rule[] {
  const { replicationGroup } = redis;
  if (!replicationGroup) return [];
  const nodes = Array.from(
    { length: 1 + (replicationGroup.replicasPerNodeGroup ?? 0) },
    (_, i) => `${replicationGroup.ref}-${String(i + 1).padStart(3, '0')}`,
  );
  return nodes.flatMap(node => {
    const suffix = node.slice(-3);
    return [
      {
        id: `redis-memory-${suffix}`,
        metric: ofCacheNode('DatabaseMemoryUsagePercentage', node, 'Maximum'),
        threshold: 75,
        periods: 5,
        description:
          'Redis is over three quarters full: from here on no bodies are kept in it, and at 100 % nobody new is put in line. Take a larger node.',
      },
      {
        id: `redis-cpu-${suffix}`,
        metric: ofCacheNode('EngineCPUUtilization', node, 'Average'),
        threshold: 80,
        periods: 5,
        description: 'Redis is busy for over 80 %: decisions take longer. Take a larger node.',
      },
    ];
  });
}

function extrasOfApi({ api }: AlarmProps): Rule[] {
  if (!api) return [];
  return [
    {
      id: 'api-errors',
      metric: api.targets.metrics.httpCodeTarget(elb.HttpCodeTarget.TARGET_5XX_COUNT, {
        period: FIVE_MINUTES,
        statistic: 'Sum',
      }),
      threshold: 10,
      description:
        'The API answered over 10 requests in 5 minutes with an error of its own. 503 means that Redis or SQS didn’t answer; nothing was accepted half.',
    },
    {
      id: 'api-unhealthy',
      metric: api.targets.metrics.healthyHostCount({ period: MINUTE, statistic: 'Minimum' }),
      threshold: 1,
      below: true,
      periods: 3,
      missing: BREACHING,
      description: 'No task of the API is healthy. The service’s events and its log say why.',
    },
  ];
}
