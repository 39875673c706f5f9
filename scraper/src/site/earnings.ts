import * as z from 'zod/mini';
import { paramsOf } from '../operation.ts';
import { ClientFault } from '../outcome.ts';
import { earningsPage, MORE } from './labels.ts';
import { pageOf, readList } from './list.ts';
import { id, readAs, time } from './read.ts';
import type { Visit } from './visit.ts';

/** There is no parameter for it: whoever needs more asks for fewer days. */
const MAX = 10_000;

/** `/api2/v2/earnings/transactions`: what we take from it. */
const transaction = z.object({
  id,
  createdAt: time,
  type: z.string(),
  /** What was paid, the site's part of it, and the creator's. */
  amount: z.number(),
  fee: z.number(),
  net: z.number(),
  user: z.optional(z.nullable(z.object({ id }))),
});

/** What `earnings.scrape` results in. */
interface Earnings {
  /** Both days are included; null: from the beginning, up to now. */
  from: string | null;
  to: string | null;
  count: number;
  /** Whether these are all of those days. */
  complete: boolean;
  /** Newest first. */
  transactions: z.infer<typeof transaction>[];
}

/**
 * `earnings.scrape`: what the creator has earned from one day to another.
 * @throws ClientFault for days in the wrong order
 */
export async function scrapeEarnings(visit: Visit): Promise<Earnings> {
  const { from, to } = paramsOf(visit.operation, 'earnings.scrape');
  const page = earningsPage(from, to);
  if (from !== undefined && to !== undefined && from > to)
    throw new ClientFault(`params.from must not be later than params.to`, page.path);
  const { items, complete } = await readList(visit, {
    page,
    more: MORE,
    what: 'transactions',
    max: MAX,
    read: json => readAs(visit, pageOf(transaction), json, page),
    idOf: one => one.id,
  });
  return { from: from ?? null, to: to ?? null, count: items.length, complete, transactions: items };
}
