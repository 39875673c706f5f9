import { IndexedHeap } from './indexed-heap.ts';
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
}

const byPlace = (a: Message, b: Message) => a.place < b.place;

/** A standard queue's line: by place, best effort first come first served. */
export class StandardLine implements Line {
  readonly #available = new IndexedHeap<Message>(byPlace);

  add(message: Message): void {
    this.#available.push(message);
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
}

interface Group {
  id: string;
  available: IndexedHeap<Message>;
  inFlight: number;
  /** When it got ready, counted over all groups. */
  turn: number;
}

/**
 * A FIFO queue's line. A group with a message in flight is closed; it opens when the last of them is
 * deleted or back. Open groups take turns: one that was served queues up again behind the others, so a
 * long group can't starve a short one. One receive empties a group before it goes on to the next.
 */
export class FifoLine implements Line {
  readonly #groups = new Map<string, Group>();
  readonly #open = new IndexedHeap<Group>((a, b) => a.turn < b.turn);
  #turns = 0;

  add(message: Message): void {
    const group = this.#group(message);
    group.available.push(message);
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

  #group(message: Message): Group {
    const id = message.groupId ?? '';
    const known = this.#groups.get(id);
    if (known !== undefined) return known;
    const group = { id, available: new IndexedHeap<Message>(byPlace), inFlight: 0, turn: 0 };
    this.#groups.set(id, group);
    return group;
  }

  #update(group: Group): void {
    const isOpen = group.inFlight === 0 && group.available.size > 0;
    if (isOpen && !this.#open.has(group)) {
      group.turn = ++this.#turns;
      this.#open.push(group);
    } else if (!isOpen) this.#open.remove(group);
    if (group.inFlight === 0 && group.available.size === 0) this.#groups.delete(group.id);
  }
}
