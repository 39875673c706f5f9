import { hash } from 'node:crypto';
import {
  invalidParameter,
  invalidValue,
  messageNotInflight,
  notAvailableForVisibilityChange,
  overLimit,
  receiptHandleExpired,
} from './errors.ts';
import type { Journal, MemoryKind, SavedQueue } from './journal.ts';
import {
  readReceiptHandle,
  sequenceNumber,
  shownDeduplicationId,
  type Draft,
  type Message,
} from './message.ts';
import type { MoveTask } from './move-tasks.ts';
import type { OutOfTurn } from './out-of-turn.ts';
import { MAX_VISIBILITY_SECONDS, readSettings, withChanges, type QueueSettings } from './queue-attributes.ts';
import { ReceiveAttempts } from './receive-attempts.ts';
import { ShortMemory, type Remembered } from './short-memory.ts';
import { Stock } from './stock.ts';

/** How many messages of a queue can be in flight at once. */
export const IN_FLIGHT_LIMIT = 120_000;
/** A standard queue sends a message received this often to the back, if its maxReceiveCount is higher. */
const RECEIVES_BEFORE_THE_BACK = 3;

/** What a queue needs of the account it is in. */
export interface QueueSurroundings {
  newMessageId: () => string;
  /** A number larger than every one before it. */
  nextOrder: () => number;
  findByArn: (arn: string) => Queue | undefined;
  /** Something about `queue` has changed that a waiting receive may care about. */
  touched: (queue: Queue) => void;
  journal: Journal;
}

/** How a queue misbehaves during the call under way, as a fault plan wants it. */
interface Mischief {
  /** A receive finds nothing. */
  findsNothing?: boolean;
  /** How much later than it should the next message that is sent becomes available. */
  lateByMs?: () => number;
  /** A receive gets a message that is in flight once more. Only a standard queue does such a thing. */
  again?: {
    /** A whole number from 0 to below its argument. */
    draw: (below: number) => number;
    happened: () => void;
  };
  /** A receive takes messages out of turn. Only a standard queue does such a thing. */
  outOfTurn?: OutOfTurn;
}

/** What became of a message that was sent. */
export interface Sent {
  messageId: string;
  sequenceNumber: string | undefined;
}

/**
 * One queue as a state machine. It knows neither clock nor wire: every method takes `now` (milliseconds
 * since the epoch) and first lets happen what is due by then.
 */
export class Queue {
  readonly name: string;
  readonly arn: string;
  readonly fifo: boolean;
  readonly createdAt: number;
  modifiedAt: number;
  purgedAt = -Infinity;
  /** The newest first. */
  readonly moveTasks: MoveTask[];
  #tags: ReadonlyMap<string, string>;
  /** What goes wrong during the call under way; empty without a fault plan. */
  readonly mischief: Mischief = {};
  #attributes: Map<string, string>;
  #settings: QueueSettings;
  readonly #around: QueueSurroundings;
  readonly #stock: Stock;
  readonly #deduplication: ShortMemory<Sent>;
  readonly #attempts: ReceiveAttempts;

  /** @param identity of a new queue, or a saved one with everything in it */
  constructor(
    identity: {
      name: string;
      arn: string;
      attributes: Map<string, string>;
      tags: ReadonlyMap<string, string>;
      createdAt: number;
    },
    around: QueueSurroundings,
    saved?: SavedQueue,
  ) {
    this.name = identity.name;
    this.arn = identity.arn;
    this.fifo = identity.attributes.get('FifoQueue') === 'true';
    this.#attributes = identity.attributes;
    this.#tags = identity.tags;
    this.moveTasks = saved?.moveTasks ?? [];
    this.#settings = readSettings(identity.attributes);
    this.#around = around;
    this.createdAt = identity.createdAt;
    this.modifiedAt = saved?.modifiedAt ?? identity.createdAt;
    this.purgedAt = saved?.purgedAt ?? -Infinity;
    const memory = <T>(kind: MemoryKind) =>
      new ShortMemory<T>(
        (key, entry) => around.journal.memory(this.name, kind, key, entry),
        saved?.memories[kind] as [string, Remembered<T>][] | undefined,
      );
    this.#deduplication = memory('deduplication');
    this.#stock = this.#newStock();
    this.#attempts = new ReceiveAttempts(memory('attempt'), this.#stock);
    if (saved !== undefined) this.#stock.restore(saved.messages, saved.turns);
  }

