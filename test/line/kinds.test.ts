import {
  beginVersion,
  countOfKind,
  endAttempt,
  entriesOf,
  eraseCreator,
  pause,
  pauseKind,
  readPausedKinds,
  resume,
  resumeKind,
  siteChanged,
  skipHead,
  startAttempt,
} from '@huntaze/core/lua';
import { KINDS } from '@huntaze/core/operations';
import { describe, expect, test } from 'vitest';
import { arrival, burst, ids, LIMIT, SPAN, T0, useLine } from './invocation.ts';

const { redis, turn, invoke, read } = useLine();

const PROFILE = 'profile.scrape';
const POSTS = 'posts.scrape';
const stop = (now: number, kind = PROFILE) => pauseKind(redis.client, { kind, why: 'a test' }, now);
const goOn = (now: number, kind = PROFILE) => resumeKind(redis.client, kind, now);
const begin = (operationId: string, now: number, kind = PROFILE) => {
  const creatorId = operationId.split('-')[0]!;
  return startAttempt(redis.client, { operationId, creatorId, kind, line: 'platform' }, now);
};
const posts = (creatorId: string, sequence: number) => arrival(creatorId, sequence, { kind: POSTS });

describe('a kind that is paused', () => {
  test('holds whom it comes first, and what comes after it; the others go', async () => {
    expect(await stop(T0)).toBe(true);
    const released = await invoke(
      [arrival('ada', 1), posts('ada', 2), posts('bea', 1), arrival('bea', 2), posts('cleo', 1)],
      T0,
    );
    expect(ids(released)).toEqual(['bea-1', 'cleo-1']);
    expect(await read('ada-1', T0)).toMatchObject({ state: 'waiting', waits_for: 'kind_paused' });
    expect(await read('ada-2', T0)).toMatchObject({ state: 'waiting', waits_for: 'kind_paused' });
    expect(await read('ada-2', T0)).not.toHaveProperty('expected_at');
    expect((await invoke([arrival('ada', 1)], T0 + 1)).verdicts).toEqual([
      expect.objectContaining({ is: 'waiting', dueAt: T0 + 1 + 900_000 }),
    ]);
  });

  test('goes on from now on, each creator’s in order', async () => {
    await stop(T0);
    await invoke([...burst('ada', 2), posts('ada', 3), ...burst('bea', 1), posts('bea', 2)], T0);
    expect(ids(await invoke([], T0 + 1))).toEqual([]);
    expect(await goOn(T0 + 2)).toBe(true);
    expect(await goOn(T0 + 2)).toBe(false);
    const gone = ids(await invoke([], T0 + 2));
    expect(gone.filter(id => id.startsWith('ada'))).toEqual(['ada-1', 'ada-2', 'ada-3']);
    expect(gone.filter(id => id.startsWith('bea'))).toEqual(['bea-1', 'bea-2']);
  });

  test('takes no token from the others, though it was in the ranking before them', async () => {
    await invoke(
      burst('zoe', 10).map(one => ({ ...one, kind: POSTS })),
      T0,
    );
    await invoke([...burst('ada', 5), ...burst('bea', 5), posts('cleo', 1), posts('cleo', 2)], T0 + 1);
    await stop(T0 + 2);
    expect(ids(await invoke([], T0 + SPAN))).toEqual(['cleo-1', 'cleo-2']);
  });

  test('in lines of one creator is held in each, and found again when its copies come', async () => {
    const own = { ...LIMIT, scope: 'creator' } as const;
    const tick = (creator: string, arrivals: Parameters<typeof invoke>[0], now: number) =>
      invoke(arrivals, now, own, `creator-${creator}`);
    await stop(T0);
    expect(ids(await tick('ada', [arrival('ada', 1), posts('ada', 2)], T0))).toEqual([]);
    expect(ids(await tick('bea', [posts('bea', 1)], T0))).toEqual(['bea-1']);
    await goOn(T0 + 1);
    expect(ids(await tick('ada', [posts('ada', 2)], T0 + 2))).toEqual(['ada-1', 'ada-2']);
  });

  test('lets nobody pass who finds room at once', async () => {
    await stop(T0);
    expect(ids(await invoke([arrival('ada', 1)], T0))).toEqual([]);
  });

  test('stays paused for a creator that is paused itself, and the other way round', async () => {
    const ada = { who: { creatorId: 'ada' }, scope: 'platform' as const };
    await stop(T0);
    await pause(redis.client, { ...ada, why: 'a test' }, T0);
    await invoke(burst('ada', 1), T0);
    await goOn(T0 + 1);
    expect(ids(await invoke([], T0 + 1))).toEqual([]);
    await stop(T0 + 2);
    await resume(redis.client, ada, T0 + 3);
    expect(ids(await invoke([], T0 + 3))).toEqual([]);
    await goOn(T0 + 4);
    expect(ids(await invoke([], T0 + 4))).toEqual(['ada-1']);
  });

  test('is told, with who has said so and since when', async () => {
    await stop(T0);
    expect(await stop(T0 + 1)).toBe(false);
    expect(await readPausedKinds(redis.client, KINDS, T0 + 2)).toEqual([
      { kind: PROFILE, by: 'operator', sinceMs: T0, why: 'a test' },
    ]);
  });

  test('is counted over all its operations that have not ended', async () => {
    await invoke([...burst('ada', 3), ...burst('bea', 1), posts('cleo', 1)], T0);
    await begin('ada-1', T0);
    await endAttempt(redis.client, { operationId: 'ada-1', state: 'succeeded' }, T0);
    const signal = new AbortController().signal;
    expect(await countOfKind(redis.client, PROFILE, signal)).toEqual({ operations: 3, creators: 2 });
    await expect(countOfKind(redis.client, PROFILE, AbortSignal.abort(new Error('late')))).rejects.toThrow(
      'late',
    );
  });
});

