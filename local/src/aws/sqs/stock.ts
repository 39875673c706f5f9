import { OrderedIndex } from './ordered-index.ts';
import { FifoLine, StandardLine, type Line, type TakeTurn } from './line.ts';
import type { Message } from './message.ts';

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
 * The messages of one queue by state. Each is in one time index, by when time alone changes it next, and,
 * while it is available, in the line; so every step is logarithmic, whatever is waiting.
 */
export class Stock {
  readonly #rules: StockRules;
  readonly #messages = new Map<number, Message>();
  readonly #timeline = new OrderedIndex<Message>();
  readonly #line: Line;
  #inFlight = 0;
  #delayed = 0;

  constructor(rules: StockRules) {
    this.#rules = rules;
    this.#line = rules.fifo ? new FifoLine(rules.takeTurn, rules.groupGone) : new StandardLine();
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
    return this.#timeline.firstKey();
  }

  /** Lets everything happen that is due: delays and visibility timeouts end, messages outlive their retention. */
  advance(now: number): void {
    for (;;) {
      const message = this.#timeline.peek();
      if (message === undefined || (this.#timeline.firstKey() ?? Infinity) > now) return;
      if (this.#expiresAt(message) <= now) this.remove(message);
      else this.#makeAvailable(message);
    }
  }

  /** Puts a message in, in the state it has: delayed or available. */
  add(message: Message): void {
    this.#messages.set(message.number, message);
    this.reschedule(message);
    if (message.state.is === 'delayed') this.#delayed += 1;
    else this.#line.add(message);
    this.#rules.changed(message);
  }

  /** Takes in, while empty, the messages of a queue that is set up again, in whatever state. */
  restore(messages: readonly Message[], turns: ReadonlyMap<string, number>): void {
    for (const message of messages) {
      this.#messages.set(message.number, message);
      this.reschedule(message);
      if (message.state.is === 'delayed') this.#delayed += 1;
      if (message.state.is === 'inFlight') this.#inFlight += 1;
    }
    this.#line.restore(messages, turns);
  }

  /** Hands available messages, in their order, to `receive`, until it has taken `limit` of them in flight. */
  take(limit: number, receive: (message: Message) => 'inFlight' | 'gone'): void {
    this.#line.take(limit, message => receive(message) === 'inFlight');
  }

  /** A message handed out by {@link take} is in flight until `until`. */
  hide(message: Message, receivedAt: number, until: number): void {
    message.state = { is: 'inFlight', receivedAt, until };
    this.#inFlight += 1;
    this.reschedule(message);
    this.#rules.changed(message);
  }

  /** Gives the state that a message is in another end. */
  prolong(message: Message, until: number): void {
    if (message.state.is === 'available') return;
    message.state.until = until;
    this.reschedule(message);
    this.#rules.changed(message);
  }

  /** A message handed out by {@link take} leaves for another queue. */
  release(message: Message): void {
    this.#messages.delete(message.number);
    this.#timeline.remove(message);
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

  /** Finds a message's new place in time after its state, or what it is kept by, was changed. */
  reschedule(message: Message): void {
    this.#timeline.put(message, this.#wakeAt(message), message.place);
  }

  all(): Iterable<Message> {
    return this.#messages.values();
  }

  #makeAvailable(message: Message): void {
    if (message.state.is === 'delayed') this.#delayed -= 1;
    if (message.state.is === 'inFlight') {
      this.#inFlight -= 1;
      this.#line.land(message);
      message.place = this.#rules.placeOnReturn(message) ?? message.place;
    }
    message.state = { is: 'available' };
    this.reschedule(message);
    this.#line.add(message);
    this.#rules.changed(message);
  }

  #expiresAt(message: Message): number {
    return message.enqueuedAt + this.#rules.retentionMs();
  }

  /** When time alone changes something about it next: its state's end or its retention's. */
  #wakeAt(message: Message): number {
    const expiresAt = this.#expiresAt(message);
    return message.state.is === 'available' ? expiresAt : Math.min(expiresAt, message.state.until);
  }
}
