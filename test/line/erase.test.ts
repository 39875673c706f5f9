import {
  accept,
  cancel,
  endAttempt,
  entriesOf,
  eraseCreator,
  eraseOperations,
  haltForErasure,
  listOperations,
  lineOf,
  noteAttempt,
  openBreaker,
  operationsOf,
  pause,
  settle,
  siteRefused,
  startAttempt,
  takeSlot,
  tick,
  type ScopedLimit,
} from '@huntaze/core/lua';
import { beforeEach, describe, expect, test } from 'vitest';
import { allOf } from '../support/redis.ts';
import { arrival, LIMIT, message, SPAN, T0, TIMES, useLine } from './invocation.ts';

// Ids of operations say nothing here, as those of the API: whatever names a creator is found by its id.

const { redis, invoke, read } = useLine();
const ROOT = 'huntaze:2:';

const everything = () => allOf(redis.client);
const naming = async (creatorId: string) => (await everything()).filter(one => one.includes(creatorId));

const CREATOR = 'ada.lovelace';
const OTHER = 'bea.smith';
const LIMIT_OF = (scope: ScopedLimit['scope']): ScopedLimit => ({ ...LIMIT, scope });

let named = 0;
beforeEach(() => (named = 0));

/** An operation as the API accepts it, and its message. */
async function asked(creatorId: string, limit: ScopedLimit, now: number) {
  const operation = { operationId: `op-${++named}`, creatorId, kind: 'profile.scrape' };
  const key = { key: `key-${named}`, fingerprint: `of-${named}` };
  const acceptance = await accept(redis.client, limit, operation, key, now);
  if (acceptance.is !== 'accepted') throw new Error(acceptance.is);
  const body = JSON.stringify({ operation_id: operation.operationId, creator_id: creatorId, text: 'Hi' });
  return message(acceptance.place, { creatorId, body });
}

/** What it takes to have every state and every key: some ended, one tried, some that wait, one never seen. */
async function busy(creatorId: string, limit: ScopedLimit) {
  const line = lineOf(limit.scope, creatorId);
  const messages = [];
  for (let n = 0; n < 6; n += 1) messages.push(await asked(creatorId, limit, T0 + n));
  await asked(creatorId, limit, T0 + 6);
  const small = { ...limit, limit: 3 };
  await invoke(messages, T0 + 10, small, line);
  const [succeeded, tried, cancelled, ...waiting] = messages.map(({ operationId }) => operationId);
  const start = (operationId: string) =>
    startAttempt(redis.client, { operationId, creatorId, kind: 'k', line }, T0 + 20);
  await start(succeeded!);
  const slot = { line, limit: 3, windowMs: 60_000, holdMs: 90_000, creatorId };
  await takeSlot(redis.client, { ...slot, waiter: `${succeeded}:1` }, T0 + 21);
  await endAttempt(redis.client, { operationId: succeeded!, state: 'succeeded' }, T0 + 30);
  await start(tried!);
  await noteAttempt(redis.client, tried!, { n: 1, newest: '', deadline: T0 + 60_000 });
  await endAttempt(redis.client, { operationId: tried!, state: 'forwarded', retryAt: T0 + 99_000 }, T0 + 40);
  await cancel(redis.client, cancelled!, `of ${creatorId}`, T0 + 41);
  await siteRefused(redis.client, limit, { creatorId, untilMs: T0 + 70_000 }, T0 + 42);
  await pause(redis.client, { who: { creatorId }, scope: limit.scope, why: '' }, T0 + 43, 'login');
  await openBreaker(redis.client, { creatorId, why: creatorId, firstMs: 1_000, longestMs: 9_000 }, T0 + 44);
  return { messages, succeeded: succeeded!, tried: tried!, cancelled: cancelled!, waiting };
}

async function eraseAll(creatorId: string, now: number) {
  await haltForErasure(redis.client, creatorId, now);
  const ids = (await operationsOf(redis.client, creatorId, now)).map(({ operationId }) => operationId);
  const erased = await eraseOperations(redis.client, creatorId, ids, now);
  return { ...erased, ...(await eraseCreator(redis.client, creatorId, now)) };
}

