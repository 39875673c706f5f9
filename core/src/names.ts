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
  /** Seconds since the oldest of what still waits was sent; and the furthest place in line. */
  oldestWaiting: 'oldest_waiting_age',
  waiting: 'waiting_count',
  successRate: 'scraping_success_rate',
  averageDuration: 'average_scraping_duration',
  /** 429s of the site. */
  throttled: 'site_throttled_count',
  /** 1 when the site's breaker opens, 0 when it closes. */
  breaker: 'breaker_open',
  /** Kinds that were paused because the site's answers to them don't fit any more. */
  siteChanged: 'site_changed_count',
  /** How much of the site's window was taken when a slot was given, in percent. */
  slotUse: 'site_slot_use',
  /** Rotations that can't come to their end without somebody's looking; and secrets whose rotation takes over a day. */
  rotationRefused: 'rotation_refused_count',
  rotationsOverdue: 'rotations_overdue_count',
} as const;

/** Who publishes them: the one dimension that they have. */
export const SERVICES = {
  limiter: 'huntaze-rate-limiter',
  scraper: 'scraper',
  rotation: 'rotation',
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
  /** Why a message was dead-lettered; of an operation that was tried also how often, and its last error. */
  reason: 'dead_letter_reason',
  attempts: 'dead_letter_attempts',
  lastError: 'dead_letter_error',
  /** The three of them as one, where SQS's limit leaves no room for three. */
  deadLetter: 'dead_letter',
} as const;

/** What lies in the results bucket, each under its creator's id: the scraper may write these and nothing else. */
export const PREFIXES = { results: 'results', journal: 'journal', sessions: 'sessions' } as const;

/** What else lies there, and is the API's: its tokens, by their hashes, their webhooks, by their ids, and what operators did. */
export const API_PREFIXES = { tokens: 'tokens', webhooks: 'webhooks', audit: 'audit' } as const;

/** Where the result of an operation lies in the results bucket. Both ids must have passed `isSafeId`. */
export function resultKey(creatorId: string, operationId: string): string {
  return `${PREFIXES.results}/${creatorId}/${operationId}.json`;
}

/** How the names of what lies beside a result end. */
export const SCREENSHOT = '.png';
export const TRACE = '.trace.json';

/** The name of a creator's credentials in Secrets Manager. */
export function credentialsSecretName(prefix: string, creatorId: string): string {
  return `${prefix}/${creatorId}`;
}
