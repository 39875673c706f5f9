import type { Clock } from '@huntaze/core/clock';
import type { Batch } from './batch.ts';
import { readBatchResponse, type Verdict } from './batch-response.ts';
import { FunctionTimedOut, inProcess, type FunctionRuntime } from './invocation.ts';
import { MessageGroups } from './message-groups.ts';
import { isFifo, type EventSourceOptions } from './options.ts';
import { backoffMs, deleteAll, describe, pause } from './queue-calls.ts';

/**
 * Takes batches to the function and deletes what it is done with. The visibility of a message is never
 * changed here: what is not deleted comes back when the time it has runs out, or the time the function
 * gave it, and has been received once more.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export class Delivery {
  readonly runtime: FunctionRuntime;
  readonly #options: EventSourceOptions;
  readonly #clock: Clock;
  readonly #groups = new MessageGroups();
  /** Invocations under way. */
  #running = 0;

  constructor(options: EventSourceOptions) {
    const { handler, clock } = options;
    this.runtime = typeof handler === 'function' ? inProcess(handler, clock) : handler;
    this.#options = options;
    this.#clock = clock;
  }

  /**
   * Invokes the function with a batch, unless it is throttled or `stopping` aborts before it could begin.
   * Never rejects.
   * @returns whether the function answered as it should
   */
  async deliver(batch: Batch, stopping: AbortSignal): Promise<boolean> {
    if (!isFifo(this.#options)) return this.#invoke(batch, stopping);
    const groups = batch.messages.map(({ Attributes }) => Attributes?.MessageGroupId ?? '');
    let release: () => void;
    try {
      release = await this.#groups.claim(groups, stopping);
    } catch {
      return false; // Stopping, while an earlier batch of the group is still at the function.
    }
    try {
      return await this.#invoke(batch, stopping);
    } finally {
      release();
    }
  }

  async #invoke(batch: Batch, stopping: AbortSignal): Promise<boolean> {
    const { functionTimeoutMs: timeoutMs, queueArn } = this.#options;
    const requestId = this.#options.newRequestId?.() ?? crypto.randomUUID();
    const region = queueArn.split(':')[3] ?? '';
    const log = (level: 'WARN' | 'ERROR', message: string, details: object = {}) =>
      this.#options.log({
        level,
        message,
        request_id: requestId,
        batch: batch.messages.length,
        ...details,
      });
    if (!(await this.#admit(batch, stopping))) {
      log('WARN', 'invocation throttled');
      return false;
    }
    let result: unknown;
    this.#options.count?.('Invocations');
    try {
      result = await this.runtime.invoke({ requestId, event: { Records: batch.records }, timeoutMs, region });
    } catch (error) {
      this.#options.count?.('Errors');
      const message = error instanceof FunctionTimedOut ? 'function timed out' : 'function failed';
      log('ERROR', message, describe(error));
      return false;
    } finally {
      this.#running -= 1;
    }
    const verdict = this.#judge(result, batch);
    if (verdict.is === 'invalid') {
      log('ERROR', 'batch response is invalid', { reason: verdict.reason });
      return false;
    }
    const done = batch.messages.filter(({ MessageId }) => !verdict.failed.has(MessageId ?? ''));
    await deleteAll(this.#options, done);
    return true;
  }

  /** Without ReportBatchItemFailures, whatever is returned is full success. */
  #judge(result: unknown, batch: Batch): Verdict {
    if (this.#options.reportBatchItemFailures === false) return { is: 'partial', failed: new Set() };
    return readBatchResponse(result, new Set(batch.messages.map(({ MessageId }) => MessageId ?? '')));
  }

  /**
   * Counts an invocation as under way, unless it is throttled. A throttled one is tried again, ever more slowly,
   * until the time since the receive exceeds the queue's visibility timeout; then the batch is dropped. AWS also
   * lowers the event source's concurrency meanwhile: here the poller that has the batch in hand doesn't poll.
   */
  async #admit(batch: Batch, stopping: AbortSignal): Promise<boolean> {
    const endsAt = (batch.receivedAt ?? 0) + (this.#options.visibilityTimeoutMs ?? 0);
    for (let failures = 0; this.#isThrottled(); failures += 1) {
      this.#options.count?.('Throttles');
      if (stopping.aborted || this.#clock.now() + backoffMs(failures) >= endsAt) return false;
      await pause(this.#clock, failures, stopping);
    }
    this.#running += 1; // In the same step as the last look: nobody else takes the place.
    return true;
  }

  #isThrottled(): boolean {
    const { reservedConcurrency = Infinity, throttle } = this.#options;
    return this.#running >= reservedConcurrency || throttle?.() === true;
  }
}
