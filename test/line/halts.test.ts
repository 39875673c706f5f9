import {
  accept,
  cancel,
  closeSite,
  drain,
  pause,
  resume,
  settle,
  skipHead,
  startAttempt,
  type Who,
} from '@huntaze/core/lua';
import { describe, expect, test } from 'vitest';
import { arrival, burst, ids, LIMIT, message, SPAN, T0, useLine } from './invocation.ts';

const { redis, turn, invoke, accepted, read } = useLine();

const ada: Who = { creatorId: 'ada' };
const order = (who: Who, untilMs?: number) => ({ who, scope: LIMIT.scope, why: 'a test', untilMs });

describe('a creator that is paused', () => {
  test('waits while others go, with the longest deferral and out of the ranking', async () => {
    await pause(redis.client, order(ada), T0);
    const { releases, verdicts } = await invoke([...burst('ada', 2), ...burst('bea', 11)], T0);
    expect(releases).toHaveLength(10);
    expect(releases.map(release => release.creatorId)).not.toContain('ada');
    expect(verdicts[0]).toMatchObject({ is: 'waiting', dueAt: T0 + 900_000 });
    expect(verdicts[12]).toEqual({ is: 'waiting', dueAt: T0 + SPAN, rank: 0 });
    expect(await read('ada-1', T0)).toMatchObject({ state: 'waiting', waits_for: 'paused' });
  });

  test('also leaves the ranking when it is paused in line', async () => {
    await invoke(burst('zoe', 10), T0);
    await invoke([...burst('ada', 5), ...burst('bea', 1)], T0 + 1);
    await pause(redis.client, order(ada), T0 + 2);
    expect((await invoke([arrival('bea', 1)], T0 + 3)).verdicts).toMatchObject([{ rank: 0 }]);
    expect(ids(await invoke([], T0 + SPAN))).toEqual(['bea-1']);
  });

  test('resumes from now on: the turns that it missed it does not get afterwards', async () => {
    const small = { ...LIMIT, limit: 2 };
    await invoke(burst('zoe', 2), T0, small);
    await invoke([...burst('ada', 4), ...burst('bea', 8)], T0 + 1, small);
    await pause(redis.client, order(ada), T0 + 2);
    expect(ids(await invoke([], T0 + SPAN, small))).toEqual(['bea-1', 'bea-2']);
    expect(ids(await invoke([], T0 + 2 * SPAN, small))).toEqual(['bea-3', 'bea-4']);
    expect(await resume(redis.client, { who: ada, scope: 'platform' }, T0 + 2 * SPAN)).toBe(true);
    // Its first turn stands beside the other's next one, and they are shared from there on.
    expect(ids(await invoke([], T0 + 3 * SPAN, small))).toEqual(['ada-1', 'bea-5']);
    expect(ids(await invoke([], T0 + 4 * SPAN, small))).toEqual(['ada-2', 'bea-6']);
    expect(ids(await invoke([], T0 + 5 * SPAN, small))).toEqual(['ada-3', 'bea-7']);
    expect(await resume(redis.client, { who: ada, scope: 'platform' }, T0)).toBe(false);
  });

  test('goes on by itself when its pause has an end', async () => {
    await pause(redis.client, order(ada, T0 + 5_000), T0);
    expect((await invoke(burst('ada', 1), T0)).verdicts).toMatchObject([{ is: 'waiting' }]);
    expect(ids(await invoke([], T0 + 4_999))).toEqual([]);
    expect(ids(await invoke([], T0 + 5_000))).toEqual(['ada-1']);
  });

  test('and told to come in 15 minutes leaves without a receipt handle: by then there is another', async () => {
    await pause(redis.client, order(ada), T0);
    await invoke(burst('ada', 1), T0);
    await resume(redis.client, { who: ada, scope: 'platform' }, T0 + 1);
    expect((await invoke([], T0 + 1)).releases).toMatchObject([{ receiptHandle: '' }]);
  });

  test('is not begun by the scraper either', async () => {
    await invoke(burst('ada', 1), T0);
    await pause(redis.client, order(ada, T0 + 5_000), T0 + 1);
    const begin = (now: number) =>
      startAttempt(
        redis.client,
        { operationId: 'ada-1', creatorId: 'ada', kind: 'k', line: 'platform' },
        now,
      );
    expect(await begin(T0 + 2)).toMatchObject({
      state: 'forwarded',
      attempts: 0,
      paused: { sinceMs: T0 + 1, untilMs: T0 + 5_000 },
    });
    expect(await begin(T0 + 5_000)).toMatchObject({ state: 'running', attempts: 1, paused: undefined });
  });
});

