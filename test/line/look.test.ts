import {
  accept,
  answerSlot,
  cancel,
  changeRules,
  changesSince,
  drain,
  endAttempt,
  listOperations,
  openBreaker,
  pause,
  readCreators,
  readHistory,
  readOverview,
  seeTask,
  startAttempt,
  takeSlot,
  voidOperation,
  type ScopedLimit,
} from '@huntaze/core/lua';
import { describe, expect, test } from 'vitest';
import { arrival, burst, LIMIT, message, SPAN, T0, useLine } from './invocation.ts';

// What people see of the line: see core/lua/look.ts.

const { redis, invoke } = useLine();

let named = 0;
async function asked(creatorId: string, now: number, limit: ScopedLimit = LIMIT, kind = 'profile.scrape') {
  const operation = { operationId: `op-${++named}`, creatorId, kind };
  const acceptance = await accept(redis.client, limit, operation, undefined, now);
  if (acceptance.is !== 'accepted') return acceptance;
  return { is: acceptance.is, message: message(acceptance.place, { creatorId, kind }) };
}
/** Accepted, and in line or let through. */
async function arrived(creatorId: string, now: number, limit: ScopedLimit = LIMIT, kind = 'profile.scrape') {
  const taken = await asked(creatorId, now, limit, kind);
  if (taken.is !== 'accepted') throw new Error(taken.is);
  await invoke([taken.message], now, limit, limit.scope === 'platform' ? 'platform' : `creator-${creatorId}`);
  return taken.message.operationId;
}
const start = (operationId: string, now: number, creatorId = 'ada') =>
  startAttempt(redis.client, { operationId, creatorId, kind: 'profile.scrape', line: 'platform' }, now);

describe('lists', () => {
  test('by creator, kind and state, and the next page begins where this one ended', async () => {
    const limit = { ...LIMIT, limit: 2 };
    const ada = [];
    for (let n = 0; n < 4; n += 1) ada.push(await arrived('ada', T0 + n, limit));
    const bea = await arrived('bea', T0 + 5, limit, 'fans.scrape');
    const list = async (filter: object, most = 10, cursor?: string) => {
      const { operations, next } = await listOperations(
        redis.client,
        limit,
        { most, cursor, filter },
        T0 + 9,
      );
      return { ids: operations.map(({ id }) => id), next };
    };
    expect((await list({ creators: ['ada'] })).ids).toEqual(ada.toReversed());
    expect((await list({ kind: 'fans.scrape' })).ids).toEqual([bea]);
    expect((await list({ states: ['waiting'] })).ids).toEqual([bea, ada[3], ada[2]]);
    expect((await list({ states: ['waiting', 'forwarded'], creators: ['bea', 'ada'] })).ids).toHaveLength(5);
    expect(await list({ creators: ['nobody'] })).toEqual({ ids: [], next: undefined });
    const first = await list({ creators: ['ada'] }, 3);
    expect(first.ids).toEqual([ada[3], ada[2], ada[1]]);
    expect((await list({ creators: ['ada'] }, 3, first.next)).ids).toEqual([ada[0]]);
  });

  test('a full page comes from as many calls as it takes, however few fit', async () => {
    const others = Array.from({ length: 2_500 }, (_, n) => [n + 10, `other-${n}`]).flat();
    const first = await arrived('ada', T0);
    await redis.client.zadd('huntaze:2:listed', ...others);
    const last = await arrived('ada', T0 + 1);
    const { operations } = await listOperations(redis.client, LIMIT, { most: 2 }, T0 + 2);
    expect(operations.map(({ id }) => id)).toEqual([last, first]);
  });
});

