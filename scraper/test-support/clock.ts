import { systemClock, type Clock } from '@huntaze/core/clock';

/** A clock that stands still until it is moved by hand. */
export class HandClock implements Clock {
  #now = 1_800_000_000_000;
  #sleepers: { at: number; wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const sleeper = { at: this.#now + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter(other => other !== sleeper);
        reject(signal.reason as Error);
      });
    });
  }

  /** Moves on by `ms`, waking every sleeper at its own time, and lets all that follows happen. */
  async advance(ms: number): Promise<void> {
    const target = this.#now + ms;
    await settled();
    for (;;) {
      const next = this.#sleepers.filter(({ at }) => at <= target).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#now = Math.max(this.#now, next.at);
      this.#sleepers = this.#sleepers.filter(other => other !== next);
      next.wake();
      await settled();
    }
    this.#now = target;
    await settled();
  }
}

/** A clock that runs `speed` times as fast as the machine's. */
export function fastClock(speed: number): Clock {
  const begin = systemClock.now();
  return {
    now: () => begin + (systemClock.now() - begin) * speed,
    sleep: (ms, signal) => systemClock.sleep(ms / speed, signal),
  };
}

/** Lets everything happen that waits for nothing but its turn. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 5; i += 1) await new Promise(setImmediate);
}
