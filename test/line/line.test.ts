import {
  endAttempt,
  listOperations,
  readOperation,
  settle,
  startAttempt,
  voidOperation,
  type Arrival,
} from '@huntaze/core/lua';
import { describe, expect, test } from 'vitest';
import { arrival, burst, ids, LIMIT, message, SPAN, T0, useLine } from './invocation.ts';

const { redis, turn, invoke, accepted } = useLine();

describe('the window', () => {
  test('gives ten, and the eleventh when the first is a window and a guard old', async () => {
    const all = burst('ada', 12);
    const first = await invoke(all, T0);
    expect(ids(first)).toEqual(all.slice(0, 10).map(a => a.operationId));
    expect(first.tokensRemaining).toBe(0);
    expect(first.verdicts.slice(10)).toEqual([
      { is: 'waiting', dueAt: T0 + SPAN, rank: 0 },
      { is: 'waiting', dueAt: T0 + SPAN, rank: 1 },
    ]);
    expect(ids(await invoke([all[10]!], T0 + SPAN - 1))).toEqual([]);
    expect(ids(await invoke([all[10]!], T0 + SPAN))).toEqual(['ada-11', 'ada-12']);
  });

  test('is exact under edge load: one early, the rest just before its end', async () => {
    const granted: number[] = [];
    const note = ({ now, releases }: { now: number; releases: unknown[] }) =>
      granted.push(...releases.map(() => now));
    note(await invoke(burst('ada', 1), T0));
    note(await invoke(burst('bea', 30), T0 + 54_000));
    for (let now = T0 + 54_500; now < T0 + 300_000; now += 500) note(await invoke([], now));
    expect(granted).toHaveLength(31);
    const worst = Math.max(
      ...granted.map(start => granted.filter(t => t >= start && t < start + 60_000).length),
    );
    expect(worst).toBe(10);
  });

  test('says to each how many are before it and when its own token comes back', async () => {
    await invoke(burst('ada', 4), T0);
    await invoke(burst('bea', 6), T0 + 20_000);
    const { verdicts } = await invoke(burst('cleo', 25), T0 + 30_000);
    const due = verdicts.map(v => (v.is === 'waiting' ? v.dueAt - T0 : v.is));
    expect(due.slice(0, 4)).toEqual(Array(4).fill(SPAN));
    expect(due.slice(4, 10)).toEqual(Array(6).fill(20_000 + SPAN));
    expect(due.slice(10, 14)).toEqual(Array(4).fill(2 * SPAN));
    expect(due[24]).toBe(20_000 + 3 * SPAN);
  });

  test('is not refilled by a limit that was lowered and raised again', async () => {
    await invoke(burst('ada', 10), T0);
    expect(ids(await invoke(burst('bea', 3), T0 + 1_000, { ...LIMIT, limit: 2 }))).toEqual([]);
    expect(ids(await invoke([], T0 + 2_000))).toEqual([]);
  });
});

