import { Logger } from '@aws-lambda-powertools/logger';
import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { ECSClient } from '@aws-sdk/client-ecs';
import { BRIEF_CALLS } from '@huntaze/core/brief-calls';
import { readEnv } from '@huntaze/core/env';
import type { Context, SQSEvent } from 'aws-lambda';
import { standInEnv } from './env.ts';
import { readEvent } from './event.ts';
import { reconcile } from './reconcile.ts';
import { ecsServices } from './services.ts';

const env = readEnv(standInEnv, process.env);
const logger = new Logger({ serviceName: 'huntaze-stand-in' });

const services = ecsServices(new ECSClient(BRIEF_CALLS), new ApplicationAutoScalingClient(BRIEF_CALLS), {
  cluster: env.CLUSTER,
  main: env.SERVICE,
  standIn: env.STAND_IN_SERVICE,
});

/**
 * Lambda's entry point: events of the main service, and of the schedule, which EventBridge has put into a FIFO queue
 * under one group. So no two invocations run at the same time, which `reconcile` relies on.
 * @throws what a call did; the queue gives the batch again, and the schedule makes up for what it forgets
 * @public
 */
export async function handler({ Records }: SQSEvent, context: Context): Promise<void> {
  logger.addContext(context);
  for (const { body, messageId } of Records) {
    const reading = readEvent(parsed(body), { cluster: env.CLUSTER, service: env.SERVICE });
    if ('refused' in reading) {
      logger.warn('event refused', { message_id: messageId, why: reading.refused });
      continue;
    }
    const { trigger } = reading;
    const { seen, wanted, steps } = await reconcile(services, trigger, env.MAX_TASKS, Date.now());
    const line = { trigger: trigger.is, wanted, main: seen.main, stand_in: seen.standIn, steps };
    logger.info(steps.length === 0 ? 'nothing to do' : 'capacity moved', line);
  }
}

/** What isn't JSON is refused as the text that it is. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
