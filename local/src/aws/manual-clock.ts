import type { Clock } from '@huntaze/core/clock';

interface Sleeper {
  wakeAt: number;
  wake: () => void;
}

/** A clock that moves only when told to: hours of queue time pass in microseconds. */
export class ManualClock implements Clock {
  #now: number;
  readonly #sleepers = new Set<Sleeper>();

  /** @param startMs milliseconds since the epoch */
  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
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
        this.#sleepers.delete(sleeper);
        reject(signal?.reason as Error);
      };
      const sleeper: Sleeper = {
        wakeAt: this.#now + ms,
        wake: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#sleepers.add(sleeper);
    });
  }

  /**
   * Moves time forward by `ms`, waking every sleeper at its own instant and in order. Whoever is woken
   * gets to run before time moves on, so that what it starts sees the instant it was woken at.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#sleepers].filter(sleeper => sleeper.wakeAt <= end);
      const next = due.sort((a, b) => a.wakeAt - b.wakeAt)[0];
      if (next === undefined) break;
      this.#sleepers.delete(next);
      this.#now = Math.max(this.#now, next.wakeAt);
      next.wake();
      await new Promise(resolve => setImmediate(resolve));
    }
    this.#now = end;
  }
}