describe('everybody paused', () => {
  test('nothing goes, until it is resumed', async () => {
    await pause(redis.client, order('everybody'), T0);
    const { verdicts } = await invoke([...burst('ada', 1), ...burst('bea', 1)], T0);
    expect(verdicts).toMatchObject([{ dueAt: T0 + 900_000 }, { dueAt: T0 + 900_000 }]);
    expect(await read('ada-1', T0)).toMatchObject({ waits_for: 'line_paused' });
    await resume(redis.client, { who: 'everybody', scope: 'platform' }, T0 + 1);
    expect(ids(await invoke([], T0 + 1)).toSorted()).toEqual(['ada-1', 'bea-1']);
  });

  test('with an end, and a creator without one: nobody can say when that one goes', async () => {
    await pause(redis.client, order(ada), T0);
    await pause(redis.client, order('everybody', T0 + 5_000), T0);
    await invoke(burst('ada', 1), T0);
    const record = await read('ada-1', T0);
    expect(record).toMatchObject({ waits_for: 'line_paused', until: T0 + 5_000 });
    expect(record).not.toHaveProperty('expected_at');
  });
});

describe('a creator that is drained', () => {
  test('is not accepted any more, while what it had goes on, even if it was paused', async () => {
    const first = await accepted('op-1', T0);
    await pause(redis.client, order(ada), T0);
    await invoke([message(first)], T0);
    await drain(redis.client, order(ada), T0 + 1);
    expect(ids(await invoke([], T0 + 1))).toEqual(['op-1']);
    await expect(accepted('op-2', T0 + 2)).rejects.toThrow('draining');
    const bea = { operationId: 'op-3', creatorId: 'bea', kind: 'k' };
    expect(await accept(redis.client, LIMIT, bea, undefined, T0 + 2)).toMatchObject({ is: 'accepted' });
    await resume(redis.client, { who: ada, scope: 'platform' }, T0 + 3);
    expect(await accepted('op-2', T0 + 3)).toMatchObject({ state: 'pending' });
  });

  test('under a key that was used before is still told what became of it', async () => {
    await accepted('op-1', T0, 'key');
    await drain(redis.client, order('everybody'), T0);
    expect(await accepted('op-2', T0 + 1, 'key')).toMatchObject({ operationId: 'op-1' });
  });
});

describe('an operation that is cancelled', () => {
  const stop = (id: string, now: number) => cancel(redis.client, id, 'a test', now);

  test('gives back its creator’s last turn: what comes behind moves up', async () => {
    await invoke(burst('zoe', 10), T0);
    await invoke([...burst('ada', 3), ...burst('bea', 3)], T0 + 1);
    expect(await stop('ada-1', T0 + 2)).toEqual({ is: 'cancelled' });
    const { verdicts } = await invoke([arrival('ada', 3), arrival('bea', 3), arrival('ada', 1)], T0 + 3);
    expect(verdicts).toMatchObject([{ rank: 2 }, { rank: 4 }, { is: 'gone' }]);
    expect(ids(await invoke([], T0 + SPAN))).toEqual(['ada-2', 'bea-1', 'ada-3', 'bea-2', 'bea-3']);
    expect(await read('ada-1', T0 + SPAN)).toMatchObject({ state: 'cancelled', error: 'a test' });
  });

  test('is awaited by nobody', async () => {
    const [first, second] = [await accepted('op-1', T0), await accepted('op-2', T0)];
    await invoke([message(second)], T0);
    await stop('op-1', T0 + 1);
    expect(ids(await invoke([], T0 + 1))).toEqual(['op-2']);
    expect((await invoke([message(first)], T0 + 2)).verdicts).toEqual([{ is: 'gone' }]);
  });

  test('leaves nothing behind, though its body is brought late', async () => {
    await invoke(burst('zoe', 10), T0);
    const { staying } = await turn(burst('ada', 1), T0 + 1);
    await cancel(redis.client, 'ada-1', 'why', T0 + 2);
    await settle(redis.client, 'platform', 'late', { forwarded: [], staying });
    expect(await redis.client.keys('*parcel*')).toEqual([]);
  });

  test('is not sent again when its sending failed', async () => {
    await turn(burst('ada', 1), T0);
    expect(await stop('ada-1', T0 + 1)).toEqual({ is: 'cancelled' });
    expect(ids(await invoke([], T0 + 31_000))).toEqual([]);
  });

  test('has not begun: what runs, or has ended, comes to its own end', async () => {
    await invoke(burst('ada', 1), T0);
    await startAttempt(
      redis.client,
      { operationId: 'ada-1', creatorId: 'ada', kind: 'k', line: 'platform' },
      T0,
    );
    expect(await stop('ada-1', T0 + 1)).toEqual({ is: 'too late', state: 'running' });
    expect(await stop('nobody', T0)).toEqual({ is: 'unknown' });
  });

  test('of which Redis knows nothing but that it was tried can be cancelled, too', async () => {
    const forgotten = { operationId: 'ada-1', creatorId: 'ada', kind: 'k', line: 'platform' };
    await pause(redis.client, order(ada), T0);
    await startAttempt(redis.client, forgotten, T0);
    expect(await stop('ada-1', T0)).toEqual({ is: 'cancelled' });
  });
});

