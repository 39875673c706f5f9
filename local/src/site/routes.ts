import type { Account } from './accounts.ts';
import { pageOfTransactions } from './earnings.ts';
import { FAN_LISTS, isFan, pageOfFans, type FanList } from './fans.ts';
import type { Memory } from './memory.ts';
import {
  chatPage,
  chatsPage,
  earningsPage,
  passwordPage,
  postsPage,
  profilePage,
  subscribersPage,
} from './pages.ts';
import { PASSWORD_DATA } from './password-form.ts';
import { pageOfPosts } from './posts.ts';

const CHAT = /^\/my\/chats\/chat\/([^/]+)$/;
const MESSAGES = /^\/api2\/v2\/chats\/([^/]+)\/messages$/;
const DAY = /^\d{4}-\d\d-\d\d$/;
const MAX_PAGE = 100;
const WRONG = { status: 400, body: { error: { message: 'Wrong parameters' } } } as const;

/** The pages that have one address and show nothing of it. */
const PAGES: Readonly<Record<string, () => string>> = {
  '/my/profile': profilePage,
  '/my/statements/earnings': earningsPage,
  '/my/posts': postsPage,
  '/my/chats': chatsPage,
  '/my/settings/password': () => passwordPage(PASSWORD_DATA),
};

/** The page under `/my/` at a path, as an account sees it; undefined where there is none. */
export function pageAt(path: string, account: Account): string | undefined {
  const list = FAN_LISTS.find(name => path === `/my/subscribers/${name}`);
  if (list) return subscribersPage(list);
  const fan = segment(CHAT, path);
  if (fan !== undefined) return isFan(account.email, fan) ? chatPage(fan) : undefined;
  return Object.hasOwn(PAGES, path) ? PAGES[path]?.() : undefined;
}

/** The fan to whom messages are posted at a path; undefined where none are. */
export function fanAt(path: string): string | undefined {
  return segment(MESSAGES, path);
}

/** An answer with JSON. */
interface Data {
  status: number;
  body: unknown;
}
type DataOf = (account: Account, memory: Memory) => Data;

/** What a path below `/api2/` answers; undefined where there is nothing. */
export function dataAt(url: URL): DataOf | undefined {
  const { pathname: path, searchParams: query } = url;
  switch (path) {
    case '/api2/v2/users/me':
      return ({ profile }) => ({ status: 200, body: profile });
    case '/api2/v2/subscriptions/subscribers':
      return ({ email }) => {
        const list = FAN_LISTS.find(name => name === (query.get('type') ?? ('all' satisfies FanList)));
        return list ? paged(query, (offset, limit) => pageOfFans(email, list, offset, limit)) : WRONG;
      };
    case '/api2/v2/earnings/transactions':
      return ({ email }) => {
        const [from, to] = [query.get('from') ?? undefined, query.get('to') ?? undefined];
        if ([from, to].some(day => day !== undefined && !DAY.test(day))) return WRONG;
        return paged(query, (offset, limit) => pageOfTransactions(email, { from, to }, offset, limit));
      };
    case '/api2/v2/posts':
      return account => paged(query, (offset, limit) => pageOfPosts(account, offset, limit));
    case '/api2/v2/chats':
      return (account, { conversations }) =>
        paged(query, (offset, limit) => conversations.list(account, offset, limit));
    case PASSWORD_DATA:
      return (account, { passwords }) => ({ status: 200, body: { changedAt: passwords.changedAt(account) } });
    default:
      return messagesAt(path, query);
  }
}

function messagesAt(path: string, query: URLSearchParams): DataOf | undefined {
  const fan = fanAt(path);
  if (fan === undefined) return undefined;
  return (account, { conversations }) => {
    if (!isFan(account.email, fan)) return { status: 404, body: { error: { message: 'No such fan' } } };
    const before = whole(query.get('before'), Number.MAX_SAFE_INTEGER);
    if (before === undefined) return WRONG;
    return { status: 200, body: conversations.newest(account, fan, MAX_PAGE, before) };
  };
}

/** One page of a list, as `offset` and `limit` say. */
function paged(query: URLSearchParams, pageOf: (offset: number, limit: number) => unknown): Data {
  const [offset, limit] = [whole(query.get('offset'), 0), whole(query.get('limit'), 50)];
  if (offset === undefined || limit === undefined || limit < 1 || limit > MAX_PAGE) return WRONG;
  return { status: 200, body: pageOf(offset, limit) };
}

function whole(value: string | null, fallback: number): number | undefined {
  if (value === null) return fallback;
  return /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** The one variable segment of a path, decoded; undefined if it doesn't match, or can't be decoded. */
function segment(pattern: RegExp, path: string): string | undefined {
  const encoded = pattern.exec(path)?.[1];
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