describe('what was let through before the pause', () => {
  test('does not begin, and no attempt is counted; then it begins', async () => {
    await invoke(burst('ada', 1), T0);
    await stop(T0 + 1);
    expect(await begin('ada-1', T0 + 2)).toMatchObject({
      state: 'forwarded',
      attempts: 0,
      failures: 0,
      paused: { sinceMs: T0 + 1, untilMs: undefined },
    });
    expect(await read('ada-1', T0 + 2)).toMatchObject({ state: 'forwarded', waits_for: 'kind_paused' });
    await goOn(T0 + 3);
    expect(await begin('ada-1', T0 + 4)).toMatchObject({ state: 'running', attempts: 1, paused: undefined });
  });

  test('keeps in line what comes after it, of whatever kind, until the kind is resumed', async () => {
    await invoke([arrival('ada', 1)], T0);
    await stop(T0 + 1);
    await begin('ada-1', T0 + 2);
    expect(ids(await invoke([posts('ada', 2), posts('bea', 1)], T0 + 3))).toEqual(['bea-1']);
    expect(await read('ada-2', T0 + 3)).toMatchObject({ waits_for: 'kind_paused' });
    await goOn(T0 + 4);
    expect(ids(await invoke([], T0 + 4))).toEqual(['ada-2']);
  });

  test('keeps nothing any more once it is skipped', async () => {
    await invoke([arrival('ada', 1)], T0);
    await stop(T0 + 1);
    await begin('ada-1', T0 + 2);
    await invoke([posts('ada', 2)], T0 + 3);
    const skip = { creatorId: 'ada', scope: 'platform' as const, why: 'a test' };
    expect(await skipHead(redis.client, skip, undefined, T0 + 4)).toEqual({
      is: 'cancelled',
      operationId: 'ada-1',
    });
    expect(ids(await invoke([], T0 + 4))).toEqual(['ada-2']);
    expect(await begin('ada-2', T0 + 5, POSTS)).toMatchObject({ state: 'running' });
  });

  test('takes no place from those who can go on', async () => {
    const few = { ...LIMIT, mostUnfinished: 3 };
    await invoke([arrival('ada', 1), posts('ada', 2), arrival('bea', 1)], T0, few);
    expect(ids(await invoke([posts('cleo', 1)], T0 + 1, few))).toEqual([]);
    await stop(T0 + 2);
    await begin('ada-1', T0 + 3);
    await begin('bea-1', T0 + 3);
    await begin('bea-1', T0 + 60_000);
    const more = [posts('cleo', 2), posts('dora', 1), posts('dora', 2)];
    expect(ids(await invoke(more, T0 + 61_000, few))).toHaveLength(3);
    await goOn(T0 + 62_000);
    await begin('ada-1', T0 + 63_000);
    expect(await redis.client.zcount('huntaze:2:line:platform:unfinished', '-inf', '1000000000000000')).toBe(
      4,
    );
  });

  test('while an attempt of it may be at work is shown so', async () => {
    await invoke(burst('ada', 1), T0);
    await begin('ada-1', T0);
    await stop(T0 + 1);
    expect(await begin('ada-1', T0 + 2)).toMatchObject({ state: 'running', paused: { sinceMs: T0 + 1 } });
    expect(Number(await redis.client.zscore('huntaze:2:line:platform:unfinished', 'ada-1'))).toBeLessThan(
      1e15,
    );
  });
});

