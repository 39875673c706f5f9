import { Logger } from '@aws-lambda-powertools/logger';
import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { ECSClient } from '@aws-sdk/client-ecs';
import { readEnv } from '@huntaze/core/env';
import type { Context } from 'aws-lambda';
import { standInEnv } from './env.ts';
import { readEvent } from './event.ts';
import { reconcile } from './reconcile.ts';
import { ecsServices } from './services.ts';

const env = readEnv(standInEnv, process.env);
const logger = new Logger({ serviceName: 'huntaze-stand-in' });

// A call that hangs would eat the function's time; each try ends after 3 s, and there are three.
const client = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
};
const services = ecsServices(new ECSClient(client), new ApplicationAutoScalingClient(client), {
  cluster: env.CLUSTER,
  main: env.SERVICE,
  standIn: env.STAND_IN_SERVICE,
});

/**
 * Lambda's entry point: an event of the main service, or of the schedule, from EventBridge.
 * @throws what a call did; EventBridge and Lambda invoke again, and so does the schedule
 */
export async function handler(event: unknown, context: Context): Promise<void> {
  logger.addContext(context);
  const reading = readEvent(event, { cluster: env.CLUSTER, service: env.SERVICE });
  if ('refused' in reading) {
    logger.warn('event refused', { why: reading.refused });
    return;
  }
  const { trigger } = reading;
  const { seen, wanted, steps } = await reconcile(services, trigger, env.MAX_TASKS, Date.now());
  const line = { trigger: trigger.is, wanted, main: seen.main, stand_in: seen.standIn, steps };
  logger.info(steps.length === 0 ? 'nothing to do' : 'capacity moved', line);
}
