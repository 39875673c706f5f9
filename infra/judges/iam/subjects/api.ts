import type { Installation, Process } from '../installation.ts';
import { may, mayNot, through, type Row, type Subject } from '../rows.ts';
import type { Things } from '../things.ts';
import { keysOnlyThrough, redisAuth, sends } from './common.ts';
import { theExecutionOf } from './execution.ts';

const CODE = ['api/src', 'api/app'];
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
const UNSEEN = ['lambda:InvokeFunction'];

/** The API as a service, or what an API may that is hosted elsewhere in the account: the same. */
export function theApi(it: Installation, things: Things): Subject[] {
  if (it.context['api'] === 'service') {
    const { itself } = it.task('api');
    const role = { role: itself.role, assumedBy: 'ecs-tasks.amazonaws.com' };
    return [
      { who: 'the API', ...role, isInVpc: true, code: CODE, unseen: UNSEEN, rows: rows(it, things, itself) },
      theExecutionOf(it, things, 'api'),
    ];
  }
  const isRoot = ({ AssumeRolePolicyDocument }: Record<string, unknown>) =>
    JSON.stringify(AssumeRolePolicyDocument).includes(':root');
  const { id } = it.one('AWS::IAM::Role', isRoot);
  const role = it.role({ 'Fn::GetAtt': [id, 'Arn'] });
  return [
    { who: 'an API elsewhere', role, isInVpc: true, code: CODE, unseen: UNSEEN, rows: rows(it, things) },
  ];
}

/**
 * Enqueues, asks Redis for everything else, shows results and alarms, settles those that are unknown, looks through dead
 * letters, and keeps its tokens, their webhooks, and what was done with them.
 */
function rows(it: Installation, things: Things, itself?: Process): Row[] {
  const { queues, buckets, keys } = things;
  const object = (key: string) => `${buckets.results}/${key}`;
  const token = object('tokens/9f86d081.json');
  const webhook = object('webhooks/tok-9f86d081.json');
  const action = object('audit/2026-12-01/1.json');
  const alarm = (name: string) => it.arn('cloudwatch', `alarm:${name}`);
  const read = [object('results/ada/1.json'), object('results/ada/1.png'), token, webhook, action];
  const taken = 'sqs:ReceiveMessage DeleteMessage ChangeMessageVisibility GetQueueAttributes';
  const deadLetters = [queues.rateLimiterDeadLetters, queues.workflowsDeadLetters];
  const listed = { 's3:prefix': 'tokens/' };
  return [
    ...sends(it, things, ['rateLimiter']),
    ...may(taken, deadLetters),
    ...mayNot(taken, [queues.rateLimiter, queues.workflows]),
    ...redisAuth(it, things),
    ...credentials(it, things),
    ...mayNot('secretsmanager:PutSecretValue DescribeSecret', things.redisAuth),
    ...may('s3:GetObject', read),
    ...may('s3:PutObject', [object('results/ada/1.json'), token, webhook, action]),
    ...may('s3:DeleteObject', [token, webhook]),
    ...may('kms:Decrypt GenerateDataKey', keys.data, through(it, buckets.results)),
    ...mayNot('s3:GetObject PutObject DeleteObject', [
      object('sessions/ada'),
      object('journal/ada/1/1.json'),
    ]),
    ...mayNot('s3:DeleteObject', object('results/ada/1.json')),
    // What was done stays as it was written.
    ...mayNot('s3:DeleteObject', action),
    ...may('s3:ListBucket', buckets.results, listed),
    ...may('s3:ListBucket', buckets.results, { 's3:prefix': 'webhooks/' }),
    ...may('s3:ListBucket', buckets.results, { 's3:prefix': 'audit/2026-12-01/' }),
    ...mayNot('s3:ListBucket', buckets.results),
    ...may('s3:ListBucket', buckets.results, { 's3:prefix': 'results/' }),
    ...mayNot('s3:ListBucket', buckets.results, { 's3:prefix': 'sessions/' }),
    ...mayNot('s3:ListBucket', buckets.results, { 's3:prefix': 'journal/ada/' }),
    ...may('cloudwatch:DescribeAlarms', [alarm('huntaze-workflows-age'), alarm('huntaze-redis-memory-001')]),
    ...mayNot('cloudwatch:DescribeAlarms', alarm('somebody-elses')),
    ...mayNot('cloudwatch:SetAlarmState DeleteAlarms DisableAlarmActions PutMetricAlarm', [
      alarm('huntaze-workflows-age'),
    ]),
    ...(itself ? mayNot('logs:CreateLogStream PutLogEvents', `${itself.logGroupArn}:log-stream:x`) : []),
    ...keysOnlyThrough(it, things, {
      sqs: [keys.queues],
      s3: [keys.data],
      secretsmanager: [...things.credentialsKeys, things.redisAuthKey],
    }),
    ...mayNot('kms:DescribeKey', keys.queues),
  ];
}

/** Puts there what a creator logs in with, has it rotated by the one function that does, and reads none of it. */
function credentials(it: Installation, things: Things): Row[] {
  const secret = things.credentialsOf('ada');
  const rotates = it.functionNamed('huntaze-rotate-credentials').functionArn!;
  const by = (functionArn: string) => ({ 'secretsmanager:RotationLambdaARN': functionArn });
  const sets = 'secretsmanager:CreateSecret PutSecretValue DescribeSecret';
  return [
    ...may(sets, secret),
    ...may('kms:Decrypt GenerateDataKey', things.credentialsKeys, through(it, secret)),
    ...may('secretsmanager:RotateSecret', secret, by(rotates)),
    ...mayNot('secretsmanager:RotateSecret', secret, by(things.limiter.functionArn!)),
    ...mayNot('secretsmanager:RotateSecret', secret),
    ...may('lambda:InvokeFunction', rotates),
    ...mayNot('lambda:InvokeFunction', things.limiter.functionArn!),
    ...mayNot('secretsmanager:GetSecretValue ListSecretVersionIds', secret),
    ...mayNot('secretsmanager:BatchGetSecretValue', '*'),
    ...mayNot('secretsmanager:DeleteSecret UpdateSecret UpdateSecretVersionStage CancelRotateSecret', secret),
    ...mayNot(`${sets} RotateSecret`, [
      secret.replace(/\/ada-/, '-of-others/ada-'),
      it.arn('secretsmanager', 'secret:payroll-AbCdEf'),
    ]),
  ];
}
