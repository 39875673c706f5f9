import { limitVariables, redisVariables, httpUrl } from '@huntaze/core/env';
import * as z from 'zod/mini';

/** The limiter's environment. The infrastructure reads this too, so that a forgotten variable is a type error. */
export const limiterEnv = z.object({
  QUEUE_URL: httpUrl,
  WORKFLOWS_QUEUE_URL: httpUrl,
  DEAD_LETTER_QUEUE_URL: httpUrl,
  ...redisVariables,
  ...limitVariables,
});
