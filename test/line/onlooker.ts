import { changesSince, listOperations, readOperation, type ScopedLimit } from '@huntaze/core/lua';
import type { State } from '@huntaze/core/operations';
import type { Redis } from 'iovalkey';
import { expect } from 'vitest';

/** So few at a time that a page ends within what one command has changed. */
const AT_ONCE = 3;

/** Somebody who looks on: knows of operations only what the stream of changes tells. */
export class Onlooker {
  readonly #redis: Redis;
  readonly #limit: ScopedLimit;
  readonly #states = new Map<string, State>();
  #last: string | undefined;

  constructor(redis: Redis, limit: ScopedLimit) {
    this.#redis = redis;
    this.#limit = limit;
  }

  /** Reads on to the end. What is gone from the stream is loaded anew. */
  async look(now: number): Promise<void> {
    for (;;) {
      const { last, isReset, hasMore, changes } = await changesSince(
        this.#redis,
        this.#limit,
        this.#last,
        AT_ONCE,
        now,
      );
      this.#last = last;
      if (isReset) await this.#loadAll(now);
      for (const change of changes)
        if (change.what === 'operation') this.#states.set(change.operation.id, change.operation.state);
      if (!hasMore) return;
    }
  }

  async #loadAll(now: number): Promise<void> {
    const { operations } = await listOperations(this.#redis, this.#limit, { most: 10_000 }, now);
    this.#states.clear();
    for (const { id, state } of operations) this.#states.set(id, state);
  }

  /** Whoever looks on knows everything as it is. */
  async compare(ids: Iterable<string>, now: number): Promise<void> {
    await this.look(now);
    for (const id of ids) {
      const record = await readOperation(this.#redis, this.#limit, id, now);
      expect([id, this.#states.get(id)]).toEqual([id, record?.state]);
    }
  }
}