describe('back-pressure', () => {
  test('of a creator, of all, and of what could only be reached too late; with the time until there is room', async () => {
    await changeRules(redis.client, LIMIT, { mostWaitingOfCreator: 3, mostWaiting: 4 });
    for (let n = 0; n < 2; n += 1) expect((await asked('ada', T0 + n)).is).toBe('accepted');
    // What has arrived, and what is still on its way, both count.
    const limit = { ...LIMIT, limit: 1 };
    await arrived('bea', T0 + 3, limit);
    await arrived('ada', T0 + 4, limit);
    expect(await asked('ada', T0 + 5)).toEqual({
      is: 'full',
      who: 'creator',
      waiting: 3,
      most: 3,
      retryInMs: LIMIT.windowMs / LIMIT.limit,
    });
    expect((await asked('cleo', T0 + 6)).is).toBe('accepted');
    expect(await asked('dora', T0 + 7)).toMatchObject({ is: 'full', who: 'everybody', waiting: 4, most: 4 });
    const late = { ...LIMIT, limit: 1, windowMs: 3 * 86_400_000 };
    await changeRules(redis.client, late, { mostWaiting: 1_000, mostWaitingOfCreator: 1_000 });
    await invoke(burst('eve', 3), T0 + 8, late);
    expect(await asked('eve', T0 + 9, late)).toMatchObject({
      is: 'too late',
      latest: T0 + 9 + 7 * 86_400_000,
    });
  });

  test('what is cancelled or withdrawn, held or resumed, counts as long as it waits, and no longer', async () => {
    const limit = { ...LIMIT, limit: 1 };
    const waiting = async () => {
      const [line] = (await readOverview(redis.client, limit, ['platform'], T0 + 20)).lines;
      return { pending: line!.pending, waiting: line!.waiting };
    };
    const first = await arrived('ada', T0, limit);
    const ids = [];
    for (let n = 1; n < 5; n += 1) ids.push(await arrived('ada', T0 + n, limit));
    const pending = await asked('ada', T0 + 6, limit);
    if (pending.is !== 'accepted') throw new Error(pending.is);
    expect(first).not.toBe(ids[0]);
    expect(await waiting()).toEqual({ pending: 1, waiting: 4 });
    const order = { who: { creatorId: 'ada' }, scope: 'platform', why: 'w' } as const;
    await pause(redis.client, order, T0 + 7);
    expect(await waiting()).toEqual({ pending: 1, waiting: 4 });
    await cancel(redis.client, ids[0]!, 'w', T0 + 8);
    await arrived('ada', T0 + 8, limit);
    expect(await waiting()).toEqual({ pending: 1, waiting: 4 });
    await redis.client.hdel('huntaze:2:halts', 'ada');
    await invoke([], T0 + 9, limit);
    await voidOperation(redis.client, { operationId: pending.message.operationId, ask: 1 }, T0 + 10);
    expect(await waiting()).toEqual({ pending: 0, waiting: 4 });
  });

  test('a repeated key is no new operation, however full it is', async () => {
    const operation = { operationId: 'op-key', creatorId: 'ada', kind: 'k' };
    const key = { key: 'a', fingerprint: 'b' };
    await accept(redis.client, LIMIT, operation, key, T0);
    await changeRules(redis.client, LIMIT, { mostWaitingOfCreator: 1 });
    expect((await accept(redis.client, LIMIT, operation, undefined, T0)).is).toBe('full');
    expect((await accept(redis.client, LIMIT, operation, key, T0)).is).toBe('accepted');
  });
});

