import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { resources, templateOf, type Resource } from '../synthesized.ts';
import { attribute, lookAt, STAGES, type Json } from './looking.ts';

/** Holds events for 15 minutes. */
const EVENTS = 'huntaze-stand-in.fifo';

// Requirement 8, and what is kept. What the roles may is judged by ../iam.

describe.each(STAGES)('%s', (stage, template) => {
  const { has, all, idOf } = lookAt(template);

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
        expect.objectContaining({
          FromPort: 443,
          CidrIp: attribute(
            idOf('AWS::EC2::VPC', () => true),
            'CidrBlock',
          ),
        }),
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

  test.each(STAGES)(
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
