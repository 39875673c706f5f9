import { redisVariables, text, twoUrls } from '@huntaze/core/env';
import * as z from 'zod/mini';

/** What an erasure in AWS is told: the names that the parts of the pipeline are told themselves. */
export const eraseEnv = z.object({
  RESULTS_BUCKET: text,
  CREDENTIALS_SECRET_PREFIX: text,
  /** Both dead-letter queues, with a comma between them. */
  DEAD_LETTER_QUEUE_URLS: twoUrls,
  ...redisVariables,
});
export type EraseEnv = z.infer<typeof eraseEnv>;