describe.each(['platform', 'creator'] as const)('erased, where the limit is that of the %s', scope => {
  const limit = LIMIT_OF(scope);
  const line = lineOf(scope, CREATOR);

  test('nothing names it, in no key and no value, but windows of its own until they come back', async () => {
    await busy(CREATOR, limit);
    const { windowsUntilMs, left } = await eraseAll(CREATOR, T0 + 50);
    expect(left).toBe(0);
    const names = await naming(CREATOR);
    if (scope === 'platform')
      expect({ names, windowsUntilMs }).toEqual({ names: [], windowsUntilMs: undefined });
    else {
      expect(names.map(one => one.split(' = ')[0])).toEqual([
        `${ROOT}line:${line}:grants`,
        `${ROOT}site:${line}:slots`,
      ]);
      // A slot whose answer is outstanding is dated to the end of its hold.
      expect(windowsUntilMs).toBe(T0 + 21 + 90_000 + 60_000);
      expect(await redis.client.pttl(`${ROOT}line:${line}:grants`)).toBeLessThanOrEqual(SPAN);
    }
    expect(await entriesOf(redis.client, CREATOR, T0 + 51)).toMatchObject({ count: 0, isErasing: false });
    expect(await operationsOf(redis.client, CREATOR, T0 + 51)).toEqual([]);
    // A page of the list would be cut short by those that nobody sees.
    expect(await redis.client.exists(`${ROOT}listed`)).toBe(0);
  });

  test('no copy of a message is done, and none is a dead letter: it is known, and whose it was is not', async () => {
    const { messages, succeeded } = await busy(CREATOR, limit);
    await eraseAll(CREATOR, T0 + 50);
    // Much later, so that nothing else keeps it.
    const { verdicts, releases } = await invoke(messages, T0 + 10 * SPAN, limit, line);
    expect({ verdicts, releases }).toEqual({ verdicts: messages.map(() => ({ is: 'gone' })), releases: [] });
    const again = { operationId: succeeded, creatorId: CREATOR, kind: 'k', line };
    expect(await startAttempt(redis.client, again, T0 + 10 * SPAN)).toMatchObject({ state: 'succeeded' });
    expect(await read(succeeded, T0 + 51)).toBeUndefined();
    expect(await listOperations(redis.client, limit, { most: 100 }, T0 + 51)).toEqual({
      operations: [],
      next: undefined,
    });
  });

  test('of each is remembered how it ended, for as long as its record would have been', async () => {
    const { succeeded, tried, cancelled, waiting } = await busy(CREATOR, limit);
    await redis.client.expire(`${ROOT}op:${succeeded}`, 1_000);
    const { rememberedUntilMs } = await eraseAll(CREATOR, T0 + 50);
    const state = async (operationId: string) =>
      (await startAttempt(redis.client, { operationId, creatorId: 'x', kind: 'k', line }, T0 + 51)).state;
    expect(await state(succeeded)).toBe('succeeded');
    expect(await state(tried)).toBe('outcome_unknown');
    for (const id of [cancelled, ...waiting]) expect(await state(id)).toBe('cancelled');
    expect(await redis.client.ttl(`${ROOT}op:${succeeded}`)).toBeLessThanOrEqual(1_000);
    for (const id of [tried, cancelled, ...waiting])
      expect(await redis.client.ttl(`${ROOT}op:${id}`)).toBeGreaterThan(14 * 86_400);
    expect(rememberedUntilMs).toBe(T0 + 50 + 15 * 86_400_000);
  });

  test('the others keep their places, their bodies and their records', async () => {
    await busy(CREATOR, limit);
    const others = [];
    for (let n = 0; n < 3; n += 1) others.push(await asked(OTHER, limit, T0 + 45 + n));
    const otherLine = lineOf(scope, OTHER);
    const full = { ...limit, limit: 1 };
    await tick(redis.client, otherLine, full, { id: 'x', ...TIMES }, others, T0 + 48);
    // In what several share, as the creators' hash is, the others' entries stand beside the erased one's.
    const ofOther = async () => ({
      named: (await naming(OTHER)).filter(one => !/:creators =|:known =/.test(one)),
      place: await redis.client.hgetBuffer(`${ROOT}line:${otherLine}:creators`, OTHER),
    });
    const before = await ofOther();
    expect(before.named.length).toBeGreaterThan(3);
    await eraseAll(CREATOR, T0 + 50);
    expect(await ofOther()).toEqual(before);
    for (const { operationId } of others)
      expect(await read(operationId, T0 + 51)).toMatchObject({ creator: OTHER });
  });

  test('a request that is repeated is neither a new operation nor the old one', async () => {
    const { succeeded } = await busy(CREATOR, limit);
    await eraseAll(CREATOR, T0 + 50);
    const operation = { operationId: 'op-x', creatorId: CREATOR, kind: 'profile.scrape' };
    const repeated = await accept(
      redis.client,
      limit,
      operation,
      { key: 'key-1', fingerprint: 'of-1' },
      T0 + 60,
    );
    expect({ repeated, succeeded }).toEqual({ repeated: { is: 'key taken' }, succeeded: 'op-1' });
  });

  test('asked for again, it is one that nobody has heard of', async () => {
    await busy(CREATOR, limit);
    await eraseAll(CREATOR, T0 + 50);
    const next = await asked(CREATOR, limit, T0 + 20 * SPAN);
    expect(next.follows).toBeUndefined();
    const { releases } = await invoke([next], T0 + 20 * SPAN, limit, line);
    expect(releases.map(({ operationId }) => operationId)).toEqual([next.operationId]);
  });

  test('a second time there is nothing, and nothing changes', async () => {
    await busy(CREATOR, limit);
    await eraseAll(CREATOR, T0 + 50);
    const before = await everything();
    expect(await eraseAll(CREATOR, T0 + 50)).toMatchObject({ rememberedUntilMs: 0, count: 0 });
    expect(await everything()).toEqual(before);
  });
});

