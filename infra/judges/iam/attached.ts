import { Unresolved } from './resolve.ts';
import type { Installation } from './installation.ts';
import { ordinaryKeyPolicy, together, type Policy } from './policies.ts';

type Json = Record<string, unknown>;

const known = new WeakMap<Installation, Map<string, Policy | undefined>>();

/** What is attached to the resource with this ARN, or to the one that it is part of; undefined where nothing is. */
export function attachedTo(it: Installation, arnOfPart: string): Policy | undefined {
  const arn = arnOfPart.replace(/^(arn:[^:]+:s3:::[^/]+)\/.*$/, '$1');
  const policies = known.get(it) ?? new Map<string, Policy | undefined>();
  known.set(it, policies);
  if (!policies.has(arn)) policies.set(arn, find(it, arn));
  return policies.get(arn);
}

function find(it: Installation, arn: string): Policy | undefined {
  const [, , service = '', region, account, resource = ''] = arn.split(':');
  switch (service) {
    case 'sqs':
      return attached(it, 'AWS::SQS::QueuePolicy', {
        to: 'Queues',
        ref: `https://sqs.${region}.amazonaws.com/${account}/${resource}`,
      });
    case 's3':
      return attached(it, 'AWS::S3::BucketPolicy', { to: 'Bucket', ref: resource.split('/')[0]! });
    case 'sns':
      return attached(it, 'AWS::SNS::TopicPolicy', { to: 'Topics', ref: arn });
    case 'secretsmanager':
      return attached(it, 'AWS::SecretsManager::ResourcePolicy', { to: 'SecretId', ref: arn });
    case 'kms':
      return ofKey(it, arn);
    case 'lambda':
      return together(
        it.all('AWS::Lambda::Permission').flatMap(({ properties }) => permission(it, properties, arn)),
      );
    case 'iam': {
      const role = it.all('AWS::IAM::Role').find(({ id }) => it.of(id, 'Arn') === arn);
      return role && it.policy(role.properties['AssumeRolePolicyDocument'], arn);
    }
    default:
      return undefined;
  }
}

function attached(
  it: Installation,
  type: string,
  { to, ref }: { to: string; ref: string },
): Policy | undefined {
  const documents = it
    .all(type)
    .filter(({ properties }) => [properties[to]].flat().some(target => it.text(target) === ref))
    .map(({ properties }) => properties['PolicyDocument'] ?? properties['ResourcePolicy']);
  // The last one would replace the others, and which that is nobody says.
  if (documents.length > 1) throw new Unresolved(`${ref}: ${documents.length} policies`);
  return documents.length === 0 ? undefined : it.policy(documents[0]);
}

/** A key that was made elsewhere in this account is taken to have the policy that AWS gives to every key. */
function ofKey(it: Installation, arn: string): Policy | undefined {
  const key = it.all('AWS::KMS::Key').find(({ id }) => it.of(id, 'Arn') === arn);
  if (key) return it.policy(key.properties['KeyPolicy']);
  const { partition, account } = it.place;
  return arn.split(':')[4] === account ? ordinaryKeyPolicy(partition, account) : undefined;
}

/**
 * The statement that Lambda makes of a permission.
 * https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html
 */
function permission(it: Installation, properties: Json, arn: string): Policy[] {
  const { FunctionName, Action, Principal, SourceArn, SourceAccount, ...rest } = properties;
  if (it.text(FunctionName) !== arn) return [];
  if (Object.keys(rest).length > 0)
    throw new Unresolved(`a permission with ${Object.keys(rest).join(', ')}: ${arn}`);
  const Condition = {
    ...(SourceArn !== undefined && { ArnLike: { 'aws:SourceArn': SourceArn } }),
    ...(SourceAccount !== undefined && { StringEquals: { 'aws:SourceAccount': SourceAccount } }),
  };
  const statement = { Effect: 'Allow', Principal: { Service: Principal }, Action, Resource: arn, Condition };
  return [it.policy({ Version: '2012-10-17', Statement: statement })];
}
