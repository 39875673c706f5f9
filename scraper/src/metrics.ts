import { MetricUnit, Metrics as Emf } from '@aws-lambda-powertools/metrics';
import { METRICS, SERVICES } from '@huntaze/core/names';

/** What CloudWatch is told. */
export interface Metrics {
  /** An operation has ended, and is recorded. */
  ended(success: boolean, durationMs: number): void;
  /** The site has answered 429. */
  throttled(): void;
  /** The site's breaker has opened, or closed. */
  breaker(isOpen: boolean): void;
  /** A kind is paused, because the site's answers to it don't fit any more. */
  siteChanged(): void;
  /** A slot was given: so many of the window's are taken now. */
  slot(taken: number, limit: number): void;
}

/** Metrics as EMF lines on stdout, which the log driver takes to CloudWatch. */
export function emfMetrics(): Metrics {
  const emf = new Emf({ namespace: METRICS.namespace, serviceName: SERVICES.scraper });
  const publish = (
    ...metrics: [name: string, unit: (typeof MetricUnit)[keyof typeof MetricUnit], value: number][]
  ) => {
    for (const [name, unit, value] of metrics) emf.addMetric(name, unit, value);
    emf.publishStoredMetrics();
  };
  return {
    ended: (success, durationMs) =>
      publish(
        [METRICS.successRate, MetricUnit.Percent, success ? 100 : 0],
        [METRICS.averageDuration, MetricUnit.Milliseconds, durationMs],
      ),
    throttled: () => publish([METRICS.throttled, MetricUnit.Count, 1]),
    breaker: isOpen => publish([METRICS.breaker, MetricUnit.Count, isOpen ? 1 : 0]),
    siteChanged: () => publish([METRICS.siteChanged, MetricUnit.Count, 1]),
    // Travels with the next of the others: a line of its own would cost a percent of the task's time.
    slot: (taken, limit) => emf.addMetric(METRICS.slotUse, MetricUnit.Percent, (taken / limit) * 100),
  };
}