describe('while it is erased', () => {
  test('nothing of it is accepted and nothing begins, not even a change of its password', async () => {
    const waiting = await asked(CREATOR, LIMIT, T0);
    await haltForErasure(redis.client, CREATOR, T0 + 1);
    await expect(asked(CREATOR, LIMIT, T0 + 2)).rejects.toThrow('draining');
    expect((await invoke([waiting], T0 + 3)).releases).toEqual([]);
    expect(await read(waiting.operationId, T0 + 3)).toMatchObject({ state: 'waiting', waits_for: 'erasing' });
    const rotation = {
      operationId: 'op-r',
      creatorId: CREATOR,
      kind: 'credentials.rotate',
      line: 'platform',
    };
    expect(await startAttempt(redis.client, rotation, T0 + 4)).toMatchObject({ state: 'forwarded' });
  });

  test('what an operator had paused does not begin after all', async () => {
    const paused = await asked(CREATOR, LIMIT, T0);
    await pause(redis.client, { who: { creatorId: CREATOR }, scope: 'platform', why: '' }, T0 + 1);
    await haltForErasure(redis.client, CREATOR, T0 + 2);
    expect((await invoke([paused], T0 + 3)).releases).toEqual([]);
  });

  test('what is at work is left, until nothing was heard of it for an hour', async () => {
    const { operationId } = await asked(CREATOR, LIMIT, T0);
    await startAttempt(
      redis.client,
      { operationId, creatorId: CREATOR, kind: 'k', line: 'platform' },
      T0 + 1,
    );
    expect(await operationsOf(redis.client, CREATOR, T0 + 2)).toMatchObject([
      { operationId, state: 'running', atWorkUntilMs: T0 + 1 + 3_600_000 },
    ]);
    expect((await eraseOperations(redis.client, CREATOR, [operationId], T0 + 2)).left).toBe(1);
    expect(await read(operationId, T0 + 2)).toMatchObject({ state: 'running', creator: CREATOR });
    const later = T0 + 3_600_002;
    expect((await eraseOperations(redis.client, CREATOR, [operationId], later)).left).toBe(0);
    const again = { operationId, creatorId: CREATOR, kind: 'k', line: 'platform' };
    expect(await startAttempt(redis.client, again, later)).toMatchObject({ state: 'outcome_unknown' });
  });

  test('operations of others are left alone, whatever is said', async () => {
    const { operationId } = await asked(OTHER, LIMIT, T0);
    const before = await everything();
    await eraseOperations(redis.client, CREATOR, [operationId, 'op-unknown'], T0 + 1);
    expect(await everything()).toEqual(before);
  });

  test('a body without a record is found by what it says, in the words of every producer', async () => {
    for (const [i, field] of ['creator_id', 'user_id', 'creatorId', 'userId'].entries())
      await redis.client.set(`${ROOT}parcel:op-${i}`, `{}\n{"${field}":"${CREATOR}"}`);
    await redis.client.set(`${ROOT}parcel:op-8`, `{}\n{"creator_id":"${OTHER}"}`);
    await redis.client.set(`${ROOT}parcel:op-9`, `not JSON of ${OTHER}`);
    expect(await operationsOf(redis.client, CREATOR, T0)).toHaveLength(4);
    await eraseAll(CREATOR, T0);
    expect(await naming(CREATOR)).toEqual([]);
    expect(await naming(OTHER)).toHaveLength(2);
  });

  test('everything is found, however many keys there are', async () => {
    const messages = [];
    for (let n = 0; n < 700; n += 1) messages.push(await asked(n % 7 === 0 ? CREATOR : OTHER, LIMIT, T0 + n));
    expect(await operationsOf(redis.client, CREATOR, T0 + 700)).toHaveLength(100);
    await eraseAll(CREATOR, T0 + 700);
    expect(await naming(CREATOR)).toEqual([]);
    expect(await operationsOf(redis.client, OTHER, T0 + 700)).toHaveLength(600);
  });

  test('a settlement that comes late brings nothing back', async () => {
    const messages = [await asked(CREATOR, LIMIT, T0), await asked(CREATOR, LIMIT, T0 + 1)];
    const small = { ...LIMIT, limit: 1 };
    const turn = await tick(redis.client, 'platform', small, { id: 'l', ...TIMES }, messages, T0 + 2);
    await eraseAll(CREATOR, T0 + 3);
    await settle(redis.client, 'platform', 'l', {
      forwarded: turn.releases.map(({ operationId }) => operationId),
      staying: messages,
    });
    expect(await naming(CREATOR)).toEqual([]);
  });
});

