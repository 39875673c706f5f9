import type { Clock } from '@huntaze/core/clock';
import { sleeps } from './rotation-steps.ts';

/** Timers can't be set further ahead than 24 days: a longer sleep is slept in pieces. Milliseconds. */
const LONGEST_SLEEP_MS = 24 * 3_600_000;

/** Rings once, at an instant that can be changed until then. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  readonly #onInternalError: (error: unknown) => void;
  #set: { at: number; stop: AbortController } | undefined;

  constructor(clock: Clock, ring: () => void, onInternalError: (error: unknown) => void) {
    this.#clock = clock;
    this.#ring = ring;
    this.#onInternalError = onInternalError;
  }

  /** @param at milliseconds since the epoch; undefined: never */
  set(at: number | undefined): void {
    if (this.#set?.at === at) return;
    this.#set?.stop.abort();
    this.#set = undefined;
    if (at === undefined) return;
    const stop = new AbortController();
    this.#set = { at, stop };
    void this.#sleepUntil(at, stop.signal).catch(this.#onInternalError);
  }

  async #sleepUntil(at: number, signal: AbortSignal): Promise<void> {
    do {
      const ms = Math.min(Math.max(0, at - this.#clock.now()), LONGEST_SLEEP_MS);
      if (!(await sleeps(this.#clock, ms, signal))) return;
    } while (this.#clock.now() < at);
    this.#set = undefined;
    this.#ring();
  }
}
