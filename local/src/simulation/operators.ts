import {
  cancel,
  changeRules,
  closeSite,
  drain,
  pause,
  resume,
  type ScopedLimit,
  type ScriptClient,
} from '@huntaze/core/lua';
import type { Clock } from '@huntaze/core/clock';
import type { SeededRandom } from '../seeded-random.ts';
import type { Book } from './book.ts';
import type { LimitInForce, Pause } from './scenario.ts';

const ACTIONS = ['pause', 'pause everybody', 'halve the limit', 'cancel', 'close the site', 'drain'] as const;
type Action = (typeof ACTIONS)[number];

/** How long what is done lasts (ms, from and to). */
const LASTS_MS = [60_000, 600_000] as const;
/** Everybody is stopped for a shorter time (ms, from and to). */
const ALL_LASTS_MS = [30_000, 180_000] as const;
const WHY = 'an operator';

/** Operators who do things now and then, and what they did. Their own line to Redis never breaks. */
export class Operators {
  readonly #options: OperatorsOptions;
  /** Whom, or what, somebody has in hand: nobody else touches it. */
  readonly #inHand = new Set<string>();
  readonly pauses: Pause[] = [];
  /** When the site was closed: whoever closes it last says until when. */
  readonly closures: Pause[] = [];
  readonly limits: LimitInForce[];
  readonly done: Partial<Record<Action, number>> = {};

  constructor(options: OperatorsOptions) {
    this.#options = options;
    this.limits = [{ fromMs: options.clock.now(), limit: options.limit.limit }];
  }

  /** Does so many things in the next `overMs`. Returns when all of it is over and undone, or `stop` has aborted. */
  async run(count: number, overMs: number, stop: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    const begunAt = clock.now();
    const times = Array.from({ length: count }, () => random.between(0, overMs)).sort((a, b) => a - b);
    const under: Promise<void>[] = [];
    try {
      for (const time of times) {
        await clock.sleep(Math.max(0, begunAt + time - clock.now()), stop);
        under.push(this.#act(ACTIONS[random.integer(0, ACTIONS.length)] ?? 'cancel', stop));
      }
      await Promise.all(under);
    } catch (error) {
      if (!stop.aborted) throw error;
    }
  }

  async #act(action: Action, stop: AbortSignal): Promise<void> {
    const { creators, limit, random } = this.#options;
    const creatorId = creators[random.integer(0, creators.length)] ?? '';
    const thing = { pause: creatorId, drain: creatorId, 'pause everybody': '*', 'halve the limit': 'limit' };
    const inHand = action in thing ? thing[action as keyof typeof thing] : undefined;
    if (inHand !== undefined && this.#inHand.has(inHand)) return;
    if (inHand !== undefined) this.#inHand.add(inHand);
    this.done[action] = (this.done[action] ?? 0) + 1;
    const who = action === 'pause everybody' ? 'everybody' : ({ creatorId } as const);
    const isForAll = inHand === '*' || action === 'close the site';
    const lastsMs = isForAll ? random.between(...ALL_LASTS_MS) : random.between(...LASTS_MS);
    try {
      switch (action) {
        case 'pause':
        case 'pause everybody':
          await this.#pause(who, lastsMs, stop);
          break;
        case 'drain':
          await drain(this.#options.redis, { who, scope: limit.scope, why: WHY }, this.#now());
          await this.#options.clock.sleep(lastsMs, stop);
          await resume(this.#options.redis, { who, scope: limit.scope }, this.#now());
          break;
        case 'halve the limit':
          await this.#setLimit(Math.max(1, Math.floor(limit.limit / 2)));
          await this.#options.clock.sleep(lastsMs, stop);
          await this.#setLimit(null);
          break;
        case 'close the site':
          await this.#closeSite(this.#now() + lastsMs);
          break;
        case 'cancel':
          await this.#cancel();
      }
    } catch (error) {
      if (!stop.aborted) throw error;
    } finally {
      if (inHand !== undefined) this.#inHand.delete(inHand);
    }
  }

  /** Half of the pauses end by themselves, the others when somebody ends them. */
  async #pause(who: 'everybody' | { creatorId: string }, lastsMs: number, stop: AbortSignal): Promise<void> {
    const { redis, limit, random, clock } = this.#options;
    const endsByItself = random.next() < 0.5;
    const untilMs = this.#now() + lastsMs;
    await pause(redis, { who, scope: limit.scope, why: WHY, ...(endsByItself && { untilMs }) }, this.#now());
    const name = who === 'everybody' ? '*' : who.creatorId;
    this.pauses.push({ who: name, fromMs: this.#now(), untilMs: Math.floor(untilMs) });
    await clock.sleep(lastsMs, stop);
    if (!endsByItself) await resume(redis, { who, scope: limit.scope }, this.#now());
  }

  async #closeSite(untilMs: number): Promise<void> {
    await closeSite(this.#options.redis, untilMs);
    const last = this.closures.at(-1);
    if (last) last.untilMs = Math.min(last.untilMs, this.#now());
    this.closures.push({ who: '*', fromMs: this.#now(), untilMs });
  }

  async #setLimit(limit: number | null): Promise<void> {
    await changeRules(this.#options.redis, this.#options.limit, { limit });
    this.limits.push({ fromMs: this.#now(), limit: limit ?? this.#options.limit.limit });
  }

  async #cancel(): Promise<void> {
    const { book, redis, random, clock, beginMs } = this.#options;
    const open = book.openOnes();
    const id = open[random.integer(0, open.length)]?.operationId;
    if (id === undefined) return;
    const done = await cancel(redis, id, WHY, this.#now());
    if (done.is === 'cancelled') book.end(id, 'cancelled', clock.now() - beginMs);
  }

  #now(): number {
    return this.#options.clock.now();
  }
}

interface OperatorsOptions {
  redis: ScriptClient;
  clock: Clock;
  random: SeededRandom;
  book: Book;
  beginMs: number;
  limit: ScopedLimit;
  creators: string[];
}
