import type { Clock } from '@huntaze/core/clock';
import type { ScopedLimit } from '@huntaze/core/lua';
import { SiteFailure, Throttled } from '@huntaze/scraper/outcome';
import { takeSlot, type SlotWindow } from '@huntaze/scraper/slots';
import type { Driver } from '@huntaze/scraper/work';
import type { SeededRandom } from '../seeded-random.ts';
import { siteLimit } from '../site/limit.ts';
import type { SiteLogEntry } from '../site/log.ts';

/** The kinds that a simulated site knows, and what each looks at. */
const PATHS: Record<string, string> = {
  'profile.scrape': '/my/profile',
  'fans.scrape': '/my/subscribers/active',
  'message.send': '/my/chats/chat/fan-1',
};

export interface SimulatedSite {
  driver: Driver;
  /** What reached the site, as its own log has it. */
  log: SiteLogEntry[];
}

/**
 * The site and the browser before it, without either: each operation takes a slot as the scraper does, is on its way
 * for a moment, is counted by the local site's own limit, and is answered after a time like a page's.
 * @param options.secondsPerPage median of the answers' times
 * @param options.failures the share of answers that are a 502
 */
export function simulatedSite(options: {
  clock: Clock;
  random: SeededRandom;
  slots: (creatorId: string) => SlotWindow;
  limit: ScopedLimit;
  secondsPerPage: number;
  failures: number;
}): SimulatedSite {
  const { clock, random, limit } = options;
  const log: SiteLogEntry[] = [];
  const windows = new Map<string, ReturnType<typeof siteLimit>>();
  const windowOf = (creatorId: string) => {
    const name = limit.scope === 'platform' ? '' : creatorId;
    const window = windows.get(name) ?? siteLimit(limit.limit, limit.windowMs);
    windows.set(name, window);
    return window;
  };
  const driver: Driver = {
    supports: kind => Object.hasOwn(PATHS, kind),
    screenshot: () => Promise.resolve(undefined),
    async run(operation) {
      const { creatorId, kind, signal } = operation;
      const path = PATHS[kind] ?? '';
      const slot = await takeSlot(options.slots(creatorId), operation);
      const startedAt = clock.now();
      try {
        await clock.sleep(random.between(5, 50), signal);
        const counted = windowOf(creatorId).count(clock.now());
        const status = counted.allowed ? (random.next() < options.failures ? 502 : 200) : 429;
        const line = { at_ms: clock.now(), account: creatorId, method: 'GET', path, status };
        log.push(line);
        if (status === 200 && kind === 'message.send')
          log.push({ ...line, method: 'POST', effect: 'message' });
        await clock.sleep(random.around(options.secondsPerPage * 1_000, 0.5), signal);
        operation.navigations.push({
          path,
          started_at_ms: startedAt,
          answered_at_ms: clock.now(),
          status,
        });
        if (!counted.allowed) throw new Throttled(clock.now() + counted.retryInMs, path);
        if (status === 502) throw new SiteFailure(`${path} answered 502`, path, 502);
        return {};
      } finally {
        await slot.answered();
      }
    },
  };
  return { driver, log };
}
