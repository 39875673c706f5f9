import { flag, httpUrl, limitVariables, redisVariables, text, twoUrls } from '@huntaze/core/env';
import * as z from 'zod/mini';

/** The API's environment. The infrastructure reads this too, so that a forgotten variable is a type error. */
export const apiEnv = z.object({
  QUEUE_URL: httpUrl,
  /** Both dead-letter queues, the rate limiter's and the workflows', with a comma between them. */
  DEAD_LETTER_QUEUE_URLS: twoUrls,
  RESULTS_BUCKET: text,
  /** SHA-256 of the bearer token, in hex: the token itself is never stored. */
  API_TOKEN_SHA256: z.string().check(z.regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of the token in hex')),
  /** On a local installation: webhooks may lead to this machine, by http too. */
  WEBHOOKS_TO_LOOPBACK: z._default(flag, false),
  /** Before the creator's id in the name of what it logs in with, without the slash. */
  CREDENTIALS_SECRET_PREFIX: text,
  /** The key of KMS under which the API makes such a secret; absent: AWS's own. */
  CREDENTIALS_KMS_KEY_ID: z.optional(text),
  /** The function that rotates it; absent: nothing does. */
  ROTATE_CREDENTIALS_ARN: z.optional(text),
  ...redisVariables,
  ...limitVariables,
});
export type ApiEnv = z.infer<typeof apiEnv>;
