import { httpUrl, redisVariables, text } from '@huntaze/core/env';
import * as z from 'zod/mini';

/** What an erasure in AWS is told: the names that the parts of the pipeline are told themselves. */
export const eraseEnv = z.object({
  RESULTS_BUCKET: text,
  CREDENTIALS_SECRET_PREFIX: text,
  /** Both dead-letter queues, with a comma between them. */
  DEAD_LETTER_QUEUE_URLS: z.pipe(
    z.string().check(z.regex(/^[^,]+,[^,]+$/, 'must be two addresses with a comma between them')),
    z.pipe(
      z.transform((both: string) => both.split(',').map(one => one.trim())),
      z.array(httpUrl),
    ),
  ),
  ...redisVariables,
});
export type EraseEnv = z.infer<typeof eraseEnv>;
