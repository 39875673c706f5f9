import * as z from 'zod/mini';
import { ClientFault } from '../outcome.ts';
import type { DataPage } from './labels.ts';
import { openDataPage, pressForData, type Visit } from './visit.ts';

/** Whatever a site says, no list has more pages for us: twice what 10,000 fans, posts or transactions fill. */
export const MAX_PAGES = 400;
/** What a list is read to, where nobody says. */
export const DEFAULT_MAX = 1_000;
const MAX_PER_PAGE = 1_000;

/** The shape of one page of a list. */
export const pageOf = <T extends z.ZodMiniType>(item: T) =>
  z.object({ list: z.array(item).check(z.maxLength(MAX_PER_PAGE)), hasMore: z.boolean() });

/** How a list is read. */
export interface Reading<T> {
  page: DataPage;
  /** The button that loads the next page. */
  more: string;
  /** What is listed, for messages. */
  what: string;
  /** At most so many. */
  max: number;
  /** One page of it; `hasMore` undefined: the site doesn't say. */
  read: (json: unknown) => { list: T[]; hasMore?: boolean | undefined };
  idOf: (item: T) => string | number;
}

/**
 * Opens the page of a list and presses its button until there is no more, or enough. One navigation, however many
 * pages: what the button loads is no operation.
 * @returns `complete`: these are all; false where there are more than `max`, or than {@link MAX_PAGES} pages hold
 * @throws ClientFault when the site says that there is more, and shows none
 */
export async function readList<T>(
  visit: Visit,
  { page, more, what, max, read, idOf }: Reading<T>,
): Promise<{ items: T[]; complete: boolean }> {
  // By id: while we read, something may come, and the pages shift.
  const items = new Map<string | number, T>();
  let json = await openDataPage(visit, page);
  for (let pages = 1; ; pages += 1) {
    const { list, hasMore } = read(json);
    const before = items.size;
    for (const item of list) items.set(idOf(item), item);
    if (!hasMore || items.size >= max || pages === MAX_PAGES)
      return { items: [...items.values()].slice(0, max), complete: hasMore === false && items.size <= max };
    if (items.size === before)
      throw new ClientFault(`${page.data} says that there are more ${what}, and shows none`, page.data, 200);
    json = await pressForData(visit, page, more);
  }
}
