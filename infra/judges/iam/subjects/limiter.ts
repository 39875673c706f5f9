import type { Installation } from '../installation.ts';
import { inItsName, may, mayNot, type Subject } from '../rows.ts';
import type { Things } from '../things.ts';
import { keysOnlyThrough, logsOfFunction, networkInterfaces, plainHttp, redisAuth, sends } from './common.ts';

/** 8.1: takes from its queue, sends on, and knows Redis's AUTH token. */
export function theLimiter(it: Installation, things: Things): Subject {
  const { queues, buckets, keys, limiter } = things;
  const others = [queues.rateLimiterDeadLetters, queues.workflows, queues.workflowsDeadLetters];
  return {
    who: 'the limiter',
    role: limiter.role,
    assumedBy: 'lambda.amazonaws.com',
    calls: { 'lambda:SourceFunctionArn': limiter.functionArn! },
    isInVpc: limiter.isInVpc,
    code: ['limiter/src'],
    rows: [
      // Its event source takes and deletes; what isn't let through it hides, and what is dead it deletes itself.
      ...inItsName(may('sqs:ReceiveMessage DeleteMessage GetQueueAttributes', queues.rateLimiter)),
      ...may('sqs:DeleteMessage ChangeMessageVisibility', queues.rateLimiter),
      ...mayNot('sqs:ReceiveMessage DeleteMessage ChangeMessageVisibility GetQueueAttributes', others),
      ...plainHttp(it, 'sqs:DeleteMessage', [queues.rateLimiter]),
      ...sends(it, things, ['workflows', 'rateLimiterDeadLetters']),
      ...redisAuth(it, things),
      ...mayNot('secretsmanager:GetSecretValue', things.credentialsOf('ada')),
      ...mayNot('secretsmanager:PutSecretValue DescribeSecret', things.redisAuth),
      ...mayNot('s3:GetObject PutObject', [
        `${buckets.results}/results/ada/1.json`,
        `${buckets.results}/sessions/ada`,
      ]),
      ...mayNot('s3:ListBucket', buckets.results),
      ...logsOfFunction(it, limiter),
      ...networkInterfaces(it),
      ...keysOnlyThrough(it, things, { sqs: [keys.queues], secretsmanager: [things.redisAuthKey] }),
    ],
  };
}
