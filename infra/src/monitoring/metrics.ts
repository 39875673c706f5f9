import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { metricId, type MetricOf, type OwnMetric, type Places, type Statistic } from '@huntaze/core/alarms';

/** A metric of an alarm, as this stack has it. */
export function watched(
  metric: MetricOf & { statistic: Statistic },
  places: Places,
  periodSeconds: number,
): cloudwatch.Metric {
  const { namespace, name, dimensions } = metricId(metric, places);
  return new cloudwatch.Metric({
    namespace,
    metricName: name,
    dimensionsMap: dimensions,
    statistic: metric.statistic,
    period: Duration.seconds(periodSeconds),
  });
}

/** Of what the processes publish themselves nothing depends on what the stack calls its parts. */
const NOWHERE: Places = {
  queues: { rateLimiter: '', rateLimiterDeadLetters: '', workflows: '', workflowsDeadLetters: '' },
  functions: {},
  cluster: '',
  service: '',
};

/** One of the metrics that the processes publish themselves. */
export function own(
  metric: OwnMetric,
  statistic: string,
  period: Duration = Duration.minutes(1),
  label?: string,
): cloudwatch.Metric {
  const { namespace, name, dimensions } = metricId({ of: 'process', name: metric }, NOWHERE);
  return new cloudwatch.Metric({
    namespace,
    metricName: name,
    dimensionsMap: dimensions,
    statistic,
    period,
    ...(label !== undefined && { label }),
  });
}

/** Of Container Insights, which ECS's own metrics lack. */
export function running(clusterName: string, serviceName: string, label?: string): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'ECS/ContainerInsights',
    metricName: 'RunningTaskCount',
    dimensionsMap: { ClusterName: clusterName, ServiceName: serviceName },
    statistic: cloudwatch.Stats.MINIMUM,
    period: Duration.minutes(1),
    ...(label !== undefined && { label }),
  });
}
