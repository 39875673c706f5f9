import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { account } from '../../../local/src/site/accounts.ts';
import { pageOfTransactions } from '../../../local/src/site/earnings.ts';
import { postsPage } from '../../../local/src/site/pages.ts';
import { pageOfPosts } from '../../../local/src/site/posts.ts';
import { ADA, openBrowsers, startAtSite } from '../../test-support/at-site.ts';
import { FakeLog } from '../../test-support/fakes.ts';
import type { Browsers } from '../browser.ts';
import { MAX_PAGES } from './list.ts';

/** Earnings, posts and chats through a real browser from the target site. */
const ADA_WITH_POSTS = account(ADA.email, ADA.password, { postsCount: 120 });
const log = new FakeLog();
let chromium: Browsers;
let it: Awaited<ReturnType<typeof startAtSite>>;
beforeAll(async () => {
  chromium = openBrowsers(log);
  await chromium.start();
});
afterAll(() => chromium.close());
afterEach(() => it.site.close());

const start = async () =>
  (it = await startAtSite(chromium, new S3Client({ region: 'local' }), log, { accounts: [ADA_WITH_POSTS] }));

async function scrape(kind: string, params: Record<string, unknown> = {}) {
  const operation = it.operation('op', kind, params);
  const disposition = await operation.attempt();
  return { disposition, result: operation.result(), data: operation.result()?.data };
}

const earned = (from?: string, to?: string) => pageOfTransactions(ADA.email, { from, to }, 0, 9_999).list;

describe('earnings.scrape', () => {
  test('all of it, in one navigation and one slot', async () => {
    await start();
    const { data } = await scrape('earnings.scrape');
    const transactions = earned();
    expect(data).toEqual({ from: null, to: null, count: transactions.length, complete: true, transactions });
    expect(it.navigations().map(({ path, status }) => [path, status])).toEqual([
      ['/my/statements/earnings', 200],
    ]);
    expect(it.slots.events).toEqual(['granted 1', 'answered 1']);
  });

  test.each([
    ['2025-01-10', '2025-01-20'],
    ['2025-01-10', '2025-01-10'],
    ['2025-02-01', undefined],
    [undefined, '2025-01-02'],
    ['2030-01-01', '2030-01-02'],
  ])('from %s to %s, both included', async (from, to) => {
    await start();
    const { data, result } = await scrape('earnings.scrape', { from, to });
    const transactions = earned(from, to);
    expect(data).toEqual({
      from: from ?? null,
      to: to ?? null,
      count: transactions.length,
      complete: true,
      transactions,
    });
    expect(result?.site.navigations).toMatchObject([{ path: '/my/statements/earnings', status: 200 }]);
  });

  test('from later than to: failed, and says which fields; the site is not asked', async () => {
    await start();
    const { result } = await scrape('earnings.scrape', { from: '2025-01-11', to: '2025-01-10' });
    expect(result).toMatchObject({
      status: 'failed',
      error: 'params.from must not be later than params.to',
    });
    expect(it.site.log()).toEqual([]);
  });
});

describe('posts.scrape', () => {
  test.each([
    [undefined, 120, true],
    [120, 120, true],
    [119, 119, false],
    [50, 50, false],
    [1, 1, false],
  ])('at most %s: %i, complete: %s', async (max, count, complete) => {
    await start();
    const { data } = await scrape('posts.scrape', { max });
    const posts = pageOfPosts(ADA_WITH_POSTS, 0, count).list.map(post => ({ ...post, id: String(post.id) }));
    expect(data).toEqual({ count, complete, posts });
    expect(it.slots.events).toEqual(['granted 1', 'answered 1']);
  });

  test('a site that shows one more at a time, and never ends: read so far, and said so', async () => {
    await start();
    let pages = 0;
    await chromium.withSession(it.creatorId, new AbortController().signal, ({ context }) =>
      context.route('**/api2/v2/posts?*', route => {
        pages += 1;
        const post = {
          id: pages,
          text: '',
          postedAt: '2026-01-01T00:00:00Z',
          likesCount: 0,
          commentsCount: 0,
        };
        return route.fulfill({ json: { list: [post], hasMore: true } });
      }),
    );
    const { data } = await scrape('posts.scrape', { max: 10_000 });
    expect(data).toMatchObject({ count: MAX_PAGES, complete: false });
    expect(pages).toBe(MAX_PAGES);
  });
});

