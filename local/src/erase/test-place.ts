import { credentialsSecretName, QUEUES } from '@huntaze/core/names';
import type { LocalAwsOptions } from '../aws/local-aws.ts';
import { startTestAws, type TestAws } from '../aws/test-clients.ts';
import { pipelineQueues } from '../supervisor/queues.ts';
import type { Place } from './place.ts';

const BUCKET = 'huntaze-results';
const PREFIX = 'huntaze/onlyfans';
/** The limiter's time-out (s). */
const TIMEOUT_SECONDS = 15;

/** A place on a local AWS, with Redis if there is one; and that AWS. */
export async function testPlace(
  creators: string[],
  more: Partial<LocalAwsOptions> & { redis?: Place['redis'] } = {},
): Promise<{ aws: TestAws; place: Place }> {
  const { redis = { evalsha: noRedis, eval: noRedis }, ...options } = more;
  const aws = await startTestAws({
    queues: pipelineQueues(TIMEOUT_SECONDS),
    buckets: [BUCKET],
    secrets: creators.map(creator => ({ name: credentialsSecretName(PREFIX, creator), value: '{}' })),
    onRotation: () => undefined,
    ...options,
  });
  const deadLetters = [QUEUES.rateLimiterDeadLetters, QUEUES.workflowsDeadLetters];
  const place: Place = {
    s3: aws.s3,
    sqs: aws.sqs,
    secrets: aws.secrets,
    redis,
    bucket: BUCKET,
    secretPrefix: PREFIX,
    queues: deadLetters.map(name => ({ name, url: aws.aws.queueUrl(name), isDead: true })),
    receiveWaitSeconds: 0,
    clock: {
      now: () => aws.clock.now(),
      // Whoever waits here lets the time of the other side pass.
      sleep: ms => aws.clock.advance(ms),
    },
  };
  return { aws, place };
}

async function noRedis(): Promise<never> {
  throw new Error('this test has no Redis');
}
