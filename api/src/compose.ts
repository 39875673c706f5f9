import { SQSClient } from '@aws-sdk/client-sqs';
import { systemClock } from '@huntaze/core/clock';
import { readEnv } from '@huntaze/core/env';
import { limitFrom } from '@huntaze/core/lua';
import { redisOptions } from '@huntaze/core/redis';
import type { Intake } from './accept.ts';
import { Redis } from 'iovalkey';
import { apiEnv, type ApiEnv } from './env.ts';

/** Everything the route handlers work with. */
export interface Api extends Intake {
  env: ApiEnv;
  redis: Redis;
}

let api: Api | undefined;

/**
 * The one composition of this process, made at its first use.
 * @throws EnvironmentError if a variable is missing or malformed
 */
export function compose(): Api {
  if (api) return api;
  const env = readEnv(apiEnv, process.env);
  const redis = new Redis(redisOptions(env, env.REDIS_AUTH_TOKEN));
  redis.on('error', (error: Error) =>
    console.error(JSON.stringify({ message: 'Redis connection', error: error.message })),
  );
  api = {
    env,
    redis,
    sqs: new SQSClient({
      maxAttempts: 3,
      requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
    }),
    queueUrl: env.QUEUE_URL,
    limit: limitFrom(env),
    clock: systemClock,
    log: line => console.log(JSON.stringify(line)),
  };
  return api;
}
