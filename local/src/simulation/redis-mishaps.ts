import type { Clock } from '@huntaze/core/clock';
import type { ScriptClient } from '@huntaze/core/lua';
import type { SeededRandom } from '../seeded-random.ts';
import type { RedisClient, RedisInStep } from './redis-in-step.ts';

/** What can happen to a Redis, and for how long (ms, from and to). */
const KINDS = {
  /** Nobody gets through to it. */
  unreachable: [1_000, 180_000],
  /** Each call takes seconds; what its client gives up waiting for may still be done. */
  slow: [5_000, 120_000],
  /** Half of the answers never come; what was asked for is done, and of a broken connection's calls done again. */
  'answers lost': [2_000, 60_000],
  /** Started again, with nothing in it. */
  'restarted empty': [1_000, 30_000],
  /** A replica has taken over, which lacks the last moments. */
  'failed over': [1_000, 30_000],
  /** Nothing that takes memory is done. */
  'out of memory': [10_000, 300_000],
  /** Above three quarters of its memory. */
  'nearly full': [10_000, 300_000],
} as const;
export type RedisMishap = keyof typeof KINDS;

/** What happens to a Redis, from when on (ms since the epoch), and for how long (ms). */
interface Mishap {
  kind: RedisMishap;
  atMs: number;
  lastsMs: number;
}

/** What the clients here are set up with: a command takes no longer (ms). See core/src/redis.ts. */
const COMMAND_TIMEOUT_MS = 3_000;
/** What a replica lacks, at most (ms). */
const MOST_LAG_MS = 5_000;
/** Where a replica's data is until it takes over: the databases of one Redis are numbered, we use the first. */
const REPLICA = 1;

/** So many mishaps over a time, none while another lasts; every kind once before one comes again. */
function planOf(count: number, fromMs: number, overMs: number, random: SeededRandom): Mishap[] {
  const times = Array.from({ length: count }, () => fromMs + random.between(MOST_LAG_MS, overMs));
  let rest: RedisMishap[] = [];
  let freeAt = 0;
  return times
    .sort((a, b) => a - b)
    .map(time => {
      if (rest.length === 0) rest = Object.keys(KINDS) as RedisMishap[];
      const kind = rest.splice(random.integer(0, rest.length), 1)[0] ?? 'unreachable';
      const [shortest, longest] = KINDS[kind];
      const mishap = { kind, atMs: Math.max(time, freeAt), lastsMs: random.between(shortest, longest) };
      freeAt = mishap.atMs + mishap.lastsMs + MOST_LAG_MS;
      return mishap;
    });
}

/** A Redis to which things happen, as its clients see it. What happens is decided by the seed, and told of here. */
export class UnsteadyRedis implements ScriptClient {
  readonly #redis: RedisInStep;
  readonly #clock: Clock;
  readonly #random: SeededRandom;
  #now: RedisMishap | undefined;
  /** How often each happened. */
  readonly happened: Partial<Record<RedisMishap, number>> = {};
  /** When it forgot everything, or something (ms since the epoch). */
  readonly lostAtMs: number[] = [];

  constructor(redis: RedisInStep, clock: Clock, random: SeededRandom) {
    this.#redis = redis;
    this.#clock = clock;
    this.#random = random;
  }

