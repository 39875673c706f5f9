import { limitVariables, redisVariables, httpUrl, wholeNumber } from '@huntaze/core/env';
import * as z from 'zod/mini';

/** The limiter's environment. The infrastructure reads this too, so that a forgotten variable is a type error. */
export const limiterEnv = z.object({
  QUEUE_URL: httpUrl,
  WORKFLOWS_QUEUE_URL: httpUrl,
  DEAD_LETTER_QUEUE_URL: httpUrl,
  ...redisVariables,
  ...limitVariables,
  /** Nothing is released above so many operations forwarded and not ended; absent, 20 windows' worth. */
  MAX_UNFINISHED: z.optional(wholeNumber(1, 1_000_000)),
});
