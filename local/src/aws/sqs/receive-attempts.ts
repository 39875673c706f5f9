import { receiveNotRetryable } from './errors.ts';
import type { Message } from './message.ts';
import { MAX_VISIBILITY_SECONDS } from './queue-attributes.ts';
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
   * a fresh receive is due. As a repeat is no receive of its own, it hides at most until 12 h from the first: "The
   * visibility timeout has a maximum limit of 12 hours from when the message is first received" (Developer Guide,
   * "Amazon SQS visibility timeout").
   * @throws InvalidParameterValue if something of it was deleted or changed
   */
  repeat(id: string, until: number, now: number): Message[] | undefined {
    const attempt = this.#memory.find(id, now);
    if (attempt === undefined || attempt.until <= now) return undefined;
    let latest = until;
    const messages = attempt.receives.map(({ number, receiveCount }) => {
      const message = this.#stock.get(number);
      if (message?.state.is !== 'inFlight' || message.receiveCount !== receiveCount)
        throw receiveNotRetryable(id);
      if (message.state.until !== attempt.until) throw receiveNotRetryable(id);
      latest = Math.min(latest, message.state.receivedAt + MAX_VISIBILITY_SECONDS * 1_000);
      return message;
    });
    for (const message of messages) this.#stock.prolong(message, latest);
    this.#memory.replace(id, { ...attempt, until: latest });
    return messages;
  }

  remember(id: string, messages: readonly Message[], until: number, now: number): void {
    const receives = messages.map(({ number, receiveCount }) => ({ number, receiveCount }));
    this.#memory.remember(id, { receives, until }, now);
  }
}
