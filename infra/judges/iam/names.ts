import { createHash } from 'node:crypto';

/** Where a template is deployed. */
export interface Place {
  partition: string;
  region: string;
  account: string;
  stackName: string;
}

/** A resource, as its type's entry below sees it. */
interface Made {
  id: string;
  place: Place;
  /** Its name: what the property says, or one as CloudFormation makes it up. */
  named: (property?: string) => string;
  /** Of this region and account. */
  arn: (service: string, resource: string) => string;
}

const digest = (id: string) => createHash('sha256').update(id).digest('hex');
/** Ids that AWS makes up: random there, here always the same for one resource. */
const hexOf = (id: string, length: number) => digest(id).slice(0, length);
const uuidOf = (id: string) =>
  digest(id).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, (_, ...parts) => parts.slice(0, 5).join('-'));

/** CloudFormation's own: the stack's name, the logical id, and 12 random characters. */
export function madeUpName(stackName: string, id: string): string {
  return `${`${stackName}-${id}`.slice(0, 51)}-${hexOf(id, 12).toUpperCase()}`;
}

/**
 * What `Ref` and the attributes are of every type that policies refer to, and what identifies the resource in them.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
 */
export const TYPES: Record<string, (made: Made) => Record<string, string>> = {
  'AWS::SQS::Queue'({ named, arn, place: { region, account } }) {
    const QueueName = named('QueueName');
    const Ref = `https://sqs.${region}.amazonaws.com/${account}/${QueueName}`;
    return { Ref, QueueName, Arn: arn('sqs', QueueName) };
  },
  'AWS::KMS::Key'({ id, arn }) {
    return { Ref: uuidOf(id), KeyId: uuidOf(id), Arn: arn('kms', `key/${uuidOf(id)}`) };
  },
  'AWS::S3::Bucket'({ named, place: { partition } }) {
    const Ref = named('BucketName').toLowerCase();
    return { Ref, Arn: `arn:${partition}:s3:::${Ref}` };
  },
  'AWS::SecretsManager::Secret'({ id, named, arn }) {
    // Six random characters follow the name.
    return { Ref: arn('secretsmanager', `secret:${named('Name')}-${hexOf(id, 6)}`) };
  },
  'AWS::Lambda::Function'({ named, arn }) {
    const Ref = named('FunctionName');
    return { Ref, Arn: arn('lambda', `function:${Ref}`) };
  },
  'AWS::ECS::Cluster'({ named, arn }) {
    const Ref = named('ClusterName');
    return { Ref, Arn: arn('ecs', `cluster/${Ref}`) };
  },
  'AWS::ECS::Service'({ named }) {
    return { Name: named('ServiceName') };
  },
  'AWS::ElastiCache::ReplicationGroup'({ id }) {
    return { Ref: `h${hexOf(id, 15)}` };
  },
  'AWS::Logs::LogGroup'({ named, arn }) {
    const Ref = named('LogGroupName');
    return { Ref, Arn: `${arn('logs', `log-group:${Ref}`)}:*` };
  },
  'AWS::IAM::Role'({ named, place: { partition, account } }) {
    const Ref = named('RoleName');
    return { Ref, Arn: `arn:${partition}:iam::${account}:role/${Ref}` };
  },
  'AWS::SNS::Topic'({ named, arn }) {
    const TopicName = named('TopicName');
    return { Ref: arn('sns', TopicName), TopicArn: arn('sns', TopicName), TopicName };
  },
  'AWS::Events::Rule'({ named, arn }) {
    const Ref = named('Name');
    return { Ref, Arn: arn('events', `rule/${Ref}`) };
  },
  'AWS::CloudTrail::Trail'({ named, arn }) {
    const Ref = named('TrailName');
    return { Ref, Arn: arn('cloudtrail', `trail/${Ref}`) };
  },
  'AWS::EC2::VPC'({ id }) {
    return { Ref: `vpc-${hexOf(id, 17)}`, DefaultSecurityGroup: `sg-${hexOf(id, 17)}` };
  },
};
