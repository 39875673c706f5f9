import type { Message } from './message.ts';
import type { MoveTask } from './move-tasks.ts';
import type { Queue } from './queue.ts';
import type { Remembered } from './short-memory.ts';

/** What a queue remembers for minutes: ids of sends, and ids of receives. */
export type MemoryKind = 'deduplication' | 'attempt';

/**
 * Told of everything about an account that would have to be known to set it up again, as it changes. What
 * it is told of lives on: whoever writes it down later finds its newest state.
 */
export interface Journal {
  /** The newest of the numbers by which messages and turns are ordered. */
  order(last: number): void;
  /** A queue was made, or its attributes, tags, move tasks or dates have changed. */
  queue(queue: Queue): void;
  /** A queue is no more, and its name can't be taken for a while. Its messages are told of each. */
  queueDeleted(queue: Queue, now: number): void;
  /** The name of a deleted queue can be taken again. */
  nameFreed(name: string): void;
  /** A message has come into being. */
  sent(message: Message): void;
  /** A message's state, place or queue has changed; its content never does. */
  changed(message: Message): void;
  /** A message is no more. */
  removed(message: Message): void;
  /** A FIFO group waits for its turn; undefined: it has no message any more. */
  turn(queueName: string, groupId: string, turn: number | undefined): void;
  /** Something is remembered under `key` from now on; undefined: no longer. */
  memory(queueName: string, kind: MemoryKind, key: string, entry: Remembered<unknown> | undefined): void;
}

/** For an account that lives as long as its process. */
export const NO_JOURNAL: Journal = {
  order: () => {},
  queue: () => {},
  queueDeleted: () => {},
  nameFreed: () => {},
  sent: () => {},
  changed: () => {},
  removed: () => {},
  turn: () => {},
  memory: () => {},
};

/** One queue as a journal was told of it. */
export interface SavedQueue {
  name: string;
  attributes: Map<string, string>;
  tags: Map<string, string>;
  moveTasks: MoveTask[];
  createdAt: number;
  modifiedAt: number;
  purgedAt: number;
  messages: Message[];
  /** The turns of FIFO groups. */
  turns: Map<string, number>;
  /** Each kind's entries, the oldest first. */
  memories: Record<MemoryKind, [key: string, entry: Remembered<unknown>][]>;
}

/** An account as a journal was told of it. */
export interface SavedAccount {
  lastOrder: number;
  queues: SavedQueue[];
  /** Names that can't be taken yet, and when the queue of that name was deleted. */
  deleted: Map<string, number>;
}