describe('order', () => {
  test('within a creator it follows the sequence, whatever the order of arrival', async () => {
    const [one, two, three] = burst('ada', 3) as [Arrival, Arrival, Arrival];
    await invoke(burst('zoe', 10), T0);
    await invoke([three], T0 + 1);
    await invoke([one], T0 + 2);
    await invoke([two], T0 + 3);
    expect(ids(await invoke([], T0 + SPAN))).toEqual(['ada-1', 'ada-2', 'ada-3']);
  });

  test('between creators turns are shared: the second does not wait for the backlog of the first', async () => {
    await invoke(burst('zoe', 10), T0);
    await invoke(burst('ada', 8), T0 + 1);
    await invoke(burst('bea', 2), T0 + 2);
    expect(ids(await invoke([], T0 + SPAN)).slice(0, 4)).toEqual(['ada-1', 'bea-1', 'ada-2', 'bea-2']);
  });

  test('an operation awaits one of which nothing is known for at most 30 s, while others go', async () => {
    const late = arrival('ada', 2, { follows: '1' });
    expect(ids(await invoke([late, arrival('bea', 1)], T0))).toEqual(['bea-1']);
    expect((await invoke([late], T0 + 29_999)).verdicts).toEqual([
      { is: 'waiting', dueAt: T0 + 30_000, rank: 0 },
    ]);
    expect(ids(await invoke([late], T0 + 30_000))).toEqual(['ada-2']);
  });

  test('the one before it comes when nobody awaits it any more, and in the same batch: it still goes first', async () => {
    const late = arrival('ada', 2, { follows: '1' });
    await invoke([late], T0);
    expect(ids(await invoke([late, arrival('ada', 1)], T0 + 30_000))).toEqual(['ada-1', 'ada-2']);
  });

  test('the one before it arrives: both go, in order', async () => {
    await invoke([arrival('ada', 2, { follows: '1' })], T0);
    expect(ids(await invoke([arrival('ada', 1)], T0 + 5_000))).toEqual(['ada-1', 'ada-2']);
  });

  test('one that was accepted is awaited longer: its message may have died with an invocation', async () => {
    const [first, second] = [await accepted('x-1', T0), await accepted('x-2', T0)];
    await invoke([message(second)], T0);
    // Meanwhile its own copy looks every 30 s.
    expect(await invoke([message(second)], T0 + 30_000)).toMatchObject({
      releases: [],
      verdicts: [{ is: 'waiting', dueAt: T0 + 60_000 }],
    });
    expect(ids(await invoke([message(first)], T0 + 90_000))).toEqual(['x-1', 'x-2']);
  });

  test('also by one whose own predecessor was withdrawn', async () => {
    const first = await accepted('x-1', T0);
    await accepted('x-2', T0);
    const third = await accepted('x-3', T0);
    await voidOperation(redis.client, { operationId: 'x-2', ask: 1 }, T0);
    expect(ids(await invoke([message(third)], T0 + 1))).toEqual([]);
    expect(ids(await invoke([message(first)], T0 + 90_000))).toEqual(['x-1', 'x-3']);
  });

  test('but not for ever: the API may have died before it sent it', async () => {
    const [, second] = [await accepted('x-1', T0), await accepted('x-2', T0)];
    const late = message(second);
    await invoke([late], T0);
    expect(ids(await invoke([late], T0 + 1_019_999))).toEqual([]);
    expect(ids(await invoke([late], T0 + 1_020_000))).toEqual(['x-2']);
    const third = await accepted('x-3', T0 + 1_020_000);
    const next = message(third);
    expect(ids(await invoke([next], T0 + 1_020_001))).toEqual(['x-3']);
  });

  test('a withdrawn operation is not awaited, and dropped if it turns up', async () => {
    const first = await accepted('x-1', T0);
    const second = await accepted('x-2', T0);
    expect(second.follows).toBe(first.sequence);
    expect(BigInt(second.sequence)).toBeGreaterThan(BigInt(first.sequence));
    expect(await voidOperation(redis.client, { operationId: 'x-1', ask: 1 }, T0)).toBe('withdrawn');
    expect(ids(await invoke([message(second)], T0 + 1))).toEqual(['x-2']);
    expect(await invoke([message(first)], T0 + 2)).toMatchObject({
      releases: [],
      verdicts: [{ is: 'gone' }],
    });
    expect(await voidOperation(redis.client, { operationId: 'x-2', ask: 1 }, T0 + 3)).toBe('stands');
  });
});

describe('a message that comes again', () => {
  test('is put in line once, and what was forwarded is gone', async () => {
    await invoke(burst('zoe', 10), T0);
    const one = arrival('ada', 1);
    await invoke([one, one], T0 + 1);
    await invoke([one], T0 + 2);
    expect(ids(await invoke([one], T0 + SPAN))).toEqual(['ada-1']);
    expect((await invoke([one], T0 + SPAN + 1)).verdicts).toEqual([{ is: 'gone' }]);
  });

  test('leaves with the receipt handle and the bytes that it brought', async () => {
    await invoke(burst('zoe', 10), T0);
    const body = '{"creator_id":"ada", "text":"héllo \\u0000 🜁"}';
    await invoke([arrival('ada', 1, { body, receiptHandle: 'old' })], T0 + 1);
    await invoke([arrival('ada', 1, { body: 'not read again', receiptHandle: 'new' })], T0 + 2);
    const { releases } = await invoke([], T0 + SPAN);
    expect(releases).toMatchObject([{ body, receiptHandle: 'new', messageId: 'copy-of-ada-1' }]);
  });

  test('with other bytes under the same id: those that were put in line go, also when it is in hand', async () => {
    await invoke(burst('zoe', 10), T0);
    const [first, other] = ['first', 'other'].map(body => arrival('ada', 1, { body }));
    const before = await turn([first!], T0 + 1);
    await invoke([first!], T0 + 2);
    const late = { forwarded: [], staying: before.staying.map(one => ({ ...one, body: 'other' })) };
    await settle(redis.client, 'platform', 'late', late);
    expect((await invoke([other!], T0 + SPAN)).releases).toMatchObject([{ body: 'first' }]);
  });

  test('is released, not gone, when it has found its turn in the very call that brought it', async () => {
    await invoke(burst('zoe', 10), T0);
    await invoke([arrival('ada', 1)], T0 + 1);
    const again = await turn([arrival('ada', 1)], T0 + SPAN);
    expect(ids(again)).toEqual(['ada-1']);
    expect(again.verdicts).toEqual([{ is: 'released' }]);
  });

  test('under the id of another creator is a stranger', async () => {
    await invoke([arrival('ada', 1)], T0);
    const { verdicts } = await invoke([arrival('bea', 1, { operationId: 'ada-1' })], T0 + 1);
    expect(verdicts).toEqual([{ is: 'stranger' }]);
  });
});

