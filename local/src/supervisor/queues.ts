import { QUEUES } from '@huntaze/core/names';
import {
  MAX_RECEIVES,
  RETENTION_SECONDS,
  VISIBILITY_TIMEOUTS,
  WORKFLOWS_VISIBILITY_SECONDS,
} from '@huntaze/core/queues';
import { queueArn } from '../aws/sqs/engine.ts';

export const LOCAL_AWS_REGION = 'us-east-1';

/**
 * The pipeline's queues, as local AWS is told of them: a dead-letter queue before the one that names it.
 * @param functionTimeoutSeconds of the limiter; its queue hides a message six times as long, as AWS advises
 */
export function pipelineQueues(
  functionTimeoutSeconds: number,
): { name: string; attributes: Record<string, string> }[] {
  const deadLetters = (name: string) =>
    JSON.stringify({
      deadLetterTargetArn: queueArn(LOCAL_AWS_REGION, name),
      maxReceiveCount: MAX_RECEIVES,
    });
  const kept = { MessageRetentionPeriod: String(RETENTION_SECONDS) };
  const fifo = {
    ...kept,
    FifoQueue: 'true',
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
  };
  return [
    { name: QUEUES.rateLimiterDeadLetters, attributes: kept },
    { name: QUEUES.workflowsDeadLetters, attributes: fifo },
    {
      name: QUEUES.rateLimiter,
      attributes: {
        ...kept,
        VisibilityTimeout: String(VISIBILITY_TIMEOUTS * functionTimeoutSeconds),
        RedrivePolicy: deadLetters(QUEUES.rateLimiterDeadLetters),
      },
    },
    {
      name: QUEUES.workflows,
      attributes: {
        ...fifo,
        VisibilityTimeout: String(WORKFLOWS_VISIBILITY_SECONDS),
        RedrivePolicy: deadLetters(QUEUES.workflowsDeadLetters),
      },
    },
  ];
}
