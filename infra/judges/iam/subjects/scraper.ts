import { resultKey } from '@huntaze/core/names';
import { STRANGER, type Installation } from '../installation.ts';
import {
  may,
  mayNot,
  mustNot,
  PLAIN_HTTP,
  through,
  under,
  viaService,
  type Row,
  type Subject,
} from '../rows.ts';
import type { Things } from '../things.ts';
import { keysOnlyThrough, plainHttp, redisAuth, sends } from './common.ts';

/** 8.2: takes from its queue, keeps what comes of it, and knows the creators' credentials. */
export function theScraper(it: Installation, things: Things): Subject {
  const { queues, buckets, keys, scraper } = things;
  const others = [queues.rateLimiter, queues.rateLimiterDeadLetters, queues.workflowsDeadLetters];
  const received = 'sqs:ReceiveMessage DeleteMessage ChangeMessageVisibility';
  const cluster = it.of(it.one('AWS::ECS::Cluster').id);
  const task = 'a1b2c3d4e5f60718a1b2c3d4e5f60718';
  return {
    who: 'the scraper',
    role: scraper.itself.role,
    assumedBy: 'ecs-tasks.amazonaws.com',
    isInVpc: scraper.itself.isInVpc,
    code: ['scraper/src'],
    // ECS's agent protects a task in the name of its role; and S3 tells only who may list what isn't there.
    unseen: ['ecs:UpdateTaskProtection', 's3:ListBucket'],
    rows: [
      ...may(received, queues.workflows),
      ...mayNot(received, [...others, it.arn('sqs', 'payroll.fifo')]),
      ...mayNot('sqs:GetQueueAttributes ListDeadLetterSourceQueues', queues.workflows),
      ...plainHttp(it, received, [queues.workflows]),
      ...sends(it, things, ['workflowsDeadLetters']),
      ...objects(it, things),
      ...sealedSessions(it, things),
      // By its name: a secret that isn't there has no suffix yet, and is to be "not found", not "forbidden".
      ...may('secretsmanager:GetSecretValue', [
        things.credentialsOf('ada'),
        things.credentialsOf('bea').slice(0, -7),
      ]),
      ...may('kms:Decrypt', things.credentialsKeys, through(it, things.credentialsOf('ada'))),
      ...mayNot('secretsmanager:PutSecretValue UpdateSecretVersionStage DeleteSecret DescribeSecret', [
        things.credentialsOf('ada'),
        things.redisAuth,
      ]),
      ...mayNot('secretsmanager:GetSecretValue', [
        things.credentialsOf('ada').replace(/\/ada-/, '-of-others/ada-'),
        things.credentialsOf('ada').replace(it.place.account, STRANGER),
      ]),
      ...redisAuth(it, things),
      ...may('ecs:UpdateTaskProtection', it.arn('ecs', `task/${cluster}/${task}`)),
      ...mayNot('ecs:UpdateTaskProtection', it.arn('ecs', `task/other/${task}`)),
      ...mayNot('ecs:StopTask', it.arn('ecs', `task/${cluster}/${task}`)),
      ...keysOnlyThrough(it, things, {
        sqs: [keys.queues],
        s3: [keys.data],
        secretsmanager: [...things.credentialsKeys, things.redisAuthKey],
      }),
      ...mayNot('s3:PutObject GetObject', [`${buckets.accessLogs}/x`, `${buckets.trail}/AWSLogs/x`]),
    ],
  };
}

/** Results, and what was done already, each under the creator's name. */
function objects(it: Installation, { buckets, keys }: Things): Row[] {
  const at = (key: string) => `${buckets.results}/${key}`;
  const result = at(resultKey('ada', '1'));
  const kept = [result, at('journal/ada/1/0.json'), at('sessions/ada')];
  return [
    ...may('s3:PutObject GetObject', kept),
    ...may('s3:DeleteObject', at('sessions/ada')),
    ...may('s3:ListBucket', buckets.results),
    ...may('kms:Decrypt GenerateDataKey', keys.data, through(it, buckets.results)),
    ...mayNot('s3:DeleteObject', [result, at('journal/ada/1/0.json'), at('other/x')]),
    ...mayNot('s3:PutObject GetObject', [
      at('other/x'),
      at('results-too/ada/1.json'),
      `${buckets.results}-too/x`,
    ]),
    ...mayNot('s3:GetObjectVersion PutObjectTagging', result),
    ...mayNot('s3:ListBucketVersions', buckets.results),
    ...mayNot('s3:ListBucket', [buckets.trail, buckets.accessLogs]),
    ...mustNot('s3:PutObject GetObject', kept, PLAIN_HTTP),
    ...mustNot('s3:ListBucket', buckets.results, PLAIN_HTTP),
    ...mustNot('s3:PutObject', kept, { 's3:TlsVersion': '1.1' }),
  ];
}

/** The scraper seals sessions itself, each under its creator's name and nothing else. */
function sealedSessions(it: Installation, { keys, buckets }: Things): Row[] {
  const used = 'kms:Decrypt GenerateDataKey';
  return [
    ...may(used, keys.sessions, under({ creator_id: 'ada' })),
    ...mayNot(used, keys.sessions),
    ...mayNot(used, keys.sessions, under({ creator: 'ada' })),
    ...mayNot(used, keys.sessions, under({ creator_id: 'ada', purpose: 'export' })),
    ...mayNot(used, keys.sessions, through(it, buckets.results)),
    ...mayNot(used, keys.sessions, viaService(it, 'sqs')),
    ...mayNot('kms:Encrypt GenerateDataKeyWithoutPlaintext', keys.sessions, under({ creator_id: 'ada' })),
    ...mayNot(used, keys.data, under({ creator_id: 'ada' })),
  ];
}
