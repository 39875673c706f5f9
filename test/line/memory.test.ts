import { found, settle, startAttempt } from '@huntaze/core/lua';
import { afterEach, describe, expect, test } from 'vitest';
import { arrival, burst, ids, message, SPAN, T0, TIMES, useLine } from './invocation.ts';

const { redis, turn, invoke, accepted, read } = useLine();
/** The longest deferral, and the time for which a message can stay hidden. */
const LONG = 900_000 + TIMES.hiddenMs;

const LARGE = { body: 'x'.repeat(257 * 1_024) };
const large = (sequence: number) => arrival('ada', sequence, LARGE);

describe('a Redis that was emptied', () => {
  test('takes the window as just spent: nothing goes before it has passed', async () => {
    await invoke(burst('zoe', 10), T0);
    await redis.client.flushall();
    const { verdicts } = await invoke(burst('ada', 1), T0 + 1_000);
    expect(verdicts).toEqual([{ is: 'waiting', dueAt: T0 + 1_000 + SPAN, rank: 0 }]);
    expect(await read('ada-1', T0 + 1_000)).toMatchObject({
      waits_for: 'lost_memory',
      until: T0 + 1_000 + SPAN,
    });
    expect(ids(await invoke([], T0 + 1_000 + SPAN - 1))).toEqual([]);
  });

  test('awaits unseen predecessors that are named until every message has come again', async () => {
    await redis.client.flushall();
    await invoke([arrival('ada', 2), arrival('bea', 5, { follows: '4' })], T0);
    expect(ids(await invoke([], T0 + SPAN))).toEqual(['ada-2']);
    expect(ids(await invoke([], T0 + LONG - 1))).toEqual([]);
    // Of one that wasn't seen even then nothing will come.
    expect(ids(await invoke([], T0 + LONG))).toEqual(['bea-5']);
  });

  test('lets nothing that is accepted afterwards overtake what was accepted before', async () => {
    const before = await accepted('op-1', T0);
    await redis.client.flushall();
    const after = await accepted('op-2', T0 + 1_000);
    expect(after.follows).toBe(String(Number(after.sequence) - 1));
    await invoke([message(after)], T0 + 2_000);
    expect(ids(await invoke([], T0 + 1_000 + SPAN))).toEqual([]);
    expect(ids(await invoke([message(before)], T0 + 600_000))).toEqual(['op-1']);
    expect(ids(await invoke([], T0 + 1_000 + LONG))).toEqual(['op-2']);
  });

  test('lets go whose predecessors it knows', async () => {
    await redis.client.flushall();
    const [first, second] = [await accepted('op-1', T0), await accepted('op-2', T0)];
    await invoke([message(first), message(second)], T0);
    // Of the first nobody knows what came before.
    expect(ids(await invoke([], T0 + SPAN))).toEqual([]);
    expect(ids(await invoke([], T0 + LONG))).toEqual(['op-1', 'op-2']);
    const third = await accepted('op-3', T0 + LONG);
    expect(ids(await invoke([message(third)], T0 + LONG))).toEqual(['op-3']);
  });

  test('believes who says that nothing was here before, and not when there is something', async () => {
    await redis.client.flushall();
    expect(await found(redis.client, 'new', T0)).toBe(true);
    expect(ids(await invoke(burst('ada', 1), T0))).toEqual(['ada-1']);
    expect(await found(redis.client, 'new', T0)).toBe(false);
  });

  test('is not the same as before', async () => {
    await redis.client.flushall();
    expect(await found(redis.client, 'same', T0)).toBe(false);
    await invoke(burst('ada', 1), T0);
    expect(await found(redis.client, 'same', T0 + 1)).toBe(true);
    expect(ids(await invoke([], T0 + 1))).toEqual([]);
  });

  test('hears from an invocation of before that a message was sent: it is not sent again', async () => {
    await turn([...burst('ada', 1), arrival('bea', 1)], T0, { lease: 'before' });
    await redis.client.flushall();
    await invoke([...burst('ada', 2), arrival('bea', 1)], T0 + 1_000);
    expect(await settle(redis.client, 'platform', 'before', { forwarded: ['ada-1'] })).toMatchObject({
      isOurs: false,
    });
    expect((await invoke([arrival('ada', 1)], T0 + 2_000)).verdicts).toEqual([{ is: 'gone' }]);
    expect(ids(await invoke([], T0 + 1_000 + LONG))).toEqual(['ada-2', 'bea-1']);
  });

  test('and whoever follows that message need not wait for it any more', async () => {
    const [second, third] = [arrival('ada', 2, { follows: '1' }), arrival('ada', 3, { follows: '2' })];
    await turn([second], T0, { lease: 'before' });
    await redis.client.flushall();
    await invoke([second, third], T0 + 1_000);
    expect(ids(await invoke([], T0 + 1_000 + SPAN))).toEqual([]);
    await settle(redis.client, 'platform', 'before', { forwarded: ['ada-2'] });
    expect(ids(await invoke([], T0 + 1_001 + SPAN))).toEqual(['ada-3']);
  });

  test('does not send on what the scraper has begun meanwhile, nor lets it hold the others up', async () => {
    await invoke(burst('ada', 1), T0);
    await redis.client.flushall();
    await invoke(burst('ada', 2), T0 + 1_000);
    const operation = { operationId: 'ada-1', creatorId: 'ada', kind: 'k', line: 'platform' };
    expect(await startAttempt(redis.client, operation, T0 + 2_000)).toMatchObject({ state: 'running' });
    expect(ids(await invoke([], T0 + 1_000 + LONG))).toEqual(['ada-2']);
    expect(await read('ada-1', T0)).toMatchObject({ state: 'running' });
  });
});

