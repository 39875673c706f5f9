import { CfnOutput, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { PREFIXES } from '@huntaze/core/names';
import { eraseEnv } from '@huntaze/local/erase/env';
import { Construct } from 'constructs';
import { environment } from './environment.ts';
import type { Keys } from './keys.ts';
import type { Network } from './network.ts';
import { secretsUnder } from './permissions.ts';
import type { Queues } from './queues.ts';
import type { SharedRedis } from './redis.ts';
import type { Storage } from './storage.ts';

export interface EraserProps {
  network: Network;
  queues: Queues;
  keys: Keys;
  redis: SharedRedis;
  storage: Storage;
  credentialsSecretPrefix: string;
}

/**
 * For whoever removes a creator's data (`npm run erase`): a policy for their role, a security group that reaches Redis,
 * and what the command is told. Nothing here runs by itself.
 */
export class Eraser extends Construct {
  readonly securityGroup: ec2.SecurityGroup;
  readonly policy: iam.ManagedPolicy;

  constructor(scope: Construct, id: string, props: EraserProps) {
    super(scope, id);
    const { network, queues, keys, redis, storage, credentialsSecretPrefix } = props;
    this.securityGroup = network.securityGroup(this, 'Group', 'Removal of a creator');
    redis.allow(this.securityGroup, 'Removal of a creator');
    // S3, which has no address of its own in the VPC; and where the command itself comes from.
    this.securityGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'S3');

    const deadLetters = [queues.rateLimiterDeadLetters, queues.workflowsDeadLetters];
    const { region } = Stack.of(this);
    const through = (service: string) => ({
      StringEquals: { 'kms:ViaService': `${service}.${region}.amazonaws.com` },
    });
    const { authSecret } = redis;
    this.policy = new iam.ManagedPolicy(this, 'Policy', {
      description: 'Removes what there is of a creator: objects, secret, dead letters; and lets in to Redis',
      statements: [
        new iam.PolicyStatement({
          sid: 'Versions',
          actions: ['s3:ListBucketVersions'],
          resources: [storage.results.bucketArn],
        }),
        new iam.PolicyStatement({
          sid: 'Objects',
          actions: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
          resources: Object.values(PREFIXES).map(name => storage.results.arnForObjects(`${name}/*`)),
        }),
        new iam.PolicyStatement({
          sid: 'Secret',
          actions: [
            'secretsmanager:DescribeSecret',
            'secretsmanager:CancelRotateSecret',
            'secretsmanager:DeleteSecret',
          ],
          resources: [secretsUnder(this, credentialsSecretPrefix)],
        }),
        new iam.PolicyStatement({
          sid: 'DeadLetters',
          actions: [
            'sqs:ReceiveMessage',
            'sqs:DeleteMessage',
            'sqs:ChangeMessageVisibility',
            'sqs:GetQueueAttributes',
          ],
          resources: deadLetters.map(queue => queue.queueArn),
        }),
        new iam.PolicyStatement({
          sid: 'DeadLettersKey',
          actions: ['kms:Decrypt'],
          resources: [keys.queues.keyArn],
          conditions: through('sqs'),
        }),
        new iam.PolicyStatement({
          sid: 'RedisAuth',
          actions: ['secretsmanager:GetSecretValue'],
          resources: [authSecret.secretArn],
        }),
        ...(authSecret.encryptionKey
          ? [
              new iam.PolicyStatement({
                sid: 'RedisAuthKey',
                actions: ['kms:Decrypt'],
                resources: [authSecret.encryptionKey.keyArn],
                conditions: {
                  StringEquals: {
                    ...through('secretsmanager').StringEquals,
                    'kms:EncryptionContext:SecretARN': authSecret.secretArn,
                  },
                },
              }),
            ]
          : []),
      ],
    });

    const told = environment(eraseEnv, {
      RESULTS_BUCKET: storage.results.bucketName,
      CREDENTIALS_SECRET_PREFIX: credentialsSecretPrefix,
      DEAD_LETTER_QUEUE_URLS: deadLetters.map(queue => queue.queueUrl).join(','),
      ...redis.environment,
    });
    new CfnOutput(this, 'Environment', {
      description: 'What npm run erase -- --aws is told',
      value: Object.entries(told)
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
    });
    new CfnOutput(this, 'SecurityGroupId', {
      description: 'The security group in which it reaches Redis',
      value: this.securityGroup.securityGroupId,
    });
  }
}
