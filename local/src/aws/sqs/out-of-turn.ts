import type { Line } from './line.ts';
import type { Message } from './message.ts';

/** How messages are to be taken out of turn. */
export interface OutOfTurn {
  /** By so many others at most a message is overtaken in all, as long as it waits. */
  within: number;
  /** How many the next one that is taken is to overtake: a whole number from 0 to `within`, drawn anew each time. */
  draw: () => number;
  /** Some message was overtaken. */
  happened: () => void;
}

/**
 * Takes messages of a standard queue out of turn. Each time the drawn number of messages is passed over, or as
 * many as may still be: how often each was is remembered, so that sooner or later it is the only one that can be
 * taken, and none starves. What is remembered goes with the message.
 */
export class Overtaking {
  readonly #line: Line;
  /** Whoever is received begins to wait anew: the count is that of the wait before this receive. */
  readonly #overtaken = new WeakMap<Message, { receiveCount: number; times: number }>();

  constructor(line: Line) {
    this.#line = line;
  }

  /** As {@link Line.take}. */
  take(limit: number, accept: (message: Message) => boolean, how: OutOfTurn): void {
    for (let taken = 0; taken < limit;) {
      const aside = this.#setAside(how);
      const isTaken = this.#takeOne(accept);
      for (const message of aside) this.#line.add(message);
      if (isTaken) {
        taken += 1;
        for (const message of aside)
          this.#overtaken.set(message, {
            receiveCount: message.receiveCount,
            times: this.#timesOf(message) + 1,
          });
        if (aside.length > 0) how.happened();
        continue;
      }
      // All behind those were dead-lettered: it is their turn, and nobody overtakes them.
      if (aside.length === 0 || !this.#takeOne(accept)) return;
      taken += 1;
    }
  }

  #takeOne(accept: (message: Message) => boolean): boolean {
    let isTaken = false;
    this.#line.take(1, message => (isTaken = accept(message)));
    return isTaken;
  }

  /** Takes the first messages out of the line, without counting them as in flight, and leaves one at least. */
  #setAside({ within, draw }: OutOfTurn): Message[] {
    const aside: Message[] = [];
    for (let left = draw(); left > 0; left -= 1) {
      const next = this.#line.peek();
      if (next === undefined || this.#timesOf(next) >= within) break;
      this.#line.drop(next);
      aside.push(next);
    }
    const last = this.#line.peek() === undefined ? aside.pop() : undefined;
    if (last !== undefined) this.#line.add(last);
    return aside;
  }

  #timesOf(message: Message): number {
    const known = this.#overtaken.get(message);
    return known?.receiveCount === message.receiveCount ? known.times : 0;
  }
}
