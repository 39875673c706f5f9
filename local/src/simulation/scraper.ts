import type { Clock } from '@huntaze/core/clock';
import type { ScopedLimit, ScriptClient } from '@huntaze/core/lua';
import { isEnded } from '@huntaze/core/operations';
import { siteBreaker } from '@huntaze/scraper/breaker';
import { consume } from '@huntaze/scraper/consume';
import { gate } from '@huntaze/scraper/gate';
import { heartbeat } from '@huntaze/scraper/heartbeat';
import type { Ledger } from '@huntaze/scraper/ledger';
import { sqsQueue } from '@huntaze/scraper/queue';
import { redisLedger, redisSiteState, redisSlots } from '@huntaze/scraper/redis';
import { worker } from '@huntaze/scraper/work';
import type { SeededRandom } from '../seeded-random.ts';
import type { Book } from './book.ts';
import type { SqsPort } from './in-process-sqs.ts';
import { Life } from './life.ts';
import type { Begun } from './scenario.ts';
import type { SimulatedSite } from './site.ts';

const MAX_FAILURES = 8;
/** ECS starts another task for one that has died (ms). */
const REPLACED_AFTER_MS = 45_000;
const nothing = () => undefined;
const QUIET = { info: nothing, warn: nothing, error: nothing };

interface TasksOptions {
  /** A client with random numbers of its own. */
  sqs: (name: string) => SqsPort;
  urls: { queue: string; deadLetters: string };
  redis: ScriptClient;
  limit: ScopedLimit;
  site: SimulatedSite;
  clock: Clock;
  random: SeededRandom;
  /** Lanes of a task. */
  concurrency: number;
  beginMs: number;
  book: Book;
}

/** The scraper's tasks: as many as there should be, also when one dies. */
export class Tasks {
  readonly #options: TasksOptions;
  readonly #alive: Life[] = [];
  #started = 0;
  killed = 0;
  /** Attempts that were begun. */
  readonly begun: Begun[] = [];

  constructor(options: TasksOptions) {
    this.#options = options;
  }

  /**
   * Keeps so many tasks running.
   * @param afterMs nobody is there before
   * @returns when `stop` has aborted, and everything that is held has been given back
   */
  async run(count: number, afterMs: number, stop: AbortSignal): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#keepOne(afterMs, stop)));
  }

  /** Lets so many tasks die, each at any moment of the next `overMs`. Returns when it is done, or `stop` has aborted. */
  async die(count: number, overMs: number, stop: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const random = this.#options.random.fork('deaths');
    const begunAt = clock.now();
    const times = Array.from({ length: count }, () => random.between(0, overMs)).sort((a, b) => a - b);
    for (const time of times) {
      await clock.sleep(Math.max(0, begunAt + time - clock.now()), stop).catch(nothing);
      if (stop.aborted) return;
      const [life] = this.#alive.splice(random.integer(0, this.#alive.length), 1);
      if (life === undefined) continue;
      this.killed += 1;
      life.end();
    }
  }

  async #keepOne(afterMs: number, stop: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let waitMs = afterMs;
    while (!stop.aborted) {
      if (waitMs > 0) await clock.sleep(waitMs, stop).catch(nothing);
      waitMs = REPLACED_AFTER_MS;
      const life = new Life();
      this.#alive.push(life);
      await Promise.race([this.#runOne(life, stop), life.died]);
    }
  }

  /** One task: its own consumer, lanes, heartbeat, work and settlement. Results go into the book. */
  async #runOne(life: Life, stop: AbortSignal): Promise<void> {
    const { book, limit, concurrency, site } = this.#options;
    const name = `scraper ${this.#started++}`;
    const clock = life.clock(this.#options.clock);
    const redis = life.redis(this.#options.redis);
    const random = this.#options.random.fork(name).next;
    const now = () => clock.now();
    const queue = sqsQueue(life.sqs(this.#options.sqs(name)), this.#options.urls, clock);
    const beats = heartbeat(queue, clock, QUIET);
    const siteState = redisSiteState(redis, limit, clock, 'simulated', now);
    const opening = gate();
    const metrics = {
      ended: nothing,
      throttled: nothing,
      breaker: nothing,
      siteChanged: nothing,
      slot: nothing,
    };
    const pulse = { turn: nothing, holding: nothing };
    const ports = {
      queue,
      ledger: this.#watched(redisLedger(redis, limit.scope, now)),
      site: siteState,
      gate: opening,
      breaker: siteBreaker(siteState, opening, metrics),
      driver: site.driver({ clock, slots: redisSlots(redis, limit, undefined, now) }),
      results: {
        ended: ({ operationId }: { operationId: string }) =>
          Promise.resolve(book.resultOf(operationId)?.status),
        put: (result: Parameters<Book['result']>[0]) => Promise.resolve(book.result(result)),
        putScreenshot: () => Promise.resolve(),
        putTrace: () => Promise.resolve(),
      },
      metrics,
      clock,
      log: QUIET,
      maxFailures: MAX_FAILURES,
      random,
    };
    const work = worker(ports, stop);
    const beating = new AbortController();
    const beaten = beats.run(beating.signal);
    await consume(
      { queue, heartbeat: beats, work, clock, log: QUIET, concurrency, random, gate: opening, pulse },
      stop,
    );
    beating.abort();
    await beaten;
  }

  /** The ledger, and with what it is told the book is kept. */
  #watched(ledger: Ledger): Ledger {
    const { book, clock, beginMs } = this.#options;
    return {
      ...ledger,
      start: async ids => {
        const atMs = clock.now();
        const started = await ledger.start(ids);
        if (isEnded(started.state)) book.end(ids.operationId, started.state, clock.now() - beginMs);
        else if (!started.paused && started.closedUntilMs === undefined)
          this.begun.push({ atMs, creatorId: ids.creatorId, operationId: ids.operationId });
        return started;
      },
      end: async end => {
        await ledger.end(end);
        if (isEnded(end.state)) book.end(end.operationId, end.state, clock.now() - beginMs);
      },
    };
  }
}