describe('the lease', () => {
  const turnOf = (lease: string, arrivals: Arrival[], now: number) => turn(arrivals, now, { lease });

  test('lets one release at a time; the other invocation waits', async () => {
    expect(ids(await turnOf('a', burst('ada', 1), T0))).toEqual(['ada-1']);
    const other = await turnOf('b', burst('bea', 1), T0 + 1);
    expect(other.releases).toEqual([]);
    expect(other.verdicts).toMatchObject([{ is: 'waiting' }]);
    expect(await settle(redis.client, 'platform', 'a', { forwarded: ['ada-1'] })).toEqual({
      isOurs: true,
      doubles: [],
    });
    expect(ids(await turnOf('b', burst('bea', 1), T0 + 3))).toEqual(['bea-1']);
  });

  test('what its holder never settled goes again, first, once, and pays with its own token', async () => {
    await turnOf('a', burst('ada', 2), T0);
    expect(ids(await invoke(burst('bea', 20), T0 + 30_999))).toEqual([]);
    const again = await turnOf('b', burst('ada', 2), T0 + 31_000);
    expect(ids(again).slice(0, 2)).toEqual(['ada-1', 'ada-2']);
    expect(again.releases).toHaveLength(10);
    await settle(redis.client, 'platform', 'b', { forwarded: ids(again) });
    // Its grant moved to the second sending: the window that began there is full until it ends.
    expect(ids(await turnOf('c', [], T0 + SPAN))).toEqual([]);
    expect(ids(await turnOf('c', [], T0 + 31_000 + SPAN))).toHaveLength(10);
  });

  test('what its holder never settled, and brought itself, goes when its copy comes again, and before what follows it', async () => {
    await turnOf('a', burst('ada', 1), T0);
    expect(ids(await turnOf('b', [arrival('ada', 2), arrival('bea', 1)], T0 + 31_000))).toEqual(['bea-1']);
    expect(ids(await turnOf('b', burst('ada', 2), T0 + 62_000))).toEqual(['ada-1', 'ada-2']);
  });

  test('what its holder never settled, and was kept here, goes without its copy', async () => {
    await invoke(burst('zoe', 11), T0);
    expect(ids(await turnOf('a', [], T0 + SPAN))).toEqual(['zoe-11']);
    expect(ids(await turnOf('b', [], T0 + SPAN + 31_000))).toEqual(['zoe-11']);
  });

  test('what failed to be sent keeps its creator from being overtaken', async () => {
    const all = burst('ada', 3);
    expect(ids(await turnOf('a', all, T0))).toEqual(['ada-1', 'ada-2', 'ada-3']);
    await settle(redis.client, 'platform', 'a', { forwarded: ['ada-1'], staying: [all[1]!, all[2]!] });
    const again = await turnOf('b', [all[1]!, arrival('ada', 4)], T0 + 5_000);
    expect(ids(again)).toEqual(['ada-2', 'ada-3', 'ada-4']);
    expect(again.tokensRemaining).toBe(6);
  });

  test('a settlement that comes too late marks, and ends nobody else’s lease', async () => {
    await turnOf('a', burst('ada', 1), T0);
    await turnOf('b', burst('bea', 1), T0 + 31_000);
    expect(await settle(redis.client, 'platform', 'a', { forwarded: ['ada-1'] })).toMatchObject({
      isOurs: false,
    });
    expect(ids(await turnOf('c', burst('cleo', 1), T0 + 31_002))).toEqual([]);
    expect((await turnOf('c', [arrival('ada', 1)], T0 + 31_003)).verdicts).toEqual([{ is: 'gone' }]);
  });

  test('what the scraper has already begun is not sent again', async () => {
    await turnOf('a', burst('ada', 1), T0);
    await startAttempt(
      redis.client,
      { operationId: 'ada-1', creatorId: 'ada', kind: 'k', line: 'platform' },
      T0 + 5,
    );
    expect(ids(await turnOf('b', [], T0 + 31_000))).toEqual([]);
    expect((await turnOf('b', [arrival('ada', 1)], T0 + 31_001)).verdicts).toEqual([{ is: 'gone' }]);
  });

  test('nor what it has begun and will try again', async () => {
    await turnOf('a', burst('ada', 1), T0);
    const operation = { operationId: 'ada-1', creatorId: 'ada', kind: 'k', line: 'platform' };
    await startAttempt(redis.client, operation, T0 + 5);
    await endAttempt(redis.client, { operationId: 'ada-1', state: 'forwarded' }, T0 + 6);
    expect(ids(await turnOf('b', [], T0 + 31_000))).toEqual([]);
  });
});

