import { Batch } from './batch.ts';
import type { Delivery } from './deliver.ts';
import type { Source } from './event.ts';
import type { EventSourceOptions } from './options.ts';
import { describe, pause, receive } from './queue-calls.ts';
import { FIRST_POLLERS, nextPollers, SCALING_PERIOD_MS } from './scaling.ts';

const POLL_SECONDS = 20;

/**
 * The pollers of an event source from when it is enabled until it is disabled. Each gathers a batch, takes it
 * to the function and waits for the end of that: as many pollers, as many invocations at once.
 */
export class Pollers {
  readonly #options: EventSourceOptions;
  readonly #delivery: Delivery;
  readonly #source: Source;
  readonly #stopping: AbortSignal;
  readonly #running = new Map<number, Promise<void>>();
  #wanted = 0;
  #receives = { full: 0, empty: 0 };

  constructor(options: EventSourceOptions, delivery: Delivery, stopping: AbortSignal) {
    this.#options = options;
    this.#delivery = delivery;
    this.#stopping = stopping;
    this.#source = { queueArn: options.queueArn, region: options.queueArn.split(':')[3] ?? '' };
  }

  /** Polls until `stopping` aborts; resolves when the batches then under way are done with. Never rejects. */
  async run(): Promise<void> {
    const { maximumConcurrency } = this.#options;
    this.#resize(maximumConcurrency ?? FIRST_POLLERS);
    if (maximumConcurrency === undefined) await this.#scale();
    await Promise.all(this.#running.values());
  }

  async #scale(): Promise<void> {
    for (;;) {
      try {
        await this.#options.clock.sleep(SCALING_PERIOD_MS, this.#stopping);
      } catch {
        return; // Stopping.
      }
      const receives = this.#receives;
      this.#receives = { full: 0, empty: 0 };
      this.#resize(nextPollers(this.#wanted, receives));
    }
  }

  /** Those too many end after their batch. */
  #resize(wanted: number): void {
    this.#wanted = wanted;
    for (let place = 0; place < wanted; place += 1) {
      if (this.#running.has(place)) continue;
      const running = this.#poll(place).finally(() => this.#running.delete(place));
      this.#running.set(place, running);
    }
  }

  async #poll(place: number): Promise<void> {
    let batch = new Batch(this.#source, 0);
    let failures = 0;
    while (!this.#stopping.aborted && (place < this.#wanted || batch.tooMuch.length > 0)) {
      batch = await this.#gather(batch);
      if (batch.messages.length === 0) continue;
      const isGood = await this.#delivery.deliver(batch, this.#stopping);
      failures = isGood ? 0 : failures + 1;
      // AWS polls more slowly while a function fails, but not under ReportBatchItemFailures.
      // How much more slowly isn't documented.
      if (!isGood && this.#options.reportBatchItemFailures === false)
        await pause(this.#options.clock, failures - 1, this.#stopping);
    }
  }

  /**
   * Receives until the batch is full (its size or 6 MB) or its window has passed; without a window, once. The
   * window begins when the last invocation has ended, not at the first message. What is gathered when the source
   * is stopped is still a batch: those messages were received, and that counts. What the last batch had no room
   * for comes first.
   * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
   *
   * Simplified: with a window, AWS may wait for up to 20 s on a quiet queue, whatever the window is; here the polls
   * end with it.
   */
  async #gather(last: Batch): Promise<Batch> {
    const { clock, batchSize, batchingWindowSeconds: window = 0 } = this.#options;
    const batch = new Batch(this.#source, batchSize);
    batch.add(last.tooMuch, last.receivedAt ?? clock.now());
    const endsAt = clock.now() + window * 1_000;
    for (let failures = 0; batch.room > 0 && !this.#stopping.aborted;) {
      if (window === 0 && batch.messages.length > 0) break;
      const leftMs = Math.max(0, endsAt - clock.now());
      try {
        // A poll waits for whole seconds: the rest of the window passes before a last look.
        if (window > 0 && leftMs < 1_000) await clock.sleep(leftMs, this.#stopping);
        const waitSeconds = window === 0 ? POLL_SECONDS : Math.min(POLL_SECONDS, Math.floor(leftMs / 1_000));
        const messages = await receive(this.#options, batch.room, waitSeconds, this.#stopping);
        this.#receives[messages.length > 0 ? 'full' : 'empty'] += 1;
        batch.add(messages, clock.now());
        failures = 0;
      } catch (error) {
        if (this.#stopping.aborted) break;
        this.#options.log({ level: 'ERROR', message: 'polling failed', ...describe(error) });
        await pause(clock, failures, this.#stopping);
        failures += 1;
        if (batch.messages.length === 0) continue;
      }
      if (window === 0 || clock.now() >= endsAt) break;
    }
    return batch;
  }
}