describe('another Redis with the same memory', () => {
  const change = () => redis.client.hset('huntaze:2:home', 'replid', 'another');

  test('is not trusted for a window, or a lease if that is longer', async () => {
    await change();
    expect(ids(await invoke(burst('ada', 1), T0))).toEqual([]);
    await change();
    await turn([], T0, { limit: { limit: 10, windowMs: 1_000, scope: 'platform' } });
    expect(await read('ada-1', T0)).toMatchObject({ until: T0 + SPAN });
  });

  test('is the same again when somebody says so', async () => {
    await change();
    expect(await found(redis.client, 'same', T0)).toBe(true);
    expect(ids(await invoke(burst('ada', 1), T0))).toEqual(['ada-1']);
  });

  test('knows the chain: who follows one that went does not wait for long', async () => {
    await invoke([arrival('ada', 1)], T0);
    await change();
    await invoke([arrival('ada', 2, { follows: '1' }), arrival('bea', 2, { follows: '1' })], T0 + SPAN);
    expect(ids(await invoke([], T0 + 2 * SPAN))).toEqual(['ada-2']);
  });
});

describe('a message too large to be kept', () => {
  test('leaves with its copy in hand, and nobody of its creator overtakes it', async () => {
    await invoke(burst('zoe', 10), T0);
    await invoke([large(1), arrival('ada', 2), arrival('bea', 1)], T0 + 1);
    expect(ids(await invoke([], T0 + SPAN))).toEqual(['bea-1']);
    expect(await read('ada-1', T0 + SPAN)).toMatchObject({ state: 'waiting', waits_for: 'copy' });
    const { releases, verdicts } = await invoke([large(1)], T0 + SPAN + 1);
    expect(releases.map(release => [release.operationId, release.body.length])).toEqual([
      ['ada-1', LARGE.body.length],
      ['ada-2', arrival('ada', 2).body.length],
    ]);
    expect(verdicts).toEqual([{ is: 'released' }]);
    expect(await redis.client.keys('*parcel*')).toEqual([]);
  });

  test('whose sending failed goes again with its copy, and before the others', async () => {
    await turn([large(1), arrival('ada', 2)], T0, { lease: 'a' });
    await settle(redis.client, 'platform', 'a', { forwarded: [], staying: [large(1), arrival('ada', 2)] });
    expect(ids(await invoke([arrival('ada', 3)], T0 + 31_000))).toEqual([]);
    expect(ids(await invoke([large(1)], T0 + 31_001))).toEqual(['ada-1', 'ada-2', 'ada-3']);
  });

  test('that has vanished is awaited as long as it can be hidden, each one anew', async () => {
    await invoke(burst('zoe', 10), T0);
    await invoke([large(1), large(2), arrival('ada', 3)], T0 + 1);
    await invoke([], T0 + SPAN);
    await invoke([], T0 + SPAN + LONG);
    expect(await read('ada-1', T0 + SPAN + LONG)).toMatchObject({ state: 'pending' });
    expect(await read('ada-2', T0 + SPAN + LONG)).toMatchObject({ state: 'waiting', waits_for: 'copy' });
    expect(ids(await invoke([], T0 + SPAN + 2 * LONG - 1))).toEqual([]);
    expect(ids(await invoke([], T0 + SPAN + 2 * LONG))).toEqual(['ada-3']);
    expect(ids(await invoke([large(1)], T0 + SPAN + 2 * LONG + 1))).toEqual(['ada-1']);
  });

  test('that was released and has vanished does not hold its creator for ever', async () => {
    await turn([large(1)], T0);
    expect(ids(await invoke([arrival('ada', 2)], T0 + 31_000))).toEqual([]);
    expect(ids(await invoke([], T0 + 31_000 + LONG - 1))).toEqual([]);
    expect(ids(await invoke([], T0 + 31_000 + LONG))).toEqual(['ada-2']);
  });
});