describe('an idempotency key', () => {
  test('names one operation: asked for again, the first one is told, as it stands', async () => {
    const first = await accepted('op-1', T0, 'key');
    expect(await accepted('op-2', T0 + 5, 'key')).toEqual({ ...first, ask: 2, expectedAt: T0 + 5 });
    await invoke([message(first)], T0 + 6);
    expect(await accepted('op-3', T0 + 7, 'key')).toMatchObject({ operationId: 'op-1', state: 'forwarded' });
    expect(await readOperation(redis.client, LIMIT, 'op-2', T0 + 8)).toBeUndefined();
  });

  test('tells the place of the first one as it stands', async () => {
    await invoke(burst('zoe', 10), T0);
    await accepted('op-0', T0).then(place => invoke([message(place)], T0 + 1));
    const place = await accepted('op-1', T0 + 2, 'key');
    await invoke([message(place)], T0 + 3);
    expect(await accepted('op-2', T0 + 4, 'key')).toMatchObject({ state: 'waiting', position: 2 });
  });

  test('of another request is refused', async () => {
    await accepted('op-1', T0, 'key', 'this');
    await expect(accepted('op-2', T0, 'key', 'that')).rejects.toThrow('key taken');
  });

  test('is free again when nothing was accepted', async () => {
    await accepted('op-1', T0, 'key');
    await voidOperation(redis.client, { operationId: 'op-1', ask: 1 }, T0);
    expect(await accepted('op-2', T0 + 1, 'key')).toMatchObject({ operationId: 'op-2', state: 'pending' });
  });
});

describe('what is known of an operation', () => {
  test('the newest are listed first, a page at a time', async () => {
    for (let n = 1; n <= 5; n++) await accepted(`op-${n}`, T0 + n);
    await invoke([arrival('bea', 1)], T0 + 6); // of a producer that doesn't ask the API
    const list = async (most: number, cursor?: string) => {
      const { operations, next } = await listOperations(redis.client, LIMIT, { most, cursor }, T0 + 9);
      return { ids: operations.map(record => record.id), next };
    };
    const first = await list(3);
    expect(first.ids).toEqual(['bea-1', 'op-5', 'op-4']);
    // What comes meanwhile moves nothing between two pages.
    await accepted('op-6', T0 + 7);
    expect(await list(10, first.next)).toEqual({ ids: ['op-3', 'op-2', 'op-1'], next: undefined });
  });

  test('those of one millisecond have places of their own', async () => {
    const names = ['op-c', 'op-a', 'op-b'];
    for (const id of names) await accepted(id, T0);
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listOperations(redis.client, LIMIT, { most: 1, cursor }, T0 + 9);
      found.push(...page.operations.map(record => record.id));
      cursor = page.next;
    } while (cursor !== undefined && found.length < 9);
    expect(found).toEqual(names.toReversed());
  });

  test('the newest ten thousand are listed', async () => {
    await accepted('op-1', T0);
    await invoke([], T0); // what nobody needs has been looked for
    const others = Array.from({ length: 10_000 }, (_, n) => [-n, `other-${n}`]).flat();
    await redis.client.zadd('huntaze:2:listed', ...others);
    await invoke([arrival('bea', 1)], T0 + 60_000); // it is trimmed once a minute
    expect(await redis.client.zcard('huntaze:2:listed')).toBe(10_000);
    expect(await redis.client.zrevrange('huntaze:2:listed', 0, 1)).toEqual(['bea-1', 'op-1']);
    // Where no message arrives, too.
    await accepted('op-2', T0 + 60_000);
    expect(await redis.client.zcard('huntaze:2:listed')).toBe(10_000);
  });

  const placeOf = async (id: string, now: number) => {
    const record = await readOperation(redis.client, LIMIT, id, now);
    return record && { state: record.state, position: record.position, expected: record.expected_at };
  };

  test('its place and its expected time, from its acceptance until it leaves', async () => {
    await invoke(burst('zoe', 12), T0);
    const noted = await accepted('op', T0 + 5);
    expect(noted).toMatchObject({ follows: undefined, position: 3, expectedAt: T0 + SPAN });
    expect(await placeOf('op', T0 + 6)).toEqual({ state: 'pending', position: 3, expected: T0 + SPAN });
    await invoke([message(noted)], T0 + 7);
    expect(await placeOf('op', T0 + 8)).toMatchObject({ state: 'waiting', expected: T0 + SPAN });
    await invoke([], T0 + SPAN);
    expect(await placeOf('op', T0 + SPAN)).toEqual({
      state: 'forwarded',
      position: undefined,
      expected: undefined,
    });
    expect(await placeOf('nobody', T0)).toBeUndefined();
  });
});
