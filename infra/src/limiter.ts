import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { LIMITER_TIMEOUT_SECONDS } from '@huntaze/core/queues';
import { limiterEnv } from '@huntaze/limiter/env';
import { Construct } from 'constructs';
import { environment, limits } from './environment.ts';
import { nodeFunction } from './function.ts';
import type { Logs } from './logs.ts';
import type { Network } from './network.ts';
import { allow, allowQueueKey, allowSecret, allowSend } from './permissions.ts';
import type { Queues } from './queues.ts';
import type { SharedRedis } from './redis.ts';

/** The least that SQS's event source knows. More would only queue for the line's lease: one release at a time. */
const CONCURRENCY = 2;
const BATCH = 10;

/** The rate limiter: a function that its queue invokes. */
export class Limiter extends Construct {
  readonly function: lambda.Function;
  readonly securityGroup: ec2.SecurityGroup;

  constructor(
    scope: Construct,
    id: string,
    props: {
      network: Network;
      queues: Queues;
      queueKey: kms.IKey;
      redis: SharedRedis;
      logs: Logs;
      bundle: string;
    },
  ) {
    super(scope, id);
    const { network, queues, redis } = props;
    this.securityGroup = network.securityGroup(this, 'Group', 'The rate limiter');
    redis.allow(this.securityGroup, 'The rate limiter');
    this.function = nodeFunction(this, 'Function', {
      name: 'huntaze-rate-limiter',
      description: 'Lets the line move: at most so many operations a window, in the order of each creator',
      bundle: props.bundle,
      timeoutSeconds: LIMITER_TIMEOUT_SECONDS,
      memoryMb: 512,
      logs: props.logs,
      inside: { network, group: this.securityGroup },
      environment: environment(limiterEnv, {
        QUEUE_URL: queues.rateLimiter.queueUrl,
        WORKFLOWS_QUEUE_URL: queues.workflows.queueUrl,
        DEAD_LETTER_QUEUE_URL: queues.rateLimiterDeadLetters.queueUrl,
        ...redis.environment,
        ...limits(),
        MAX_UNFINISHED: undefined,
      }),
    });

    const role = this.function.role!;
    const ownQueue = [queues.rateLimiter.queueArn];
    allow(role, 'Requirement8x1Receive', ['sqs:ReceiveMessage', 'sqs:DeleteMessage'], ownQueue);
    allow(role, 'Requirement1x3Hide', ['sqs:ChangeMessageVisibility'], ownQueue);
    allow(role, 'EventSource', ['sqs:GetQueueAttributes'], ownQueue);
    allowSend(role, 'Requirement8x1Forward', queues.workflows);
    allowSend(role, 'DeadLettersWithReason', queues.rateLimiterDeadLetters);
    allowQueueKey(role, props.queueKey);
    allowSecret(role, 'Requirement8x1RedisAuth', redis.authSecret);

    this.function.addEventSourceMapping('Queue', {
      eventSourceArn: queues.rateLimiter.queueArn,
      batchSize: BATCH,
      maxConcurrency: CONCURRENCY,
      reportBatchItemFailures: true,
    });
  }
}
