import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { credentialsSecretName } from '@huntaze/core/names';
import { ROTATE_CREDENTIALS, ROTATION_DAYS } from '@huntaze/core/rotation';
import { Construct } from 'constructs';
import { resumeRotationsEnv } from '../functions/resume-rotations/env.ts';
import { rotateCredentialsEnv } from '../functions/rotate-credentials/env.ts';
import { rotateRedisAuthEnv } from '../functions/rotate-redis-auth/env.ts';
import type { Context } from './context.ts';
import { environment, limits } from './environment.ts';
import { nodeFunction } from './function.ts';
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

export interface RotationProps {
  context: Context;
  network: Network;
  queues: Queues;
  keys: Keys;
  redis: SharedRedis;
  logs: Logs;
  bundles: { rotateRedisAuth: string; rotateCredentials: string; resumeRotations: string };
}

/** The secrets, and what changes them every 90 days (8.5): the creators' passwords, and Redis's AUTH token. */
export class Rotation extends Construct {
  readonly securityGroups: ec2.SecurityGroup[] = [];
  /** Goes on with rotations that Secrets Manager has given up. */
  readonly resuming: lambda.Function;
  /** Rotates the creators' passwords. */
  readonly credentials: lambda.Function;
  readonly #rotating: { rotate: lambda.Function; secrets: string }[] = [];

  constructor(scope: Construct, id: string, props: RotationProps) {
    super(scope, id);
    this.credentials = this.#credentials(props);
    if (props.redis.replicationGroup) this.#redisAuth(props, props.redis.replicationGroup.ref);
    this.resuming = this.#resume(props);
  }

  #credentials({ context, network, queues, keys, redis, logs, bundles }: RotationProps): lambda.Function {
    const prefix = context.credentialsSecretPrefix;
    const group = network.securityGroup(this, 'CredentialsGroup', 'Rotation of credentials');
    redis.allow(group, 'Rotation of credentials');
    const rotate = nodeFunction(this, 'Credentials', {
      ...ROTATE_CREDENTIALS,
      description: 'Changes a password at the site, as an operation of its creator among the others',
      bundle: bundles.rotateCredentials,
      memoryMb: 256,
      logs,
      inside: { network, group },
      environment: environment(rotateCredentialsEnv, {
        QUEUE_URL: queues.rateLimiter.queueUrl,
        CREDENTIALS_SECRET_PREFIX: prefix,
        ...redis.environment,
        ...limits(),
      }),
    });
    const secrets = secretsUnder(this, prefix);
    const role = rotate.role!;
    allowRotation(role, [secrets], keys.credentials);
    allowSend(role, 'Requirement8x5ThroughThePipeline', queues.rateLimiter);
    allowQueueKey(role, keys.queues);
    allowSecret(role, 'RedisAuth', redis.authSecret);
    this.#add(rotate, group, secrets);

