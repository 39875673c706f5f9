import type { Installation, Process } from '../installation.ts';
import { inItsName, may, mayNot, mustNot, PLAIN_HTTP, through, viaService, type Row } from '../rows.ts';
import type { Things } from '../things.ts';

/** What every function may: write its log, which Lambda does for it. */
export function logsOfFunction(it: Installation, { logGroupArn }: Process): Row[] {
  const stream = ':log-stream:2026/11/23/[$LATEST]0123456789abcdef0123456789abcdef';
  return [
    ...inItsName(may('logs:CreateLogStream PutLogEvents', `${logGroupArn}${stream}`)),
    ...notOtherLogs(it, logGroupArn, stream),
  ];
}

export function notOtherLogs(it: Installation, logGroupArn: string, stream: string): Row[] {
  return [
    ...mayNot('logs:CreateLogGroup DeleteLogGroup PutRetentionPolicy', logGroupArn),
    ...mayNot('logs:DeleteLogStream GetLogEvents', `${logGroupArn}${stream}`),
    ...mayNot('logs:CreateLogStream PutLogEvents', [
      `${it.arn('logs', 'log-group:/somebody/else')}${stream}`,
      // A longer name is another group.
      `${logGroupArn}-too${stream}`,
    ]),
  ];
}

/**
 * The interfaces by which a function is in the VPC: Lambda's to make, in the name of its role, and not its code's.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
export function networkInterfaces(it: Installation): Row[] {
  const [theInterface, group, subnet] = ['network-interface/eni', 'security-group/sg', 'subnet/subnet'].map(
    kind => it.arn('ec2', `${kind}-0a1b2c3d4e5f60718`),
  ) as [string, string, string];
  const made: [action: string, resources: string[]][] = [
    ['ec2:CreateNetworkInterface', [theInterface, group, subnet]],
    ['ec2:AssignPrivateIpAddresses DeleteNetworkInterface UnassignPrivateIpAddresses', [theInterface]],
    ['ec2:DescribeNetworkInterfaces DescribeSubnets', ['*']],
  ];
  return [
    ...made.flatMap(([action, resources]) => [
      ...inItsName(may(action, resources)),
      ...mustNot(action, resources),
    ]),
    ...inItsName(mayNot('ec2:AttachNetworkInterface ModifyNetworkInterfaceAttribute', theInterface)),
    ...inItsName(mayNot('ec2:AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress', group)),
  ];
}

/** Reads Redis's AUTH token, and no other secret. */
export function redisAuth(it: Installation, { redisAuth: secret, redisAuthKey: key }: Things): Row[] {
  return [
    ...may('secretsmanager:GetSecretValue', secret),
    ...(key === undefined ? [] : may('kms:Decrypt', key, through(it, secret))),
    ...mayNot('secretsmanager:GetSecretValue', [
      it.arn('secretsmanager', 'secret:huntaze-prod/database-AbCdEf'),
      `${secret.slice(0, -7)}-too-AbCdEf`,
    ]),
  ];
}

/** Puts into these queues, and into no others. */
export function sends(it: Installation, { queues, keys }: Things, to: (keyof Things['queues'])[]): Row[] {
  const mine = to.map(name => queues[name]);
  const ours = Object.values(queues);
  return [
    ...may('sqs:SendMessage', mine),
    ...mine.flatMap(arn => may('kms:Decrypt GenerateDataKey', keys.queues, through(it, arn))),
    ...mayNot('sqs:SendMessage', [
      ...ours.filter(arn => !mine.includes(arn)),
      it.arn('sqs', 'payroll'),
      `${mine[0]}-too`,
    ]),
    ...plainHttp(it, 'sqs:SendMessage', mine),
  ];
}

/** Queues that exist already have policies of their own. */
export function plainHttp(it: Installation, action: string, queues: string[]): Row[] {
  const made = new Set(it.all('AWS::SQS::Queue').map(({ id }) => it.of(id, 'Arn')));
  return mustNot(
    action,
    queues.filter(arn => made.has(arn)),
    PLAIN_HTTP,
  );
}

/** No key is used but as the services do it for their own things: not by hand, and not by way of another service. */
export function keysOnlyThrough(
  it: Installation,
  { keys, redisAuthKey, credentialsKeys }: Things,
  used: { sqs?: string[]; s3?: string[]; secretsmanager?: (string | undefined)[] },
): Row[] {
  const all = [...new Set([...Object.values(keys), ...credentialsKeys, redisAuthKey ?? keys.data])];
  const but = (some: (string | undefined)[] = []) => all.filter(key => !some.includes(key));
  return [
    ...mayNot('kms:Decrypt Encrypt GenerateDataKey CreateGrant', all),
    ...(['sqs', 's3', 'secretsmanager'] as const).flatMap(service =>
      mayNot('kms:Decrypt GenerateDataKey', but(used[service]), viaService(it, service)),
    ),
    ...['lambda', 'sns'].flatMap(service =>
      mayNot('kms:Decrypt GenerateDataKey', all, viaService(it, service)),
    ),
  ];
}

/**
 * What nobody may who runs here: whatever would give them more than they have, take away what others rely on, or
 * leave no trace.
 */
export function nobodyMay(
  it: Installation,
  { queues, buckets, keys, redisAuth: secret, limiter, scraper }: Things,
): Row[] {
  const roles = it.all('AWS::IAM::Role').map(({ id }) => it.of(id, 'Arn'));
  const objects = Object.values(buckets).map(arn => `${arn}/results/ada/1.json`);
  return [
    ...mayNot('iam:PassRole', roles),
    ...mayNot('iam:PutRolePolicy AttachRolePolicy UpdateAssumeRolePolicy', limiter.role.arn),
    ...mayNot('iam:CreateAccessKey', `arn:${it.place.partition}:iam::${it.place.account}:user/ada`),
    ...mayNot('sts:AssumeRole', [it.roleArn('admin')]),
    ...mayNot(
      'sqs:PurgeQueue DeleteQueue SetQueueAttributes AddPermission StartMessageMoveTask',
      Object.values(queues),
    ),
    ...mayNot(
      's3:DeleteBucket PutBucketPolicy PutEncryptionConfiguration PutLifecycleConfiguration PutBucketVersioning',
      Object.values(buckets),
    ),
    ...mayNot('s3:DeleteObjectVersion PutObjectAcl PutObjectRetention BypassGovernanceRetention', objects),
    ...mayNot('kms:PutKeyPolicy ScheduleKeyDeletion DisableKey DisableKeyRotation', Object.values(keys)),
    ...mayNot(
      'secretsmanager:DeleteSecret PutResourcePolicy UpdateSecret RotateSecret CancelRotateSecret ReplicateSecretToRegions',
      secret,
    ),
    ...mayNot('secretsmanager:ListSecrets', '*'),
    ...mayNot(
      'lambda:InvokeFunction UpdateFunctionCode UpdateFunctionConfiguration AddPermission',
      limiter.functionArn!,
    ),
    ...mayNot('ecs:ExecuteCommand', it.arn('ecs', 'task/other/0123456789abcdef0123456789abcdef')),
    ...mayNot(
      'cloudtrail:StopLogging DeleteTrail UpdateTrail',
      it.of(it.one('AWS::CloudTrail::Trail').id, 'Arn'),
    ),
    ...mayNot('logs:DeleteLogGroup', scraper.itself.logGroupArn),
  ];
}