describe('chats.scrape', () => {
  test('the conversations, the one with the newest message first', async () => {
    await start();
    await chromium.withSession(it.creatorId, new AbortController().signal, ({ context }) =>
      context.request.post(`${it.site.url}/api2/v2/chats/fan-9/messages`, { data: { text: 'Hello' } }),
    );
    const { data } = await scrape('chats.scrape');
    const { count, complete, chats } = data as { count: number; complete: boolean; chats: unknown[] };
    expect([count > 100, complete]).toEqual([true, true]);
    expect(chats).toHaveLength(count);
    expect(chats[0]).toMatchObject({
      withUser: { id: 'fan-9', username: expect.any(String) as string },
      lastMessage: { text: 'Hello', isFromMe: true },
    });
    const few = it.operation('few', 'chats.scrape', { max: 3 });
    await few.attempt();
    expect(few.result()?.data).toEqual({ count: 3, complete: false, chats: chats.slice(0, 3) });
  });

  test.each([
    [undefined, 250, true],
    [250, 250, true],
    [101, 101, false],
    [7, 7, false],
  ])(
    'one conversation, at most %s messages: %i of the newest, complete: %s',
    async (max, count, complete) => {
      await start();
      const { data } = await scrape('chats.scrape', { fan_id: 'fan-20', max });
      const { messages, ...rest } = data as { messages: { id: number }[] };
      expect(rest).toEqual({ fan_id: 'fan-20', count, complete });
      expect(messages.map(({ id }) => id)).toEqual(Array.from({ length: count }, (_, i) => 20_249 - i));
      expect(it.navigations().map(({ path }) => path)).toEqual(['/my/chats/chat/fan-20']);
    },
  );

  test('a conversation of which nobody says whether it has more: as far as it goes, not complete', async () => {
    await start();
    const message = { id: 7, text: 'x', createdAt: '2026-01-01T00:00:00Z', isFromMe: false };
    it.site.fault({ kind: 'data', body: { list: [message] } });
    const { data } = await scrape('chats.scrape', { fan_id: 'fan-1' });
    expect(data).toMatchObject({ count: 1, complete: false, messages: [message] });
  });

  test('with nobody: failed', async () => {
    await start();
    const { result } = await scrape('chats.scrape', { fan_id: 'fan-9999' });
    expect(result).toMatchObject({ status: 'failed', error: '/my/chats/chat/fan-9999 answered 404' });
  });
});

test('a list that has more, and no button for it: kept, and says which', async () => {
  await start();
  it.site.fault({ kind: 'status', status: 200, body: postsPage().replace('Show more', 'Next') });
  const operation = it.operation('op', 'posts.scrape', {});
  expect((await operation.attempt()).kind).toBe('retry');
  expect(operation.ledger.ends.at(-1)?.error).toBe(
    'the site\'s page /my/posts changed: it has no button "Show more"',
  );
}, 60_000);

const EACH = [
  ['earnings.scrape', {}, '/api2/v2/earnings/transactions'],
  ['posts.scrape', {}, '/api2/v2/posts'],
  ['chats.scrape', {}, '/api2/v2/chats'],
  ['chats.scrape', { fan_id: 'fan-20' }, '/api2/v2/chats/fan-20/messages'],
] as const;

describe.each(EACH)('%s %o, when the site', (kind, params, path) => {
  test('gives another shape: kept, and says which field of which endpoint', async () => {
    await start();
    it.site.fault({ kind: 'data', body: { list: [{ id: { hunter: 2 } }], hasMore: 'later' } });
    const operation = it.operation('op', kind, params);
    expect(await operation.attempt()).toMatchObject({ kind: 'retry' });
    const error = operation.ledger.ends.at(-1)?.error;
    expect(error).toContain(
      `the site's answer for ${path.replace('fan-20', '{fan_id}')} changed: field "list[].`,
    );
    expect(error).not.toMatch(/hunter|fan-20/);
  });

  test('says that there is more and shows none: failed', async () => {
    await start();
    it.site.fault({ kind: 'data', body: { list: [], hasMore: true } });
    const { result } = await scrape(kind, params);
    expect(result?.status).toBe('failed');
    expect(result?.error).toContain('says that there are more');
  });

  test('refuses the second page: failed, with its status', async () => {
    await start();
    it.site.fault({ kind: 'data', status: 403, body: {}, request: 2 });
    const { result } = await scrape(kind, params);
    expect(result).toMatchObject({ status: 'failed', error: `${path} answered 403` });
  });

  test('fails at the second page, or cuts it: read anew, from the first', async () => {
    await start();
    it.site.fault({ kind: 'data', status: 503, body: {}, request: 2 });
    it.site.fault({ kind: 'data-cut', request: 2 });
    const { data } = await scrape(kind, params);
    expect(data).toMatchObject({ complete: true });
    expect(it.navigations()).toHaveLength(3);
    expect(it.slots.events).toHaveLength(6);
  });

  test('wants to see a person: one is asked', async () => {
    await start();
    it.site.fault({ kind: 'challenge' });
    const { disposition, result } = await scrape(kind, params);
    expect(disposition.kind).toBe('retry');
    expect(result).toBeUndefined();
    expect(log.of('attempt over').at(-1)).toMatchObject({ outcome: 'needs_login' });
  });
});
