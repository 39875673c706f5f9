import { FairLine } from './fair-line.ts';
import { FifoLine, type Line, type TakeTurn } from './line.ts';
import type { Message } from './message.ts';
import { OrderedIndex } from './ordered-index.ts';
import { Overtaking, type OutOfTurn } from './out-of-turn.ts';

/** What a stock asks the queue it belongs to. */
export interface StockRules {
  fifo: boolean;
  /** How long a message is kept, counted from `enqueuedAt`. Milliseconds. */
  retentionMs: () => number;
  /** The new place of a message that comes back from flight; undefined to keep the old one. */
  placeOnReturn: (message: Message) => number | undefined;
  takeTurn: TakeTurn;
  /** A FIFO group has no message any more. */
  groupGone: (groupId: string) => void;
  /** A message is in another state than before, or was taken in. */
  changed: (message: Message) => void;
  /** A message is no more. */
  removed: (message: Message) => void;
}

/**
 * The messages of one queue by state. Each is in an index by when it was enqueued, as long as it is here;
 * while it is delayed or in flight, in one by when that ends; and while it is available, in the line. So a
 * receive touches the messages it takes and nothing else, whatever is waiting.
 */
export class Stock {
  readonly #rules: StockRules;
  readonly #messages = new Map<number, Message>();
  readonly #expiries = new OrderedIndex<Message>();
  readonly #wakes = new OrderedIndex<Message>();
  readonly #line: Line;
  readonly #overtaking: Overtaking;
  #inFlight = 0;
  #delayed = 0;

  constructor(rules: StockRules) {
    this.#rules = rules;
    this.#line = rules.fifo ? new FifoLine(rules.takeTurn, rules.groupGone) : new FairLine();
    this.#overtaking = new Overtaking(this.#line);
  }

  get(number: number): Message | undefined {
    return this.#messages.get(number);
  }

  get counts(): { available: number; inFlight: number; delayed: number } {
    const available = this.#messages.size - this.#inFlight - this.#delayed;
    return { available, inFlight: this.#inFlight, delayed: this.#delayed };
  }

  /** When time alone next changes something here; undefined if never. */
  get nextChangeAt(): number | undefined {
    const at = Math.min(this.#nextExpiryAt(), this.#nextWakeAt());
    return Number.isFinite(at) ? at : undefined;
  }

  /** Lets everything happen that is due: delays and visibility timeouts end, messages outlive their retention. */
  advance(now: number): void {
    for (;;) {
      const expiryAt = this.#nextExpiryAt();
      const wakeAt = this.#nextWakeAt();
      if (expiryAt > now && wakeAt > now) return;
      const next = (expiryAt <= wakeAt ? this.#expiries : this.#wakes).first();
      if (next === undefined) return;
      if (expiryAt <= wakeAt) this.remove(next.item);
      else this.#makeAvailable(next.item);
    }
  }

  /** Puts a message in, in the state it has: delayed or available. */
  add(message: Message): void {
    this.#enter(message);
    if (message.state.is === 'available') this.#line.add(message);
    this.#rules.changed(message);
  }

  /** Takes in, while empty, the messages of a queue that is set up again, in whatever state. */
  restore(messages: readonly Message[], turns: ReadonlyMap<string, number>): void {
    for (const message of messages) this.#enter(message);
    this.#line.restore(messages, turns);
  }

  /** The available message that would be taken next. */
  peek(): Message | undefined {
    return this.#line.peek();
  }

  /**
   * Hands available messages, in their order, to `receive`, until it has taken `limit` of them in flight.
   * @param outOfTurn on a standard queue: not quite in their order
   */
  take(limit: number, receive: (message: Message) => 'inFlight' | 'gone', outOfTurn?: OutOfTurn): void {
    const accept = (message: Message) => receive(message) === 'inFlight';
    if (outOfTurn === undefined) this.#line.take(limit, accept);
    else this.#overtaking.take(limit, accept, outOfTurn);
  }

  /** Any message in flight that `suits`: see {@link OrderedIndex.sample}. */
  anyInFlight(draw: (below: number) => number, suits: (message: Message) => boolean): Message | undefined {
    return this.#wakes.sample(draw, message => message.state.is === 'inFlight' && suits(message));
  }

  /** A message handed out by {@link take} is in flight until `until`. */
  hide(message: Message, receivedAt: number, until: number): void {
    message.state = { is: 'inFlight', receivedAt, until };
    this.#inFlight += 1;
    message.entries.wake = this.#wakes.put(message, until, message.place);
    this.#rules.changed(message);
  }

  /** A message in flight is received again, and in flight until `until`. */
  hideAgain(message: Message, receivedAt: number, until: number): void {
    message.state = { is: 'inFlight', receivedAt, until };
    this.prolong(message, until);
  }

  /** Gives the state that a message is in another end. */
  prolong(message: Message, until: number): void {
    if (message.state.is === 'available') return;
    message.state.until = until;
    this.#wakes.remove(message.entries.wake);
    message.entries.wake = this.#wakes.put(message, until, message.place);
    this.#rules.changed(message);
  }

  /** A message handed out by {@link take} leaves for another queue. */
  release(message: Message): void {
    this.#messages.delete(message.number);
    this.#expiries.remove(message.entries.expiry);
    this.#wakes.remove(message.entries.wake);
  }

  remove(message: Message): void {
    this.release(message);
    if (message.state.is === 'delayed') this.#delayed -= 1;
    else if (message.state.is === 'available') this.#line.drop(message);
    else {
      this.#inFlight -= 1;
      this.#line.land(message);
    }
    this.#rules.removed(message);
  }

  all(): Iterable<Message> {
    return this.#messages.values();
  }

  #enter(message: Message): void {
    const { entries, state } = message;
    this.#messages.set(message.number, message);
    entries.expiry = this.#expiries.put(message, message.enqueuedAt, message.number);
    if (state.is === 'available') return;
    entries.wake = this.#wakes.put(message, state.until, message.place);
    if (state.is === 'delayed') this.#delayed += 1;
    else this.#inFlight += 1;
  }

  #makeAvailable(message: Message): void {
    this.#wakes.remove(message.entries.wake);
    if (message.state.is === 'delayed') this.#delayed -= 1;
    if (message.state.is === 'inFlight') {
      this.#inFlight -= 1;
      this.#line.land(message);
      message.place = this.#rules.placeOnReturn(message) ?? message.place;
    }
    message.state = { is: 'available' };
    this.#line.add(message);
    this.#rules.changed(message);
  }

  #nextExpiryAt(): number {
    const first = this.#expiries.first();
    return first === undefined ? Infinity : first.key + this.#rules.retentionMs();
  }

  #nextWakeAt(): number {
    return this.#wakes.first()?.key ?? Infinity;
  }
}
