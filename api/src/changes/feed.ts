import { changesSince, type Change, type ScopedLimit, type ScriptClient } from '@huntaze/core/lua';

/** How often it is looked for changes while somebody looks on (ms): what has changed is shown well within a second. */
const LOOK_MS = 250;
/** After a failure it is looked less often (ms), up to this. */
const LONGEST_MS = 5_000;
/** Entries in one call: Redis does nothing else meanwhile, some 5 ms. */
const MOST_AT_ONCE = 100;

/** So many looks until an onlooker is where the others are: enough for all that the stream holds. */
const MOST_TURNS = 1_000;

/** Some changes, and up to where they go. `reset`: some are gone, everything is to be loaded anew. */
export interface News {
  last: string;
  isReset: boolean;
  changes: Change[];
}

/** Whoever looks on. */
export type Onlooker = (news: News) => void;

/** What a feed works with. */
interface FeedPorts {
  redis: ScriptClient;
  limit: ScopedLimit;
  log: (line: Record<string, unknown>) => void;
  /** Does something later (ms), unless what is returned is called before; absent: by this process's own timers. */
  later?: (ms: number, act: () => void) => () => void;
}

function byTimer(ms: number, act: () => void): () => void {
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
}

/** The changes of the whole pipeline for all who look on in this process: Redis is asked once for all of them. */
export class Feed {
  readonly #ports: FeedPorts;
  readonly #onlookers = new Set<Onlooker>();
  /** Up to where all onlookers know everything; undefined: nobody looks on. */
  #last: string | undefined;
  #cancelNext: (() => void) | undefined;
  #failures = 0;
  /** Whether the last look didn't take all that there was: the next one isn't put off. */
  #isBehind = false;

  constructor(ports: FeedPorts) {
    this.#ports = ports;
  }

  /** How many look on. */
  get size(): number {
    return this.#onlookers.size;
  }

  /** Where everything has come to. @throws what keeps Redis from answering */
  async position(): Promise<string> {
    return (await this.#read(undefined)).last;
  }

  /**
   * Tells an onlooker everything from `after` on, first what it has missed.
   * @returns ends it
   * @throws what keeps Redis from answering
   */
  async follow(after: string, onlooker: Onlooker): Promise<() => void> {
    let last = after;
    // It joins the others at the very place up to which they know everything.
    for (let turn = 0; this.#last !== last; turn += 1) {
      if (turn === MOST_TURNS) throw new Error(`changes come faster than ${MOST_TURNS} looks can tell them`);
      const news = await this.#read(last);
      last = news.last;
      if (news.isReset || news.changes.length > 0) onlooker(news);
      if (this.#last === undefined && !news.hasMore) this.#last = last;
      else if (!news.hasMore) await this.#look();
    }
    this.#onlookers.add(onlooker);
    this.#next();
    return () => {
      this.#onlookers.delete(onlooker);
      if (this.#onlookers.size > 0) return;
      this.#cancelNext?.();
      this.#cancelNext = undefined;
      this.#last = undefined;
    };
  }

  async #read(after: string | undefined) {
    return changesSince(this.#ports.redis, this.#ports.limit, after, MOST_AT_ONCE);
  }

  #next(): void {
    if (this.#cancelNext !== undefined || this.#onlookers.size === 0) return;
    const ms = this.#isBehind ? 0 : Math.min(LONGEST_MS, LOOK_MS * 2 ** this.#failures);
    const { later = byTimer } = this.#ports;
    this.#cancelNext = later(ms, () => {
      void this.#look().finally(() => {
        this.#cancelNext = undefined;
        this.#next();
      });
    });
  }

  async #look(): Promise<void> {
    const from = this.#last;
    if (from === undefined) return;
    try {
      const news = await this.#read(from);
      this.#failures = 0;
      this.#isBehind = news.hasMore;
      // Another look, or the end of the last onlooker, came between.
      if (this.#last !== from) return;
      this.#last = news.last;
      if (news.isReset || news.changes.length > 0) for (const onlooker of this.#onlookers) onlooker(news);
    } catch (error) {
      this.#isBehind = false;
      if (this.#failures === 0) this.#ports.log({ message: 'changes can not be read', error: String(error) });
      this.#failures = Math.min(this.#failures + 1, 5);
    }
  }
}
