import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { BRIEF_CALLS } from '@huntaze/core/brief-calls';
import { systemClock } from '@huntaze/core/clock';
import { readEnv } from '@huntaze/core/env';
import { limitFrom } from '@huntaze/core/lua';
import { METRICS, SERVICES } from '@huntaze/core/names';
import { redisOptions } from '@huntaze/core/redis';
import { renewingRedis } from '@huntaze/core/renewing-redis';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { Redis } from 'iovalkey';
import manifest from '../package.json' with { type: 'json' };
import { admit, type Limiter } from './admit.ts';
import { limiterEnv } from './env.ts';

const UNITS = { oldestWaiting: MetricUnit.Seconds, waiting: MetricUnit.Count } as const;

const env = readEnv(limiterEnv, process.env);
const logger = new Logger({ serviceName: SERVICES.limiter });
const metrics = new Metrics({ namespace: METRICS.namespace, serviceName: SERVICES.limiter });

const sqs = new SQSClient(BRIEF_CALLS);

const redis = renewingRedis(
  password => new Redis(redisOptions(env, password)),
  readPassword,
  error => logger.warn('Redis connection', { error: error.message }),
);

/** Made once an execution environment; its connections are kept for all events that follow. */
const limiter: Limiter = {
  sqs,
  redis,
  clock: systemClock,
  log: logger,
  count: (what, times) => metrics.addMetric(METRICS[what], MetricUnit.Count, times),
  measure: (what, value) => metrics.addMetric(METRICS[what], UNITS[what], value),
  queueUrl: env.QUEUE_URL,
  workflowsQueueUrl: env.WORKFLOWS_QUEUE_URL,
  deadLetterQueueUrl: env.DEAD_LETTER_QUEUE_URL,
  limit: limitFrom(env),
  version: manifest.version,
  random: Math.random,
};

async function readPassword(): Promise<string | undefined> {
  if (env.REDIS_AUTH_TOKEN_SECRET_ARN === undefined) return env.REDIS_AUTH_TOKEN;
  const secrets = new SecretsManagerClient(BRIEF_CALLS);
  const secret = await secrets.send(new GetSecretValueCommand({ SecretId: env.REDIS_AUTH_TOKEN_SECRET_ARN }));
  return secret.SecretString;
}

/**
 * Lambda's entry point: one batch of the rate limiter queue.
 * @public
 */
export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const endsAt = Date.now() + context.getRemainingTimeInMillis();
  logger.addContext(context);
  try {
    return await admit(limiter, event.Records, endsAt);
  } finally {
    // Without any it would say so, in a line that is no JSON.
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  }
}
