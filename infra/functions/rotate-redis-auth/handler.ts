import { Logger } from '@aws-lambda-powertools/logger';
import { ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { BRIEF_CALLS } from '@huntaze/core/brief-calls';
import { readEnv } from '@huntaze/core/env';
import { redisOptions } from '@huntaze/core/redis';
import { Redis } from 'iovalkey';
import { rotationHandler } from '../rotation/handler.ts';
import { rotateRedisAuthEnv } from './env.ts';
import { elastiCacheGroup } from './group.ts';
import { asksRedis } from './lets-in.ts';
import { redisAuthRotation } from './rotation.ts';

const env = readEnv(rotateRedisAuthEnv, process.env);
const logger = new Logger({ serviceName: 'huntaze-rotate-redis-auth' });

const secrets = new SecretsManagerClient(BRIEF_CALLS);
const group = elastiCacheGroup(new ElastiCacheClient(BRIEF_CALLS), env.REPLICATION_GROUP_ID);
const letsIn = asksRedis(
  password =>
    new Redis({ ...redisOptions(env, password), maxRetriesPerRequest: 0, retryStrategy: () => null }),
);

/**
 * Lambda's entry point.
 * @public
 */
export const handler = rotationHandler(logger, secrets, redisAuthRotation(secrets, group, letsIn));
