import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/**
 * What a role may do, said statement by statement: CDK's own grants allow more than our code calls. The first argument
 * of each becomes the statement's id, and says what forces it: a requirement, or the part that calls it.
 */
export function allow(
  role: iam.IRole,
  because: string,
  actions: string[],
  resources: string[],
  conditions?: Record<string, unknown>,
): void {
  const statement = new iam.PolicyStatement({
    sid: because,
    actions,
    resources,
    ...(conditions && { conditions }),
  });
  role.addToPrincipalPolicy(statement);
}

/** Keys, but only as this service uses it for the role; never by the role itself. */
export function allowKeyThrough(
  role: iam.IRole,
  because: string,
  service: 'sqs' | 's3' | 'secretsmanager',
  keys: kms.IKey[],
  actions: ('kms:Decrypt' | 'kms:GenerateDataKey')[],
): void {
  const { region } = Stack.of(role);
  const arns = keys.map(key => key.keyArn);
  allow(role, because, actions, arns, {
    StringEquals: { 'kms:ViaService': `${service}.${region}.amazonaws.com` },
  });
}

/** 8.3: whoever takes from an encrypted queue needs to decrypt; whoever puts into one, as all of ours do, a data key too. */
export function allowQueueKey(role: iam.IRole, key: kms.IKey): void {
  allowKeyThrough(role, 'Requirement8x3QueueKey', 'sqs', [key], ['kms:GenerateDataKey', 'kms:Decrypt']);
}

/** Reads one secret, and its key for that alone. */
export function allowSecret(role: iam.IRole, because: string, secret: secretsmanager.ISecret): void {
  allow(role, because, ['secretsmanager:GetSecretValue'], [secret.secretArn]);
  if (secret.encryptionKey)
    allowKeyThrough(role, `${because}Key`, 'secretsmanager', [secret.encryptionKey], ['kms:Decrypt']);
}

export function allowSend(role: iam.IRole, because: string, queue: sqs.IQueue): void {
  allow(role, because, ['sqs:SendMessage'], [queue.queueArn]);
}

/** The ARN of every secret whose name begins with the prefix and a slash. */
export function secretsUnder(scope: Construct, prefix: string): string {
  const { partition, region, account } = Stack.of(scope);
  return `arn:${partition}:secretsmanager:${region}:${account}:secret:${prefix}/*`;
}
