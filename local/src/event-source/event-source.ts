import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Clock } from '@huntaze/core/clock';
import { readBatchResponse } from './batch-response.ts';
import { toEvent } from './event.ts';
import { FunctionTimedOut, invoke, type Handler } from './invocation.ts';

const POLL_SECONDS = 20;
/** A poll that has no answer by then has lost its server. Milliseconds. */
const POLL_DEADLINE_MS = (POLL_SECONDS + 10) * 1_000;
const DELETE_DEADLINE_MS = 5_000;
/** Waits after failures, the last one repeated. Milliseconds. */
const BACKOFF_MS = [200, 1_000, 5_000];
/** Room for deleting after the last function has answered. Milliseconds. */
const STOP_MARGIN_MS = 6_000;

/** One thing that happened, worth a line in a log. It never holds a message's body. */
export interface LogLine {
  level: 'INFO' | 'WARN' | 'ERROR';
  message: string;
  [detail: string]: unknown;
}

export interface EventSourceOptions {
  sqs: SQSClient;
  queueUrl: string;
  /** Appears in the events; its fourth part is the region. */
  queueArn: string;
  handler: Handler;
  /** 1 to 10. */
  batchSize: number;
  /** How many invocations at once: at least 2, as on AWS. */
  maximumConcurrency: number;
  functionTimeoutMs: number;
  clock: Clock;
  log: (line: LogLine) => void;
}

export interface EventSource {
  /**
   * Stops polling and waits for the invocations under way, at most a function's timeout and a little more.
   * Says whether all of them ended.
   */
  stop(): Promise<boolean>;
}

/**
 * Lambda's event source mapping for a standard queue, with ReportBatchItemFailures and without a batching
 * window: every poller takes what one receive returns, invokes the function with it, deletes what did not
 * fail, and polls again. What failed keeps the visibility timeout it has.
 * @throws RangeError for a batch size or concurrency AWS wouldn't accept
 */
export function startEventSource(options: EventSourceOptions): EventSource {
  const { batchSize, maximumConcurrency } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > 10)
    throw new RangeError('batchSize must be from 1 to 10');
  if (!Number.isInteger(maximumConcurrency) || maximumConcurrency < 2 || maximumConcurrency > 1_000)
    throw new RangeError('maximumConcurrency must be from 2 to 1000');
  const stopping = new AbortController();
  const pollers = Array.from({ length: maximumConcurrency }, () => poll(options, stopping.signal));
  let stopped: Promise<boolean> | undefined;
  return {
    stop: () => {
      stopping.abort();
      stopped ??= allEnded(pollers, options);
      return stopped;
    },
  };
}

async function poll(options: EventSourceOptions, stopping: AbortSignal): Promise<void> {
  let failures = 0;
  while (!stopping.aborted) {
    try {
      const messages = await receive(options, stopping);
      failures = 0;
      if (messages.length > 0) await handleBatch(options, messages);
    } catch (error) {
      if (stopping.aborted) return;
      options.log({ level: 'ERROR', message: 'polling failed', ...describe(error) });
      await pause(options.clock, failures, stopping);
      failures += 1;
    }
  }
}

async function receive(options: EventSourceOptions, stopping: AbortSignal): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: options.queueUrl,
    MaxNumberOfMessages: options.batchSize,
    WaitTimeSeconds: POLL_SECONDS,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  });
  const { Messages } = await withDeadline(options.clock, POLL_DEADLINE_MS, stopping, abortSignal =>
    options.sqs.send(command, { abortSignal }),
  );
  return Messages ?? [];
}

/** Invokes the function with a batch. Whatever it does, this resolves; messages not deleted come back by themselves. */
async function handleBatch(options: EventSourceOptions, messages: Message[]): Promise<void> {
  const { handler, clock, log, functionTimeoutMs: timeoutMs, queueArn } = options;
  const requestId = crypto.randomUUID();
  const region = queueArn.split(':')[3] ?? '';
  const event = toEvent(messages, { queueArn, region });
  let result: unknown;
  try {
    result = await invoke(handler, { requestId, event, timeoutMs, region }, clock);
  } catch (error) {
    const message = error instanceof FunctionTimedOut ? 'function timed out' : 'function failed';
    log({ level: 'ERROR', message, request_id: requestId, batch: messages.length, ...describe(error) });
    return;
  }
  const verdict = readBatchResponse(result, new Set(messages.map(({ MessageId }) => MessageId ?? '')));
  if (verdict.is === 'invalid') {
    log({
      level: 'ERROR',
      message: 'batch response is invalid',
      request_id: requestId,
      reason: verdict.reason,
    });
    return;
  }
  await deleteAll(
    options,
    messages.filter(({ MessageId }) => !verdict.failed.has(MessageId ?? '')),
  );
}

/** Deletes messages, repeating what failed a few times; then they come back and are handled again. */
async function deleteAll(options: EventSourceOptions, messages: Message[]): Promise<void> {
  let left = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
  for (let failures = 0; left.length > 0; failures += 1) {
    const command = new DeleteMessageBatchCommand({ QueueUrl: options.queueUrl, Entries: left });
    let reason: Record<string, unknown>;
    try {
      const never = new AbortController().signal;
      const { Failed = [] } = await withDeadline(options.clock, DELETE_DEADLINE_MS, never, abortSignal =>
        options.sqs.send(command, { abortSignal }),
      );
      const failedIds = new Set(Failed.map(({ Id }) => Id));
      left = left.filter(({ Id }) => failedIds.has(Id));
      reason = { error: Failed[0]?.Code };
    } catch (error) {
      reason = describe(error);
    }
    if (left.length === 0) return;
    if (failures === BACKOFF_MS.length - 1) {
      options.log({ level: 'ERROR', message: 'deleting failed', messages: left.length, ...reason });
      return;
    }
    await pause(options.clock, failures);
  }
}

/** Runs `call` with a signal that is aborted by `outer`, or after `ms`. */
async function withDeadline<T>(
  clock: Clock,
  ms: number,
  outer: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const answered = new AbortController();
  clock.sleep(ms, answered.signal).then(
    () => late.abort(),
    () => undefined, // Answered in time.
  );
  try {
    return await call(AbortSignal.any([outer, late.signal]));
  } finally {
    answered.abort();
  }
}

async function pause(clock: Clock, failures: number, stopping?: AbortSignal): Promise<void> {
  try {
    await clock.sleep(BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)] ?? 0, stopping);
  } catch {
    // Stopping ends a pause.
  }
}

async function allEnded(pollers: Promise<void>[], options: EventSourceOptions): Promise<boolean> {
  const ended = new AbortController();
  const all = Promise.all(pollers).then(() => true);
  const tooLate = options.clock.sleep(options.functionTimeoutMs + STOP_MARGIN_MS, ended.signal).then(
    () => false,
    () => true,
  );
  const isClean = await Promise.race([all, tooLate]);
  ended.abort();
  if (!isClean) options.log({ level: 'WARN', message: 'stopped with invocations under way' });
  return isClean;
}

function describe(error: unknown): { error: string; error_message: string } {
  return error instanceof Error
    ? { error: error.name, error_message: error.message }
    : { error: typeof error, error_message: String(error) };
}
