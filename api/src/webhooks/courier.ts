import { noteWebhooks, takeHooks, type DueHook, type ScopedLimit } from '@huntaze/core/lua';
import { deliver, type Post } from './deliver.ts';
import { tokensWithWebhooks } from './kept.ts';

/** What the courier of one process works with. */
export interface Rounds extends Post {
  limit: ScopedLimit;
}

/** So many deliveries of one process are under way at a time; and so many of one token, so that a slow receiver holds up none but itself. */
const MOST_AT_WORK = 10;
export const MOST_OF_TOKEN = 3;
/** Longer than a delivery takes, with all that is asked for it (ms). Whoever dies with one leaves it to others after that. */
const LEASE_MS = 60_000;
/** How often it is looked for what is due (ms): where any token has a webhook, and where none has. */
const EVERY_MS = 1_000;
const IDLE_EVERY_MS = 5_000;
/** After a failure of ours (ms): at first, and at most. */
const FIRST_REST_MS = 1_000;
const LONGEST_REST_MS = 30_000;

/**
 * Delivers what is due, until it is stopped. Several may work beside each other. What fails here, Redis or S3 out of reach,
 * is said once, and once again when it is over.
 */
export function startCourier(at: Rounds): { stop(): Promise<void> } {
  const atWork = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  const stopping = new AbortController();
  let failures = 0;
  let nap = new AbortController();
  /** A delivery has ended since the round began: there may be room for what was left. */
  let isWoken = false;

  function start(hook: DueHook): void {
    const { tokenId } = hook;
    atWork.set(tokenId, (atWork.get(tokenId) ?? 0) + 1);
    const work: Promise<void> = deliver(at, hook)
      .catch((error: unknown) => failed(error))
      .finally(() => {
        underWay.delete(work);
        const left = atWork.get(tokenId)! - 1;
        if (left > 0) atWork.set(tokenId, left);
        else atWork.delete(tokenId);
        wake();
      });
    underWay.add(work);
  }

  function wake(): void {
    isWoken = true;
    nap.abort();
  }

  function failed(error: unknown): void {
    if (failures === 0)
      at.log({ message: 'webhooks wait: what is due can not be read', error: String(error) });
    failures += 1;
  }

  /** Looks once for what is due. Returns how long to rest (ms). */
  async function round(): Promise<number> {
    const room = {
      leaseMs: LEASE_MS,
      mostOfToken: MOST_OF_TOKEN,
      most: MOST_AT_WORK - underWay.size,
      atWork,
    };
    const { now, isUnread, hasAny, due } = await takeHooks(at.redis, at.limit, room, at.lineNow?.());
    for (const hook of due) start(hook);
    if (isUnread) await noteWebhooks(at.redis, await tokensWithWebhooks(at.s3, at.env.RESULTS_BUCKET), now);
    if (failures > 0) at.log({ message: 'webhooks go on' });
    failures = 0;
    if (due.length > 0) return 0;
    return hasAny ? EVERY_MS : IDLE_EVERY_MS;
  }

  /** Several processes don't ask at once. */
  async function rest(ms: number): Promise<void> {
    nap = new AbortController();
    if (ms === 0 || isWoken || stopping.signal.aborted) return;
    await at.clock.sleep(ms * (0.8 + 0.4 * at.random()), nap.signal).catch(() => undefined);
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      isWoken = false;
      let ms = LONGEST_REST_MS;
      // With all hands full it rests until one of them is free.
      if (underWay.size < MOST_AT_WORK)
        ms = await round().catch((error: unknown) => {
          failed(error);
          return Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** Math.min(failures - 1, 10));
        });
      await rest(ms);
    }
  }

  const running = run();
  return {
    /** Takes nothing more, and resolves when what is under way has come to its end. */
    async stop() {
      stopping.abort();
      wake();
      await running;
      await Promise.all(underWay);
    },
  };
}
