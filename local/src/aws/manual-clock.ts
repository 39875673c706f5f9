import type { Clock } from '@huntaze/core/clock';
import { OrderedIndex } from './sqs/ordered-index.ts';

/** Time can't go on: nobody sleeps, and what is waited for hasn't come. */
export class Stalled extends Error {
  override readonly name = 'Stalled';
}

/** Lets everything run that can run without time moving on. */
const oneTurn = () => new Promise<void>(resolve => setImmediate(resolve));

/** A clock that moves only when told to: hours of queue time pass in microseconds. */
export class ManualClock implements Clock {
  #now: number;
  /** How to wake whoever sleeps, by when; of two with the same instant, who fell asleep first. */
  readonly #sleepers = new OrderedIndex<() => void>();
  readonly #settle: () => Promise<void>;

  /**
   * @param startMs milliseconds since the epoch
   * @param settle resolves when what was woken has done all it can at this instant; one turn of the event loop
   *   does for whoever waits for nothing but promises, who also waits for a socket needs more
   */
  constructor(startMs = Date.UTC(2026, 0, 1), settle = oneTurn) {
    this.#now = startMs;
    this.#settle = settle;
  }

  now(): number {
    return this.#now;
  }

  /** How many sleeps are under way: lets a test wait for code to have fallen asleep. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const onAbort = () => {
        this.#sleepers.remove(entry);
        reject(signal?.reason as Error);
      };
      const wake = () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const entry = this.#sleepers.put(wake, this.#now + Math.max(0, ms));
    });
  }

  /**
   * Moves time forward by `ms`, waking every sleeper at its own instant and in order. Whoever is woken
   * gets to run before time moves on, so that what it starts sees the instant it was woken at.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    while ((this.#sleepers.firstKey() ?? Infinity) <= end) await this.#wakeNext();
    this.#now = end;
  }

  /**
   * Runs freely: time jumps from sleeper to sleeper until `done` settles, whose result this is.
   * @throws Stalled when nobody sleeps any more, or `atMostMs` have passed, and `done` still hasn't settled; the reason of
   *   `signal`, which leaves everything as it is at that instant
   */
  async run<T>(done: Promise<T>, atMostMs: number, signal?: AbortSignal): Promise<T> {
    const end = this.#now + atMostMs;
    let isDone = false;
    const note = () => (isDone = true);
    done.then(note, note);
    for (;;) {
      await this.#settle();
      signal?.throwIfAborted();
      if (isDone) return done;
      const next = this.#sleepers.firstKey();
      if (next === undefined) throw new Stalled('nobody sleeps, and what was waited for has not come');
      if (next > end) throw new Stalled(`what was waited for has not come in ${atMostMs} ms`);
      await this.#wakeNext();
    }
  }

  async #wakeNext(): Promise<void> {
    this.#now = Math.max(this.#now, this.#sleepers.firstKey() ?? this.#now);
    this.#sleepers.pop()?.();
    await this.#settle();
  }
}
