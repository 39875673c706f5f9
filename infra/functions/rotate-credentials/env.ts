import { httpUrl, limitVariables, redisVariables, text } from '@huntaze/core/env';
import * as z from 'zod/mini';

/**
 * The environment of the credentials' rotation. The infrastructure reads this too, so that a forgotten variable is a
 * type error. Which creator's they are comes with each event.
 */
export const rotateCredentialsEnv = z.object({
  QUEUE_URL: httpUrl,
  CREDENTIALS_SECRET_PREFIX: text,
  ...redisVariables,
  ...limitVariables,
});
