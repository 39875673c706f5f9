import { Logger } from '@aws-lambda-powertools/logger';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { BRIEF_CALLS } from '@huntaze/core/brief-calls';
import { readEnv } from '@huntaze/core/env';
import { limitFrom } from '@huntaze/core/lua';
import { redisOptions } from '@huntaze/core/redis';
import { renewingRedis } from '@huntaze/core/renewing-redis';
import { Redis } from 'iovalkey';
import { rotationHandler } from '../rotation/handler.ts';
import { rotateCredentialsEnv } from './env.ts';
import { credentialsRotation } from './rotation.ts';

const env = readEnv(rotateCredentialsEnv, process.env);
const logger = new Logger({ serviceName: 'huntaze-rotate-credentials' });

const secrets = new SecretsManagerClient(BRIEF_CALLS);

const rotation = credentialsRotation({
  secrets,
  sqs: new SQSClient(BRIEF_CALLS),
  queueUrl: env.QUEUE_URL,
  redis: renewingRedis(
    password => new Redis(redisOptions(env, password)),
    readPassword,
    error => logger.warn('Redis connection', { error: error.message }),
  ),
  limit: limitFrom(env),
  secretPrefix: env.CREDENTIALS_SECRET_PREFIX,
});

async function readPassword(): Promise<string | undefined> {
  if (env.REDIS_AUTH_TOKEN_SECRET_ARN === undefined) return env.REDIS_AUTH_TOKEN;
  const command = new GetSecretValueCommand({ SecretId: env.REDIS_AUTH_TOKEN_SECRET_ARN });
  return (await secrets.send(command)).SecretString;
}

/**
 * Lambda's entry point.
 * @public
 */
export const handler = rotationHandler(logger, secrets, rotation);
