import { Group, type Line } from './line.ts';
import type { Message } from './message.ts';
import { OrderedIndex } from './ordered-index.ts';

/** A group is noisy with at least this many messages in flight ... */
const NOISY_IN_FLIGHT = 30;
/** ... if they are more than this share of all that are in flight in the queue. */
const NOISY_SHARE = 0.1;

/**
 * A standard queue's line: by place, first come first served, as long as no group is noisy. A message's
 * group is its MessageGroupId; messages without one stand each for themselves and are never noisy.
 *
 * A group is noisy while it has at least 30 messages in flight and they are more than 10 % of those in
 * flight. Then messages of quiet groups go first, and of several noisy groups that with the fewest in
 * flight: the rule of "How Amazon SQS fair queues work" in the Amazon SQS Developer Guide
 * (sqs-fair-queues-detailed), which calls the thresholds approximate. A group is asked whenever it is first
 * in line, so what is in flight right now decides and a restart changes nothing. Two things that page also
 * names are left out: the share of processing time, of whose window it says nothing, and that 5 minutes
 * without a send make a group quiet, though the share that made it noisy may still be there.
 */
export class FairLine implements Line {
  readonly #groups = new Map<string | undefined, Group>();
  /** Groups with an available message, by the place of their first. */
  readonly #ready = new OrderedIndex<Group>();
  #inFlight = 0;

  add(message: Message): void {
    const group = this.#group(message);
    group.add(message);
    this.#update(group);
  }

  land(message: Message): void {
    const group = this.#group(message);
    group.inFlight -= 1;
    this.#inFlight -= 1;
    if (group.isEmpty) this.#groups.delete(group.id);
  }

  drop(message: Message): void {
    const group = this.#group(message);
    group.drop(message);
    this.#update(group);
  }

  take(limit: number, accept: (message: Message) => boolean): void {
    for (let taken = 0; taken < limit;) {
      const group = this.#next();
      const message = group?.pop();
      if (group === undefined || message === undefined) return;
      if (accept(message)) {
        group.inFlight += 1;
        this.#inFlight += 1;
        taken += 1;
      }
      this.#update(group);
    }
  }

  peek(): Message | undefined {
    return this.#next()?.peek();
  }

  restore(messages: Iterable<Message>): void {
    for (const message of messages) {
      if (message.state.is === 'delayed') continue;
      const group = this.#group(message);
      if (message.state.is === 'available') group.add(message);
      else {
        group.inFlight += 1;
        this.#inFlight += 1;
      }
    }
    for (const group of this.#groups.values()) this.#update(group);
  }

  /** The group whose first message goes next. */
  #next(): Group | undefined {
    const first = this.#ready.first()?.item;
    if (first === undefined || !this.#isNoisy(first)) return first;
    // At most nine groups can be noisy at a time: each has more than a tenth of what is in flight.
    const noisy: Group[] = [];
    let next = this.#ready.pop();
    for (; next !== undefined && this.#isNoisy(next); next = this.#ready.pop()) noisy.push(next);
    for (const group of next === undefined ? noisy : [...noisy, next]) this.#putReady(group);
    return next ?? noisy.reduce((fewest, group) => (group.inFlight < fewest.inFlight ? group : fewest));
  }

  #isNoisy({ id, inFlight }: Group): boolean {
    return id !== undefined && inFlight >= NOISY_IN_FLIGHT && inFlight > NOISY_SHARE * this.#inFlight;
  }

  #group(message: Message): Group {
    const known = this.#groups.get(message.groupId);
    if (known !== undefined) return known;
    const group = new Group(message.groupId);
    this.#groups.set(message.groupId, group);
    return group;
  }

  /** Stands `group` where its first message stands now. */
  #update(group: Group): void {
    const { entry, place } = group;
    if (entry?.alive !== true || entry.key !== place) {
      this.#ready.remove(entry);
      this.#putReady(group);
    }
    if (group.isEmpty) this.#groups.delete(group.id);
  }

  #putReady(group: Group): void {
    const { place } = group;
    if (place !== undefined) group.entry = this.#ready.put(group, place);
  }
}
