import type { Clock } from '@huntaze/core/clock';
import type { SqsEngine } from './engine.ts';

/**
 * Lets move tasks go on while nobody asks for anything. What it moves becomes durable with the next
 * request, which commits before anything else: until then the file says that nothing was moved yet.
 */
export class MoveTimer {
  readonly #clock: Clock;
  readonly #engine: SqsEngine;
  readonly #settle: () => void;
  #wakeAt: number | undefined;
  #timer = new AbortController();

  /** @param settle serves whoever waits for what was moved */
  constructor(clock: Clock, engine: SqsEngine, settle: () => void) {
    this.#clock = clock;
    this.#engine = engine;
    this.#settle = settle;
    this.set();
  }

  /** Looks when the next move is due: to be called after every action. */
  set(): void {
    const wakeAt = this.#engine.moves.nextMoveAt;
    if (wakeAt === this.#wakeAt) return;
    this.close();
    if (wakeAt === undefined) return;
    this.#wakeAt = wakeAt;
    this.#timer = new AbortController();
    void this.#moveAfter(wakeAt - this.#clock.now(), this.#timer.signal);
  }

  close(): void {
    this.#wakeAt = undefined;
    this.#timer.abort();
  }

  async #moveAfter(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#clock.sleep(Math.max(0, ms), signal);
    } catch {
      return; // Replaced by a newer timer, or closed.
    }
    this.#wakeAt = undefined;
    this.#engine.moves.advance(this.#clock.now());
    this.#settle();
    this.set();
  }
}
