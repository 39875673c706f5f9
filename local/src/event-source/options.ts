import type {
  DeleteMessageBatchCommand,
  DeleteMessageBatchCommandOutput,
  ReceiveMessageCommand,
  ReceiveMessageCommandOutput,
} from '@aws-sdk/client-sqs';
import type { Clock } from '@huntaze/core/clock';
import type { Counted } from './function-metrics.ts';
import type { FunctionRuntime, Handler } from './invocation.ts';

/** One thing that happened, worth a line in a log. It never holds a message's body. */
export interface LogLine {
  level: 'INFO' | 'WARN' | 'ERROR';
  message: string;
  [detail: string]: unknown;
}

/** What an event source needs of a queue: an `SQSClient` is one, and so is whatever answers these two commands. */
export interface QueueClient {
  send(
    command: ReceiveMessageCommand,
    options: { abortSignal: AbortSignal },
  ): Promise<ReceiveMessageCommandOutput>;
  send(
    command: DeleteMessageBatchCommand,
    options: { abortSignal: AbortSignal },
  ): Promise<DeleteMessageBatchCommandOutput>;
}

/** An event source mapping's settings, under AWS's names where it has one. */
export interface EventSourceOptions {
  sqs: QueueClient;
  queueUrl: string;
  /** Appears in the events; its fourth part is the region, and a name in `.fifo` makes it a FIFO queue. */
  queueArn: string;
  /** The function itself, run in this process, or what runs it elsewhere. */
  handler: Handler | FunctionRuntime;
  /** BatchSize. 1 to 10,000; above 10 it needs a window; on a FIFO queue at most 10. */
  batchSize: number;
  /** MaximumBatchingWindowInSeconds. 0 (the default) to 300; on a FIFO queue there is none. */
  batchingWindowSeconds?: number;
  /**
   * ScalingConfig.MaximumConcurrency: how many invocations at once, 2 to 1,000. Undefined: from five on, as many
   * as the queue keeps busy (see `scaling.ts`).
   */
  maximumConcurrency?: number | undefined;
  /** FunctionResponseTypes has ReportBatchItemFailures. True if not said otherwise. */
  reportBatchItemFailures?: boolean;
  /** Enabled. True if not said otherwise. */
  enabled?: boolean;
  /** The function's reserved concurrency: an invocation above it is throttled. 0 throttles all. */
  reservedConcurrency?: number | undefined;
  /** Asked before every invocation; true throttles it, as a busy account would. For simulations, seeded there. */
  throttle?: (() => boolean) | undefined;
  /**
   * The queue's visibility timeout: so long, counted from the receive, a throttled batch is tried again.
   * Undefined: it is given up at once, which costs most receives.
   */
  visibilityTimeoutMs?: number | undefined;
  functionTimeoutMs: number;
  clock: Clock;
  log: (line: LogLine) => void;
  /** Told of what Lambda would tell CloudWatch. */
  count?: ((what: Counted) => void) | undefined;
  /** Ids of invocations. Random if not said otherwise. */
  newRequestId?: () => string;
}

/** Settings AWS wouldn't accept. */
export class OptionError extends RangeError {
  override readonly name = 'OptionError';
}

export const isFifo = ({ queueArn }: EventSourceOptions): boolean => queueArn.endsWith('.fifo');

/**
 * Refuses what CreateEventSourceMapping refuses.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 * @throws OptionError
 */
export function checkOptions(options: EventSourceOptions): void {
  const { batchSize, batchingWindowSeconds: window = 0, maximumConcurrency, reservedConcurrency } = options;
  within('batchSize', batchSize, 1, isFifo(options) ? 10 : 10_000);
  within('batchingWindowSeconds', window, 0, isFifo(options) ? 0 : 300);
  if (batchSize > 10 && window === 0)
    throw new OptionError('a batchSize above 10 needs a batchingWindowSeconds of at least 1');
  if (maximumConcurrency !== undefined) within('maximumConcurrency', maximumConcurrency, 2, 1_000);
  if (reservedConcurrency !== undefined)
    within('reservedConcurrency', reservedConcurrency, 0, Number.MAX_SAFE_INTEGER);
}

function within(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new OptionError(min === max ? `${name} must be ${min}` : `${name} must be from ${min} to ${max}`);
}
