import type { Account } from './accounts.ts';
import type { Conversations } from './conversations.ts';
import { FAN_LISTS, isFan, pageOfFans, type FanList } from './fans.ts';
import { chatPage, profilePage, subscribersPage } from './pages.ts';

const CHAT = /^\/my\/chats\/chat\/([^/]+)$/;
const MESSAGES = /^\/api2\/v2\/chats\/([^/]+)\/messages$/;
const MAX_PAGE = 100;

/** The page under `/my/` at a path, as an account sees it; undefined where there is none. */
export function pageAt(path: string, account: Account): string | undefined {
  if (path === '/my/profile') return profilePage();
  const list = FAN_LISTS.find(name => path === `/my/subscribers/${name}`);
  if (list) return subscribersPage(list);
  const fan = segment(CHAT, path);
  return fan !== undefined && isFan(account.email, fan) ? chatPage(fan) : undefined;
}

/** The fan to whom messages are posted at a path; undefined where none are. */
export function fanAt(path: string): string | undefined {
  return segment(MESSAGES, path);
}

/** What a path below `/api2/` answers; undefined where there is nothing. */
export function dataAt(
  url: URL,
): ((account: Account, conversations: Conversations) => { status: number; body: unknown }) | undefined {
  const { pathname: path, searchParams: query } = url;
  if (path === '/api2/v2/users/me') return account => ({ status: 200, body: account.profile });
  if (path === '/api2/v2/subscriptions/subscribers')
    return account => {
      const list = FAN_LISTS.find(name => name === (query.get('type') ?? ('all' satisfies FanList)));
      const [offset, limit] = [whole(query.get('offset'), 0), whole(query.get('limit'), 50)];
      if (!list || offset === undefined || limit === undefined || limit < 1 || limit > MAX_PAGE)
        return { status: 400, body: { error: { message: 'Wrong parameters' } } };
      return { status: 200, body: pageOfFans(account.email, list, offset, limit) };
    };
  const fan = fanAt(path);
  if (fan === undefined) return undefined;
  return (account, conversations) =>
    isFan(account.email, fan)
      ? { status: 200, body: conversations.newest(account, fan, MAX_PAGE) }
      : { status: 404, body: { error: { message: 'No such fan' } } };
}

function whole(value: string | null, fallback: number): number | undefined {
  if (value === null) return fallback;
  return /^\d{1,6}$/.test(value) ? Number(value) : undefined;
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
