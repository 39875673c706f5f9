import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { BRIEF_CALLS } from '@huntaze/core/brief-calls';
import { readEnv } from '@huntaze/core/env';
import { METRICS, SERVICES } from '@huntaze/core/names';
import type { Context } from 'aws-lambda';
import { isScheduled } from '../scheduled.ts';
import { resumeRotationsEnv } from './env.ts';
import { resumeRotations } from './resume.ts';

const env = readEnv(resumeRotationsEnv, process.env);
const logger = new Logger({ serviceName: 'huntaze-resume-rotations' });
const metrics = new Metrics({ namespace: METRICS.namespace, serviceName: SERVICES.rotation });
const secrets = new SecretsManagerClient(BRIEF_CALLS);

/**
 * Lambda's entry point: every hour, by EventBridge's schedule.
 * @throws what kept it from listing the secrets, or from resuming one: the alarm on it counts errors, too
 * @public
 */
export async function handler(event: unknown, context: Context): Promise<void> {
  logger.addContext(context);
  if (!isScheduled(event)) return logger.warn('event refused', { why: 'not a scheduled event' });
  const { resumed, overdue, failed } = await resumeRotations(secrets, env.ROTATION_FUNCTION_ARNS, Date.now());
  metrics.addMetric(METRICS.rotationsOverdue, MetricUnit.Count, overdue.length);
  metrics.publishStoredMetrics();
  const isQuiet = resumed.length === 0 && failed.length === 0;
  logger.info(isQuiet ? 'nothing to resume' : 'rotations resumed', { resumed, overdue, failed });
  if (failed.length > 0) throw new Error(`${failed.length} rotations can't be resumed`);
}
