import type { Clock } from '@huntaze/core/clock';
import { AwsError } from '../aws-error.ts';
import type { Queue } from './queue.ts';

/** Ends a timer's sleep. Made once: an abort without a reason makes an error with a stack, the dearest part of a poll. */
const REPLACED = new Error('the timer was set anew');

/** Tries to receive from the queue at `now`; answers with what the client is to get, empty for nothing. */
export type Attempt = (now: number) => object[];

interface Waiter {
  attempt: Attempt;
  deadline: number;
  answer: (messages: object[]) => void;
  /** The receive can't be carried out: its own caller is told. */
  fail: (error: unknown) => void;
}

interface Waiting {
  waiters: Set<Waiter>;
  /** Ends the timer under way. */
  timer: AbortController;
}

/**
 * Receives that wait for messages, first come first served for each queue. They are woken when a queue
 * was touched, and by one timer per queue for what time alone brings: a delay's or a visibility timeout's
 * end, or their own deadline.
 */
export class LongPolls {
  readonly #clock: Clock;
  readonly #takeTouched: () => Iterable<Queue>;
  readonly #queues = new Map<Queue, Waiting>();
  #closed = false;

  /** @param takeTouched the queues that were touched since it was last called */
  constructor(clock: Clock, takeTouched: () => Iterable<Queue>) {
    this.#clock = clock;
    this.#takeTouched = takeTouched;
  }

  /** Receives now, or as soon as there is something within `waitMs`; else nothing. An aborted one takes nothing. */
  async receive(queue: Queue, attempt: Attempt, waitMs: number, signal: AbortSignal): Promise<object[]> {
    if (signal.aborted) return [];
    const now = this.#clock.now();
    const messages = waitMs > 0 ? attemptUnlessFull(attempt, now) : attempt(now);
    if (messages.length > 0 || waitMs <= 0 || this.#closed) return messages;
    return new Promise((resolve, reject) => {
      const waiting = this.#queues.get(queue) ?? { waiters: new Set(), timer: new AbortController() };
      this.#queues.set(queue, waiting);
      const onAbort = () => waiter.answer([]);
      const leave = () => {
        signal.removeEventListener('abort', onAbort);
        waiting.waiters.delete(waiter);
        if (waiting.waiters.size === 0) this.#forget(queue, waiting);
      };
      const waiter: Waiter = {
        attempt,
        deadline: now + waitMs,
        answer: received => {
          leave();
          resolve(received);
        },
        fail: error => {
          leave();
          reject(error);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      waiting.waiters.add(waiter);
      this.#setTimer(queue, waiting);
    });
  }

  /** How many receives are waiting. */
  get size(): number {
    let size = 0;
    for (const { waiters } of this.#queues.values()) size += waiters.size;
    return size;
  }

  /** Serves whoever waits for a queue that was touched: to be called after every action. */
  settleTouched(): void {
    // Serving one queue can touch another (its dead-letter queue): go on until nothing moves.
    for (let touched = [...this.#takeTouched()]; touched.length > 0; touched = [...this.#takeTouched()])
      for (const queue of touched) this.#settle(queue);
  }

  #settle(queue: Queue): void {
    const waiting = this.#queues.get(queue);
    if (waiting === undefined) return;
    const now = this.#clock.now();
    for (const waiter of waiting.waiters) {
      try {
        const messages = attemptUnlessFull(waiter.attempt, now);
        if (messages.length > 0 || waiter.deadline <= now) waiter.answer(messages);
      } catch (error) {
        waiter.fail(error); // It is not the fault of whoever is served beside it.
      }
    }
    if (waiting.waiters.size > 0) this.#setTimer(queue, waiting);
  }

  /** Answers who waits for `queue`, which is no more, with nothing. */
  end(queue: Queue): void {
    for (const waiter of this.#queues.get(queue)?.waiters ?? []) waiter.answer([]);
  }

  /** Answers every waiting receive with nothing; later ones don't wait. */
  close(): void {
    this.#closed = true;
    for (const { waiters } of this.#queues.values()) for (const waiter of waiters) waiter.answer([]);
  }

  #setTimer(queue: Queue, waiting: Waiting): void {
    waiting.timer.abort(REPLACED);
    const timer = new AbortController();
    waiting.timer = timer;
    let wakeAt = queue.nextChangeAt() ?? Infinity;
    for (const waiter of waiting.waiters) wakeAt = Math.min(wakeAt, waiter.deadline);
    void this.#settleAfter(wakeAt - this.#clock.now(), queue, timer.signal);
  }

  async #settleAfter(ms: number, queue: Queue, signal: AbortSignal): Promise<void> {
    try {
      await this.#clock.sleep(Math.max(0, ms), signal);
    } catch {
      return; // Replaced by a newer timer, or nobody waits any more.
    }
    this.#settle(queue);
    this.settleTouched();
  }

  #forget(queue: Queue, waiting: Waiting): void {
    waiting.timer.abort(REPLACED);
    if (this.#queues.get(queue) === waiting) this.#queues.delete(queue);
  }
}

/** A long poll that meets the in-flight limit goes on waiting; only a short one is told. */
function attemptUnlessFull(attempt: Attempt, now: number): object[] {
  try {
    return attempt(now);
  } catch (error) {
    if (error instanceof AwsError && error.code === 'OverLimit') return [];
    throw error;
  }
}
