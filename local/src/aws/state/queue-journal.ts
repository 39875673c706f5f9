import type { Journal, MemoryKind } from '../sqs/journal.ts';
import type { Message } from '../sqs/message.ts';
import { writeAttributes } from '../sqs/message-attributes.ts';
import type { Queue } from '../sqs/queue.ts';
import type { Remembered } from '../sqs/short-memory.ts';
import type { StateFile } from './state-file.ts';

const SQL = {
  order: 'UPDATE last_order SET number = ?',
  queue: `INSERT OR REPLACE INTO queue
    (name, attributes, tags, move_tasks, created_at, modified_at, purged_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  removeQueue: 'DELETE FROM queue WHERE name = ?',
  removeTurns: 'DELETE FROM fifo_turn WHERE queue = ?',
  removeMemories: 'DELETE FROM memory WHERE queue = ?',
  deleted: 'INSERT OR REPLACE INTO deleted_queue (name, deleted_at) VALUES (?, ?)',
  freed: 'DELETE FROM deleted_queue WHERE name = ?',
  content: `INSERT INTO message_content
    (number, id, sent_at, sequence_number, group_id, deduplication_id, attributes, system_attributes, body)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  state: `INSERT OR REPLACE INTO message_state
    (number, queue, state, until, received_at, place, receive_count, first_received_at, enqueued_at,
     dead_letter_source)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  removeContent: 'DELETE FROM message_content WHERE number = ?',
  removeState: 'DELETE FROM message_state WHERE number = ?',
  turn: 'INSERT OR REPLACE INTO fifo_turn (queue, group_id, turn) VALUES (?, ?, ?)',
  removeTurn: 'DELETE FROM fifo_turn WHERE queue = ? AND group_id = ?',
  memory: 'INSERT OR REPLACE INTO memory (queue, kind, key, forget_at, value) VALUES (?, ?, ?, ?, ?)',
  removeMemory: 'DELETE FROM memory WHERE queue = ? AND kind = ? AND key = ?',
};

/** Keeps the newest of what was told about each of a queue's things, until it is written. */
class Newest<T> {
  readonly #changes = new Map<string, Map<string, T>>();

  set(queue: string, key: string, value: T): void {
    const ofQueue = this.#changes.get(queue) ?? new Map<string, T>();
    this.#changes.set(queue, ofQueue.set(key, value));
  }

  *[Symbol.iterator](): Generator<[queue: string, key: string, value: T]> {
    for (const [queue, changes] of this.#changes)
      for (const [key, value] of changes) yield [queue, key, value];
  }

  /** Forgets what was told about a queue's things. */
  drop(queue: string): void {
    this.#changes.delete(queue);
  }

  clear(): void {
    this.#changes.clear();
  }
}

/**
 * Notes which things differ from what the state file holds, and writes the present state of each when told
 * to. So a thing that changed twice is written once, and after a write that failed the difference stands:
 * the next commit writes it too.
 */
export class QueueJournal implements Journal {
  readonly #file: StateFile;
  #order: number | undefined;
  readonly #queues = new Set<Queue>();
  /** Deleted queues: what the file still holds under their names goes before anything else is written. */
  readonly #deleted = new Set<string>();
  /** Names that can't be taken since then; undefined: they can again. */
  readonly #names = new Map<string, number | undefined>();
  readonly #messages = new Map<Message, 'new' | 'changed' | 'removed'>();
  readonly #turns = new Newest<number | undefined>();
  readonly #memories: Record<MemoryKind, Newest<Remembered<unknown> | undefined>> = {
    deduplication: new Newest(),
    attempt: new Newest(),
  };
  #isClean = true;

  constructor(file: StateFile) {
    this.#file = file;
  }

  order(last: number): void {
    this.#order = last;
    this.#isClean = false;
  }

  queueDeleted(queue: Queue, now: number): void {
    this.#queues.delete(queue);
    this.#turns.drop(queue.name);
    for (const memory of Object.values(this.#memories)) memory.drop(queue.name);
    this.#deleted.add(queue.name);
    this.#names.set(queue.name, now);
    this.#isClean = false;
  }

  nameFreed(name: string): void {
    this.#names.set(name, undefined);
    this.#isClean = false;
  }

  queue(queue: Queue): void {
    this.#queues.add(queue);
    this.#isClean = false;
  }

  sent(message: Message): void {
    this.#messages.set(message, 'new');
    this.#isClean = false;
  }

  changed(message: Message): void {
    if (this.#messages.get(message) !== 'new') this.#messages.set(message, 'changed');
    this.#isClean = false;
  }

  removed(message: Message): void {
    if (this.#messages.get(message) === 'new') this.#messages.delete(message);
    else this.#messages.set(message, 'removed');
    this.#isClean = false;
  }

  turn(queueName: string, groupId: string, turn: number | undefined): void {
    this.#turns.set(queueName, groupId, turn);
    this.#isClean = false;
  }

  memory(queueName: string, kind: MemoryKind, key: string, entry: Remembered<unknown> | undefined): void {
    this.#memories[kind].set(queueName, key, entry);
    this.#isClean = false;
  }

  /**
   * Writes everything that was told of and isn't in the file yet, in one transaction.
   * @throws StateFileError if it can't be written; it stays to be
   */
  commit(): void {
    if (this.#isClean) return;
    this.#file.write(() => this.#write());
    this.#order = undefined;
    this.#queues.clear();
    this.#deleted.clear();
    this.#names.clear();
    this.#messages.clear();
    this.#turns.clear();
    for (const memory of Object.values(this.#memories)) memory.clear();
    this.#isClean = true;
  }

  #write(): void {
    const statement = (name: keyof typeof SQL) => this.#file.prepare(SQL[name]);
    if (this.#order !== undefined) statement('order').run(this.#order);
    for (const name of this.#deleted)
      for (const sql of ['removeQueue', 'removeTurns', 'removeMemories'] as const) statement(sql).run(name);
    for (const [name, deletedAt] of this.#names)
      if (deletedAt === undefined) statement('freed').run(name);
      else statement('deleted').run(name, deletedAt);
    for (const { name, attributes, tags, moveTasks, createdAt, modifiedAt, purgedAt } of this.#queues)
      statement('queue').run(
        name,
        JSON.stringify([...attributes]),
        JSON.stringify([...tags]),
        JSON.stringify(moveTasks),
        createdAt,
        modifiedAt,
        Number.isFinite(purgedAt) ? purgedAt : null,
      );
    for (const [message, change] of this.#messages) {
      if (change === 'removed') {
        statement('removeContent').run(message.number);
        statement('removeState').run(message.number);
        continue;
      }
      if (change === 'new') this.#writeContent(message);
      this.#writeState(message);
    }
    for (const [queue, group, turn] of this.#turns) {
      if (turn === undefined) statement('removeTurn').run(queue, group);
      else statement('turn').run(queue, group, turn);
    }
    for (const [kind, memory] of Object.entries(this.#memories))
      for (const [queue, key, entry] of memory) {
        if (entry === undefined) statement('removeMemory').run(queue, kind, key);
        else statement('memory').run(queue, kind, key, entry.forgetAt, JSON.stringify(entry.value));
      }
  }

  #writeContent(message: Message): void {
    this.#file
      .prepare(SQL.content)
      .run(
        message.number,
        message.id,
        message.sentAt,
        message.sequenceNumber ?? null,
        message.groupId ?? null,
        message.deduplicationId ?? null,
        JSON.stringify(writeAttributes(message.attributes)),
        JSON.stringify(writeAttributes(message.systemAttributes)),
        message.body,
      );
  }

  #writeState(message: Message): void {
    const { state } = message;
    this.#file
      .prepare(SQL.state)
      .run(
        message.number,
        message.queue,
        state.is,
        state.is === 'available' ? null : state.until,
        state.is === 'inFlight' ? state.receivedAt : null,
        message.place,
        message.receiveCount,
        message.firstReceivedAt ?? null,
        message.enqueuedAt,
        message.deadLetterSource ?? null,
      );
  }
}
