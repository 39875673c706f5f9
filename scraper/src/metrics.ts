import { MetricUnit, Metrics as Emf } from '@aws-lambda-powertools/metrics';
import { METRICS } from '@huntaze/core/names';

/** What CloudWatch is told. */
export interface Metrics {
  /** An operation has ended, and is recorded. */
  ended(success: boolean, durationMs: number): void;
}

/** Metrics as EMF lines on stdout, which the log driver takes to CloudWatch. */
export function emfMetrics(): Metrics {
  const emf = new Emf({ namespace: METRICS.namespace, serviceName: 'scraper' });
  return {
    ended(success, durationMs) {
      emf.addMetric(METRICS.successRate, MetricUnit.Percent, success ? 100 : 0);
      emf.addMetric(METRICS.averageDuration, MetricUnit.Milliseconds, durationMs);
      emf.publishStoredMetrics();
    },
  };
}