describe('an answer of the site’s that doesn’t fit', () => {
  const PAGE = '/api2/v2/users/me';
  const see = (
    operationId: string,
    now: number,
    { attempt = 1, version = 'v1', fields = ['subscribersCount'], page = PAGE } = {},
  ) =>
    siteChanged(
      redis.client,
      {
        kind: PROFILE,
        page,
        creatorId: operationId.split('-')[0]!,
        operationId,
        attempt,
        version,
        why: 'it changed',
        fields,
      },
      now,
    );
  /** An operation whose answers fitted. */
  async function succeed(id: string, now: number, pages = [PAGE]) {
    await begin(id, now);
    await endAttempt(redis.client, { operationId: id, state: 'succeeded', fits: pages }, now);
  }
  const paused = (now: number) => readPausedKinds(redis.client, KINDS, now);

  test('of two creators, in the same field: the kind is paused once', async () => {
    expect(await see('ada-1', T0)).toBe('doubted');
    expect(await paused(T0)).toEqual([]);
    expect(await see('bea-1', T0 + 1)).toBe('pauses');
    expect(await see('cleo-1', T0 + 2)).toBe('paused');
    expect(await paused(T0 + 3)).toEqual([
      { kind: PROFILE, by: 'site changed', sinceMs: T0 + 1, why: 'it changed' },
    ]);
  });

  test('of one creator twice in a row, where nobody else’s has fitted', async () => {
    await see('ada-1', T0);
    expect(await see('ada-1', T0 + 1, { attempt: 2 })).toBe('pauses');
  });

  test('said twice of one attempt is seen once', async () => {
    await see('ada-1', T0);
    expect(await see('ada-1', T0 + 1)).toBe('doubted');
  });

  test('of one account, however often it is tried, while the others’ answers fit', async () => {
    for (let attempt = 1; attempt < 9; attempt++) {
      expect(await see('ada-1', T0 + attempt, { attempt })).toBe('doubted');
      await succeed(`bea-${attempt}`, T0 + attempt);
    }
    expect(await paused(T0 + 9)).toEqual([]);
  });

  test('of one account, at a time when nobody else asks: the others’ answers fitted a while ago', async () => {
    await succeed('bea-1', T0);
    for (let attempt = 1; attempt < 9; attempt++)
      expect(await see('ada-1', T0 + attempt * 3_600_000, { attempt })).toBe('doubted');
    expect(await see('ada-1', T0 + 86_400_000, { attempt: 9 })).toBe('pauses');
  });

  test('after the same creator’s own fitted is not its oddity', async () => {
    await succeed('ada-1', T0);
    await see('ada-2', T0 + 1);
    expect(await see('ada-2', T0 + 2, { attempt: 2 })).toBe('pauses');
  });

  test('is not refuted by another page of the same kind, nor by one that failed', async () => {
    await see('ada-1', T0);
    await succeed('bea-1', T0, ['/api2/v2/another']);
    await begin('cleo-1', T0);
    await endAttempt(redis.client, { operationId: 'cleo-1', state: 'failed' }, T0);
    expect(await see('dora-1', T0 + 1)).toBe('pauses');
  });

  test('in other fields, or of other pages, is another', async () => {
    await see('ada-1', T0);
    expect(await see('bea-1', T0, { fields: ['name'] })).toBe('doubted');
    expect(await see('cleo-1', T0, { page: '/api2/v2/another' })).toBe('doubted');
    expect(await see('dora-1', T0, { fields: ['about', 'name'] })).toBe('pauses');
  });

  test('after the kind was resumed pauses it again at once', async () => {
    await see('ada-1', T0);
    await see('bea-1', T0);
    await goOn(T0 + 1);
    expect(await see('ada-1', T0 + 2, { attempt: 2 })).toBe('pauses');
  });

  test('goes on with a version that may be the fix; the one it replaces isn’t believed any more', async () => {
    expect(await beginVersion(redis.client, 'v1', KINDS, T0)).toEqual([]);
    await see('ada-1', T0);
    await see('bea-1', T0);
    await invoke([...burst('ada', 1)], T0);
    expect(await beginVersion(redis.client, 'v1', KINDS, T0 + 1)).toEqual([]);
    expect(await beginVersion(redis.client, 'v2', KINDS, T0 + 2)).toEqual([PROFILE]);
    expect(ids(await invoke([], T0 + 2))).toEqual(['ada-1']);
    expect(await see('ada-1', T0 + 3, { attempt: 2 })).toBe('outdated');
    expect(await paused(T0 + 3)).toEqual([]);
    expect(await see('ada-1', T0 + 4, { attempt: 3, version: 'v2' })).toBe('pauses');
  });

  test('an operator’s pause stays, whatever version begins', async () => {
    await see('ada-1', T0);
    await see('bea-1', T0);
    await stop(T0 + 1);
    expect(await beginVersion(redis.client, 'v2', KINDS, T0 + 2)).toEqual([]);
    expect(await paused(T0 + 2)).toEqual([{ kind: PROFILE, by: 'operator', sinceMs: T0, why: 'a test' }]);
  });

  test('names nobody once its creator is erased', async () => {
    await succeed('ada-0', T0);
    await see('bea-1', T0);
    await invoke(burst('ada', 1), T0);
    await stop(T0);
    await begin('ada-1', T0);
    await eraseCreator(redis.client, 'ada', T0 + 1);
    expect(await entriesOf(redis.client, 'ada', T0 + 1)).toMatchObject({ count: 0 });
    const halts = (await redis.client.hkeys('huntaze:2:halts')).toSorted();
    expect(halts).toEqual([`kind:${PROFILE}`]);
    expect(await redis.client.hkeys('huntaze:2:drift')).toEqual([]);
  });
});

test('what kept others in line is swept when it keeps them no longer', async () => {
  await invoke(burst('ada', 1), T0);
  await stop(T0 + 1);
  await begin('ada-1', T0 + 2);
  const after = T0 + 2 * 3_600_000;
  for (let i = 0; i < 4; i++) await turn([], after);
  expect(await redis.client.hkeys('huntaze:2:halts')).toContain('behind:ada');
  await goOn(after);
  for (let i = 0; i < 4; i++) await turn([], after + 3_600_000);
  expect(await redis.client.hkeys('huntaze:2:halts')).toEqual([]);
  expect(await redis.client.zcard('huntaze:2:line:platform:unfinished')).toBe(0);
});