describe('a Redis that is full', () => {
  /** Lets it have so little that what is in it now fills this part of it. */
  async function fill(part: number): Promise<void> {
    const used = Number(/used_memory:(\d+)/.exec(await redis.client.info('memory'))![1]);
    await redis.client.config('SET', 'maxmemory', String(Math.floor(used / part)));
  }
  const forgetLevel = () => redis.client.del('huntaze:2:memory');
  afterEach(() => redis.client.config('SET', 'maxmemory', '0'));

  test('above 75 % keeps no bodies: what arrives leaves with its copy in hand', async () => {
    await invoke(burst('zoe', 10), T0);
    await fill(0.8);
    await forgetLevel();
    await invoke([arrival('ada', 1)], T0 + 1);
    expect(await redis.client.keys('*parcel*')).toEqual([]);
    expect(ids(await invoke([], T0 + SPAN))).toEqual([]);
    expect(ids(await invoke([arrival('ada', 1)], T0 + SPAN + 1))).toEqual(['ada-1']);
  });

  test('and keeps them again when there is room, once their copies come', async () => {
    await invoke(burst('zoe', 10), T0);
    await fill(0.8);
    await forgetLevel();
    await invoke([arrival('ada', 1)], T0 + 1);
    await redis.client.config('SET', 'maxmemory', '0');
    await forgetLevel();
    await invoke([arrival('ada', 1)], T0 + 2);
    expect((await invoke([], T0 + SPAN)).releases).toMatchObject([{ body: arrival('ada', 1).body }]);
  });

  test('above 95 % puts nobody new in line, and lets go who is', async () => {
    await invoke(burst('zoe', 10), T0);
    await invoke([arrival('ada', 1)], T0 + 1);
    await fill(0.97);
    await forgetLevel();
    expect((await invoke([arrival('bea', 1)], T0 + 2)).verdicts).toEqual([
      { is: 'waiting', dueAt: T0 + 2 + 900_000, rank: 0 },
    ]);
    expect(await read('bea-1', T0 + 2)).toBeUndefined();
    expect(ids(await invoke([], T0 + SPAN))).toEqual(['ada-1']);
  });

  test('but who was accepted before', async () => {
    await invoke(burst('zoe', 10), T0);
    const place = await accepted('op', T0 + 1);
    await fill(0.97);
    await forgetLevel();
    await invoke([message(place)], T0 + 2);
    expect(await read('op', T0 + 2)).toMatchObject({ state: 'waiting' });
  });

  test('looks at its memory at most once a second', async () => {
    await invoke(burst('zoe', 10), T0);
    await invoke([arrival('ada', 1)], T0 + 1);
    await fill(0.8);
    await invoke([arrival('ada', 2)], T0 + 999);
    expect(await redis.client.keys('*parcel:ada-2')).toHaveLength(1);
    await invoke([arrival('ada', 3)], T0 + 1_001);
    expect(await redis.client.keys('*parcel:ada-3')).toHaveLength(0);
  });
});
