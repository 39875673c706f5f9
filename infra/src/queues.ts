import { Duration } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { QUEUES } from '@huntaze/core/names';
import {
  LIMITER_TIMEOUT_SECONDS,
  MAX_RECEIVES,
  RETENTION_SECONDS,
  VISIBILITY_TIMEOUTS,
  WORKFLOWS_VISIBILITY_SECONDS,
} from '@huntaze/core/queues';
import { Construct } from 'constructs';
import type { Context } from './context.ts';
import type { Stage } from './stage.ts';

/** A data key of KMS serves for so long: one call of SQS to KMS an hour instead of one every 5 minutes. */
const DATA_KEY_REUSE = Duration.hours(1);

/** The two queues of the pipeline and their dead letters: made, or those that exist. */
export class Queues extends Construct {
  readonly rateLimiter: sqs.IQueue;
  readonly rateLimiterDeadLetters: sqs.IQueue;
  readonly workflows: sqs.IQueue;
  readonly workflowsDeadLetters: sqs.IQueue;

  constructor(
    scope: Construct,
    id: string,
    { stage, context, key }: { stage: Stage; context: Context; key: kms.IKey },
  ) {
    super(scope, id);
    const common = {
      encryption: sqs.QueueEncryption.KMS,
      encryptionMasterKey: key,
      dataKeyReuse: DATA_KEY_REUSE,
      enforceSSL: true,
      retentionPeriod: Duration.seconds(RETENTION_SECONDS),
      removalPolicy: stage.removalPolicy,
    };
    // Highest throughput: order and deduplication within a creator only.
    const fifo = {
      ...common,
      fifo: true,
      deduplicationScope: sqs.DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
    };
    const pair = (
      names: { queue: string; deadLetters: string },
      arns: { queue: string | undefined; deadLetters: string | undefined },
      props: sqs.QueueProps,
      visibilitySeconds: number,
    ): [sqs.IQueue, sqs.IQueue] => {
      const imported = (name: string, queueArn: string) =>
        sqs.Queue.fromQueueAttributes(this, name, {
          queueArn,
          keyArn: key.keyArn,
          fifo: props.fifo ?? false,
        });
      if (arns.queue !== undefined && arns.deadLetters !== undefined)
        return [imported(names.queue, arns.queue), imported(names.deadLetters, arns.deadLetters)];
      const deadLetters = new sqs.Queue(this, names.deadLetters, { ...props, queueName: names.deadLetters });
      const queue = new sqs.Queue(this, names.queue, {
        ...props,
        queueName: names.queue,
        visibilityTimeout: Duration.seconds(visibilitySeconds),
        deadLetterQueue: { queue: deadLetters, maxReceiveCount: MAX_RECEIVES },
      });
      // Only the one queue's messages may end there. (By ARN of its name: the two would name each other otherwise.)
      const resource = deadLetters.node.defaultChild as sqs.CfnQueue;
      resource.redriveAllowPolicy = {
        redrivePermission: 'byQueue',
        sourceQueueArns: [queue.stack.formatArn({ service: 'sqs', resource: names.queue })],
      };
      return [queue, deadLetters];
    };
    [this.rateLimiter, this.rateLimiterDeadLetters] = pair(
      { queue: QUEUES.rateLimiter, deadLetters: QUEUES.rateLimiterDeadLetters },
      { queue: context.rateLimiterQueueArn, deadLetters: context.rateLimiterDlqArn },
      common,
      VISIBILITY_TIMEOUTS * LIMITER_TIMEOUT_SECONDS,
    );
    [this.workflows, this.workflowsDeadLetters] = pair(
      { queue: QUEUES.workflows, deadLetters: QUEUES.workflowsDeadLetters },
      { queue: context.workflowsQueueArn, deadLetters: context.workflowsDlqArn },
      fifo,
      WORKFLOWS_VISIBILITY_SECONDS,
    );
  }
}
