import * as z from 'zod/mini';
import { positiveNumber, text, wholeNumber } from '@huntaze/core/env';

/** What the target site is told at its start. */
export const siteEnv = z.object({
  /** 0: any free port. */
  PORT: z._default(wholeNumber(0, 65_535), 0),
  SITE_LIMIT: z._default(wholeNumber(1, 10_000), 10),
  SITE_WINDOW_SECONDS: z._default(positiveNumber(86_400), 60),
  /** A JSON array of `{email, password, code?, profile?}`. */
  SITE_ACCOUNTS_FILE: text,
  /** Where log, sessions and conversations outlive the process; absent: they don't. */
  SITE_STATE_FILE: z.optional(text),
});
