import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Chat, Message } from './conversations.ts';
import type { Transaction } from './earnings.ts';
import { ADA, BEA, startTestSite } from './test-site.ts';

let it: Awaited<ReturnType<typeof startTestSite>>;
let ada: string;
beforeEach(async () => {
  it = await startTestSite();
  ada = await it.cookieOf(ADA);
});
afterEach(() => it.site.close());

async function all<T>(path: string, cookie = ada): Promise<T[]> {
  const found: T[] = [];
  for (;;) {
    const url = `${path}${path.includes('?') ? '&' : '?'}offset=${found.length}&limit=100`;
    const page = (await (await it.get(url, cookie)).json()) as { list: T[]; hasMore: boolean };
    found.push(...page.list);
    if (!page.hasMore) return found;
  }
}

test('earnings come newest first, the same every time, each account its own; both days are included', async () => {
  const path = '/api2/v2/earnings/transactions';
  const earned = await all<Transaction>(path);
  const days = earned.map(({ createdAt }) => createdAt.slice(0, 10));
  expect(earned.length).toBeGreaterThanOrEqual(150);
  expect(new Set(earned.map(({ id }) => id)).size).toBe(earned.length);
  expect(earned.map(({ createdAt }) => createdAt)).toEqual(
    earned
      .map(({ createdAt }) => createdAt)
      .sort()
      .toReversed(),
  );
  expect(earned.every(({ amount, fee, net }) => Math.abs(amount - fee - net) < 0.001)).toBe(true);
  const [from, to] = ['2025-01-10', '2025-01-20'];
  expect(await all(`${path}?from=${from}&to=${to}`)).toEqual(
    earned.filter((_, i) => (days[i] as string) >= from && (days[i] as string) <= to),
  );
  expect(days).toContain(from);
  expect(days).toContain(to);
  expect(await all(path, await it.cookieOf(BEA))).not.toEqual(earned);
});

test('there are as many posts as the profile says, newest first', async () => {
  const posts = await all<{ id: number; postedAt: string }>('/api2/v2/posts');
  expect(posts).toHaveLength(ADA.profile.postsCount);
  expect(posts.map(({ id }) => id)).toEqual(posts.map(({ id }) => id).sort((a, b) => b - a));
});

test('the conversation with the newest message comes first, with whoever it is', async () => {
  await it.post('Old.Friend', { text: 'First' }, ada);
  it.clock.at = Date.UTC(2030, 0, 1);
  await it.post('fan-7', { text: 'Newest' }, ada);
  const chats = await all<Chat>('/api2/v2/chats');
  expect(chats[0]).toMatchObject({ withUser: { id: 'fan-7' }, lastMessage: { text: 'Newest' } });
  expect(chats.at(-1)).toMatchObject({ withUser: { id: 'Old.Friend', name: 'Old.Friend' } });
  expect(new Set(chats.map(({ withUser }) => withUser.id)).size).toBe(chats.length);
  expect((await all<Chat>('/api2/v2/chats', await it.cookieOf(BEA)))[0]?.withUser.id).not.toBe('fan-7');
});

test('older messages come before an id, until there are none', async () => {
  const path = '/api2/v2/chats/fan-20/messages';
  const found: Message[] = [];
  for (let query = ''; ;) {
    const page = (await (await it.get(path + query, ada)).json()) as { list: Message[]; hasMore: boolean };
    found.unshift(...page.list);
    if (!page.hasMore) break;
    query = `?before=${found[0]?.id}`;
  }
  expect(found).toHaveLength(250);
  expect(found.map(({ id }) => id)).toEqual(found.map(({ id }) => id).sort((a, b) => a - b));
});

test.each([
  '/api2/v2/earnings/transactions?from=yesterday',
  '/api2/v2/earnings/transactions?to=2026-1-1',
  '/api2/v2/posts?limit=101',
  '/api2/v2/chats?offset=x',
  '/api2/v2/chats/fan-1/messages?before=x',
])('%s is 400', async path => {
  expect((await it.get(path, ada)).status).toBe(400);
});

test.each([
  '/my/statements/earnings',
  '/my/posts',
  '/my/chats',
  '/my/settings/password',
  '/my/chats/chat/fan-1',
])('%s is a page that says where its data is', async path => {
  const html = await (await it.get(path, ada)).text();
  const source = /data-source="([^"]+)"/.exec(html)?.[1] as string;
  expect((await it.get(source, ada)).status).toBe(200);
  expect((await it.get(source)).status).toBe(401);
  const script = /src="([^"]+)"/.exec(html)?.[1] as string;
  expect((await it.get(script)).headers.get('content-type')).toContain('javascript');
});