describe('creators', () => {
  test('each with what waits and what is at work, its first and its last, what holds it up, and what is to be settled', async () => {
    const limit = { ...LIMIT, limit: 2 };
    const ids = [];
    for (let n = 0; n < 5; n += 1) ids.push(await arrived('ada', T0 + n, limit));
    await asked('ada', T0 + 5, limit);
    await start(ids[0]!, T0 + 6);
    await drain(redis.client, { who: { creatorId: 'zoe' }, scope: 'platform', why: 'moves' }, T0 + 7);
    const found = await readCreators(redis.client, limit, undefined, T0 + 8);
    expect(found).toEqual([
      {
        creator: 'ada',
        pending: 1,
        waiting: 3,
        forwarded: 1,
        running: 1,
        head: {
          id: ids[2],
          kind: 'profile.scrape',
          since: T0 + 2,
          position: 1,
          expected_at: T0 + SPAN,
          waits_for: 'turn',
          until: T0 + SPAN,
        },
        last_expected_at: T0 + 2 * SPAN,
        unknown: [],
      },
      {
        creator: 'zoe',
        pending: 0,
        waiting: 0,
        forwarded: 0,
        running: 0,
        halts: [{ mode: 'draining', since: T0 + 7, reason: 'moves' }],
        unknown: [],
      },
    ]);
    await endAttempt(redis.client, { operationId: ids[0]!, state: 'outcome_unknown' }, T0 + 9);
    await endAttempt(
      redis.client,
      { operationId: ids[1]!, state: 'forwarded', error: '503', retryAt: T0 + 99 },
      T0 + 9,
    );
    const [ada] = await readCreators(redis.client, limit, ['ada', 'nobody'], T0 + 10);
    expect(ada).toMatchObject({
      unknown: [ids[0]],
      running: 0,
      forwarded: 1,
      retry_at: T0 + 99,
      error: '503',
    });
  });

  test('of several that are tried again, the one that is next; the last in line may take several turns', async () => {
    const ids = [];
    for (let n = 0; n < 3; n += 1) ids.push(await arrived('ada', T0 + n));
    for (const [n, retryAt] of [99, 50, 70].entries()) {
      await start(ids[n]!, T0 + 10 + n);
      const end = {
        operationId: ids[n]!,
        state: 'forwarded',
        error: `${retryAt}`,
        retryAt: T0 + retryAt,
      } as const;
      await endAttempt(redis.client, end, T0 + 20 + n);
    }
    await changeRules(redis.client, LIMIT, { limit: 3, weights: { heavy: 2 } });
    await arrived('ada', T0 + 30, LIMIT, 'heavy');
    const [ada] = await readCreators(redis.client, LIMIT, ['ada'], T0 + 40);
    expect(ada).toMatchObject({ retry_at: T0 + 50, error: '50', waiting: 2 });
    expect(ada!.last_expected_at).toBe(ada!.head!.expected_at);
  });

  test('however many, in lines of their own as well', async () => {
    const limit = { ...LIMIT, limit: 1, scope: 'creator' } as const;
    const names = Array.from({ length: 120 }, (_, n) => `c-${String(n).padStart(3, '0')}`);
    for (const name of names)
      await invoke([arrival(name, 1), arrival(name, 2)], T0, limit, `creator-${name}`);
    const found = await readCreators(redis.client, limit, undefined, T0 + 1);
    expect(found.map(({ creator, waiting, forwarded }) => [creator, waiting, forwarded])).toEqual(
      names.map(name => [name, 1, 1]),
    );
  });
});

