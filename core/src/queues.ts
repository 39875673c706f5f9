/** What the pipeline's queues and the limiter's function agree on, wherever they run. */

/** How long an invocation of the limiter may take (s). */
export const LIMITER_TIMEOUT_SECONDS = 15;
/** Its queue hides a message for so many of these, as AWS advises. */
export const VISIBILITY_TIMEOUTS = 6;
/** Until the scraper says how long: it does so with every receive (s). */
export const WORKFLOWS_VISIBILITY_SECONDS = 120;
/** A backstop only: a deferral costs a receive, and failures are counted in Redis. The most that SQS allows. */
export const MAX_RECEIVES = 1_000;
/** 14 days, the most that SQS allows. */
export const RETENTION_SECONDS = 14 * 86_400;
