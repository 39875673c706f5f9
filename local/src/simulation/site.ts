import type { Clock } from '@huntaze/core/clock';
import type { ScopedLimit } from '@huntaze/core/lua';
import { SiteFailure, Throttled } from '@huntaze/scraper/outcome';
import { takeSlot, type SlotWindow } from '@huntaze/scraper/slots';
import type { Driver } from '@huntaze/scraper/work';
import type { SeededRandom } from '../seeded-random.ts';
import { siteLimit } from '../site/limit.ts';
import type { SimulatedSiteLogEntry } from './scenario.ts';

/** How much of a page's time passes until the first of it is here: a slot counts from then, as the scraper has it. */
const ANSWER_SHARE = 0.2;

/** The kinds that a simulated site knows, and what each looks at. */
const PATHS: Record<string, string> = {
  'profile.scrape': '/my/profile',
  'fans.scrape': '/my/subscribers/active',
  'message.send': '/my/chats/chat/fan-1',
};

export interface SimulatedSite {
  /** The browser of one task: what it needs, it has of that task, and dies with it. */
  driver: (task: { clock: Clock; slots: (creatorId: string) => SlotWindow }) => Driver;
  /** What reached the site, as its own log has it. */
  log: SimulatedSiteLogEntry[];
}

/**
 * The site and the browser before it, without either: each operation takes a slot as the scraper does, is on its way
 * for a moment, is counted by the local site's own limit, and is answered after a time like a page's. A message is
 * noted before it is sent, where nobody forgets it, as in the bucket; one that was noted is looked for before it is sent
 * again.
 * @param options.secondsPerPage median of the pages' times
 * @param options.failures the share of answers that are a 502
 */
export function simulatedSite(options: {
  random: SeededRandom;
  limit: ScopedLimit;
  secondsPerPage: number;
  failures: number;
}): SimulatedSite {
  const { random, limit } = options;
  const log: SimulatedSiteLogEntry[] = [];
  const windows = new Map<string, ReturnType<typeof siteLimit>>();
  const windowOf = (creatorId: string) => {
    const name = limit.scope === 'platform' ? '' : creatorId;
    const window = windows.get(name) ?? siteLimit(limit.limit, limit.windowMs);
    windows.set(name, window);
    return window;
  };
  const noted = new Set<string>();
  const conversation = new Set<string>();

  const driver: SimulatedSite['driver'] = ({ clock, slots }) => ({
    supports: kind => Object.hasOwn(PATHS, kind),
    screenshot: () => Promise.resolve(undefined),
    trace: () => undefined,
    async run(operation) {
      const { creatorId, kind, signal, operationId } = operation;
      const path = PATHS[kind] ?? '';
      const slot = await takeSlot(slots(creatorId), operation);
      const startedAt = clock.now();
      try {
        await clock.sleep(random.between(5, 50), signal);
        const counted = windowOf(creatorId).count(clock.now());
        const status = counted.allowed ? (random.next() < options.failures ? 502 : 200) : 429;
        const line = { account: creatorId, path, operationId };
        log.push({ ...line, at_ms: clock.now(), method: 'GET', status });
        const pageMs = random.around(options.secondsPerPage * 1_000, 0.5);
        await clock.sleep(pageMs * ANSWER_SHARE, signal);
        const answered_at_ms = clock.now();
        await slot.answered();
        await clock.sleep(pageMs * (1 - ANSWER_SHARE), signal);
        operation.navigations.push({ path, started_at_ms: startedAt, answered_at_ms, status });
        if (!counted.allowed) throw new Throttled(clock.now() + counted.retryInMs, path);
        if (status === 502) throw new SiteFailure(`${path} answered 502`, path, 502);
        const isThere = noted.has(operationId) && conversation.has(operationId);
        if (kind !== 'message.send' || isThere) return {};
        noted.add(operationId);
        log.push({ ...line, at_ms: clock.now(), method: 'POST', status, effect: 'message' });
        conversation.add(operationId);
        return {};
      } finally {
        await slot.answered();
      }
    },
  });
  return { driver, log };
}