describe('at the site', () => {
  const slot = (waiter: string) => ({
    line: 'platform',
    waiter,
    limit: LIMIT.limit,
    windowMs: LIMIT.windowMs,
  });
  const navigate = async (waiter: string, now: number) => {
    await takeSlot(redis.client, { ...slot(waiter), holdMs: 90_000, creatorId: 'ada' }, now);
    await answerSlot(redis.client, slot(waiter), now + 10);
  };
  const line = async (now: number) => (await readOverview(redis.client, LIMIT, ['platform'], now)).lines[0]!;

  test('the worst window of each hour of a day, counted from the answers and not from the slots', async () => {
    const hour = Math.floor(T0 / 3_600_000);
    for (let n = 0; n < 4; n += 1) await navigate(`a:${n}`, T0 + n);
    for (let n = 0; n < 3; n += 1) await navigate(`b:${n}`, T0 + 3_600_000 + n * 70_000);
    expect((await line(T0 + 3_700_000)).worst?.toSorted((a, b) => a.hour - b.hour)).toEqual([
      { hour, most: 4, limit: 10 },
      { hour: hour + 1, most: 1, limit: 10 },
    ]);
    // Answers without any slot are what would prove a fault.
    for (let n = 0; n < 11; n += 1) await answerSlot(redis.client, slot(`c:${n}`), T0 + 25 * 3_600_000 + n);
    expect((await line(T0 + 25 * 3_600_000 + 20)).worst).toContainEqual({
      hour: hour + 25,
      most: 11,
      limit: 10,
    });
    expect((await line(T0 + 25 * 3_600_000 + 20)).worst?.map(one => one.hour)).toEqual([hour + 25]);
    expect(await redis.client.hlen('huntaze:2:site:platform:worst')).toBe(1);
  });

  test('of two windows that is worse which comes nearer to its limit, or goes further beyond it', async () => {
    const hour = Math.floor(T0 / 3_600_000);
    for (let n = 0; n < 4; n += 1) await answerSlot(redis.client, slot(`a:${n}`), T0 + n);
    for (let n = 0; n < 3; n += 1)
      await answerSlot(redis.client, { ...slot(`b:${n}`), limit: 2 }, T0 + 70_000 + n);
    expect((await line(T0 + 80_000)).worst).toEqual([{ hour, most: 3, limit: 2 }]);
  });

  test('how much of the window is taken, and when the next may go', async () => {
    expect(await line(T0)).toMatchObject({ slots: 0, next_slot_at: T0 });
    for (let n = 0; n < 10; n += 1) await navigate(`a:${n}`, T0 + n * 1_000);
    expect(await line(T0 + 20_000)).toMatchObject({ slots: 10, next_slot_at: T0 + 60_010 });
    expect(await line(T0 + 60_011)).toMatchObject({ slots: 9, next_slot_at: T0 + 60_011 });
  });

  test('the breaker, everybody’s halt, and the tasks that are there', async () => {
    await openBreaker(redis.client, { creatorId: 'ada', why: '503', firstMs: 30_000, longestMs: 60_000 }, T0);
    await pause(redis.client, { who: 'everybody', scope: 'platform', why: 'night' }, T0);
    await seeTask(redis.client, 'one', 3, T0);
    await seeTask(redis.client, 'two', 0, T0 + 40_000);
    await seeTask(redis.client, 'three', 1, T0 + 40_000);
    await seeTask(redis.client, 'three', undefined, T0 + 41_000);
    const read = (now: number) => readOverview(redis.client, LIMIT, ['platform'], now);
    expect(await read(T0 + 41_000)).toMatchObject({
      breaker: { since: T0, until: T0 + 30_000, why: '503' },
      halt: { mode: 'paused', since: T0, reason: 'night' },
      tasks: expect.toSatisfy(
        (tasks: { name: string }[]) =>
          tasks
            .map(t => t.name)
            .toSorted()
            .join() === 'one,two',
      ),
    });
    // One that was silent for so long has ended.
    expect((await read(T0 + 50_001)).tasks?.map(({ name }) => name)).toEqual(['two']);
  });
});

test('history: what happened in each minute, and how long it took', async () => {
  const limit = { ...LIMIT, limit: 2 };
  const at = Math.floor(T0 / 60_000) * 60_000;
  const ids = [];
  for (let n = 0; n < 3; n += 1) ids.push(await arrived('ada', at + n, limit));
  await start(ids[0]!, at + 1_000);
  await endAttempt(redis.client, { operationId: ids[0]!, state: 'succeeded' }, at + 3_000);
  await start(ids[1]!, at + 2_001);
  await endAttempt(redis.client, { operationId: ids[1]!, state: 'failed' }, at + 61_001);
  await invoke([], at + 61_500, limit);
  expect(await readHistory(redis.client, 3, at + 62_000)).toEqual([
    {
      at: at - 60_000,
      navigations: 0,
      released: 0,
      succeeded: 0,
      failed: 0,
      waiting: undefined,
      waitedMs: 0,
      tookMs: 0,
    },
    { at, navigations: 0, released: 2, succeeded: 1, failed: 0, waiting: 0, waitedMs: 1_000, tookMs: 2_000 },
    {
      at: at + 60_000,
      navigations: 0,
      released: 1,
      succeeded: 0,
      failed: 1,
      waiting: 0,
      waitedMs: 2_000,
      tookMs: 59_000,
    },
  ]);
  expect(await redis.client.ttl(`huntaze:2:history:${Math.floor(at / 3_600_000)}`)).toBeGreaterThan(86_400);
});

