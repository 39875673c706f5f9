import { apiEnv } from '@huntaze/api/env';
import { readEnv } from '@huntaze/core/env';
import { METRICS, QUEUES } from '@huntaze/core/names';
import { limiterEnv } from '@huntaze/limiter/env';
import { scraperEnv } from '@huntaze/scraper/env';
import { Match, Template as Assertions } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { rotateCredentialsEnv } from '../functions/rotate-credentials/env.ts';
import { rotateRedisAuthEnv } from '../functions/rotate-redis-auth/env.ts';
import { standInEnv } from '../functions/stand-in/env.ts';
import { API_CONTEXT, resources, templateOf, type Resource, type Template } from './synthesized.ts';

// Every number of the requirements, and what no linter sees, in both stages.

type Json = Record<string, unknown>;
/** Holds events for 15 minutes. */
const EVENTS = 'huntaze-stand-in.fifo';
const CREATORS = { creators: 'ada,bea' };
const stages: [string, Template][] = [
  ['prod', templateOf({ ...API_CONTEXT, ...CREATORS })],
  ['dev', templateOf({ stage: 'dev', createTopic: 'true', ...API_CONTEXT, ...CREATORS })],
];

describe.each(stages)('%s', (stage, template) => {
  const has = Assertions.fromJSON(template);
  const all = (type: string) => resources(template, type).map(([, resource]) => resource.Properties!);
  const idOf = (type: string, fits: (properties: Json) => boolean) => {
    const found = resources(template, type).filter(([, { Properties }]) => fits(Properties ?? {}));
    expect(found).toHaveLength(1);
    return found[0]![0];
  };
  const queue = (name: string) => idOf('AWS::SQS::Queue', ({ QueueName }) => QueueName === name);
  const attribute = (id: string, name: string) => ({ 'Fn::GetAtt': [id, name] });
  const container = (name: string) =>
    all('AWS::ECS::TaskDefinition')
      .flatMap(({ ContainerDefinitions }) => ContainerDefinitions as Json[])
      .find(({ Name }) => Name === name)!;
  const services = resources(template, 'AWS::ECS::Service');
  const service = (id: RegExp) => services.find(([name]) => id.test(name))![1].Properties!;

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

  describe('5: alarms', () => {
    const topic =
      stage === 'dev'
        ? { Ref: Match.anyValue() }
        : { 'Fn::Join': ['', Match.arrayWith([':huntaze-cost-alerts'])] };

    test.each([
      [
        'workflows-age',
        { MetricName: 'ApproximateAgeOfOldestMessage', Threshold: 600, Period: 60, EvaluationPeriods: 1 },
      ],
      [
        'workflows-backlog',
        {
          MetricName: 'ApproximateNumberOfMessagesVisible',
          Threshold: 500,
          Period: 60,
          EvaluationPeriods: 1,
        },
      ],
      [
        'limiter-errors',
        { MetricName: 'Errors', Statistic: 'Sum', Threshold: 10, Period: 300, EvaluationPeriods: 1 },
      ],
      [
        'limiter-forwards',
        {
          MetricName: METRICS.forwardFailed,
          Namespace: METRICS.namespace,
          Statistic: 'Sum',
          Threshold: 10,
          Period: 300,
          EvaluationPeriods: 1,
        },
      ],
      [
        'scraper-cpu',
        {
          MetricName: 'CPUUtilization',
          Namespace: 'AWS/ECS',
          Statistic: 'Average',
          Threshold: 70,
          Period: 60,
          EvaluationPeriods: 10,
          DatapointsToAlarm: 10,
        },
      ],
    ])('5.1 to 5.5, 6.4: %s notifies by itself', (name, properties) => {
      has.hasResourceProperties('AWS::CloudWatch::Alarm', {
        AlarmName: `huntaze-${name}`,
        ...properties,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'notBreaching',
        AlarmActions: [topic],
      });
    });

    test('ours notify through one, which keeps still while one of those is on', () => {
      const alarms = resources(template, 'AWS::CloudWatch::Alarm');
      const silent = alarms.filter(([, { Properties }]) => Properties!['AlarmActions'] === undefined);
      expect(silent.map(([, { Properties }]) => String(Properties!['AlarmName'])).toSorted()).toEqual(
        [
          'api-errors',
          'api-unhealthy',
          'breaker-open',
          'limiter-dead-letters',
          'limiter-throttles',
          'no-task',
          'oldest-waiting',
          'redis-cpu-001',
          ...(stage === 'prod' ? ['redis-cpu-002'] : []),
          'redis-memory-001',
          ...(stage === 'prod' ? ['redis-memory-002'] : []),
          'rotation-failed',
          'site-throttled',
          'stand-in-failing',
          'workflows-dead-letters',
        ].map(name => `huntaze-${name}`),
      );
      const composite = all('AWS::CloudWatch::CompositeAlarm').find(
        ({ AlarmName }) => AlarmName === 'huntaze-anything-else',
      )!;
      const rule = JSON.stringify(composite['AlarmRule']);
      for (const [id] of silent) expect(rule).toContain(id);
      expect(composite).toMatchObject({
        ActionsSuppressor: expect.anything(),
        AlarmActions: [expect.anything()],
      });
    });

    test('each says what to do', () => {
      for (const { AlarmName, AlarmDescription } of all('AWS::CloudWatch::Alarm'))
        expect(String(AlarmDescription).length, String(AlarmName)).toBeGreaterThan(60);
    });

    test('5.4: our own metrics are ones that the processes publish', () => {
      const text = JSON.stringify(template);
      const ours = [
        ...text.matchAll(
          /"Namespace":"Huntaze\/Workflows","MetricName":"(\w+)"|"MetricName":"(\w+)","Namespace":"Huntaze\/Workflows"|Huntaze\/Workflows\\",\\"(\w+)\\"/g,
        ),
      ].map(([, a, b, c]) => a ?? b ?? c!);
      const published: string[] = Object.values(METRICS);
      // The audit trail's metric filter publishes it.
      published.push('rotation_failed_count');
      expect(ours.filter(name => !published.includes(name))).toEqual([]);
      for (const name of [METRICS.allowed, METRICS.rejected, METRICS.successRate, METRICS.averageDuration])
        expect(ours).toContain(name);
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

  describe('8: security', () => {
    test('8.4: endpoints for SQS, S3 and Secrets Manager, each with a policy', () => {
      const endpoints = all('AWS::EC2::VPCEndpoint');
      const names = endpoints.map(
        ({ ServiceName }) => /[a-z0-9.]+"?\]*}*$/.exec(JSON.stringify(ServiceName))![0],
      );
      for (const name of ['sqs', 's3', 'secretsmanager'])
        expect(names.some(one => one.includes(`.${name}`))).toBe(true);
      for (const { PolicyDocument, SubnetIds } of endpoints) {
        expect(PolicyDocument).toBeDefined();
        if (SubnetIds) expect(SubnetIds).toHaveLength(stage === 'prod' ? 2 : 1);
      }
    });

    test('8.5: every secret is rotated every 90 days, by a function that Secrets Manager may invoke', () => {
      const secrets = resources(template, 'AWS::SecretsManager::Secret').map(([id]) => id);
      expect(secrets).toHaveLength(3);
      const schedules = all('AWS::SecretsManager::RotationSchedule');
      expect(schedules.map(({ SecretId }) => (SecretId as { Ref: string }).Ref).toSorted()).toEqual(
        secrets.toSorted(),
      );
      for (const { RotationRules, RotationLambdaARN } of schedules) {
        expect(RotationRules).toEqual({ AutomaticallyAfterDays: 90 });
        has.hasResourceProperties('AWS::Lambda::Permission', {
          FunctionName: RotationLambdaARN,
          Principal: 'secretsmanager.amazonaws.com',
        });
      }
    });

    test('8.5: every use of a secret is noted, where nobody can change it', () => {
      has.hasResourceProperties('AWS::CloudTrail::Trail', {
        IsLogging: true,
        EnableLogFileValidation: true,
        IsMultiRegionTrail: true,
        KMSKeyId: Match.anyValue(),
        EventSelectors: [{ IncludeManagementEvents: true, ReadWriteType: 'All' }],
      });
      has.hasResourceProperties('AWS::S3::Bucket', {
        ObjectLockEnabled: true,
        ObjectLockConfiguration: {
          Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: stage === 'prod' ? 400 : 30 } },
        },
      });
    });

    test('Redis: TLS with AUTH, at rest, nothing evicted', () => {
      has.hasResourceProperties('AWS::ElastiCache::ReplicationGroup', {
        Engine: 'valkey',
        TransitEncryptionEnabled: true,
        AtRestEncryptionEnabled: true,
        AuthToken: { 'Fn::Join': ['', Match.arrayWith(['{{resolve:secretsmanager:'])] },
        MultiAZEnabled: stage === 'prod',
        AutomaticFailoverEnabled: stage === 'prod',
        ReplicasPerNodeGroup: stage === 'prod' ? 1 : 0,
      });
      has.hasResourceProperties('AWS::ElastiCache::ParameterGroup', {
        Properties: { 'maxmemory-policy': 'noeviction' },
      });
    });

    test('buckets: private, encrypted, by TLS only', () => {
      const buckets = resources(template, 'AWS::S3::Bucket');
      expect(buckets).toHaveLength(3);
      for (const [id, { Properties }] of buckets) {
        expect(Properties).toMatchObject({
          PublicAccessBlockConfiguration: {
            BlockPublicAcls: true,
            BlockPublicPolicy: true,
            IgnorePublicAcls: true,
            RestrictPublicBuckets: true,
          },
          BucketEncryption: expect.anything(),
        });
        has.hasResourceProperties('AWS::S3::BucketPolicy', { Bucket: { Ref: id } });
      }
    });

    test('nothing is reached from outside, but the load balancer by whom it is told', () => {
      const open = [...all('AWS::EC2::SecurityGroupIngress'), ...all('AWS::EC2::SecurityGroup')].flatMap(
        properties =>
          [properties, ...((properties['SecurityGroupIngress'] as Json[] | undefined) ?? [])].filter(
            ({ CidrIp, CidrIpv6 }) => CidrIp !== undefined || CidrIpv6 !== undefined,
          ),
      );
      // From the VPC itself.
      expect(open).toEqual([
        expect.objectContaining({ FromPort: 443, CidrIp: attribute(vpc(template), 'CidrBlock') }),
      ]);
    });

    test('no key is without rotation, no log group without key and end', () => {
      for (const properties of all('AWS::KMS::Key'))
        expect(properties).toMatchObject({ EnableKeyRotation: true });
      for (const properties of all('AWS::Logs::LogGroup'))
        expect(properties).toMatchObject({
          KmsKeyId: expect.anything(),
          RetentionInDays: stage === 'prod' ? 90 : 7,
        });
    });
  });

  test('each process would start with what it is told', () => {
    const told = Object.fromEntries(
      all('AWS::Lambda::Function').map(({ FunctionName, Environment }) => [
        FunctionName,
        (Environment as { Variables: Json } | undefined)?.Variables ?? {},
      ]),
    ) as Record<string, Json>;
    readEnv(limiterEnv, parsable(told['huntaze-rate-limiter']!));
    readEnv(standInEnv, parsable(told['huntaze-stand-in']!));
    readEnv(rotateRedisAuthEnv, parsable(told['huntaze-rotate-redis-auth']!));
    readEnv(rotateCredentialsEnv, parsable(told['huntaze-rotate-credentials']!));
    readEnv(scraperEnv, parsable(variablesOf(container('scraper'))));
    readEnv(apiEnv, parsable(variablesOf(container('api'))));
  });

  test('what CloudFormation and no linter would see too late', () => {
    for (const { MinCapacity, MaxCapacity } of all('AWS::ApplicationAutoScaling::ScalableTarget'))
      expect(Number(MinCapacity)).toBeLessThanOrEqual(Number(MaxCapacity));
    for (const { ContainerDefinitions } of all('AWS::ECS::TaskDefinition'))
      for (const { StopTimeout } of ContainerDefinitions as Json[])
        expect(Number(StopTimeout)).toBeLessThanOrEqual(120);
    for (const { RotationRules } of all('AWS::SecretsManager::RotationSchedule'))
      expect(Number((RotationRules as Json)['AutomaticallyAfterDays'])).toBeLessThanOrEqual(1_000);
    for (const { AuthToken, TransitEncryptionEnabled } of all('AWS::ElastiCache::ReplicationGroup'))
      expect(AuthToken === undefined || TransitEncryptionEnabled).toBe(true);
    for (const { PolicyDocument } of all('AWS::IAM::Policy')) {
      const sids = (PolicyDocument as { Statement: Json[] }).Statement.flatMap(({ Sid }) => Sid ?? []);
      expect(new Set(sids).size).toBe(sids.length);
    }
    expect(Object.keys(template.Resources).length).toBeLessThan(500);
    expect(JSON.stringify(template).length).toBeLessThan(1_000_000);
  });
});

describe('what is kept', () => {
  const data = ['AWS::S3::Bucket', 'AWS::SQS::Queue', 'AWS::KMS::Key', 'AWS::Logs::LogGroup'];
  // What a first deployment made that failed goes, or the next one would find its names taken.
  const kept = (resource: Resource) => resource.DeletionPolicy === 'RetainExceptOnCreate';

  test('in prod whatever holds data', () => {
    const template = templateOf();
    const left = data.flatMap(type => resources(template, type)).filter(([, one]) => !kept(one));
    expect(left.map(([, { Properties }]) => Properties!['QueueName'])).toEqual([EVENTS]);
  });

  test('in prod Redis leaves a snapshot', () => {
    for (const [, one] of resources(templateOf(), 'AWS::ElastiCache::ReplicationGroup'))
      expect(one.DeletionPolicy).toBe('Snapshot');
  });

  test.each(stages)(
    'in %s the creators’ secrets: CloudFormation would delete them for good',
    (_, template) => {
      const secrets = resources(template, 'AWS::SecretsManager::Secret').filter(([id]) =>
        id.includes('Rotation'),
      );
      expect(secrets.map(([, one]) => kept(one))).toEqual([true, true]);
    },
  );

  test('in dev the audit trail alone, and what opens it', () => {
    const template = templateOf({ stage: 'dev' });
    const left = data.flatMap(type =>
      resources(template, type)
        .filter(([, one]) => kept(one))
        .map(([id]) => id),
    );
    expect(left).toEqual([expect.stringContaining('TrailBucket'), expect.stringContaining('KeysTrail')]);
  });
});

function vpc(template: Template): string {
  return resources(template, 'AWS::EC2::VPC')[0]![0];
}

function variablesOf(container: Json): Json {
  return Object.fromEntries(
    (container['Environment'] as { Name: string; Value: unknown }[]).map(({ Name, Value }) => [Name, Value]),
  );
}

/** Values that AWS fills in, as what they will be like. */
function parsable(variables: Json): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => {
      if (typeof value === 'string') return [name, value];
      return [
        name,
        name.endsWith('_URL') ? 'https://sqs.eu-west-1.amazonaws.com/111122223333/queue' : 'filled-in',
      ];
    }),
  );
}
