import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { BRIEF_CALLS } from '@huntaze/core/brief-calls';
import { systemClock } from '@huntaze/core/clock';
import { readEnv } from '@huntaze/core/env';
import { limitFrom } from '@huntaze/core/lua';
import { redisOptions } from '@huntaze/core/redis';
import { renewingRedis } from '@huntaze/core/renewing-redis';
import type { Intake } from './accept.ts';
import { Redis } from 'iovalkey';
import { apiEnv, type ApiEnv } from './env.ts';

/** Everything the route handlers work with. */
export interface Api extends Intake {
  env: ApiEnv;
}

let api: Api | undefined;

/**
 * The one composition of this process, made at its first use.
 * @throws EnvironmentError if a variable is missing or malformed
 */
export function compose(): Api {
  if (api) return api;
  const env = readEnv(apiEnv, process.env);
  const redis = renewingRedis(
    password => new Redis(redisOptions(env, password)),
    () => redisPassword(env),
    error => console.error(JSON.stringify({ message: 'Redis connection', error: error.message })),
  );
  api = {
    env,
    redis,
    sqs: new SQSClient(BRIEF_CALLS),
    queueUrl: env.QUEUE_URL,
    limit: limitFrom(env),
    clock: systemClock,
    log: line => console.log(JSON.stringify(line)),
  };
  return api;
}

async function redisPassword(env: ApiEnv): Promise<string | undefined> {
  if (env.REDIS_AUTH_TOKEN_SECRET_ARN === undefined) return env.REDIS_AUTH_TOKEN;
  const secrets = new SecretsManagerClient(BRIEF_CALLS);
  const secret = await secrets.send(new GetSecretValueCommand({ SecretId: env.REDIS_AUTH_TOKEN_SECRET_ARN }));
  return secret.SecretString;
}
