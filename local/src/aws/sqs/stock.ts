import { IndexedHeap } from './indexed-heap.ts';
import { FifoLine, StandardLine, type Line } from './line.ts';
import type { Message } from './message.ts';

/** What a stock asks the queue it belongs to. */
export interface StockRules {
  fifo: boolean;
  /** How long a message is kept, counted from `enqueuedAt`. Milliseconds. */
  retentionMs: () => number;
  /** The new place of a message that comes back from flight; undefined to keep the old one. */
  placeOnReturn: (message: Message) => number | undefined;
  /** Something has changed that a waiting receive may care about. */
  changed: () => void;
}

const byWakeTime = (a: Message, b: Message) =>
  a.wakeAt < b.wakeAt || (a.wakeAt === b.wakeAt && a.place < b.place);

/**
 * The messages of one queue by state. Each is in one time index, by when time alone changes it next, and,
 * while it is available, in the line; so every step is logarithmic, whatever is waiting.
 */
export class Stock {
  readonly #rules: StockRules;
  readonly #messages = new Map<string, Message>();
  readonly #timeline = new IndexedHeap<Message>(byWakeTime);
  readonly #line: Line;
  #inFlight = 0;
  #delayed = 0;

  constructor(rules: StockRules) {
    this.#rules = rules;
    this.#line = rules.fifo ? new FifoLine() : new StandardLine();
  }

  get(messageId: string): Message | undefined {
    return this.#messages.get(messageId);
  }

  get counts(): { available: number; inFlight: number; delayed: number } {
    const available = this.#messages.size - this.#inFlight - this.#delayed;
    return { available, inFlight: this.#inFlight, delayed: this.#delayed };
  }

  /** When time alone next changes something here; undefined if never. */
  get nextChangeAt(): number | undefined {
    return this.#timeline.peek()?.wakeAt;
  }

  /** Lets everything happen that is due: delays and visibility timeouts end, messages outlive their retention. */
  advance(now: number): void {
    for (;;) {
      const message = this.#timeline.peek();
      if (message === undefined || message.wakeAt > now) return;
      if (this.#expiresAt(message) <= now) this.remove(message);
      else this.#makeAvailable(message);
    }
  }

  /** Puts a message in, in the state it has: delayed or available. */
  add(message: Message): void {
    message.wakeAt = this.#wakeAt(message);
    this.#messages.set(message.id, message);
    this.#timeline.push(message);
    if (message.state.is === 'delayed') this.#delayed += 1;
    else this.#line.add(message);
    this.#rules.changed();
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
    this.#rules.changed();
  }

  /** A message handed out by {@link take} leaves for another queue. */
  release(message: Message): void {
    this.#messages.delete(message.id);
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
    this.#rules.changed();
  }

  /** Finds a message's new place in time after its state, or what it is kept by, was changed. */
  reschedule(message: Message): void {
    message.wakeAt = this.#wakeAt(message);
    this.#timeline.reorder(message);
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
    this.#rules.changed();
  }

  #expiresAt(message: Message): number {
    return message.enqueuedAt + this.#rules.retentionMs();
  }

  #wakeAt(message: Message): number {
    const expiresAt = this.#expiresAt(message);
    return message.state.is === 'available' ? expiresAt : Math.min(expiresAt, message.state.until);
  }
}
