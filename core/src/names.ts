/** Names that more than one process, or somebody outside, relies on. */

export const QUEUES = {
  rateLimiter: 'huntaze-rate-limiter-queue',
  rateLimiterDeadLetters: 'huntaze-rate-limiter-dlq',
  workflows: 'huntaze-hybrid-workflows.fifo',
  workflowsDeadLetters: 'huntaze-hybrid-workflows-dlq.fifo',
} as const;

/** CloudWatch namespace and metric names. */
export const METRICS = {
  namespace: 'Huntaze/Workflows',
  allowed: 'rate_limit_allowed_count',
  rejected: 'rate_limit_rejected_count',
  forwardFailed: 'forward_failed_count',
  unreadable: 'unreadable_count',
  successRate: 'scraping_success_rate',
  averageDuration: 'average_scraping_duration',
} as const;

/** SQS message attributes: the first three are set by the API, the next four by the limiter. */
export const ATTRIBUTES = {
  correlationId: 'correlation_id',
  sequence: 'sequence',
  follows: 'follows',
  /** The id under which the limiter knows a message whose body names none. */
  operationId: 'operation_id',
  timestamp: 'rate_limit_timestamp',
  tokensRemaining: 'tokens_remaining',
  version: 'rate_limiter_version',
  /** The three of the limiter as one JSON attribute, where SQS's limit of 10 leaves no room for three. */
  combined: 'rate_limiter',
  /** Why a message was dead-lettered. */
  reason: 'dead_letter_reason',
} as const;

/** Where the result of an operation lies in the results bucket. Both ids must have passed `isSafeId`. */
export function resultKey(creatorId: string, operationId: string): string {
  return `results/${creatorId}/${operationId}.json`;
}

/** The name of a creator's credentials in Secrets Manager. */
export function credentialsSecretName(prefix: string, creatorId: string): string {
  return `${prefix}/${creatorId}`;
}
