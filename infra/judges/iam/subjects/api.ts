import type { Installation, Process } from '../installation.ts';
import { mayNot, type Row, type Subject } from '../rows.ts';
import type { Things } from '../things.ts';
import { keysOnlyThrough, redisAuth, sends } from './common.ts';
import { theExecutionOf } from './execution.ts';

const CODE = ['api/src', 'api/app'];

/** The API as a service, or what an API may that is hosted elsewhere in the account: the same. */
export function theApi(it: Installation, things: Things): Subject[] {
  if (it.context['api'] === 'service') {
    const { itself } = it.task('api');
    const role = { role: itself.role, assumedBy: 'ecs-tasks.amazonaws.com' };
    return [
      { who: 'the API', ...role, isInVpc: true, code: CODE, rows: rows(it, things, itself) },
      theExecutionOf(it, things, 'api'),
    ];
  }
  const isRoot = ({ AssumeRolePolicyDocument }: Record<string, unknown>) =>
    JSON.stringify(AssumeRolePolicyDocument).includes(':root');
  const { id } = it.one('AWS::IAM::Role', isRoot);
  const role = it.role({ 'Fn::GetAtt': [id, 'Arn'] });
  return [{ who: 'an API elsewhere', role, isInVpc: true, code: CODE, rows: rows(it, things) }];
}

/** Enqueues, and asks Redis for everything else: where a result lies it says, and never looks. */
function rows(it: Installation, things: Things, itself?: Process): Row[] {
  const { queues, buckets, keys } = things;
  const result = `${buckets.results}/results/ada/1.json`;
  return [
    ...sends(it, things, ['rateLimiter']),
    ...mayNot(
      'sqs:ReceiveMessage DeleteMessage ChangeMessageVisibility GetQueueAttributes',
      Object.values(queues),
    ),
    ...redisAuth(it, things),
    ...mayNot('secretsmanager:GetSecretValue PutSecretValue', things.credentialsOf('ada')),
    ...mayNot('secretsmanager:PutSecretValue DescribeSecret', things.redisAuth),
    ...mayNot('s3:GetObject PutObject DeleteObject', [result, `${buckets.results}/sessions/ada`]),
    ...mayNot('s3:ListBucket', buckets.results),
    ...(itself ? mayNot('logs:CreateLogStream PutLogEvents', `${itself.logGroupArn}:log-stream:x`) : []),
    ...keysOnlyThrough(it, things, { sqs: [keys.queues], secretsmanager: [things.redisAuthKey] }),
    ...mayNot('kms:DescribeKey', keys.queues),
  ];
}
