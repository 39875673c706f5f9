import { DeleteMessageBatchCommand, ReceiveMessageCommand, type Message } from '@aws-sdk/client-sqs';
import type { Clock } from '@huntaze/core/clock';
import type { EventSourceOptions } from './options.ts';

/** SQS's limit for one receive, and for one batch of deletions. */
const MAX_MESSAGES_A_CALL = 10;
/** What a poll may take beyond the time it waits; then it has lost its server. Milliseconds. */
const POLL_MARGIN_MS = 10_000;
const DELETE_DEADLINE_MS = 5_000;
/** Waits after failures, the last one repeated. Milliseconds. */
const BACKOFF_MS = [200, 1_000, 5_000];

/** Waits longer the more failures there were in a row. Ends early, without an error, when `stopping` aborts. */
export async function pause(clock: Clock, failures: number, stopping?: AbortSignal): Promise<void> {
  try {
    await clock.sleep(backoffMs(failures), stopping);
  } catch {
    // Stopping ends a pause.
  }
}

/** How long `pause` waits after so many failures before this one. */
export function backoffMs(failures: number): number {
  return BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)] ?? 0;
}

/**
 * One receive.
 * @param waitSeconds 0 to 20
 * @throws what the client throws; the signal's reason when `stopping` aborts or no answer comes
 */
export async function receive(
  options: EventSourceOptions,
  most: number,
  waitSeconds: number,
  stopping: AbortSignal,
): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: options.queueUrl,
    MaxNumberOfMessages: Math.min(most, MAX_MESSAGES_A_CALL),
    WaitTimeSeconds: waitSeconds,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  });
  const deadlineMs = waitSeconds * 1_000 + POLL_MARGIN_MS;
  const { Messages } = await withDeadline(options.clock, deadlineMs, stopping, abortSignal =>
    options.sqs.send(command, { abortSignal }),
  );
  return Messages ?? [];
}

/**
 * Deletes messages, repeating what failed a few times. What can't be deleted comes back and is handled again:
 * that is logged, not thrown.
 */
export async function deleteAll(options: EventSourceOptions, messages: readonly Message[]): Promise<void> {
  let kept = 0;
  let reason: Record<string, unknown> = {};
  for (let done = 0; done < messages.length; done += MAX_MESSAGES_A_CALL) {
    const result = await deleteTen(options, messages.slice(done, done + MAX_MESSAGES_A_CALL));
    if (result.kept > 0) ({ reason } = result);
    kept += result.kept;
    if (result.unreachable) {
      kept = messages.length - done;
      break;
    }
  }
  if (kept > 0) options.log({ level: 'ERROR', message: 'deleting failed', messages: kept, ...reason });
}

interface Deletion {
  kept: number;
  reason: Record<string, unknown>;
  /** No call succeeded: there is no use in trying the next ten. */
  unreachable: boolean;
}

async function deleteTen(options: EventSourceOptions, messages: readonly Message[]): Promise<Deletion> {
  let left = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
  let refused = 0;
  for (let failures = 0; ; failures += 1) {
    const command = new DeleteMessageBatchCommand({ QueueUrl: options.queueUrl, Entries: left });
    let reason: Record<string, unknown>;
    let unreachable = false;
    try {
      const never = new AbortController().signal;
      const { Failed = [] } = await withDeadline(options.clock, DELETE_DEADLINE_MS, never, abortSignal =>
        options.sqs.send(command, { abortSignal }),
      );
      // Repeating doesn't help a bad request: a FIFO queue refuses the handle of an expired visibility.
      const repeatable = new Set(
        Failed.filter(({ SenderFault }) => SenderFault !== true).map(({ Id }) => Id),
      );
      refused += Failed.length - repeatable.size;
      left = left.filter(({ Id }) => repeatable.has(Id));
      reason = { error: Failed[0]?.Code };
    } catch (error) {
      reason = describe(error);
      unreachable = true;
    }
    if (left.length === 0 || failures === BACKOFF_MS.length - 1)
      return { kept: refused + left.length, reason, unreachable };
    await pause(options.clock, failures);
  }
}

/** Ends a deadline's sleep. Made once: without a reason, each abort makes an error with a stack, which costs more than the call. */
const ANSWERED = new Error('answered in time');

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
    answered.abort(ANSWERED);
  }
}

/** An error as a log tells it. */
export function describe(error: unknown): { error: string; error_message: string } {
  return error instanceof Error
    ? { error: error.name, error_message: error.message }
    : { error: typeof error, error_message: String(error) };
}