  evalsha(sha: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown> {
    return this.#call(() => this.#redis.evalsha(sha, numberOfKeys, ...this.#dated(args)));
  }

  eval(text: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown> {
    return this.#call(() => this.#redis.eval(text, numberOfKeys, ...this.#dated(args)));
  }

  /** A script's time is that of its run, by Redis's own clock: not that of the call, which may have been on its way. */
  #dated([key = '', now = '', ...rest]: (string | number)[]): (string | number)[] {
    const isTime = typeof now === 'string' && /^\d{13}$/.test(now);
    return [key, isTime ? String(Math.floor(this.#clock.now())) : now, ...rest];
  }

  /** Lets so many mishaps happen in the next `overMs`. Returns when the last is over, or `stop` has aborted. */
  async run(count: number, overMs: number, stop: AbortSignal): Promise<void> {
    try {
      for (const mishap of planOf(count, this.#clock.now(), overMs, this.#random))
        await this.#happen(mishap, stop);
    } catch (error) {
      if (!stop.aborted) throw error;
    } finally {
      this.#now = undefined;
      await restore(this.#redis);
    }
  }

  async #happen({ kind, atMs, lastsMs }: Mishap, stop: AbortSignal): Promise<void> {
    const until = (time: number) => this.#clock.sleep(Math.max(0, time - this.#clock.now()), stop);
    if (kind === 'failed over') {
      await until(atMs - this.#random.between(0, MOST_LAG_MS));
      await replicate(this.#redis);
    }
    await until(atMs);
    this.happened[kind] = (this.happened[kind] ?? 0) + 1;
    this.#now = kind;
    if (kind === 'out of memory') await this.#redis.call('CONFIG', 'SET', 'maxmemory', 1);
    if (kind === 'nearly full') await nearlyFill(this.#redis);
    await until(atMs + lastsMs);
    if (kind === 'restarted empty' || kind === 'failed over') {
      await (kind === 'failed over' ? takeOver(this.#redis) : this.#redis.call('FLUSHALL'));
      await this.#redis.call('SCRIPT', 'FLUSH');
      this.lostAtMs.push(this.#clock.now());
    }
    await restore(this.#redis);
    this.#now = undefined;
  }

  async #call(call: () => Promise<unknown>): Promise<unknown> {
    switch (this.#now) {
      case undefined:
      case 'out of memory':
      case 'nearly full':
        return call();
      case 'slow':
        return this.#slowly(call, this.#random.between(1_000, 4_000));
      case 'answers lost':
        return this.#random.next() < 0.5 ? call() : this.#unheard(call);
      case 'unreachable':
      case 'restarted empty':
      case 'failed over': {
        const isRefused = this.#random.next() < 0.5;
        await this.#clock.sleep(isRefused ? this.#random.between(1, 500) : COMMAND_TIMEOUT_MS);
        throw new Error(isRefused ? 'Connection is closed.' : 'Command timed out');
      }
    }
  }

  async #slowly(call: () => Promise<unknown>, tookMs: number): Promise<unknown> {
    const halfMs = tookMs / 2;
    const answer = async () => {
      await this.#clock.sleep(halfMs);
      const answered = await call();
      await this.#clock.sleep(halfMs);
      return answered;
    };
    if (tookMs <= COMMAND_TIMEOUT_MS) return answer();
    answer().catch(() => undefined); // nobody waits for it any more
    await this.#clock.sleep(COMMAND_TIMEOUT_MS);
    throw new Error('Command timed out');
  }

  /** The client sends what a broken connection has left unanswered once more, or waits in vain. */
  async #unheard(call: () => Promise<unknown>): Promise<unknown> {
    await call();
    if (this.#random.next() < 0.5) {
      await this.#clock.sleep(this.#random.between(25, 100));
      return call();
    }
    await this.#clock.sleep(COMMAND_TIMEOUT_MS);
    throw new Error('Command timed out');
  }
}

async function replicate(redis: RedisClient): Promise<void> {
  const keys = (await redis.call('KEYS', '*')) as string[];
  await Promise.all(keys.map(key => redis.call('COPY', key, key, 'DB', REPLICA, 'REPLACE')));
}

async function takeOver(redis: RedisClient): Promise<void> {
  await redis.call('FLUSHDB');
  await redis.call('SWAPDB', 0, REPLICA);
  // A replica that has taken over has another id than the one that the line has noted.
  for (const home of (await redis.call('KEYS', 'huntaze:?:home')) as string[])
    await redis.call('HSET', home, 'replid', '0'.repeat(40));
}

async function nearlyFill(redis: RedisClient): Promise<void> {
  const info = (await redis.call('INFO', 'memory')) as string;
  const used = Number(/used_memory:(\d+)/.exec(info)?.[1]);
  await redis.call('CONFIG', 'SET', 'maxmemory', Math.round(used / 0.85));
}

async function restore(redis: RedisClient): Promise<void> {
  await redis.call('CONFIG', 'SET', 'maxmemory', 0);
}