describe('changes', () => {
  test('each once, as it is now, in the order in which it changed last; and where they were read to', async () => {
    const { last } = await changesSince(redis.client, LIMIT, undefined, 10, T0);
    const one = await arrived('ada', T0);
    const two = await arrived('bea', T0 + 1);
    await start(one, T0 + 2);
    await pause(redis.client, { who: { creatorId: 'bea' }, scope: 'platform', why: 'w' }, T0 + 3);
    await changeRules(redis.client, LIMIT, { limit: 9 });
    const { changes, hasMore, isReset } = await changesSince(redis.client, LIMIT, last, 100, T0 + 4);
    expect({ hasMore, isReset }).toEqual({ hasMore: false, isReset: false });
    expect(
      changes.map(change =>
        change.what === 'operation' ? [change.operation.id, change.operation.state] : change,
      ),
    ).toEqual([
      [two, 'forwarded'],
      [one, 'running'],
      { what: 'creator', creatorId: 'bea' },
      { what: 'line' },
    ]);
  });

  test('whoever has missed some that are gone loads everything anew; so does who comes from another Redis', async () => {
    const { last } = await changesSince(redis.client, LIMIT, undefined, 10, T0);
    await arrived('ada', T0);
    await redis.client.xtrim('huntaze:2:changes', 'MAXLEN', 0);
    const after = await changesSince(redis.client, LIMIT, last, 10, T0);
    expect(after.isReset).toBe(true);
    expect((await changesSince(redis.client, LIMIT, after.last, 10, T0)).isReset).toBe(false);
    expect((await changesSince(redis.client, LIMIT, '99999999999999-0@5', 10, T0)).isReset).toBe(true);
    await redis.client.flushall();
    expect((await changesSince(redis.client, LIMIT, after.last, 10, T0)).isReset).toBe(true);
  });

  test('a place that this Redis has not come to is another one’s, however near', async () => {
    await arrived('ada', T0);
    const { last } = await changesSince(redis.client, LIMIT, undefined, 10, T0);
    const [, ms, n, count] = /^(\d+)-(\d+)@(\d+)$/.exec(last)!;
    const isReset = async (place: string) => (await changesSince(redis.client, LIMIT, place, 10, T0)).isReset;
    expect(await isReset(last)).toBe(false);
    expect(await isReset(`${ms}-${Number(n) + 1}@${count}`)).toBe(true);
    expect(await isReset(`0-1@${Number(count) + 1}`)).toBe(true);
  });

  test('read one by one, it is the same place at the end', async () => {
    let { last } = await changesSince(redis.client, LIMIT, undefined, 10, T0);
    for (const creatorId of ['ada', 'bea', 'cleo']) await asked(creatorId, T0);
    for (let hasMore = true; hasMore;)
      ({ last, hasMore } = await changesSince(redis.client, LIMIT, last, 1, T0));
    expect(last).toBe((await changesSince(redis.client, LIMIT, undefined, 10, T0)).last);
  });

  test('a limit that is only tried changes nothing, and nobody is told', async () => {
    await changeRules(redis.client, LIMIT, { limit: 8 });
    const { last } = await changesSince(redis.client, LIMIT, undefined, 10, T0);
    expect(await changeRules(redis.client, LIMIT, { limit: 5, weights: { k: 2 } }, true)).toMatchObject({
      limit: 5,
      weights: { k: 2 },
    });
    expect(await changeRules(redis.client, LIMIT)).toMatchObject({
      limit: 8,
      weights: {},
      set: { limit: 8 },
    });
    expect((await changesSince(redis.client, LIMIT, last, 10, T0)).changes).toEqual([]);
  });
});

test('the attempts of an operation: when each began, when it ended, and its error', async () => {
  const id = await arrived('ada', T0);
  await start(id, T0 + 1);
  await endAttempt(
    redis.client,
    { operationId: id, state: 'forwarded', error: '503', retryAt: T0 + 50 },
    T0 + 9,
  );
  await start(id, T0 + 50);
  const { operations } = await listOperations(redis.client, LIMIT, { most: 1 }, T0 + 60);
  expect(operations[0]!.tries).toEqual([
    [T0 + 1, T0 + 9, '503'],
    [T0 + 50, 0, ''],
  ]);
});
