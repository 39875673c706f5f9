import { Validations, type Stack } from 'aws-cdk-lib';
import { PREFIXES } from '@huntaze/core/names';

/** A finding of the judges that stands, at one resource, and why it does. */
interface Acknowledgement {
  /** The resource's path in the stack. */
  at: string;
  /** The rule, qualified by the judge's name and, where it has one, by the finding. */
  id: string;
  why: string;
}

const NIST = 'NIST.800.53.R5::NIST.800.53.R5-';
const SOLUTIONS = 'AwsSolutions::AwsSolutions-';
const ANYTHING = `${SOLUTIONS}IAM5[Resource::*]`;
const ARN = 'arn:<AWS::Partition>';
const HERE = '<AWS::Region>:<AWS::AccountId>';
const BUCKET = '<StorageResultsB2A4FB2E.Arn>';

const ofEach = (at: string[], id: string, why: string): Acknowledgement[] =>
  at.map(one => ({ at: one, id, why }));

/**
 * @param prefix of the creators' secrets
 */
export function acknowledgements(prefix: string): Acknowledgement[] {
  const creatorsSecrets = `${SOLUTIONS}IAM5[Resource::${ARN}:secretsmanager:${HERE}:secret:${prefix}/*]`;
  return [
    ...ofEach(
      [
        'Api/Role',
        'Api/Task/ExecutionRole',
        'Api/Task/TaskRole',
        'Limiter/FunctionRole',
        'Network/Vpc/FlowLog/IAMRole',
        'Rotation/CredentialsRole',
        'Rotation/RedisAuthRole',
        'Rotation/ResumeRole',
        'Scraper/Task/ExecutionRole',
        'Scraper/Task/TaskRole',
        'StandIn/FunctionRole',
        'Trail/Trail/LogsRole',
      ].map(role => `${role}/DefaultPolicy/Resource`),
      `${NIST}IAMNoInlinePolicy`,
      'The policy is made for this one role, is simulated with it, and goes with it; shared by nobody, it need not be managed.',
    ),
    ...ofEach(
      [
        'Limiter/Function',
        'Rotation/Credentials',
        'Rotation/RedisAuth',
        'Rotation/Resume',
        'StandIn/Function',
      ].map(at => `${at}/Resource`),
      `${NIST}LambdaConcurrency`,
      'A new account has a concurrency of 10, of which none may be reserved. The limiter is bounded by its event source, the others by how seldom they are invoked.',
    ),
    ...ofEach(
      ['Limiter/Function', 'Rotation/Credentials', 'Rotation/RedisAuth', 'StandIn/Function'].map(
        at => `${at}/Resource`,
      ),
      `${NIST}LambdaDLQ`,
      'Never invoked asynchronously: its caller keeps what failed, and repeats it.',
    ),
    {
      at: 'StandIn/Events/Resource',
      id: `${SOLUTIONS}SQS3`,
      why: 'An event is worth nothing after 15 minutes, and then goes; the next regular one looks at what is.',
    },
    {
      at: 'Rotation/Resume/Resource',
      id: `${NIST}LambdaDLQ`,
      why: 'An hour later it looks again at what is; an event that was lost tells nothing.',
    },
    {
      at: 'StandIn/Function/Resource',
      id: `${NIST}LambdaInsideVPC`,
      why: 'It calls public endpoints of AWS only and holds no data; in the VPC it would need three more endpoints.',
    },
    {
      at: 'Rotation/Resume/Resource',
      id: `${NIST}LambdaInsideVPC`,
      why: 'It calls Secrets Manager only and reads no value.',
    },
    {
      at: 'Rotation/ResumeRole/DefaultPolicy/Resource',
      id: ANYTHING,
      why: 'ListSecrets has no resource. It gives names and dates, no values.',
    },
    ...ofEach(
      ['Limiter/FunctionRole', 'Rotation/CredentialsRole', 'Rotation/RedisAuthRole'].map(
        role => `${role}/DefaultPolicy/Resource`,
      ),
      ANYTHING,
      'Lambda makes the network interfaces, whose ids nobody knows before (and GetRandomPassword has no resource). A statement beside it denies them to the code.',
    ),
    ...ofEach(
      ['Scraper/Task/ExecutionRole', 'Api/Task/ExecutionRole'].map(role => `${role}/DefaultPolicy/Resource`),
      ANYTHING,
      'ecr:GetAuthorizationToken has no resource; the repository and the log group are named.',
    ),
    {
      at: 'StandIn/FunctionRole/DefaultPolicy/Resource',
      id: ANYTHING,
      why: 'application-autoscaling:DescribeScalableTargets has no resource.',
    },
    {
      at: 'StandIn/FunctionRole/DefaultPolicy/Resource',
      id: `${SOLUTIONS}IAM5[Resource::${ARN}:application-autoscaling:${HERE}:scalable-target/*]`,
      why: 'A scalable target has a random id; the conditions bind it to tasks of ECS services.',
    },
    ...Object.values(PREFIXES).map(name => ({
      at: 'Scraper/Task/TaskRole/DefaultPolicy/Resource',
      id: `${SOLUTIONS}IAM5[Resource::${BUCKET}/${name}/*]`,
      why: 'An object for each creator and operation: their ids are not known before.',
    })),
    {
      at: 'Scraper/Task/TaskRole/DefaultPolicy/Resource',
      id: `${SOLUTIONS}IAM5[Resource::${ARN}:ecs:${HERE}:task/<ScraperCluster2D69700C>/*]`,
      why: 'A task protects itself, and its id is not known before; the cluster is its own.',
    },
    ...ofEach(
      [
        'Api/Role',
        'Api/Task/TaskRole',
        'Scraper/Task/TaskRole',
        'Rotation/CredentialsRole',
        'Rotation/ResumeRole',
      ].map(role => `${role}/DefaultPolicy/Resource`),
      creatorsSecrets,
      'One secret for each creator under one prefix: creators come and go while the stack stays.',
    ),
    ...['results', 'tokens', 'webhooks', 'audit'].flatMap(under =>
      ofEach(
        ['Api/Role', 'Api/Task/TaskRole'].map(role => `${role}/DefaultPolicy/Resource`),
        `${SOLUTIONS}IAM5[Resource::${BUCKET}/${under}/*]`,
        'Objects of one prefix: their names are operations, hashes of tokens, and times.',
      ),
    ),
    ...ofEach(
      ['Api/Role', 'Api/Task/TaskRole'].map(role => `${role}/DefaultPolicy/Resource`),
      `${SOLUTIONS}IAM5[Resource::${ARN}:cloudwatch:${HERE}:alarm:huntaze-*]`,
      'The alarms of this stack, of which not every one has all; they are only read.',
    ),
    {
      at: 'Storage/Reader/Resource',
      id: `${SOLUTIONS}IAM5[Resource::${BUCKET}/results/<aws:PrincipalTag/creator_id>/*]`,
      why: 'The results of the one creator that the reader is tagged with.',
    },
    ...Object.values(PREFIXES).map(name => ({
      at: 'Eraser/Policy/Resource',
      id: `${SOLUTIONS}IAM5[Resource::${BUCKET}/${name}/*]`,
      why: 'Whose data is to go is not known before; it may be deleted, and neither read nor written.',
    })),
    {
      at: 'Eraser/Policy/Resource',
      id: creatorsSecrets,
      why: 'Whose credentials are to go is not known before; they may be deleted, and not read.',
    },
    ...ofEach(
      ['Scraper/Task/Resource', 'Api/Task/Resource'],
      `${SOLUTIONS}ECS2`,
      'No secret is among the variables: addresses, names, limits, and the hash of a token.',
    ),
    ...ofEach(
      [
        'api-errors',
        'api-unhealthy',
        'breaker-open',
        'limiter-dead-letters',
        'limiter-throttles',
        'no-task',
        'oldest-waiting',
        'redis-cpu-001',
        'redis-cpu-002',
        'redis-memory-001',
        'redis-memory-002',
        'rotation-failed',
        'rotation-unfinished',
        'site-changed',
        'site-throttled',
        'stand-in-failing',
        'workflows-dead-letters',
      ].map(name => `Alarms/${name}/Resource`),
      `${NIST}CloudWatchAlarmAction`,
      'Notifies through the composite alarm, so that one outage is told once.',
    ),
    ...ofEach(
      ['Storage/AccessLogs/Resource', 'Storage/Results/Resource', 'Trail/Bucket/Resource'],
      `${NIST}S3BucketReplicationEnabled`,
      'Versioned within one region, as everything else here; a copy in another would double the places where a creator’s data must be erased.',
    ),
    {
      at: 'Storage/AccessLogs/Resource',
      id: `${NIST}S3DefaultEncryptionKMS`,
      why: 'Load balancers deliver their logs to buckets with S3’s own keys only.',
    },
    ...ofEach(
      ['Network/Vpc/PublicSubnet1/DefaultRoute', 'Network/Vpc/PublicSubnet2/DefaultRoute'],
      `${NIST}VPCNoUnrestrictedRouteToIGW`,
      'The browser’s way out to the site. Nothing comes in: no security group has a rule for it.',
    ),
    ...['AwsSolutions::AwsSolutions-EC23', `${NIST}EC2RestrictedCommonPorts`, `${NIST}EC2RestrictedSSH`].map(
      id => ({
        at: 'Api/FrontGroup/from {IndirectPeer}:443',
        id,
        why: 'The addresses of the VPC itself, which the rule can’t see: they are known when it is made.',
      }),
    ),
    {
      at: 'Redis/ReplicationGroup',
      id: `${SOLUTIONS}AEC4`,
      why: 'dev has one node: a failover costs a window’s wait, which a trial can afford.',
    },
    {
      at: 'Redis/ReplicationGroup',
      id: `${NIST}ElastiCacheRedisClusterAutomaticBackup`,
      why: 'dev keeps no snapshots: a line that is lost is made again from the queue.',
    },
    {
      at: 'Api/LoadBalancer/Resource',
      id: `${NIST}ELBDeletionProtectionEnabled`,
      why: 'dev is taken away as easily as it is made.',
    },
  ];
}

/** Tells the judges of what stands. Whatever isn't in this installation is passed over. */
export function acknowledge(stack: Stack, prefix: string): void {
  for (const { at, id, why } of acknowledgements(prefix)) {
    let construct: ReturnType<Stack['node']['tryFindChild']> = stack;
    for (const name of at.split('/')) construct = construct?.node.tryFindChild(name);
    if (construct) Validations.of(construct).acknowledge({ id, reason: why });
  }
}
