import { receiveNotRetryable } from './errors.ts';
import type { Message } from './message.ts';
import type { ShortMemory } from './short-memory.ts';
import type { Stock } from './stock.ts';

/** What a receive with an attempt id took. Until when all of it was hidden tells whether anything was changed since. */
export interface ReceiveAttempt {
  receives: { number: number; receiveCount: number }[];
  until: number;
}

/**
 * Receives that may be repeated: for 5 minutes, the same ReceiveRequestAttemptId gets the same messages and
 * receipt handles, and hides them anew (API Reference, ReceiveMessage).
 */
export class ReceiveAttempts {
  readonly #memory: ShortMemory<ReceiveAttempt>;
  readonly #stock: Stock;

  constructor(memory: ShortMemory<ReceiveAttempt>, stock: Stock) {
    this.#memory = memory;
    this.#stock = stock;
  }

  /**
   * What the attempt took, hidden until `until`; undefined if there was none, or its visibility has ended, so that
   * a fresh receive is due.
   * @throws InvalidParameterValue if something of it was deleted or changed
   */
  repeat(id: string, until: number, now: number): Message[] | undefined {
    const attempt = this.#memory.find(id, now);
    if (attempt === undefined || attempt.until <= now) return undefined;
    const messages = attempt.receives.map(({ number, receiveCount }) => {
      const message = this.#stock.get(number);
      const isAsItWas =
        message?.state.is === 'inFlight' &&
        message.receiveCount === receiveCount &&
        message.state.until === attempt.until;
      if (!isAsItWas) throw receiveNotRetryable(id);
      return message;
    });
    for (const message of messages) this.#stock.prolong(message, until);
    this.#memory.replace(id, { ...attempt, until });
    return messages;
  }

  remember(id: string, messages: readonly Message[], until: number, now: number): void {
    const receives = messages.map(({ number, receiveCount }) => ({ number, receiveCount }));
    this.#memory.remember(id, { receives, until }, now);
  }
}
