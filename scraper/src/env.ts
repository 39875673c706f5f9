import * as z from 'zod/mini';
import { flag, httpUrl, limitVariables, redisVariables, text, wholeNumber } from '@huntaze/core/env';

/** Everything the scraper is told at its start. `infra` reads the names from here. */
export const scraperEnv = z.object({
  WORKFLOWS_QUEUE_URL: httpUrl,
  DEAD_LETTER_QUEUE_URL: httpUrl,
  RESULTS_BUCKET: text,
  ...redisVariables,
  SITE_ORIGIN: httpUrl,
  CREDENTIALS_SECRET_PREFIX: text,
  CHROMIUM_PATH: text,
  /**
   * Off only where the platform itself is the wall: Fargate gives a task a machine of its own, and lets nobody make the
   * namespaces of which the browser's sandbox is made (https://github.com/aws/containers-roadmap/issues/2102).
   */
  CHROMIUM_SANDBOX: z._default(flag, true),
  /** Seals the creators' sessions in the bucket: 32 bytes in base64. Absent: sessions end with the process. */
  SESSION_KEY: z.optional(
    z.pipe(
      z.string().check(z.regex(/^[A-Za-z0-9+/]{43}=$/, 'must be 32 bytes in base64')),
      z.transform((base64: string) => Buffer.from(base64, 'base64')),
    ),
  ),
  /** Seals them under a key of KMS instead: its id, ARN or alias. */
  SESSION_KMS_KEY_ID: z.optional(text),
  /** Uses after which the browser is replaced; and what its processes may take together, MiB: docs/decisions/0008-browser.md. */
  BROWSER_MAX_OPERATIONS: z._default(wholeNumber(1, 1_000_000), 10_000),
  BROWSER_MAX_MEMORY_MB: z._default(wholeNumber(100, 100_000), 800),
  /** Lanes, that is creators, worked on at the same time. */
  CONCURRENCY: z._default(wholeNumber(1, 64), 4),
  /** Failures after which an operation is dead-lettered. */
  MAX_FAILURES: z._default(wholeNumber(1, 100), 8),
  /** How long a stop may take; the platform kills after 120 s at most. */
  SHUTDOWN_SECONDS: z._default(wholeNumber(1, 115), 100),
  /** Where `GET /health` is answered, on 127.0.0.1; 0: any free port; absent: nowhere. */
  HEALTH_PORT: z.optional(wholeNumber(0, 65_535)),
  /** Set by ECS: where a task asks not to be chosen while it works. */
  ECS_AGENT_URI: z.optional(httpUrl),
  ...limitVariables,
});
export type ScraperEnv = z.infer<typeof scraperEnv>;
