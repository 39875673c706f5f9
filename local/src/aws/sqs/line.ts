import { OrderedIndex } from './ordered-index.ts';
import type { Message } from './message.ts';

/**
 * Which of the available messages goes next. `take` hands messages to `accept` until it has accepted
 * `limit` of them; one that is not accepted has left the queue (it was dead-lettered) and is not counted.
 */
export interface Line {
  /** A message has become available. */
  add(message: Message): void;
  /** A message that was in flight no longer is. */
  land(message: Message): void;
  /** An available message leaves without having been received. */
  drop(message: Message): void;
  take(limit: number, accept: (message: Message) => boolean): void;
  /** Takes in, while empty, the messages of a queue that is set up again; `turns` as told to {@link TakeTurn}. */
  restore(messages: Iterable<Message>, turns: ReadonlyMap<string, number>): void;
}

/** A standard queue's line: by place, best effort first come first served. */
export class StandardLine implements Line {
  readonly #available = new OrderedIndex<Message>();

  add(message: Message): void {
    this.#available.put(message, message.place);
  }

  land(): void {
    // A message in flight stands in nobody's way.
  }

  drop(message: Message): void {
    this.#available.remove(message);
  }

  take(limit: number, accept: (message: Message) => boolean): void {
    for (let taken = 0; taken < limit;) {
      const message = this.#available.pop();
      if (message === undefined) return;
      if (accept(message)) taken += 1;
    }
  }

  restore(messages: Iterable<Message>): void {
    for (const message of messages) if (message.state.is === 'available') this.add(message);
  }
}

/** Gives a group that got ready its turn: a number above every one before it. */
export type TakeTurn = (groupId: string) => number;

interface Group {
  id: string;
  available: OrderedIndex<Message>;
  inFlight: number;
}

/**
 * A FIFO queue's line. A group with a message in flight is closed; it opens when the last of them is
 * deleted or back. Open groups take turns: one that was served queues up again behind the others, so a
 * long group can't starve a short one. One receive empties a group before it goes on to the next.
 */
export class FifoLine implements Line {
  readonly #groups = new Map<string, Group>();
  readonly #open = new OrderedIndex<Group>();
  readonly #takeTurn: TakeTurn;
  readonly #gone: (groupId: string) => void;

  /** @param gone told of each group that has no message any more */
  constructor(takeTurn: TakeTurn, gone: (groupId: string) => void) {
    this.#takeTurn = takeTurn;
    this.#gone = gone;
  }

  add(message: Message): void {
    const group = this.#group(message);
    group.available.put(message, message.place);
    this.#update(group);
  }

  land(message: Message): void {
    const group = this.#group(message);
    group.inFlight -= 1;
    this.#update(group);
  }

  drop(message: Message): void {
    const group = this.#group(message);
    group.available.remove(message);
    this.#update(group);
  }

  take(limit: number, accept: (message: Message) => boolean): void {
    for (let taken = 0; taken < limit;) {
      const group = this.#open.pop();
      if (group === undefined) return;
      while (taken < limit) {
        const message = group.available.pop();
        if (message === undefined) break;
        if (!accept(message)) continue;
        group.inFlight += 1;
        taken += 1;
      }
      this.#update(group);
    }
  }

  restore(messages: Iterable<Message>, turns: ReadonlyMap<string, number>): void {
    for (const message of messages) {
      if (message.state.is === 'delayed') continue;
      const group = this.#group(message);
      if (message.state.is === 'inFlight') group.inFlight += 1;
      else group.available.put(message, message.place);
    }
    for (const group of this.#groups.values())
      if (isReady(group)) this.#open.put(group, turns.get(group.id) ?? 0);
  }

  #group(message: Message): Group {
    const id = message.groupId ?? '';
    const known = this.#groups.get(id);
    if (known !== undefined) return known;
    const group = { id, available: new OrderedIndex<Message>(), inFlight: 0 };
    this.#groups.set(id, group);
    return group;
  }

  #update(group: Group): void {
    if (!isReady(group)) this.#open.remove(group);
    else if (!this.#open.has(group)) this.#open.put(group, this.#takeTurn(group.id));
    if (group.inFlight > 0 || group.available.size > 0) return;
    this.#groups.delete(group.id);
    this.#gone(group.id);
  }
}

function isReady(group: Group): boolean {
  return group.inFlight === 0 && group.available.size > 0;
}
