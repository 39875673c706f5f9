import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { VISIBILITY_TIMEOUTS } from '@huntaze/core/queues';
import { Construct } from 'constructs';
import { standInEnv } from '../functions/stand-in/env.ts';
import { environment } from './environment.ts';
import { nodeFunction } from './function.ts';
import type { Logs } from './logs.ts';
import { allow } from './permissions.ts';
import { MAX_TASKS, type Scraper } from './scraper.ts';

/** An event that was lost is made up for by then. */
const EVERY = Duration.minutes(5);

/** What is older than this says nothing any more. */
const FORGOTTEN_AFTER = Duration.minutes(15);
const TIMEOUT_SECONDS = 60;

/** 6.1: Fargate doesn't replace Spot by On-Demand itself; this does, as long as Spot can't be had. */
export class StandIn extends Construct {
  readonly function: lambda.Function;

  constructor(scope: Construct, id: string, props: { scraper: Scraper; logs: Logs; bundle: string }) {
    super(scope, id);
    const { cluster, service, standIn } = props.scraper;
    this.function = nodeFunction(this, 'Function', {
      name: 'huntaze-stand-in',
      description: 'Lets On-Demand tasks stand in for Spot ones that cannot be placed',
      bundle: props.bundle,
      timeoutSeconds: TIMEOUT_SECONDS,
      memoryMb: 256,
      logs: props.logs,
      environment: environment(standInEnv, {
        CLUSTER: cluster.clusterName,
        SERVICE: service.serviceName,
        STAND_IN_SERVICE: standIn.serviceName,
        MAX_TASKS: String(MAX_TASKS),
      }),
    });
    const { partition, region, account } = Stack.of(this);
    const serviceArn = (name: string) =>
      `arn:${partition}:ecs:${region}:${account}:service/${cluster.clusterName}/${name}`;
    const role = this.function.role!;
    allow(
      role,
      'Requirement6x1Services',
      ['ecs:DescribeServices', 'ecs:UpdateService'],
      [serviceArn(service.serviceName), serviceArn(standIn.serviceName)],
    );
    allow(role, 'Requirement6x1Limits', ['application-autoscaling:DescribeScalableTargets'], ['*']);
    // A target has no name before it is made; those of other services it may not touch.
    allow(
      role,
      'Requirement6x1Together',
      ['application-autoscaling:RegisterScalableTarget'],
      [`arn:${partition}:application-autoscaling:${region}:${account}:scalable-target/*`],
      {
        StringEquals: {
          'application-autoscaling:service-namespace': 'ecs',
          'application-autoscaling:scalable-dimension': 'ecs:service:DesiredCount',
        },
      },
    );

    // Two at the same time could give the same room away twice: one group of a FIFO queue is one after the other.
    // (A reserved concurrency of 1 would do it too, but a new account has none to reserve.)
    const queue = new sqs.Queue(this, 'Events', {
      queueName: 'huntaze-stand-in.fifo',
      fifo: true,
      contentBasedDeduplication: true,
      // Under SQS's own key: EventBridge would need a say in the policy of ours, and these events are no secret.
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: FORGOTTEN_AFTER,
      visibilityTimeout: Duration.seconds(VISIBILITY_TIMEOUTS * TIMEOUT_SECONDS),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    allow(
      role,
      'EventSource',
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
      [queue.queueArn],
    );
    this.function.addEventSourceMapping('Queue', { eventSourceArn: queue.queueArn, batchSize: 10 });
    const target = new targets.SqsQueue(queue, { messageGroupId: 'services' });
    new events.Rule(this, 'Placement', {
      description: 'The scraper’s tasks can’t be placed, or all run',
      eventPattern: {
        source: ['aws.ecs'],
        detailType: ['ECS Service Action'],
        resources: [
          Stack.of(this).formatArn({
            service: 'ecs',
            resource: 'service',
            resourceName: `${cluster.clusterName}/${service.serviceName}`,
            arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
          }),
        ],
        detail: { eventName: ['SERVICE_TASK_PLACEMENT_FAILURE', 'SERVICE_STEADY_STATE'] },
      },
      targets: [target],
    });
    new events.Rule(this, 'Regularly', {
      description: 'Whatever event was lost',
      schedule: events.Schedule.rate(EVERY),
      targets: [target],
    });
  }
}
