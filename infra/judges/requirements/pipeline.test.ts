import { readEnv } from '@huntaze/core/env';
import { QUEUES } from '@huntaze/core/names';
import { scraperEnv } from '@huntaze/scraper/env';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { attribute, lookAt, parsable, STAGES, variablesOf } from './looking.ts';

/** Holds events for 15 minutes. */
const EVENTS = 'huntaze-stand-in.fifo';

// Requirements 1, 2, 3 and 6: each number, in both stages.

describe.each(STAGES)('%s', (stage, template) => {
  const { has, all, idOf, queue, container, service } = lookAt(template);

  describe('1 and 2: the limiter and its queues', () => {
    test('Node 24 on arm64, its queue’s batches with partial responses, two at a time', () => {
      has.hasResourceProperties('AWS::Lambda::Function', {
        FunctionName: 'huntaze-rate-limiter',
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        VpcConfig: Match.anyValue(),
      });
      has.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
        EventSourceArn: attribute(queue(QUEUES.rateLimiter), 'Arn'),
        BatchSize: 10,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 2 },
      });
    });

    test('10 in 60 s, one line for the site', () => {
      for (const name of ['huntaze-rate-limiter', 'huntaze-rotate-credentials'])
        has.hasResourceProperties('AWS::Lambda::Function', {
          FunctionName: name,
          Environment: {
            Variables: Match.objectLike({
              TOKENS_PER_WINDOW: '10',
              WINDOW_SECONDS: '60',
              RATE_LIMIT_SCOPE: 'platform',
            }),
          },
        });
      for (const name of ['scraper', 'api'])
        expect(variablesOf(container(name))).toMatchObject({
          TOKENS_PER_WINDOW: '10',
          WINDOW_SECONDS: '60',
          RATE_LIMIT_SCOPE: 'platform',
        });
    });

    test('a queue hides a message for six times what the function may take', () => {
      const limiter = all('AWS::Lambda::Function').find(
        ({ FunctionName }) => FunctionName === 'huntaze-rate-limiter',
      );
      const properties = template.Resources[queue(QUEUES.rateLimiter)]!.Properties!;
      expect(properties['VisibilityTimeout']).toBe(6 * Number(limiter!['Timeout']));
    });

    test('queues: encrypted with a key that rotates (8.3), 14 days, dead letters after 1,000 receives', () => {
      for (const [name, deadLetters] of [
        [QUEUES.rateLimiter, QUEUES.rateLimiterDeadLetters],
        [QUEUES.workflows, QUEUES.workflowsDeadLetters],
      ] as const) {
        const fifo = name.endsWith('.fifo')
          ? {
              FifoQueue: true,
              DeduplicationScope: 'messageGroup',
              FifoThroughputLimit: 'perMessageGroupId',
            }
          : { FifoQueue: Match.absent() };
        const both = { ...fifo, MessageRetentionPeriod: 14 * 86_400, KmsMasterKeyId: Match.anyValue() };
        has.hasResourceProperties('AWS::SQS::Queue', {
          QueueName: name,
          ...both,
          RedrivePolicy: {
            deadLetterTargetArn: attribute(queue(deadLetters), 'Arn'),
            maxReceiveCount: 1_000,
          },
        });
        has.hasResourceProperties('AWS::SQS::Queue', {
          QueueName: deadLetters,
          ...both,
          RedrivePolicy: Match.absent(),
          RedriveAllowPolicy: {
            redrivePermission: 'byQueue',
            sourceQueueArns: [{ 'Fn::Join': ['', Match.arrayWith([`:${name}`])] }],
          },
        });
      }
      const ofPipeline = all('AWS::SQS::Queue').filter(({ QueueName }) => QueueName !== EVENTS);
      expect(ofPipeline).toHaveLength(4);
      for (const { KmsMasterKeyId } of ofPipeline) {
        const [key] = (KmsMasterKeyId as { 'Fn::GetAtt': string[] })['Fn::GetAtt'];
        expect(template.Resources[key!]!.Properties).toMatchObject({ EnableKeyRotation: true });
      }
    });
  });

  describe('3: scaling', () => {
    const visible = (name: string) => ({
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Namespace: 'AWS/SQS',
      Dimensions: [{ Name: 'QueueName', Value: attribute(queue(name), 'QueueName') }],
    });

    test('3.1, 3.2: more tasks above 100 visible messages, up to 10', () => {
      has.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
        MinCapacity: 1,
        MaxCapacity: 10,
        ScalableDimension: 'ecs:service:DesiredCount',
      });
      has.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
        PolicyType: 'TargetTrackingScaling',
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: 100,
          DisableScaleIn: true,
          CustomizedMetricSpecification: { ...visible(QUEUES.workflows), Statistic: 'Average' },
        },
      });
    });

    test('3.3: fewer below 20 for five minutes, down to 1', () => {
      const policy = idOf(
        'AWS::ApplicationAutoScaling::ScalingPolicy',
        ({ PolicyType }) => PolicyType === 'StepScaling',
      );
      expect(template.Resources[policy]!.Properties).toMatchObject({
        StepScalingPolicyConfiguration: {
          AdjustmentType: 'ChangeInCapacity',
          StepAdjustments: [{ MetricIntervalUpperBound: 0, ScalingAdjustment: -1 }],
        },
      });
      has.hasResourceProperties('AWS::CloudWatch::Alarm', {
        ...visible(QUEUES.workflows),
        Threshold: 20,
        ComparisonOperator: 'LessThanThreshold',
        Period: 60,
        EvaluationPeriods: 5,
        DatapointsToAlarm: 5,
        AlarmActions: [{ Ref: policy }],
      });
    });
  });

  describe('6: Fargate', () => {
    test('6.1: one task On-Demand, the others on Spot; a service of On-Demand tasks stands in', () => {
      expect(service(/ScraperService/)).toMatchObject({
        CapacityProviderStrategy: [
          { CapacityProvider: 'FARGATE', Base: 1, Weight: 0 },
          { CapacityProvider: 'FARGATE_SPOT', Weight: 1 },
        ],
      });
      expect(service(/ScraperService/)['DesiredCount']).toBeUndefined();
      expect(service(/ScraperStandIn/)).toMatchObject({
        CapacityProviderStrategy: [{ CapacityProvider: 'FARGATE', Weight: 1 }],
        DesiredCount: 0,
      });
      has.hasResourceProperties('AWS::Events::Rule', {
        EventPattern: {
          source: ['aws.ecs'],
          'detail-type': ['ECS Service Action'],
          resources: [Match.anyValue()],
          detail: { eventName: ['SERVICE_TASK_PLACEMENT_FAILURE', 'SERVICE_STEADY_STATE'] },
        },
      });
      has.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(5 minutes)' });
    });

    test('never more than 10 tasks: a deployment adds none', () => {
      for (const id of [/ScraperService/, /ScraperStandIn/])
        expect(service(id)).toMatchObject({
          DeploymentConfiguration: {
            MaximumPercent: 100,
            DeploymentCircuitBreaker: { Enable: true, Rollback: true },
          },
        });
      has.hasResourceProperties('AWS::Lambda::Function', {
        FunctionName: 'huntaze-stand-in',
        Environment: { Variables: Match.objectLike({ MAX_TASKS: '10' }) },
      });
    });

    test('6.2: 1 vCPU and 2 GB, arm64', () => {
      has.hasResourceProperties('AWS::ECS::TaskDefinition', {
        ContainerDefinitions: Match.arrayWith([Match.objectLike({ Name: 'scraper' })]),
        Cpu: '1024',
        Memory: '2048',
        RequiresCompatibilities: ['FARGATE'],
        RuntimePlatform: { CpuArchitecture: 'ARM64' },
      });
    });

    test('6.3: Container Insights', () => {
      has.hasResourceProperties('AWS::ECS::Cluster', {
        ClusterSettings: [{ Name: 'containerInsights', Value: 'enhanced' }],
      });
    });

    test('6.5: 120 s to stop, of which the scraper takes 100', () => {
      const scraper = container('scraper');
      expect(scraper['StopTimeout']).toBe(120);
      const { SHUTDOWN_SECONDS } = readEnv(scraperEnv, parsable(variablesOf(scraper)));
      expect(SHUTDOWN_SECONDS).toBe(100);
    });

    test('read-only, without rights, and asked for its health', () => {
      for (const name of ['scraper', 'api'])
        expect(container(name)).toMatchObject({
          ReadonlyRootFilesystem: true,
          User: '1000:1000',
          HealthCheck: { Command: expect.arrayContaining(['CMD', 'node']) as unknown },
          MountPoints: [{ ContainerPath: '/tmp', ReadOnly: false }],
        });
    });
  });
});
