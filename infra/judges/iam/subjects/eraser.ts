import { resultKey } from '@huntaze/core/names';
import { STRANGER, type Installation } from '../installation.ts';
import { may, mayNot, mustNot, PLAIN_HTTP, through, viaService, type Subject } from '../rows.ts';
import type { Things } from '../things.ts';
import { keysOnlyThrough, plainHttp, redisAuth } from './common.ts';

/** Whoever is given the policy for removing a creator's data. */
export function theEraser(it: Installation, things: Things): Subject {
  const { queues, buckets, keys } = things;
  const at = (key: string) => `${buckets.results}/${key}`;
  const objects = [at(resultKey('ada', '1')), at('journal/ada/1/0.json'), at('sessions/ada')];
  const deadLetters = [queues.rateLimiterDeadLetters, queues.workflowsDeadLetters];
  const taken = 'sqs:ReceiveMessage DeleteMessage ChangeMessageVisibility GetQueueAttributes';
  const onSecret = 'secretsmanager:DescribeSecret CancelRotateSecret DeleteSecret';
  const secret = things.credentialsOf('ada');
  return {
    who: 'whoever erases',
    role: it.givenTo('eraser', it.one('AWS::IAM::ManagedPolicy', (_, id) => id.startsWith('Eraser')).id),
    isInVpc: true,
    code: ['local/src/erase', 'api/src/dead-letters'],
    alone: [`s3:DeleteObjectVersion ${at(resultKey('ada', '1'))}`],
    rows: [
      ...may('s3:ListBucketVersions', buckets.results),
      ...may('s3:DeleteObject DeleteObjectVersion', objects),
      ...mayNot('s3:DeleteObject DeleteObjectVersion', [
        at('other/x'),
        at('results-too/ada/1.json'),
        `${buckets.trail}/results/ada/1.json`,
        `${buckets.accessLogs}/results/ada/1.json`,
      ]),
      ...mayNot('s3:GetObject GetObjectVersion PutObject', objects),
      ...mayNot('s3:ListBucket', buckets.results),
      ...mayNot('s3:ListBucketVersions', [buckets.trail, buckets.accessLogs]),
      ...mustNot('s3:DeleteObjectVersion', objects, PLAIN_HTTP),
      // By its name: one that isn't there has no suffix, and is to be "not found", not "forbidden".
      ...may(onSecret, [secret, secret.slice(0, -7)]),
      ...mayNot(onSecret, [
        things.redisAuth,
        secret.replace(/\/ada-/, '-of-others/ada-'),
        secret.replace(it.place.account, STRANGER),
      ]),
      ...mayNot('secretsmanager:GetSecretValue PutSecretValue RotateSecret RestoreSecret', secret),
      ...may(taken, deadLetters),
      ...deadLetters.flatMap(arn => may('kms:Decrypt', keys.queues, through(it, arn))),
      ...mayNot(taken, [queues.rateLimiter, queues.workflows, it.arn('sqs', 'payroll')]),
      ...mayNot('sqs:SendMessage', Object.values(queues)),
      ...plainHttp(it, taken, deadLetters),
      ...redisAuth(it, things),
      ...mayNot('kms:Decrypt', things.credentialsKeys, through(it, secret)),
      ...mayNot('kms:GenerateDataKey', keys.queues, viaService(it, 'sqs')),
      ...keysOnlyThrough(it, things, { sqs: [keys.queues] }).filter(
        ({ resources, context }) =>
          !(
            things.redisAuthKey !== undefined &&
            resources.includes(things.redisAuthKey) &&
            String(context['kms:ViaService'] ?? '').startsWith('secretsmanager')
          ),
      ),
    ],
  };
}
