import { httpUrl, limitVariables, redisVariables, text } from '@huntaze/core/env';
import * as z from 'zod/mini';

/** The API's environment. The infrastructure reads this too, so that a forgotten variable is a type error. */
export const apiEnv = z.object({
  QUEUE_URL: httpUrl,
  RESULTS_BUCKET: text,
  /** SHA-256 of the bearer token, in hex: the token itself is never stored. */
  API_TOKEN_SHA256: z.string().check(z.regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of the token in hex')),
  ...redisVariables,
  ...limitVariables,
});
export type ApiEnv = z.infer<typeof apiEnv>;
