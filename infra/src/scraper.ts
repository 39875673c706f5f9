import { Duration, Size, Stack } from 'aws-cdk-lib';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { ApplicationScalingAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { SCRAPER_NODE_OPTIONS } from '@huntaze/core/heap';
import { PREFIXES } from '@huntaze/core/names';
import { scraperEnv } from '@huntaze/scraper/env';
import { Construct } from 'constructs';
import type { Context } from './context.ts';
import { environment, limits } from './environment.ts';
import type { Keys } from './keys.ts';
import type { Logs } from './logs.ts';
import type { Network } from './network.ts';
import {
  allow,
  allowKeyThrough,
  allowQueueKey,
  allowSecret,
  allowSend,
  secretsUnder,
} from './permissions.ts';
import type { Queues } from './queues.ts';
import type { SharedRedis } from './redis.ts';
import type { Storage } from './storage.ts';
import { task } from './task.ts';

/** Both services together (3.2). */
export const MAX_TASKS = 10;
const MIN_TASKS = 1;
/** Visible messages: more than so many a task are too many (3.2), and less than so many in all are few (3.3). */
const MANY = 100;
const FEW = 20;
const FEW_MINUTES = 5;
/**
 * A task is there after a minute, and the queue's depth falls only minutes later: raw depth overshoots. It doesn't see
 * what is in flight either, so tasks that are taken away quickly are called for again (docs/decisions/0009-infrastructure.md).
 */
const COOLDOWN = Duration.minutes(4);
/** The longest that Fargate allows; the scraper is through after SHUTDOWN_SECONDS, 100 of them. */
const STOP_TIMEOUT = Duration.seconds(120);
const HEALTH_PORT = 8_081;

/** The Playwright scraper: what runs it, and how many. */
export class Scraper extends Construct {
  readonly cluster: ecs.Cluster;
  /** On Spot, but for one task. */
  readonly service: ecs.FargateService;
  /** On-Demand, as many as Spot can't give just now: none, normally. */
  readonly standIn: ecs.FargateService;
  readonly securityGroup: ec2.SecurityGroup;

  constructor(
    scope: Construct,
    id: string,
    props: {
      context: Context;
      network: Network;
      queues: Queues;
      keys: Keys;
      redis: SharedRedis;
      storage: Storage;
      logs: Logs;
      imageContext: string;
    },
  ) {
    super(scope, id);
    const { context, network, queues, keys, redis, storage } = props;
    this.cluster = new ecs.Cluster(this, 'Cluster', {
      vpc: network.vpc,
      containerInsightsV2: ecs.ContainerInsights.ENHANCED,
      enableFargateCapacityProviders: true,
    });
    this.securityGroup = network.securityGroup(this, 'Group', 'The scraper');
    redis.allow(this.securityGroup, 'The scraper');
    // The browser's way out: the site, and images and logs where there is no endpoint for them.
    this.securityGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'The site');

    const definition = this.#taskDefinition(props);
    const role = definition.taskRole;
    const ownQueue = [queues.workflows.queueArn];
    allow(role, 'Requirement8x2Receive', ['sqs:ReceiveMessage', 'sqs:DeleteMessage'], ownQueue);
    allow(role, 'Requirement4x5Hide', ['sqs:ChangeMessageVisibility'], ownQueue);
    allowSend(role, 'DeadLettersWithReason', queues.workflowsDeadLetters);
    allowQueueKey(role, keys.queues);
    const objects = (...prefixes: string[]) =>
      prefixes.map(prefix => storage.results.arnForObjects(`${prefix}/*`));
    const { results, journal, sessions } = PREFIXES;
    allow(role, 'Requirement8x2Results', ['s3:PutObject'], objects(results, journal, sessions));
    allow(role, 'WhatWasDoneBefore', ['s3:GetObject'], objects(results, journal, sessions));
    allow(role, 'SessionsThatEnd', ['s3:DeleteObject'], objects(sessions));
    // Without it, what isn't there is "forbidden" instead of "not found".
    allow(role, 'NotFound', ['s3:ListBucket'], [storage.results.bucketArn]);
    allowKeyThrough(role, 'BucketKey', 's3', [keys.data], ['kms:GenerateDataKey', 'kms:Decrypt']);
    // Sessions are sealed by the scraper, each under its creator's name.
    allow(role, 'SealedSessions', ['kms:GenerateDataKey', 'kms:Decrypt'], [keys.sessions.keyArn], {
      'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['creator_id'] },
      Null: { 'kms:EncryptionContext:creator_id': 'false' },
    });
    allow(
      role,
      'Requirement8x2Credentials',
      ['secretsmanager:GetSecretValue'],
      [secretsUnder(this, context.credentialsSecretPrefix)],
    );
    allowKeyThrough(role, 'CredentialsKey', 'secretsmanager', keys.credentials, ['kms:Decrypt']);
    allowSecret(role, 'RedisAuth', redis.authSecret);
    const { partition, region, account } = Stack.of(this);
    allow(
      role,
      'Requirement3x3Protection',
      ['ecs:UpdateTaskProtection'],
      [`arn:${partition}:ecs:${region}:${account}:task/${this.cluster.clusterName}/*`],
    );

    const common = {
      cluster: this.cluster,
      taskDefinition: definition,
      vpcSubnets: network.taskSubnets,
      assignPublicIp: network.assignPublicIp,
      securityGroups: [this.securityGroup],
      // A deployment takes the old tasks away first: never more than are allowed. Their work waits in the queue.
      minHealthyPercent: 0,
      maxHealthyPercent: 100,
      circuitBreaker: { rollback: true },
      enableECSManagedTags: true,
      propagateTags: ecs.PropagatedTagSource.SERVICE,
    };
    this.service = new ecs.FargateService(this, 'Service', {
      ...common,
      capacityProviderStrategies: [
        { capacityProvider: 'FARGATE', base: MIN_TASKS, weight: 0 },
        { capacityProvider: 'FARGATE_SPOT', weight: 1 },
      ],
    });
    this.standIn = new ecs.FargateService(this, 'StandIn', {
      ...common,
      desiredCount: 0,
      capacityProviderStrategies: [{ capacityProvider: 'FARGATE', weight: 1 }],
    });
    // Their capacity providers must belong to the cluster first,
    // and images can be fetched only by a role that may.
    for (const one of [this.service, this.standIn])
      one.node.addDependency(this.cluster, definition.executionRole!);
    this.#scale(queues);
  }

  #taskDefinition(props: ConstructorParameters<typeof Scraper>[2]): ecs.FargateTaskDefinition {
    const { context, queues, redis, storage, keys } = props;
    return task(this, {
      name: 'scraper',
      cpu: 1024,
      memoryMiB: 2048,
      imageContext: props.imageContext,
      health: `${HEALTH_PORT}/health`,
      startSeconds: 60,
      stopTimeout: STOP_TIMEOUT,
      // Sockets and files of the browser and two dozen sessions; Fargate's own limit was 1,024 once.
      ulimits: [{ name: ecs.UlimitName.NOFILE, softLimit: 65_535, hardLimit: 65_535 }],
      logging: ecs.LogDriver.awsLogs({
        streamPrefix: 'scraper',
        logGroup: props.logs.group(this, 'Logs', '/huntaze/scraper'),
        // Logs that can't be written must not hold the work.
        mode: ecs.AwsLogDriverMode.NON_BLOCKING,
        maxBufferSize: Size.mebibytes(4),
      }),
      environment: {
        NODE_OPTIONS: SCRAPER_NODE_OPTIONS.join(' '),
        ...environment(scraperEnv, {
          WORKFLOWS_QUEUE_URL: queues.workflows.queueUrl,
          DEAD_LETTER_QUEUE_URL: queues.workflowsDeadLetters.queueUrl,
          RESULTS_BUCKET: storage.results.bucketName,
          ...redis.environment,
          SITE_ORIGIN: context.siteOrigin,
          CREDENTIALS_SECRET_PREFIX: context.credentialsSecretPrefix,
          // Where the image has put it. Its sandbox is the task's own machine.
          CHROMIUM_PATH: '/opt/chromium/chrome-headless-shell',
          CHROMIUM_SANDBOX: 'false',
          SESSION_KEY: undefined,
          SESSION_KMS_KEY_ID: keys.sessions.keyArn,
          BROWSER_MAX_OPERATIONS: undefined,
          BROWSER_MAX_MEMORY_MB: undefined,
          CONCURRENCY: undefined,
          MAX_FAILURES: undefined,
          SHUTDOWN_SECONDS: undefined,
          HEALTH_PORT: String(HEALTH_PORT),
          ECS_AGENT_URI: undefined,
          ...limits(),
        }),
      },
    });
  }

  /** Requirements 3.1 to 3.3: the queue's depth brings tasks, and five quiet minutes send them away. */
  #scale(queues: Queues): void {
    const scaling = this.service.autoScaleTaskCount({ minCapacity: MIN_TASKS, maxCapacity: MAX_TASKS });
    const visible = queues.workflows.metricApproximateNumberOfMessagesVisible({
      period: Duration.minutes(1),
      statistic: cloudwatch.Stats.AVERAGE,
    });
    scaling.scaleToTrackCustomMetric('Many', {
      metric: visible,
      targetValue: MANY,
      disableScaleIn: true,
      scaleOutCooldown: COOLDOWN,
    });
    const fewer = new appscaling.StepScalingAction(this, 'Fewer', {
      scalingTarget: scaling.node.findChild('Target') as appscaling.ScalableTarget,
      adjustmentType: appscaling.AdjustmentType.CHANGE_IN_CAPACITY,
      cooldown: COOLDOWN,
      metricAggregationType: appscaling.MetricAggregationType.AVERAGE,
    });
    fewer.addAdjustment({ adjustment: -1, upperBound: 0 });
    const few = new cloudwatch.Alarm(this, 'Few', {
      alarmDescription: `Fewer than ${FEW} messages visible for ${FEW_MINUTES} minutes: a task is taken away. Nothing to do.`,
      metric: visible,
      threshold: FEW,
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: FEW_MINUTES,
      datapointsToAlarm: FEW_MINUTES,
      // Nobody is taken away for what isn't known.
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    few.addAlarmAction(new ApplicationScalingAction(fewer));
  }
}
