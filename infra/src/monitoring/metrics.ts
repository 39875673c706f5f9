import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS, SERVICES } from '@huntaze/core/names';

/** Which process says so. */
const OF_SERVICE: Partial<Record<keyof typeof METRICS, keyof typeof SERVICES>> = {
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
  slotUse: 'scraper',
  rotationRefused: 'rotation',
  rotationsOverdue: 'rotation',
};

/** One of the metrics that the processes publish themselves. */
export function own(
  name: Exclude<keyof typeof METRICS, 'namespace'>,
  statistic: string,
  period: Duration = Duration.minutes(1),
  label?: string,
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: METRICS.namespace,
    metricName: METRICS[name],
    dimensionsMap: { service: SERVICES[OF_SERVICE[name]!] },
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

export function ofCacheNode(
  name: string,
  node: string,
  statistic: string,
  label?: string,
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'AWS/ElastiCache',
    metricName: name,
    dimensionsMap: { CacheClusterId: node },
    statistic,
    period: Duration.minutes(1),
    ...(label !== undefined && { label }),
  });
}
