import * as z from 'zod/mini';
import { paramsOf } from '../operation.ts';
import { MORE, subscribersPage } from './labels.ts';
import { DEFAULT_MAX, pageOf, readList } from './list.ts';
import { id, readAs, time } from './read.ts';
import type { Visit } from './visit.ts';

/** `/api2/v2/subscriptions/subscribers`: what we take from it. */
const fan = z.object({
  id,
  name: z.string(),
  username: z.string(),
  subscribedAt: time,
  expiredAt: z.nullable(time),
  isActive: z.boolean(),
});

/** What `fans.scrape` results in. */
interface Fans {
  status: 'active' | 'expired' | 'all';
  count: number;
  /** Whether these are all; false where there are more than were asked for. */
  complete: boolean;
  fans: z.infer<typeof fan>[];
}

/** `fans.scrape`: the creator's fans. */
export async function scrapeFans(visit: Visit): Promise<Fans> {
  const { status = 'all', max = DEFAULT_MAX } = paramsOf(visit.operation, 'fans.scrape');
  const page = subscribersPage(status);
  const { items, complete } = await readList(visit, {
    page,
    more: MORE,
    what: 'fans',
    max,
    read: json => readAs(visit, pageOf(fan), json, page),
    idOf: one => one.id,
  });
  return { status, count: items.length, complete, fans: items };
}
