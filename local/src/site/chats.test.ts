import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Message } from './conversations.ts';
import { pageOfFans, type Fan } from './fans.ts';
import { ADA, BEA, startTestSite } from './test-site.ts';

let it: Awaited<ReturnType<typeof startTestSite>>;
let ada: string;
beforeEach(async () => {
  it = await startTestSite();
  ada = await it.cookieOf(ADA);
});
afterEach(() => it.site.close());

const listOf = async (fan: string, cookie = ada) =>
  ((await (await it.get(`/api2/v2/chats/${fan}/messages`, cookie)).json()) as { list: Message[] }).list;

test('fans come in pages until there are no more; active and expired ones make up all', async () => {
  const read = async (type: string) => {
    const fans: Fan[] = [];
    for (let offset = 0; ; offset += 50) {
      const path = `/api2/v2/subscriptions/subscribers?type=${type}&offset=${offset}&limit=50`;
      const page = (await (await it.get(path, ada)).json()) as { list: Fan[]; hasMore: boolean };
      fans.push(...page.list);
      if (!page.hasMore) return fans;
    }
  };
  const [all, active, expired] = [await read('all'), await read('active'), await read('expired')];
  expect(all.length).toBeGreaterThanOrEqual(240);
  expect(new Set(all.map(fan => fan.id)).size).toBe(all.length);
  expect(active.every(fan => fan.isActive)).toBe(true);
  expect(expired.some(fan => fan.isActive)).toBe(false);
  expect([...active, ...expired].map(fan => fan.id).sort()).toEqual(all.map(fan => fan.id).sort());
  expect(active).toHaveLength(ADA.profile.subscribersCount);
  expect(all.slice(0, 3)).toEqual(pageOfFans(ADA.email, 'all', 0, 3).list);
  expect(all.map(fan => fan.name)).not.toEqual(
    pageOfFans(BEA.email, 'all', 0, 999).list.map(fan => fan.name),
  );
});

test.each(['type=ex', 'limit=0', 'limit=101', 'offset=-1', 'offset=x'])(
  'a list with %s is 400',
  async query => {
    expect((await it.get(`/api2/v2/subscriptions/subscribers?${query}`, ada)).status).toBe(400);
  },
);

test('two equal messages in a row are two messages, newest last, and two effects', async () => {
  const before = await listOf('fan-7');
  const draft = { text: 'Hi', price: 5, mediaIds: ['m1'] };
  const first = (await (await it.post('fan-7', draft, ada)).json()) as Message;
  const second = (await (await it.post('fan-7', draft, ada)).json()) as Message;
  expect(second.id).toBeGreaterThan(first.id);
  expect(first).toMatchObject({ text: 'Hi', price: 5, media: [{ id: 'm1' }], isFromMe: true });
  expect(await listOf('fan-7')).toEqual([...before, first, second]);
  expect(await listOf('fan-7', await it.cookieOf(BEA))).not.toContainEqual(first);
  expect(it.site.log()).toEqual(
    [first, second].map(message => ({
      at_ms: 1_000_000,
      account: ADA.email,
      method: 'POST',
      path: '/api2/v2/chats/fan-7/messages',
      status: 200,
      effect: `message.send fan-7 #${message.id}`,
    })),
  );
});

test.each(['42', 'a@b', 'Old.Friend'])('%s is in no list, and can be written to', async fan => {
  expect((await it.get(`/my/chats/chat/${encodeURIComponent(fan)}`, ada)).status).toBe(200);
  expect((await it.post(encodeURIComponent(fan), { text: 'Hi' }, ada)).status).toBe(200);
});

test('an unknown fan has no page, no conversation, and gets no message', async () => {
  expect((await it.get('/my/chats/chat/fan-9999', ada)).status).toBe(404);
  expect((await it.get('/my/chats/chat/%E0%A4%A', ada)).status).toBe(404);
  expect((await it.get('/api2/v2/chats/fan-9999/messages', ada)).status).toBe(404);
  expect((await it.post('fan-9999', { text: 'Hi' }, ada)).status).toBe(404);
  expect(it.site.log().filter(entry => entry.effect)).toEqual([]);
});

test.each([
  ['no session', { text: 'Hi' }, '', 401],
  ['no text', { text: '' }, undefined, 400],
  ['no JSON', '{', undefined, 400],
  ['a price below nothing', { text: 'Hi', price: -1 }, undefined, 400],
  ['too much of it', { text: 'x'.repeat(140_000) }, undefined, 413],
])('%s: no message', async (_, body, cookie, status) => {
  expect((await it.post('fan-1', body, cookie ?? ada)).status).toBe(status);
  expect(it.site.log()).toEqual([]);
});

test('faults strike the next messages: after the effect, or instead of it', async () => {
  const before = await listOf('fan-1');
  it.site.sendFault({ takesEffect: true, answer: { status: 502 } });
  it.site.sendFault({ takesEffect: false, answer: { status: 429, retryAfterSeconds: 3 } });
  it.site.sendFault({ takesEffect: true, answer: 'cut' });
  it.site.sendFault({ takesEffect: false, answer: 'cut' });
  const send = () => it.post('fan-1', { text: 'Hi' }, ada);
  expect((await send()).status).toBe(502);
  expect((await send()).headers.get('retry-after')).toBe('3');
  await expect(send()).rejects.toThrow('fetch failed');
  await expect(send()).rejects.toThrow('fetch failed');
  expect((await send()).status).toBe(200);
  expect(await listOf('fan-1')).toHaveLength(before.length + 3);
  expect(it.site.log().map(entry => entry.status)).toEqual([502, 0, 200]);
  expect(it.site.sendsReceived()).toBe(5);
});

test('a slow one takes effect when its time has come', async () => {
  const slow = Promise.withResolvers<void>();
  it.site.sendFault({ takesEffect: true, after: slow.promise, answer: 'usual' });
  const sending = it.post('fan-1', { text: 'Hi' }, ada);
  while (it.site.sendsReceived() === 0) await new Promise(setImmediate);
  expect(it.site.log()).toEqual([]);
  slow.resolve();
  expect((await sending).status).toBe(200);
  expect(it.site.log()).toHaveLength(1);
});