describe('skipping the head', () => {
  const skip = (now: number, named?: string) =>
    skipHead(redis.client, { creatorId: 'ada', scope: 'platform', why: 'a test' }, named, now);

  test('ends the waiting for one that was never seen', async () => {
    const [, second] = [await accepted('op-1', T0), await accepted('op-2', T0)];
    await invoke([message(second)], T0);
    expect(await skip(T0 + 1, 'op-1')).toEqual({ is: 'another', operationId: 'op-2' });
    expect(await skip(T0 + 1, 'op-2')).toEqual({ is: 'awaited', operationId: 'op-2' });
    expect(ids(await invoke([], T0 + 2))).toEqual(['op-2']);
  });

  test('cancels what was forwarded before what waits, lowest sequence first, and nothing that runs', async () => {
    await invoke([...burst('ada', 2), ...burst('zoe', 8)], T0);
    await invoke([arrival('ada', 3)], T0 + 1);
    expect(await skip(T0 + 2)).toEqual({ is: 'cancelled', operationId: 'ada-1' });
    await startAttempt(
      redis.client,
      { operationId: 'ada-2', creatorId: 'ada', kind: 'k', line: 'platform' },
      T0,
    );
    expect(await skip(T0 + 3)).toEqual({ is: 'begun', operationId: 'ada-2' });
  });

  test('of several that Redis had forgotten takes one, and of none says so', async () => {
    expect(await skip(T0)).toEqual({ is: 'nothing', operationId: undefined });
    for (const operationId of ['b', 'a'])
      await startAttempt(redis.client, { operationId, creatorId: 'ada', kind: 'k', line: 'platform' }, T0);
    expect(await skip(T0)).toEqual({ is: 'begun', operationId: 'a' });
  });
});

describe('the site’s window closed', () => {
  test('nothing is released before it opens; it can be opened early', async () => {
    await closeSite(redis.client, T0 + 20_000);
    const { verdicts } = await invoke(burst('ada', 1), T0);
    expect(verdicts).toEqual([{ is: 'waiting', dueAt: T0 + 20_000, rank: 0 }]);
    expect(await read('ada-1', T0)).toMatchObject({ waits_for: 'site_closed', until: T0 + 20_000 });
    expect(ids(await invoke([], T0 + 19_999))).toEqual([]);
    await closeSite(redis.client, T0 + 19_999);
    expect(ids(await invoke([], T0 + 19_999))).toEqual(['ada-1']);
  });

  test('for one line is open for the others', async () => {
    await closeSite(redis.client, T0 + 20_000, 'creator-ada');
    expect(ids(await invoke(burst('ada', 1), T0, LIMIT, 'creator-ada'))).toEqual([]);
    expect(ids(await invoke(burst('bea', 1), T0, LIMIT, 'creator-bea'))).toEqual(['bea-1']);
  });

  test('lets what was released and not confirmed wait, too', async () => {
    await turn(burst('ada', 1), T0);
    await closeSite(redis.client, T0 + 60_000);
    expect(ids(await invoke(burst('ada', 1), T0 + 31_000))).toEqual([]);
    expect(ids(await invoke([], T0 + 60_000))).toEqual(['ada-1']);
  });
});
