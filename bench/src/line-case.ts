import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endAttempt, found, settle, tick, type Arrival, type Tick } from '@huntaze/core/lua';
import { packAttributes } from '@huntaze/limiter/attributes';
import { connectRedis, startRedis } from '@huntaze/local/supervisor/redis';
import { findTools } from '@huntaze/local/supervisor/tools';
import type { Redis } from 'iovalkey';

/** The product's limit. What isn't ended must not hold these cases back. */
const LIMIT = { limit: 10, windowMs: 60_000, mostUnfinished: 1_000_000_000 };
/** Lambda's batch, and what a window gives. */
export const BATCH = 10;
/** Longer than a window and its guard: whoever comes so much later finds a whole window's room (ms). */
const LATER_MS = 61_000;
const START_MS = 1_800_000_000_000;
export const BODY_BYTES = 400;
/** What SQS's receipt handles have, of 400 to 420 seen. */
const HANDLE_BYTES = 306;
const LEASE = { id: 'bench', holdMs: 31_000, hiddenMs: 186_000 };

/** A Redis that knows it is new, as long as `use` runs. */
export async function withRedis<T>(use: (redis: Redis) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'huntaze-bench-'));
  const server = await startRedis(findTools().redis, randomUUID(), join(folder, 'redis.log'));
  const redis = connectRedis(server.port, server.password);
  try {
    await found(redis, 'new', START_MS);
    return await use(redis);
  } finally {
    redis.disconnect();
    await server.part.stop(2_000);
    rmSync(folder, { recursive: true });
  }
}

/** One line under a hand-held clock; its messages are numbered, and dealt out to the creators in turn. */
export class LineCase {
  /** The messages from `first` to before `next` wait. */
  first = 0;
  next = 0;
  readonly name: string;
  readonly #redis: Redis;
  readonly #creators: number;
  #now = START_MS;

  constructor(redis: Redis, name: string, creators: number) {
    this.#redis = redis;
    this.name = name;
    this.#creators = creators;
  }

  get waiting(): number {
    return this.next - this.first;
  }

  /** The n-th message as Lambda hands it over for the `receives`-th time, with another receipt handle each time. */
  arrival(n: number, receives = 1): Arrival {
    const creatorId = `creator-${String(n % this.#creators).padStart(6, '0')}`;
    const operationId = `op-${this.name}-${String(n).padStart(16, '0')}`;
    const sequence = sequenceOf(n);
    const follows = n < this.#creators ? undefined : sequenceOf(n - this.#creators);
    const body = { operation_id: operationId, kind: 'profile.scrape', creator_id: creatorId, params: {} };
    const text = JSON.stringify(body).slice(0, -1);
    return {
      operationId,
      creatorId,
      kind: body.kind,
      sequence,
      follows,
      notAfter: undefined,
      messageId: `${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`,
      receiptHandle: randomBytes(HANDLE_BYTES).toString('base64'),
      receives,
      body: `${text},"pad":"${'x'.repeat(BODY_BYTES - text.length - 9)}"}`,
      attributes: packAttributes({
        correlation_id: { dataType: 'String', stringValue: operationId },
        sequence: { dataType: 'Number', stringValue: sequence },
        follows: { dataType: 'Number', stringValue: follows ?? sequence },
      }),
    };
  }

  /** The next `count` messages, for the first time. */
  arriving(count: number): Arrival[] {
    return Array.from({ length: count }, () => this.arrival(this.next++));
  }

  /** Ten of those that wait, picked at random: known, and come again. */
  known(): Arrival[] {
    const numbers = new Set<number>();
    while (numbers.size < BATCH) numbers.add(this.first + Math.floor(Math.random() * this.waiting));
    return [...numbers].map(n => this.arrival(n, 2));
  }

  tick(arrivals: Arrival[]): Promise<Tick> {
    return tick(this.#redis, this.name, LIMIT, LEASE, arrivals, this.#now);
  }

  /** A tick that must find no room. */
  async defer(arrivals: Arrival[]): Promise<Tick> {
    const turn = await this.tick(arrivals);
    if (turn.releases.length > 0 || turn.verdicts.some(({ is }) => is !== 'waiting'))
      throw new Error('a tick that was to defer did something else');
    return turn;
  }

  /** A tick that must find a whole window's room; what it released is to be settled. */
  async release(arrivals: Arrival[]): Promise<Tick> {
    this.#now += LATER_MS;
    const turn = await this.tick(arrivals);
    if (turn.releases.length !== BATCH)
      throw new Error(`a tick that was to release ${BATCH} released ${turn.releases.length}`);
    this.first += BATCH;
    return turn;
  }

  /** All that was released is confirmed, and what stays has its body kept. */
  async settle({ releases, staying }: Tick): Promise<void> {
    const forwarded = releases.map(({ operationId }) => operationId);
    const { isOurs } = await settle(this.#redis, this.name, LEASE.id, { forwarded, staying });
    if (isOurs !== releases.length > 0) throw new Error('the lease is not whose it should be');
  }

  /** What was released comes to its end. */
  async end({ releases }: Tick): Promise<void> {
    for (const { operationId } of releases)
      await endAttempt(this.#redis, { operationId, state: 'succeeded' }, this.#now);
  }

  async #enrol(arrivals: Arrival[]): Promise<void> {
    await this.settle(await this.defer(arrivals));
  }

  /** Puts so many more in line, all at the same instant; ten go at once if there is room. */
  async fill(count: number, say: (line: string) => void = () => undefined): Promise<void> {
    await this.settle(await this.release(this.arriving(BATCH)));
    const target = this.waiting + count;
    while (this.waiting < target) {
      const calls: Promise<void>[] = [];
      while (calls.length < IN_FLIGHT && this.waiting < target)
        calls.push(this.#enrol(this.arriving(Math.min(FILL_BATCH, target - this.waiting))));
      await Promise.all(calls);
      if (this.waiting % SAY_EVERY === 0) say(`${this.waiting.toLocaleString('en')} wait`);
    }
  }
}

/** Messages put in line by one call, calls under way at once, and how often it is said how far it has come. */
const FILL_BATCH = 100;
const IN_FLIGHT = 20;
const SAY_EVERY = 100_000;

/** Whole microseconds, a millisecond apart. */
function sequenceOf(n: number): string {
  return String(START_MS * 1_000 + n * 1_000);
}