    for (const creator of context.creators) {
      // The credentials are the creator's, and are put there later. Until then there is no e-mail address, and whoever
      // reads it says that it isn't {"email", "password"}: a secret without any value couldn't be scheduled for sure.
      const secret = new secretsmanager.CfnSecret(this, `Secret-${creator}`, {
        name: credentialsSecretName(prefix, creator),
        description: 'A creator’s credentials at the site: {"email", "password"}',
        kmsKeyId: keys.data.keyArn,
        generateSecretString: { secretStringTemplate: '{"email":""}', generateStringKey: 'password' },
      });
      // CloudFormation would delete it at once and for good, and nobody else knows a password that was rotated.
      secret.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
      this.#schedule(`Schedule-${creator}`, secret.ref, rotate);
    }
    for (const creator of context.existingCreators)
      this.#schedule(`Schedule-${creator}`, credentialsSecretName(prefix, creator), rotate);
    return rotate;
  }

  #redisAuth({ network, keys, redis, logs, bundles }: RotationProps, replicationGroupId: string): void {
    const group = network.securityGroup(this, 'RedisAuthGroup', 'Rotation of the AUTH token');
    redis.allow(group, 'Rotation of the AUTH token');
    const rotate = nodeFunction(this, 'RedisAuth', {
      name: 'huntaze-rotate-redis-auth',
      description: 'Changes the AUTH token of Redis: both hold until everybody has the new one',
      bundle: bundles.rotateRedisAuth,
      timeoutSeconds: 60,
      memoryMb: 256,
      logs,
      inside: { network, group },
      environment: environment(rotateRedisAuthEnv, {
        REPLICATION_GROUP_ID: replicationGroupId,
        REDIS_HOST: redis.host,
        REDIS_PORT: redis.port,
        REDIS_TLS: 'true',
      }),
    });
    const role = rotate.role!;
    allowRotation(role, [redis.authSecret.secretArn], [keys.data]);
    allow(
      role,
      'Requirement8x5AuthToken',
      ['elasticache:ModifyReplicationGroup', 'elasticache:DescribeReplicationGroups'],
      [redis.replicationGroupArn!],
    );
    this.#add(rotate, group, redis.authSecret.secretArn);
    this.#schedule('RedisAuthSchedule', redis.authSecret.secretArn, rotate);
  }

  #resume({ logs, bundles }: RotationProps): lambda.Function {
    const functionArns = this.#rotating.map(({ rotate }) => rotate.functionArn);
    const resume = nodeFunction(this, 'Resume', {
      name: 'huntaze-resume-rotations',
      description: 'Goes on with rotations that Secrets Manager has given up',
      bundle: bundles.resumeRotations,
      timeoutSeconds: 60,
      memoryMb: 256,
      logs,
      environment: environment(resumeRotationsEnv, { ROTATION_FUNCTION_ARNS: functionArns.join(',') }),
    });
    const role = resume.role!;
    allow(role, 'Requirement8x5Unfinished', ['secretsmanager:ListSecrets'], ['*']);
    allow(
      role,
      'Requirement8x5Resume',
      ['secretsmanager:ListSecretVersionIds', 'secretsmanager:RotateSecret'],
      this.#rotating.map(({ secrets }) => secrets),
    );
    // Whoever asks for a rotation must be allowed to invoke what rotates.
    allow(role, 'Requirement8x5Functions', ['lambda:InvokeFunction'], functionArns);
    new events.Rule(this, 'Regularly', {
      description: 'Rotations that are unfinished are resumed',
      schedule: events.Schedule.rate(Duration.hours(1)),
      targets: [new targets.LambdaFunction(resume)],
    });
    return resume;
  }

  #add(rotate: lambda.Function, group: ec2.SecurityGroup, secrets: string): void {
    this.securityGroups.push(group);
    this.#rotating.push({ rotate, secrets });
    rotate.addPermission('SecretsManager', {
      principal: new iam.ServicePrincipal('secretsmanager.amazonaws.com'),
      sourceAccount: Stack.of(this).account,
      sourceArn: secrets,
    });
  }

  #schedule(id: string, secretId: string, rotate: lambda.Function): void {
    const schedule = new secretsmanager.CfnRotationSchedule(this, id, {
      secretId,
      rotationLambdaArn: rotate.functionArn,
      rotationRules: { automaticallyAfterDays: ROTATION_DAYS },
      // Not while the stack is being made: nothing answers yet.
      rotateImmediatelyOnUpdate: false,
    });
    // Secrets Manager asks whether it may invoke the function.
    schedule.node.addDependency(rotate);
  }
}

/** What the four steps call. */
function allowRotation(role: iam.IRole, secretArns: string[], keys: kms.IKey[]): void {
  allow(
    role,
    'Requirement8x5Rotation',
    [
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
      'secretsmanager:PutSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
    ],
    secretArns,
  );
  allow(role, 'NewPassword', ['secretsmanager:GetRandomPassword'], ['*']);
  allowKeyThrough(role, 'SecretsKey', 'secretsmanager', keys, ['kms:GenerateDataKey', 'kms:Decrypt']);
}
