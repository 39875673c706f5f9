/**
 * Accepts one operation in a process of its own, as the API does, and kills it at a point: before or after its n-th call.
 * Prints what the caller would be told, if anything.
 */
import { SQSClient } from '@aws-sdk/client-sqs';
import { acceptOperation, idempotencyOf, type Intake } from '@huntaze/api/operations/accept';
import { BRIEF_CALLS } from '@huntaze/core/brief-calls';
import { systemClock } from '@huntaze/core/clock';
import type { OperationRequest } from '@huntaze/core/operations';
import { connectRedis } from '@huntaze/local/supervisor/redis';

/** What is to happen, as JSON, its only argument. */
export interface Apart {
  redis: { port: number; password: string };
  awsUrl: string;
  queueUrl: string;
  request: OperationRequest;
  key: string | undefined;
  /** The line's and the queue's time (ms). */
  nowMs: number;
  /** `lost`: a message arrives, and the answer doesn't; `out`: nothing arrives. */
  queue: 'works' | 'lost' | 'out';
  /** From 1, of Redis and SQS together. */
  die: { when: 'before' | 'after'; call: number };
}

const {
  redis: at,
  awsUrl,
  queueUrl,
  request,
  key,
  nowMs,
  queue,
  die,
} = JSON.parse(process.argv[2] ?? '') as Apart;
const redis = connectRedis(at.port, at.password);
const sqs = new SQSClient({
  ...BRIEF_CALLS,
  endpoint: awsUrl,
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});

let calls = 0;
/** Nothing of this process happens after this. */
function dieIf(when: Apart['die']['when'], call: number): void {
  if (die.when === when && die.call === call) process.kill(process.pid, 'SIGKILL');
}
async function around<T>(go: () => Promise<T>): Promise<T> {
  const call = (calls += 1);
  dieIf('before', call);
  const answer = await go();
  dieIf('after', call);
  return answer;
}

const send: Intake['sqs']['send'] = async (...args: unknown[]) =>
  around(async () => {
    const answer =
      queue === 'out' ? undefined : await (sqs.send as (...all: unknown[]) => Promise<unknown>)(...args);
    if (queue !== 'works') {
      dieIf('after', calls);
      throw new Error('no answer');
    }
    return answer;
  });
const { operationId } = await acceptOperation(
  {
    redis: {
      evalsha: (...args) => around(() => redis.evalsha(...args)),
      eval: (...args) => redis.eval(...args),
    },
    sqs: { send },
    queueUrl,
    limit: { scope: 'platform', limit: 10, windowMs: 60_000 },
    clock: systemClock,
    log: () => undefined,
    lineNow: () => nowMs,
  },
  request,
  key === undefined ? undefined : idempotencyOf(key, 'a token', request),
  nowMs,
);
console.log(operationId);
process.exit();
