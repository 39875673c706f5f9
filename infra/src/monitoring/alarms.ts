import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { ALARM_PREFIX, alarmsOf, type AlarmDefinition, type Places } from '@huntaze/core/alarms';
import { Construct } from 'constructs';
import type { ApiService } from '../api.ts';
import type { Queues } from '../queues.ts';
import type { SharedRedis } from '../redis.ts';
import type { Scraper } from '../scraper.ts';
import { watched } from './metrics.ts';

const COMPARISONS: Record<AlarmDefinition['comparison'], cloudwatch.ComparisonOperator> = {
  GreaterThanThreshold: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
  GreaterThanOrEqualToThreshold: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  LessThanThreshold: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
  LessThanOrEqualToThreshold: cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
};
const MISSING: Record<AlarmDefinition['missing'], cloudwatch.TreatMissingData> = {
  breaching: cloudwatch.TreatMissingData.BREACHING,
  notBreaching: cloudwatch.TreatMissingData.NOT_BREACHING,
  ignore: cloudwatch.TreatMissingData.IGNORE,
  missing: cloudwatch.TreatMissingData.MISSING,
};

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
 * The alarms, as `core/src/alarms.ts` has them. Those that the requirements name notify the topic each by itself; ours
 * are gathered in one, which keeps still while one of those tells of the same outage already.
 */
export class Alarms extends Construct {
  readonly required: cloudwatch.Alarm[];
  readonly extras: cloudwatch.Alarm[];
  readonly composite: cloudwatch.CompositeAlarm;

  constructor(scope: Construct, id: string, props: AlarmProps) {
    super(scope, id);
    const notify = new SnsAction(props.topic);
    const places = placesOf(props);
    const { replicationGroup } = props.redis;
    const definitions = alarmsOf({
      cacheNodes: replicationGroup ? 1 + (replicationGroup.replicasPerNodeGroup ?? 0) : 0,
      hasApi: props.api !== undefined,
    });
    const those = (notifies: AlarmDefinition['notifies']) =>
      definitions.filter(one => one.notifies === notifies).map(one => this.#make(one, places));

    this.required = those('by itself');
    for (const alarm of this.required) {
      alarm.addAlarmAction(notify);
      alarm.addOkAction(notify);
    }
    this.extras = those('together');
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

  #make(alarm: AlarmDefinition, places: Places): cloudwatch.Alarm {
    return new cloudwatch.Alarm(this, alarm.name.slice(ALARM_PREFIX.length), {
      alarmName: alarm.name,
      alarmDescription: alarm.description,
      metric: metricOf(alarm, places),
      threshold: alarm.threshold,
      comparisonOperator: COMPARISONS[alarm.comparison],
      evaluationPeriods: alarm.periods,
      datapointsToAlarm: alarm.toAlarm,
      treatMissingData: MISSING[alarm.missing],
    });
  }
}

function metricOf({ metrics, periodSeconds }: AlarmDefinition, places: Places): cloudwatch.IMetric {
  const usingMetrics = Object.fromEntries(
    Object.entries(metrics).map(([name, metric]) => [name, watched(metric, places, periodSeconds)]),
  );
  const [only, ...others] = Object.values(usingMetrics);
  if (only !== undefined && others.length === 0) return only;
  return new cloudwatch.MathExpression({
    expression: Object.keys(usingMetrics)
      .map(name => `FILL(${name}, 0)`)
      .join(' + '),
    usingMetrics,
    period: Duration.seconds(periodSeconds),
  });
}

function placesOf({ queues, limiter, scraper, redis, standIn, resuming, api }: AlarmProps): Places {
  return {
    queues: {
      rateLimiter: queues.rateLimiter.queueName,
      rateLimiterDeadLetters: queues.rateLimiterDeadLetters.queueName,
      workflows: queues.workflows.queueName,
      workflowsDeadLetters: queues.workflowsDeadLetters.queueName,
    },
    functions: {
      limiter: limiter.functionName,
      standIn: standIn.functionName,
      resuming: resuming.functionName,
    },
    cluster: scraper.cluster.clusterName,
    service: scraper.service.serviceName,
    cache: redis.replicationGroup?.ref,
    api: api && {
      loadBalancer: api.targets.firstLoadBalancerFullName,
      targets: api.targets.targetGroupFullName,
    },
  };
}
