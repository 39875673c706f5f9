import * as z from 'zod/mini';
import { paramsOf } from '../operation.ts';
import { ClientFault } from '../outcome.ts';
import { MORE, subscribersPage } from './labels.ts';
import { id, readAs } from './read.ts';
import { openDataPage, pressForData, type Visit } from './visit.ts';

const DEFAULT_MAX = 1_000;

const fan = z.object({
  id,
  name: z.string(),
  username: z.string(),
  subscribedAt: z.iso.datetime({ offset: true }),
  expiredAt: z.nullable(z.iso.datetime({ offset: true })),
  isActive: z.boolean(),
});
type Fan = z.infer<typeof fan>;

/** `/api2/v2/subscriptions/subscribers`: what we take from it. */
const page = z.object({ list: z.array(fan).check(z.maxLength(1_000)), hasMore: z.boolean() });

/** What `fans.scrape` results in. */
interface Fans {
  status: 'active' | 'expired' | 'all';
  count: number;
  /** Whether these are all; false where there are more than were asked for. */
  complete: boolean;
  fans: Fan[];
}

/**
 * `fans.scrape`: the creator's fans, the page's own button pressed until there are no more, or enough. One
 * navigation, however many pages: what the button loads is no operation.
 */
export async function scrapeFans(visit: Visit): Promise<Fans> {
  const { status = 'all', max = DEFAULT_MAX } = paramsOf(visit.operation, 'fans.scrape');
  const target = subscribersPage(status);
  // By id: while we read, somebody may come, and the pages shift.
  const fans = new Map<string, Fan>();
  let json = await openDataPage(visit, target);
  for (;;) {
    const { list, hasMore } = readAs(page, json, target.data);
    const before = fans.size;
    for (const one of list) fans.set(one.id, one);
    if (!hasMore || fans.size >= max)
      return {
        status,
        count: Math.min(fans.size, max),
        complete: !hasMore && fans.size <= max,
        fans: [...fans.values()].slice(0, max),
      };
    if (fans.size === before)
      throw new ClientFault(`${target.data} says that there are more fans, and shows none`, target.data, 200);
    json = await pressForData(visit, target, MORE);
  }
}
