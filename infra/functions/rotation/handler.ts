import type { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { METRICS, SERVICES } from '@huntaze/core/names';
import type { Context } from 'aws-lambda';
import { RotationRefused } from './errors.ts';
import { rotate, type Rotation, type Secrets } from './rotate.ts';

/**
 * The entry point of a function that rotates: one step. What can't come to its end without somebody's looking is
 * counted, for an alarm; Secrets Manager's own word, that a rotation has failed, it says of every try that was too early.
 * @returns throws what `rotate` does; Secrets Manager tries the rotation again
 */
export function rotationHandler(
  logger: Logger,
  secrets: Secrets,
  rotation: Rotation,
): (event: unknown, context: Context) => Promise<void> {
  const metrics = new Metrics({ namespace: METRICS.namespace, serviceName: SERVICES.rotation });
  return async (event, context) => {
    logger.addContext(context);
    try {
      await rotate(secrets, rotation, event, (message, fields) => logger.info(message, fields));
    } catch (error) {
      if (error instanceof RotationRefused) {
        metrics.addMetric(METRICS.rotationRefused, MetricUnit.Count, 1);
        metrics.publishStoredMetrics();
      }
      throw error;
    }
  };
}
