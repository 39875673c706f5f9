import type { Installation } from '../installation.ts';
import { may, mayNot, through, type Row, type Subject } from '../rows.ts';
import type { Things } from '../things.ts';
import { keysOnlyThrough, logsOfFunction, networkInterfaces, redisAuth, sends } from './common.ts';

const STEPS = 'secretsmanager:DescribeSecret GetSecretValue PutSecretValue UpdateSecretVersionStage';
const NOT_ITS_OWN = 'secretsmanager:GetSecretValue PutSecretValue UpdateSecretVersionStage';

/** 8.5: changes creators' passwords by operations of the pipeline. */
export function theRotationOfCredentials(it: Installation, things: Things): Subject {
  const { queues, keys } = things;
  const itself = it.functionNamed('huntaze-rotate-credentials');
  const secret = things.credentialsOf('ada');
  return {
    who: 'the rotation of credentials',
    role: itself.role,
    assumedBy: 'lambda.amazonaws.com',
    calls: { 'lambda:SourceFunctionArn': itself.functionArn! },
    isInVpc: itself.isInVpc,
    code: ['infra/functions/rotate-credentials', 'infra/functions/rotation'],
    rows: [
      ...may(STEPS, secret),
      ...may('kms:Decrypt GenerateDataKey', things.credentialsKeys, through(it, secret)),
      ...may('secretsmanager:GetRandomPassword', '*'),
      ...mayNot('secretsmanager:DeleteSecret UpdateSecret RotateSecret CancelRotateSecret', secret),
      ...mayNot('secretsmanager:CreateSecret', secret),
      ...mayNot(NOT_ITS_OWN, [
        secret.replace(/\/ada-/, '-of-others/ada-'),
        it.arn('secretsmanager', 'secret:payroll-AbCdEf'),
      ]),
      ...sends(it, things, ['rateLimiter']),
      ...mayNot('sqs:ReceiveMessage DeleteMessage', Object.values(queues)),
      ...redisAuth(it, things),
      ...mayNot('secretsmanager:PutSecretValue UpdateSecretVersionStage DescribeSecret', things.redisAuth),
      ...mayNot('s3:GetObject', `${things.buckets.results}/sessions/ada`),
      ...logsOfFunction(it, itself),
      ...networkInterfaces(it),
      ...keysOnlyThrough(it, things, {
        sqs: [keys.queues],
        secretsmanager: [...things.credentialsKeys, things.redisAuthKey],
      }),
    ],
  };
}

/** 8.5: changes Redis's AUTH token; of a Redis that exists, whoever made it does. */
export function theRotationOfRedisAuth(it: Installation, things: Things): Subject[] {
  if (it.all('AWS::ElastiCache::ReplicationGroup').length === 0) return [];
  const itself = it.functionNamed('huntaze-rotate-redis-auth');
  return [
    {
      who: 'the rotation of Redis’s AUTH token',
      role: itself.role,
      assumedBy: 'lambda.amazonaws.com',
      calls: { 'lambda:SourceFunctionArn': itself.functionArn! },
      isInVpc: itself.isInVpc,
      code: ['infra/functions/rotate-redis-auth', 'infra/functions/rotation'],
      rows: [
        ...may(STEPS, things.redisAuth),
        ...may('kms:Decrypt GenerateDataKey', things.keys.data, through(it, things.redisAuth)),
        ...may('secretsmanager:GetRandomPassword', '*'),
        ...mayNot('secretsmanager:DeleteSecret UpdateSecret RotateSecret', things.redisAuth),
        ...mayNot(NOT_ITS_OWN, [
          things.credentialsOf('ada'),
          it.arn('secretsmanager', 'secret:payroll-AbCdEf'),
        ]),
        ...group(it, itself.variable('REPLICATION_GROUP_ID')),
        ...mayNot('sqs:SendMessage', Object.values(things.queues)),
        ...logsOfFunction(it, itself),
        ...networkInterfaces(it),
        ...keysOnlyThrough(it, things, { secretsmanager: [things.redisAuthKey] }),
      ],
    },
  ];
}

/** 8.5: has Secrets Manager go on with rotations that it has given up, and reads no value. */
export function theResumption(it: Installation, things: Things): Subject {
  const itself = it.functionNamed('huntaze-resume-rotations');
  const functions = itself.variable('ROTATION_FUNCTION_ARNS').split(',');
  const isRedisOurs = it.all('AWS::ElastiCache::ReplicationGroup').length > 0;
  const ours = [things.credentialsOf('ada'), ...(isRedisOurs ? [things.redisAuth] : [])];
  const others = [
    it.arn('secretsmanager', 'secret:payroll-AbCdEf'),
    ...(isRedisOurs ? [] : [things.redisAuth]),
  ];
  const resumed = 'secretsmanager:ListSecretVersionIds RotateSecret';
  return {
    who: 'the resumption of rotations',
    role: itself.role,
    assumedBy: 'lambda.amazonaws.com',
    calls: { 'lambda:SourceFunctionArn': itself.functionArn! },
    isInVpc: itself.isInVpc,
    code: ['infra/functions/resume-rotations'],
    // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
    unseen: ['lambda:InvokeFunction'],
    alone: ['secretsmanager:ListSecrets *', `secretsmanager:RotateSecret ${things.redisAuth}`],
    rows: [
      ...may('secretsmanager:ListSecrets', '*'),
      ...may(resumed, ours),
      ...mayNot(resumed, others),
      ...may('lambda:InvokeFunction', functions),
      ...mayNot('lambda:InvokeFunction', [things.limiter.functionArn!, itself.functionArn!]),
      ...mayNot(
        'secretsmanager:GetSecretValue PutSecretValue UpdateSecretVersionStage CancelRotateSecret',
        ours,
      ),
      ...mayNot('sqs:SendMessage', Object.values(things.queues)),
      ...logsOfFunction(it, itself),
      ...keysOnlyThrough(it, things, {}),
    ],
  };
}

function group(it: Installation, id: string): Row[] {
  const groupArn = (name: string) => it.arn('elasticache', `replicationgroup:${name}`);
  return [
    ...may('elasticache:DescribeReplicationGroups ModifyReplicationGroup', groupArn(id)),
    ...mayNot('elasticache:DescribeReplicationGroups ModifyReplicationGroup', [
      groupArn('other'),
      groupArn(`${id}-too`),
    ]),
    ...mayNot('elasticache:DeleteReplicationGroup TestFailover', groupArn(id)),
    ...mayNot('elasticache:ModifyUser', it.arn('elasticache', 'user:default')),
  ];
}
