import { Feed, type News } from '@huntaze/api/changes/feed';
import { accept, type ScriptClient } from '@huntaze/core/lua';
import { beforeEach, expect, test } from 'vitest';
import { useRedis } from '../support/redis.ts';

const redis = useRedis();
const T0 = 1_800_000_000_000;
const limit = { scope: 'platform', limit: 10, windowMs: 60_000 } as const;

let scheduled: { ms: number; act: () => void }[];
let logged: unknown[];
let isOut: boolean;
let feed: Feed;
beforeEach(() => {
  [scheduled, logged, isOut] = [[], [], false];
  const client: ScriptClient = {
    evalsha: (...args) =>
      isOut ? Promise.reject(new Error('connect ECONNREFUSED')) : redis.client.evalsha(...args),
    eval: (...args) => redis.client.eval(...args),
  };
  feed = new Feed({
    redis: client,
    limit,
    log: line => void logged.push(line),
    later(ms, act) {
      const entry = { ms, act };
      scheduled.push(entry);
      return () => void (scheduled = scheduled.filter(other => other !== entry));
    },
  });
});

let named = 0;
const happen = async (creatorId = 'ada') => {
  const operationId = `op-${++named}`;
  await accept(redis.client, limit, { operationId, creatorId, kind: 'k' }, undefined, T0);
  return operationId;
};
/** The look that is due; it has ended when the next one is scheduled, or nobody looks on. */
async function look() {
  const [next] = scheduled.splice(0, 1);
  next!.act();
  while (scheduled.length === 0 && feed.size > 0) await new Promise(resolve => setImmediate(resolve));
  return next!.ms;
}
const idsOf = (news: News[]) =>
  news.flatMap(({ changes }) => changes.map(one => (one.what === 'operation' ? one.operation.id : one.what)));

test('all who look on are told everything once, whenever they came; Redis is asked once for all', async () => {
  const place = await feed.position();
  const [first, second]: [News[], News[]] = [[], []];
  const leaveFirst = await feed.follow(place, news => first.push(news));
  const a = await happen();
  expect(await look()).toBe(250);
  const b = await happen();
  // The second one has missed both; the first one knows one of them.
  const leaveSecond = await feed.follow(place, news => second.push(news));
  const c = await happen();
  await look();
  expect([idsOf(first), idsOf(second)]).toEqual([
    [a, b, c],
    [a, b, c],
  ]);
  expect(scheduled).toHaveLength(1);
  leaveFirst();
  await happen();
  await look();
  expect([first, second].map(one => idsOf(one).length)).toEqual([3, 4]);
  leaveSecond();
  expect([feed.size, scheduled]).toEqual([0, []]);
});

test('after a break it goes on where it was; what is gone meanwhile is said', async () => {
  const news: News[] = [];
  const leave = await feed.follow(await feed.position(), one => news.push(one));
  await happen();
  await look();
  leave();
  const place = news.at(-1)!.last;
  const missed = await happen();
  const leaveAgain = await feed.follow(place, one => news.push(one));
  expect(idsOf(news).at(-1)).toBe(missed);
  leaveAgain();
  await redis.client.xtrim('huntaze:2:changes', 'MAXLEN', 0);
  await happen();
  await redis.client.xtrim('huntaze:2:changes', 'MAXLEN', 0);
  (await feed.follow(place, one => news.push(one)))();
  expect(news.at(-1)).toMatchObject({ isReset: true, changes: [] });
});

test('however many came meanwhile: page by page', async () => {
  const place = await feed.position();
  const all = [];
  for (let n = 0; n < 250; n += 1) all.push(await happen());
  const news: News[] = [];
  (await feed.follow(place, one => news.push(one)))();
  expect(idsOf(news)).toEqual(all);
  expect(news.length).toBeGreaterThan(2);
});

test('however many come at once, they are told at once', async () => {
  const news: News[] = [];
  const leave = await feed.follow(await feed.position(), one => news.push(one));
  const all = [];
  for (let n = 0; n < 250; n += 1) all.push(await happen());
  const waits = [];
  for (let n = 0; n < 4; n += 1) waits.push(await look());
  expect([waits, idsOf(news)]).toEqual([[250, 0, 0, 250], all]);
  leave();
});

test('a Redis that is out is asked less and less often, that is logged once, and nothing is missed', async () => {
  const news: News[] = [];
  const leave = await feed.follow(await feed.position(), one => news.push(one));
  const a = await happen();
  isOut = true;
  const waits = [];
  for (let n = 0; n < 7; n += 1) waits.push(await look());
  expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  expect(logged).toHaveLength(1);
  await expect(feed.follow('0-1@1', () => undefined)).rejects.toThrow('ECONNREFUSED');
  isOut = false;
  await look();
  expect(idsOf(news)).toEqual([a]);
  expect(scheduled[0]!.ms).toBe(250);
  leave();
});
