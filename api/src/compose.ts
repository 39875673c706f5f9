import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { BRIEF_CALLS } from '@huntaze/core/brief-calls';
import { systemClock } from '@huntaze/core/clock';
import { readEnv } from '@huntaze/core/env';
import { limitFrom } from '@huntaze/core/lua';
import { redisOptions } from '@huntaze/core/redis';
import { renewingRedis } from '@huntaze/core/renewing-redis';
import { Redis } from 'iovalkey';
import { Feed } from './changes/feed.ts';
import { deadLetterBox, type Box } from './dead-letters/box.ts';
import { apiEnv, type ApiEnv } from './env.ts';
import type { Door } from './http/endpoint.ts';
import { requestLimit } from './identity/request-limit.ts';
import { tokenIdentities } from './identity/tokens.ts';
import type { Intake } from './operations/accept.ts';
import { gatheredSends } from './operations/gather.ts';

/** Everything the endpoints work with. */
export interface Api extends Intake, Door {
  env: ApiEnv;
  s3: S3Client;
  feed: Feed;
  deadLetters: Box;
  cloudWatch: CloudWatchClient;
  secrets: SecretsManagerClient;
}

/** Next.js makes this module once for the routes, once for the pages and once for the start: all work with one API. */
const place = globalThis as { huntazeApi?: Api };

/**
 * The one composition of this process, made at its first use.
 * @throws EnvironmentError if a variable is missing or malformed
 */
export function compose(): Api {
  if (place.huntazeApi) return place.huntazeApi;
  const env = readEnv(apiEnv, process.env);
  const redis = renewingRedis(
    password => new Redis(redisOptions(env, password)),
    () => redisPassword(env),
    error => console.error(JSON.stringify({ message: 'Redis connection', error: error.message })),
  );
  const s3 = new S3Client(BRIEF_CALLS);
  const limit = limitFrom(env);
  const log = (line: Record<string, unknown>) => console.log(JSON.stringify(line));
  const sqs = new SQSClient(BRIEF_CALLS);
  const [limiter = '', scraper = ''] = env.DEAD_LETTER_QUEUE_URLS;
  const api: Api = {
    env,
    redis,
    s3,
    feed: new Feed({ redis, limit, log }),
    sqs: gatheredSends(sqs),
    deadLetters: deadLetterBox({
      sqs,
      urls: { limiter, scraper },
      clock: systemClock,
      receiveWaitSeconds: 1,
      log,
    }),
    cloudWatch: new CloudWatchClient(BRIEF_CALLS),
    secrets: new SecretsManagerClient(BRIEF_CALLS),
    queueUrl: env.QUEUE_URL,
    limit,
    clock: systemClock,
    authenticate: tokenIdentities(s3, {
      bucket: env.RESULTS_BUCKET,
      firstSha256: env.API_TOKEN_SHA256,
      clock: systemClock,
    }),
    allow: requestLimit(),
    now: Date.now,
    log,
  };
  place.huntazeApi = api;
  return api;
}

async function redisPassword(env: ApiEnv): Promise<string | undefined> {
  if (env.REDIS_AUTH_TOKEN_SECRET_ARN === undefined) return env.REDIS_AUTH_TOKEN;
  const secrets = new SecretsManagerClient(BRIEF_CALLS);
  const secret = await secrets.send(new GetSecretValueCommand({ SecretId: env.REDIS_AUTH_TOKEN_SECRET_ARN }));
  return secret.SecretString;
}