describe('what nobody needs goes by itself', () => {
  const DAY = 86_400_000;

  test('a creator of which nothing was heard for 15 days, halts and closed windows that are over, ids without a record', async () => {
    const limit = LIMIT_OF('platform');
    await invoke([await asked(CREATOR, limit, T0)], T0);
    await siteRefused(redis.client, limit, { creatorId: OTHER, untilMs: T0 + 5_000 }, T0 + 1);
    await siteRefused(redis.client, limit, { creatorId: CREATOR, untilMs: T0 + 5_000 }, T0 + 1);
    for (let n = 2; n < 6; n += 1) await invoke([], T0 + n); // has looked through all once
    await redis.client.del(`${ROOT}op:op-1`);
    const names = async () => ({
      creators: await redis.client.hkeys(`${ROOT}line:platform:creators`),
      halts: await redis.client.hlen(`${ROOT}halts`),
      closed: await redis.client.hlen(`${ROOT}closed`),
      refused: await redis.client.zcard(`${ROOT}refused`),
      listed: await redis.client.zrange(`${ROOT}listed`, 0, -1),
    });
    const all = { creators: [CREATOR], halts: 2, closed: 2, refused: 2, listed: ['op-1'] };
    expect(await names()).toEqual(all);
    for (let n = 0; n < 3; n += 1) await invoke([], T0 + 3_000_000 + n);
    expect(await names()).toEqual(all); // not yet an hour
    for (let n = 0; n < 3; n += 1) await invoke([], T0 + 3_600_000 + n);
    expect(await names()).toEqual({ creators: [CREATOR], halts: 0, closed: 0, refused: 0, listed: [] });
    for (let n = 0; n < 3; n += 1) await invoke([], T0 + 15 * DAY + n - 10);
    expect((await names()).creators).toEqual([CREATOR]);
    for (let n = 0; n < 3; n += 1) await invoke([], T0 + 15 * DAY + 3_600_000 + n);
    expect((await names()).creators).toEqual([]);
  });

  test('but not one that waits, one that is halted, or one whose producer counts from 1', async () => {
    await invoke([await asked(CREATOR, LIMIT, T0 - 9)], T0 - 9);
    const waiting = await asked(CREATOR, LIMIT, T0);
    await pause(redis.client, { who: { creatorId: CREATOR }, scope: 'platform', why: '' }, T0);
    await invoke([waiting, arrival(OTHER, 1, { operationId: 'op-9' })], T0);
    for (let n = 0; n < 6; n += 1) await invoke([], T0 + 30 * DAY + n * 3_600_000);
    expect((await redis.client.hkeys(`${ROOT}line:platform:creators`)).sort()).toEqual([CREATOR, OTHER]);
    expect(await redis.client.hkeys(`${ROOT}halts`)).toEqual([CREATOR]);
  });

  test('a line of its own stays while something stands in it, and goes after it', async () => {
    const limit = { ...LIMIT_OF('creator'), limit: 1 };
    const line = lineOf('creator', CREATOR);
    const ttl = () => redis.client.ttl(`${ROOT}line:${line}:creators`);
    const messages = [await asked(CREATOR, limit, T0), await asked(CREATOR, limit, T0 + 1)];
    await invoke(messages.slice(0, 1), T0 + 2, limit, line);
    expect(await ttl()).toBeGreaterThan(0);
    await invoke(messages, T0 + 3, limit, line);
    expect(await ttl()).toBe(-1);
    await invoke([], T0 + 2 * SPAN, limit, line);
    expect(await ttl()).toBeGreaterThan(0);
  });

  test('many are looked through a page at a time, and all of them', async () => {
    const old = (T0 - 20 * DAY) * 1_000;
    const creators = Array.from({ length: 1_000 }, (_, n) => `old-${n}`);
    for (const creatorId of creators)
      await invoke([arrival(creatorId, old, { operationId: `of-${creatorId}` })], T0 - 20 * DAY, {
        ...LIMIT,
        limit: 10_000,
        mostUnfinished: 10_000,
      });
    const left = () => redis.client.hlen(`${ROOT}line:platform:creators`);
    expect(await left()).toBe(1_000);
    await invoke([], T0);
    expect(await left()).toBeGreaterThan(500);
    for (let n = 1; n < 30; n += 1) await invoke([], T0 + n);
    expect(await left()).toBe(0);
  });

  test.each(['platform', 'creator'] as const)(
    'after a job every key that names a creator or an operation has a time to live, in the scope %s',
    async scope => {
      const limit = LIMIT_OF(scope);
      const { messages, tried, waiting } = await busy(CREATOR, limit);
      const line = lineOf(scope, CREATOR);
      await endAttempt(redis.client, { operationId: tried, state: 'outcome_unknown' }, T0 + 50);
      // All of the rest is done.
      for (let n = 1; n < 4; n += 1) await invoke([], T0 + n * 2 * SPAN, { ...limit, limit: 3 }, line);
      await redis.client.del(`${ROOT}halts`);
      await invoke(messages, T0 + 10 * SPAN, { ...limit, limit: 3 }, line);
      await invoke([], T0 + 12 * SPAN, { ...limit, limit: 3 }, line);
      for (const operationId of waiting) {
        // Sent on, and never heard of again: it goes, too.
        expect(await redis.client.ttl(`${ROOT}op:${operationId}`)).toBeGreaterThan(0);
        await startAttempt(
          redis.client,
          { operationId, creatorId: CREATOR, kind: 'k', line },
          T0 + 13 * SPAN,
        );
        await endAttempt(redis.client, { operationId, state: 'succeeded' }, T0 + 13 * SPAN);
      }
      const withoutEnd = [];
      for (const key of await redis.client.keys('*'))
        if ((await redis.client.ttl(key)) === -1) withoutEnd.push(key.slice(ROOT.length));
      // Two that name nobody, and shared ones whose entries go by themselves: see the tests above.
      const shared = ['home', 'memory', 'closed', 'refused', 'listed', 'known', 'unknown', 'changes'];
      const ofAll =
        scope === 'platform' ? ['creators', 'state', 'pending'].map(key => `line:platform:${key}`) : [];
      expect(withoutEnd.filter(key => ![...shared, ...ofAll].includes(key))).toEqual([]);
    },
  );
});
