import type { Message } from './message.ts';
import type { Entry } from './number-heap.ts';
import { OrderedIndex } from './ordered-index.ts';

/**
 * Which of the available messages goes next. `take` hands messages to `accept` until it has accepted
 * `limit` of them, which are in flight then; one that is not accepted has left the queue (it was
 * dead-lettered) and is not counted.
 */
export interface Line {
  /** A message has become available. */
  add(message: Message): void;
  /** A message that was in flight no longer is. */
  land(message: Message): void;
  /** An available message leaves without having been received. */
  drop(message: Message): void;
  take(limit: number, accept: (message: Message) => boolean): void;
  /**
   * The message that goes next where one goes at a time, left in place: on a standard queue the one that would be
   * taken, on a FIFO queue the oldest of all that could be.
   */
  peek(): Message | undefined;
  /** Takes in, while empty, the messages of a queue that is set up again; `turns` as told to {@link TakeTurn}. */
  restore(messages: Iterable<Message>, turns: ReadonlyMap<string, number>): void;
}

/** The messages of one group. */
export class Group {
  readonly id: string | undefined;
  readonly #available = new OrderedIndex<Message>();
  inFlight = 0;
  /** Its entry among the groups that something can be taken from. */
  entry: Entry<Group> | undefined;
  /** Its entry among the same groups by age, where they are ordered by that. */
  entryByAge: Entry<Group> | undefined;

  constructor(id: string | undefined) {
    this.id = id;
  }

  /** How many of its messages are available. */
  get available(): number {
    return this.#available.size;
  }

  get isEmpty(): boolean {
    return this.inFlight === 0 && this.#available.size === 0;
  }

  /** The place of its first available message. */
  get place(): number | undefined {
    return this.#available.firstKey();
  }

  peek(): Message | undefined {
    return this.#available.first()?.item;
  }

  pop(): Message | undefined {
    return this.#available.pop();
  }

  add(message: Message): void {
    message.entries.place = this.#available.put(message, message.place);
  }

  drop(message: Message): void {
    this.#available.remove(message.entries.place);
  }
}

/** Gives a group that got ready its turn: a number above every one before it. */
export type TakeTurn = (groupId: string) => number;

/**
 * A FIFO queue's line. A group with a message in flight is closed; it opens when the last of them is
 * deleted or back. Open groups take turns: one that was served queues up again behind the others, so a
 * long group can't starve a short one. One receive empties a group before it goes on to the next.
 */
export class FifoLine implements Line {
  readonly #groups = new Map<string, Group>();
  readonly #open = new OrderedIndex<Group>();
  /** Open groups by the place of their first message: made when first asked for, since only move tasks do. */
  #byAge: OrderedIndex<Group> | undefined;
  readonly #takeTurn: TakeTurn;
  readonly #gone: (groupId: string) => void;

  /** @param gone told of each group that has no message any more */
  constructor(takeTurn: TakeTurn, gone: (groupId: string) => void) {
    this.#takeTurn = takeTurn;
    this.#gone = gone;
  }

  add(message: Message): void {
    const group = this.#group(message);
    group.add(message);
    this.#update(group);
  }

  land(message: Message): void {
    const group = this.#group(message);
    group.inFlight -= 1;
    this.#update(group);
  }

  drop(message: Message): void {
    const group = this.#group(message);
    group.drop(message);
    this.#update(group);
  }

  take(limit: number, accept: (message: Message) => boolean): void {
    for (let taken = 0; taken < limit;) {
      const group = this.#open.pop();
      if (group === undefined) return;
      while (taken < limit) {
        const message = group.pop();
        if (message === undefined) break;
        if (!accept(message)) continue;
        group.inFlight += 1;
        taken += 1;
      }
      this.#update(group);
    }
  }

  peek(): Message | undefined {
    this.#byAge ??= this.#openGroupsByAge();
    return this.#byAge.first()?.item.peek();
  }

  restore(messages: Iterable<Message>, turns: ReadonlyMap<string, number>): void {
    for (const message of messages) {
      if (message.state.is === 'delayed') continue;
      const group = this.#group(message);
      if (message.state.is === 'inFlight') group.inFlight += 1;
      else group.add(message);
    }
    for (const [id, group] of this.#groups)
      if (isReady(group)) group.entry = this.#open.put(group, turns.get(id) ?? 0);
  }

  #openGroupsByAge(): OrderedIndex<Group> {
    const byAge = new OrderedIndex<Group>();
    for (const group of this.#groups.values()) standByAge(group, byAge);
    return byAge;
  }

  #group(message: Message): Group {
    const id = message.groupId ?? '';
    const known = this.#groups.get(id);
    if (known !== undefined) return known;
    const group = new Group(id);
    this.#groups.set(id, group);
    return group;
  }

  #update(group: Group): void {
    const id = group.id ?? '';
    if (!isReady(group)) this.#open.remove(group.entry);
    else if (group.entry?.alive !== true) group.entry = this.#open.put(group, this.#takeTurn(id));
    if (this.#byAge !== undefined) standByAge(group, this.#byAge);
    if (!group.isEmpty) return;
    this.#groups.delete(id);
    this.#gone(id);
  }
}

function isReady(group: Group): boolean {
  return group.inFlight === 0 && group.available > 0;
}

/** Stands `group`, if it is open, where its first message stands. */
function standByAge(group: Group, groups: OrderedIndex<Group>): void {
  const place = isReady(group) ? group.place : undefined;
  const { entryByAge: entry } = group;
  if (entry?.alive === true && entry.key === place) return;
  groups.remove(entry);
  if (place !== undefined) group.entryByAge = groups.put(group, place);
}
