import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { API_CONTEXT, EXISTING_CONTEXT, resources, templateOf } from '../synthesized.ts';
import { lookAt, type Json } from './looking.ts';

// What the context chooses: where the API runs, what exists already, which engine Redis has, what the dashboard tells.

describe('the API as a service', () => {
  const { has, all, service } = lookAt(templateOf(API_CONTEXT));

  test('is reached by TLS alone, under the certificate that is given, behind the firewall', () => {
    expect(all('AWS::ElasticLoadBalancingV2::Listener')).toEqual([
      expect.objectContaining({
        Port: 443,
        Protocol: 'HTTPS',
        SslPolicy: expect.stringContaining('TLS13') as string,
        Certificates: [{ CertificateArn: API_CONTEXT.certificateArn }],
      }),
    ]);
    has.resourceCountIs('AWS::WAFv2::WebACLAssociation', 1);
  });

  test('is within the VPC unless somebody is let in, and then for those alone', () => {
    has.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', { Scheme: 'internal' });
    const open = lookAt(templateOf({ ...API_CONTEXT, apiAllowedCidrs: '203.0.113.0/24,198.51.100.7/32' }));
    open.has.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', {
      Scheme: 'internet-facing',
    });
    const from = [...open.all('AWS::EC2::SecurityGroupIngress'), ...open.all('AWS::EC2::SecurityGroup')]
      .flatMap(group => [group, ...((group['SecurityGroupIngress'] as Json[] | undefined) ?? [])])
      .flatMap(({ CidrIp }) => CidrIp ?? []);
    expect(from).toEqual(['203.0.113.0/24', '198.51.100.7/32']);
  });

  test('runs in two tasks, and a version that doesn’t start is taken back', () => {
    expect(service(/ApiService/)).toMatchObject({
      DesiredCount: 2,
      DeploymentConfiguration: { DeploymentCircuitBreaker: { Enable: true, Rollback: true } },
    });
  });
});

test('an API elsewhere gets a role, a way to Redis and its environment, and no service', () => {
  const template = templateOf();
  const { has } = lookAt(template);
  has.resourceCountIs('AWS::ElasticLoadBalancingV2::LoadBalancer', 0);
  expect(resources(template, 'AWS::ECS::Service').map(([id]) => id)).toEqual([
    expect.stringContaining('ScraperService'),
    expect.stringContaining('ScraperStandIn'),
  ]);
  const outputs = Object.entries(template.Outputs ?? {}).filter(([id]) => id.startsWith('Api'));
  expect(outputs.map(([id]) => id.replace(/[0-9A-F]{8}$/, '')).toSorted()).toEqual([
    'ApiEnvironment',
    'ApiRoleArn',
    'ApiSecurityGroupId',
  ]);
  const environment = JSON.stringify(outputs.find(([id]) => id.startsWith('ApiEnvironment')));
  for (const name of [
    'QUEUE_URL',
    'RESULTS_BUCKET',
    'REDIS_HOST',
    'REDIS_AUTH_TOKEN_SECRET_ARN',
    'TOKENS_PER_WINDOW',
  ])
    expect(environment).toContain(name);
});

describe('what exists', () => {
  const template = templateOf(EXISTING_CONTEXT);
  const { has, all } = lookAt(template);

  test('isn’t made', () => {
    for (const type of [
      'AWS::EC2::VPC',
      'AWS::EC2::Subnet',
      'AWS::ElastiCache::ReplicationGroup',
      'AWS::SNS::Topic',
      'AWS::SecretsManager::Secret',
    ])
      has.resourceCountIs(type, 0);
    // The stand-in's events, which are nobody else's.
    expect(all('AWS::SQS::Queue').map(({ QueueName }) => QueueName)).toEqual(['huntaze-stand-in.fifo']);
  });

  test('is what the parts are told of, alarms and rotation included', () => {
    has.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: EXISTING_CONTEXT.rateLimiterQueueArn,
    });
    has.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'huntaze-rate-limiter',
      Environment: {
        Variables: Match.objectLike({
          REDIS_HOST: EXISTING_CONTEXT.redisHost,
          REDIS_AUTH_TOKEN_SECRET_ARN: EXISTING_CONTEXT.redisAuthSecretArn,
        }),
      },
      VpcConfig: Match.objectLike({ SubnetIds: EXISTING_CONTEXT.privateSubnetIds.split(',') }),
    });
    has.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      GroupId: EXISTING_CONTEXT.redisSecurityGroupId,
    });
    has.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'huntaze-workflows-age',
      Dimensions: [{ Name: 'QueueName', Value: 'flows.fifo' }],
      AlarmActions: [EXISTING_CONTEXT.topicArn],
    });
    expect(all('AWS::SecretsManager::RotationSchedule').map(({ SecretId }) => SecretId)).toEqual([
      'huntaze/onlyfans/ada',
      'huntaze/onlyfans/bea',
    ]);
  });

  test('the topic is one of them unless it is said to be new', () => {
    lookAt(templateOf()).has.resourceCountIs('AWS::SNS::Topic', 0);
    lookAt(
      templateOf({ createTopic: 'true', alarmEmail: 'operator@agency.example' }),
    ).has.hasResourceProperties('AWS::SNS::Topic', {
      TopicName: 'huntaze-cost-alerts',
      KmsMasterKeyId: Match.anyValue(),
    });
  });
});

test('Redis is Valkey, or Redis OSS where that is said', () => {
  const engine = (redisEngine: string) =>
    lookAt(templateOf({ redisEngine })).all('AWS::ElastiCache::ReplicationGroup')[0]!['Engine'];
  expect(['valkey', 'redis'].map(engine)).toEqual(['valkey', 'redis']);
});

test('one dashboard, which follows a request on its way', () => {
  const [dashboard, ...others] = lookAt(templateOf()).all('AWS::CloudWatch::Dashboard');
  expect(others).toEqual([]);
  const headings = [...JSON.stringify(dashboard).matchAll(/## \d ([\w ]+)/g)].map(([, heading]) => heading);
  expect(headings).toEqual(['Waiting', 'Released', 'At the site', 'What needs somebody']);
});
