import { QUEUES } from '@huntaze/core/names';
import { queueArn } from '../aws/sqs/engine.ts';

export const LOCAL_AWS_REGION = 'us-east-1';

const WORKFLOWS_VISIBILITY_S = 120;
const MAX_RECEIVES = 1_000;
const RETENTION_S = 14 * 86_400;

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
  const kept = { MessageRetentionPeriod: String(RETENTION_S) };
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
        VisibilityTimeout: String(6 * functionTimeoutSeconds),
        RedrivePolicy: deadLetters(QUEUES.rateLimiterDeadLetters),
      },
    },
    {
      name: QUEUES.workflows,
      attributes: {
        ...fifo,
        VisibilityTimeout: String(WORKFLOWS_VISIBILITY_S),
        RedrivePolicy: deadLetters(QUEUES.workflowsDeadLetters),
      },
    },
  ];
}