  get attributes(): ReadonlyMap<string, string> {
    return this.#attributes;
  }

  get settings(): Readonly<QueueSettings> {
    return this.#settings;
  }

  get tags(): ReadonlyMap<string, string> {
    return this.#tags;
  }

  set tags(tags: ReadonlyMap<string, string>) {
    this.#tags = tags;
    this.#around.journal.queue(this);
  }

  /**
   * Sets attributes, all checked before. Retention applies to messages that are already here; so does
   * the delay on a FIFO queue, but not on a standard one.
   */
  setAttributes(changes: ReadonlyMap<string, string>, now: number): void {
    this.#stock.advance(now);
    this.#attributes = withChanges(this.#attributes, changes);
    this.#settings = readSettings(this.#attributes);
    this.modifiedAt = now;
    if (this.fifo)
      for (const message of this.#stock.all())
        if (message.state.is === 'delayed')
          this.#stock.prolong(message, message.sentAt + this.#settings.delayMs);
    this.#stock.advance(now);
    this.#around.journal.queue(this);
    this.#around.touched(this);
  }

  /** Messages by state; of a blocked FIFO group too, those not in flight count as available. */
  counts(now: number): { available: number; inFlight: number; delayed: number } {
    this.#stock.advance(now);
    return this.#stock.counts;
  }

  /**
   * How long the oldest message has been here (ms), as `ApproximateAgeOfOldestMessage` has it; undefined in an empty
   * queue. One that goes to the back of a standard queue doesn't count any more. (On a standard queue's dead-letter queue
   * AWS counts from the move, of which nothing is known here.)
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
   */
  oldestAge(now: number): number | undefined {
    this.#stock.advance(now);
    let oldest = Infinity;
    for (const message of this.#stock.all())
      if (!this.#goesToTheBack(message)) oldest = Math.min(oldest, message.enqueuedAt);
    return oldest === Infinity ? undefined : now - oldest;
  }

  /** When time alone next changes something here; undefined if never. */
  nextChangeAt(): number | undefined {
    return this.#stock.nextChangeAt;
  }

  /**
   * Takes a message in, unless the same deduplication id was accepted less than 5 minutes ago: then the
   * answer is that of the first.
   * @throws InvalidParameterValue if a FIFO queue can't tell what to deduplicate by
   */
  send(draft: Draft, now: number): Sent {
    this.#stock.advance(now);
    const { delayMs = this.#settings.delayMs, ...content } = draft;
    const deduplicationId = this.#deduplicationId(draft);
    const key =
      this.#settings.deduplicationScope === 'queue'
        ? deduplicationId
        : `${draft.groupId}\n${deduplicationId}`;
    const known = key === undefined ? undefined : this.#deduplication.find(key, now);
    if (known !== undefined) return known;

    const lateByMs = this.mischief.lateByMs?.() ?? 0;
    const message = this.#take({ ...content, deduplicationId }, delayMs + lateByMs, now);
    const sent = { messageId: message.id, sequenceNumber: message.sequenceNumber };
    if (key !== undefined) this.#deduplication.remember(key, sent, now);
    return sent;
  }

  /** The message that a move task takes next, left as it is: on a FIFO queue the oldest that isn't held up. */
  peek(now: number): Message | undefined {
    this.#stock.advance(now);
    return this.#stock.peek();
  }

  /** Whether all that is left here is in flight, or behind something in flight, on a FIFO queue. */
  get isHeldUp(): boolean {
    return this.fifo && this.#stock.counts.inFlight > 0 && this.#stock.peek() === undefined;
  }

  /** Whether the message that `handle` names would be dead-lettered rather than received once more. */
  isSpent(handle: string): boolean {
    const message = this.#stock.get(readReceiptHandle(this.name, handle).number);
    return message !== undefined && this.#deadLettersFor(message) !== undefined;
  }

  /**
   * Moves an available message to `destination`, where it is a new one: "All redriven messages are considered
   * new messages with a new messageID and enqueueTime" (Developer Guide, "Learn how to configure a
   * dead-letter queue redrive"). It neither is nor counts as a duplicate there.
   */
  moveTo(destination: Queue, message: Message, now: number): void {
    const { body, md5OfBody, attributes, systemAttributes, groupId } = message;
    const deduplicationId = shownDeduplicationId(message);
    this.#stock.remove(message);
    destination.#stock.advance(now);
    destination.#take(
      { body, md5OfBody, attributes, systemAttributes, groupId, deduplicationId },
      destination.#settings.delayMs,
      now,
    );
  }

  /**
   * Receives up to `limit` messages and hides them for `visibilityMs`. A message whose receives would
   * exceed maxReceiveCount is moved to the dead-letter queue instead. Repeated with the `attemptId` of a
   * receive less than 5 minutes ago it takes what that one took, as long as that is hidden.
   * @throws OverLimit on a standard queue with too many messages in flight; InvalidParameterValue for an attempt
   * of which something was deleted or changed
   */
  receive(limit: number, visibilityMs: number, now: number, attemptId?: string): Message[] {
    this.#stock.advance(now);
    const until = now + visibilityMs;
    const again = attemptId === undefined ? undefined : this.#attempts.repeat(attemptId, until, now);
    if (again !== undefined) return again;
    const room = IN_FLIGHT_LIMIT - this.#stock.counts.inFlight;
    if (room <= 0 && !this.fifo) throw overLimit(IN_FLIGHT_LIMIT);
    if (this.mischief.findsNothing === true) return [];
    const received = this.#receiveAgain(until, now);
    const receive = (message: Message) => {
      if (this.#moveToDeadLetters(message, now)) return 'gone';
      message.receiveCount += 1;
      message.firstReceivedAt ??= now;
      this.#stock.hide(message, now, until);
      received.push(message);
      return 'inFlight';
    };
    this.#stock.take(Math.min(limit - received.length, room), receive, this.mischief.outOfTurn);
    if (attemptId !== undefined && received.length > 0)
      this.#attempts.remember(attemptId, received, until, now);
    return received;
  }

  /**
   * Deletes the message that `handle` was given for. Deleting what is gone succeeds. A standard queue
   * takes an older handle of a message received again without deleting it; after its visibility timeout
   * the newest handle still deletes. A FIFO queue refuses both.
   */
  delete(handle: string, now: number): void {
    this.#stock.advance(now);
    const { number, receiveCount } = readReceiptHandle(this.name, handle);
    const message = this.#stock.get(number);
    if (message === undefined) return;
    const isNewest = receiveCount === message.receiveCount;
    if (this.fifo && (!isNewest || message.state.is !== 'inFlight')) throw receiptHandleExpired(handle);
    if (isNewest) this.#stock.remove(message);
  }

  /**
   * Hides a message in flight until `seconds` from now, at most 12 h from its receive; 0 gives it back.
   * @throws InvalidParameterValue, MessageNotInflight, ReceiptHandleIsInvalid
   */
  changeVisibility(handle: string, seconds: number, now: number): void {
    this.#stock.advance(now);
    const { number, receiveCount } = readReceiptHandle(this.name, handle);
    if (seconds < 0 || seconds > MAX_VISIBILITY_SECONDS)
      throw invalidValue(seconds, 'VisibilityTimeout', 'Must be between 0 and 43200.');
    const message = this.#stock.get(number);
    if (message === undefined) throw notAvailableForVisibilityChange(handle);
    const isNewest = receiveCount === message.receiveCount;
    if (this.fifo && (!isNewest || message.state.is !== 'inFlight')) throw receiptHandleExpired(handle);
    if (!isNewest) throw notAvailableForVisibilityChange(handle);
    if (message.state.is !== 'inFlight') throw messageNotInflight();
    const until = now + seconds * 1_000;
    if (until - message.state.receivedAt > MAX_VISIBILITY_SECONDS * 1_000)
      throw invalidValue(
        seconds,
        'VisibilityTimeout',
        `Total VisibilityTimeout for the message is beyond the limit [${MAX_VISIBILITY_SECONDS} seconds]`,
      );
    this.#stock.prolong(message, until);
    this.#stock.advance(now);
  }

  /** Removes every message. Ids stay remembered. */
  purge(now: number): void {
    this.#stock.advance(now);
    this.purgedAt = now;
    this.#around.journal.queue(this);
    for (const message of this.#stock.all()) this.#stock.remove(message);
  }

  /** Makes a message and takes it in. */
  #take(content: Omit<Draft, 'delayMs'>, delayMs: number, now: number): Message {
    const number = this.#around.nextOrder();
    const message: Message = {
      ...content,
      id: this.#around.newMessageId(),
      number,
      queue: this.name,
      sentAt: now,
      sequenceNumber: this.fifo ? sequenceNumber(number) : undefined,
      enqueuedAt: now,
      place: number,
      receiveCount: 0,
      firstReceivedAt: undefined,
      deadLetterSource: undefined,
      state: delayMs > 0 ? { is: 'delayed', until: now + delayMs } : { is: 'available' },
      entries: {},
    };
    this.#around.journal.sent(message);
    this.#stock.add(message);
    return message;
  }

  #deduplicationId(draft: Draft): string | undefined {
    if (!this.fifo || draft.deduplicationId !== undefined) return draft.deduplicationId;
    if (this.#settings.contentBasedDeduplication) return hash('sha256', draft.body);
    throw invalidParameter(
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
  }

  #newStock(): Stock {
    const { journal } = this.#around;
    return new Stock({
      fifo: this.fifo,
      retentionMs: () => this.#settings.retentionMs,
      placeOnReturn: message => (this.#goesToTheBack(message) ? this.#around.nextOrder() : undefined),
      takeTurn: groupId => {
        const turn = this.#around.nextOrder();
        journal.turn(this.name, groupId, turn);
        return turn;
      },
      groupGone: groupId => journal.turn(this.name, groupId, undefined),
      changed: message => {
        journal.changed(message);
        this.#around.touched(this);
      },
      removed: message => {
        journal.removed(message);
        this.#around.touched(this);
      },
    });
  }

  #goesToTheBack(message: Message): boolean {
    const limit = this.#settings.redrive?.maxReceiveCount ?? 0;
    return !this.fifo && limit > RECEIVES_BEFORE_THE_BACK && message.receiveCount >= RECEIVES_BEFORE_THE_BACK;
  }

  /** The message in flight that mischief delivers once more, if there is one that wouldn't be dead-lettered. */
  #receiveAgain(until: number, now: number): Message[] {
    const { again } = this.mischief;
    if (again === undefined) return [];
    const suits = (message: Message) => this.#deadLettersFor(message) === undefined;
    const message = this.#stock.anyInFlight(again.draw, suits);
    if (message === undefined) return [];
    again.happened();
    message.receiveCount += 1;
    this.#stock.hideAgain(message, now, until);
    return [message];
  }

  /** Where a message goes instead of being received, if it was received often enough. */
  #deadLettersFor(message: Message): Queue | undefined {
    const { redrive } = this.#settings;
    if (redrive === undefined || message.receiveCount < redrive.maxReceiveCount) return undefined;
    return this.#around.findByArn(redrive.deadLetterArn);
  }

  /** Moves a message, just taken from the line, if it was received often enough. Says whether it did. */
  #moveToDeadLetters(message: Message, now: number): boolean {
    const deadLetters = this.#deadLettersFor(message);
    if (deadLetters === undefined) return false;
    this.#stock.release(message);
    deadLetters.#adopt(message, this.arn, now);
    return true;
  }

  /** Takes a dead-lettered message in as it is. Only a FIFO queue counts its retention anew. */
  #adopt(message: Message, source: string, now: number): void {
    this.#stock.advance(now);
    message.queue = this.name;
    message.deadLetterSource = source;
    message.place = this.#around.nextOrder();
    if (this.fifo) message.enqueuedAt = now;
    this.#stock.add(message);
  }
}
