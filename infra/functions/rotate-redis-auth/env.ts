import { redisVariables, text } from '@huntaze/core/env';
import * as z from 'zod/mini';

/**
 * The environment of the AUTH token's rotation. The infrastructure reads this too, so that a forgotten variable is a
 * type error. Which secret it is comes with each event.
 */
export const rotateRedisAuthEnv = z.object({
  REPLICATION_GROUP_ID: text,
  REDIS_HOST: redisVariables.REDIS_HOST,
  REDIS_PORT: redisVariables.REDIS_PORT,
  REDIS_TLS: redisVariables.REDIS_TLS,
});
