import { isSafeId } from '@huntaze/core/ids';
import { askedDay } from './activity/day.ts';
import { ifRead, mapRead, NotThere, type Read, type Reads } from './data.ts';
import { letterFilterOf, letterQueryOf } from './letters/choice.ts';
import { filterOf, queryOf } from './operations/filter.ts';
import type { PropsOf, ScreenName } from './screens.ts';

/** What a page is made from. */
interface Asked {
  read: Reads;
  /** What stands in the address for the page's `{name}`s: safe ids. */
  params: Record<string, string>;
  /** What the address asks for by a name. */
  query: (name: string) => string | undefined;
  /** ms since the epoch. */
  now: number;
}

interface Page<S extends ScreenName> {
  /** Its address; `{name}` is one segment, a safe id. */
  path: string;
  screen: S;
  /** Of the window, and above a problem that stands in the screen's place. */
  title: string | ((params: Record<string, string>) => string);
  /** What the screen is given. A problem stands in its place. */
  load: (asked: Asked) => Promise<Read<PropsOf<S>>>;
}

/** Every page within the console's frame. */
export const PAGES = [
  page({
    path: '/',
    screen: 'overview',
    title: '',
    load: async ({ read }) => {
      const [history, limits] = await Promise.all([read.history(60), read.limits()]);
      return { is: 'read', value: { history: ifRead(history), limits: ifRead(limits) } };
    },
  }),
  page({
    path: '/creators',
    screen: 'creators',
    title: 'Creators',
    load: ({ query }) =>
      Promise.resolve({
        is: 'read',
        value: { state: query('state'), words: query('q')?.slice(0, 128) ?? '' },
      }),
  }),
  page({
    path: '/creators/{id}',
    screen: 'creator',
    title: ({ id = '' }) => id,
    load: async ({ read, params: { id = '' } }) => {
      const [creator, operations] = await Promise.all([
        read.creator(id),
        read.operations({ creator: id, limit: '50' }),
      ]);
      return mapRead(creator, value => ({ creator: value, operations: ifRead(operations) }));
    },
  }),
  page({
    path: '/operations',
    screen: 'operations',
    title: 'Operations',
    load: async ({ read, query }) => {
      const filter = filterOf({ creator: query('creator'), state: query('state'), kind: query('kind') });
      const asked = Object.fromEntries(new URLSearchParams(queryOf(filter)));
      return mapRead(await read.operations({ ...asked, limit: '50' }), first => ({ filter, page: first }));
    },
  }),
  page({
    path: '/operations/{id}',
    screen: 'operation',
    title: ({ id = '' }) => id,
    load: async ({ read, params: { id = '' } }) =>
      mapRead(await read.operation(id), operation => ({ operation })),
  }),
  page({
    path: '/dead-letters',
    screen: 'letters',
    title: 'Dead letters',
    load: async ({ read, query }) => {
      const filter = letterFilterOf({
        cause: query('cause'),
        creator: query('creator'),
        queue: query('queue'),
      });
      return mapRead(await read.letters(letterQueryOf(filter)), found => ({ filter, page: found }));
    },
  }),
  page({
    path: '/limits',
    screen: 'limits',
    title: 'Limits',
    load: async ({ read }) => mapRead(await read.limits(), limits => ({ limits })),
  }),
  page({
    path: '/activity',
    screen: 'activity',
    title: 'Activity',
    load: async ({ read, query, now }) => {
      const day = askedDay(query('day'), now);
      return mapRead(await read.audit(day), audit => ({ day, audit }));
    },
  }),
  page({
    path: '/settings',
    screen: 'settings',
    title: 'Settings',
    load: async ({ read }) => {
      const [tokens, webhook, deliveries] = await Promise.all([
        read.tokens(),
        read.webhook(),
        read.deliveries(),
      ]);
      return { is: 'read', value: { tokens, webhook, deliveries } };
    },
  }),
];

export type AnyPage = (typeof PAGES)[number];

/** Holds a page's screen and what it is given together; from then on pages are of one kind. */
function page<S extends ScreenName>(one: Page<S>) {
  return one as Omit<Page<S>, 'screen' | 'load'> & {
    screen: ScreenName;
    load: (asked: Asked) => Promise<Read<object>>;
  };
}

/** @throws NotThere for what can be nobody's id */
export function checkedIds(params: Record<string, string>): Record<string, string> {
  if (!Object.values(params).every(isSafeId)) throw new NotThere();
  return params;
}
