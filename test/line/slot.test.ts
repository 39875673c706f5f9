import { answerSlot, changeRules, closeSite, found, returnSlot, takeSlot } from '@huntaze/core/lua';
import { describe, expect, test } from 'vitest';
import { useRedis } from '../support/redis.ts';

const redis = useRedis();
const T0 = 1_800_000_000_000;
const HOLD = 90_000;

const LIMIT = { limit: 2, windowMs: 60_000 };
const take = async (waiter: string, now: number, line = 'platform', windowMs = LIMIT.windowMs) => {
  const request = { line, waiter, limit: LIMIT.limit, windowMs, holdMs: HOLD, creatorId: 'ada' };
  const answer = await takeSlot(redis.client, request, now);
  return answer.granted ? GRANTED : { granted: false, retryInMs: answer.retryInMs };
};
const answer = (waiter: string, now: number) =>
  answerSlot(redis.client, { line: 'platform', waiter, limit: LIMIT.limit, windowMs: LIMIT.windowMs }, now);
const giveBack = (waiter: string) => returnSlot(redis.client, { line: 'platform', waiter });
const GRANTED = { granted: true };

describe('a slot', () => {
  test('counts from the answer, not from the asking: the site may have counted as late as that', async () => {
    expect(await take('a', T0)).toEqual(GRANTED);
    expect(await take('b', T0)).toEqual(GRANTED);
    await answer('a', T0 + 5_000);
    await answer('b', T0 + 6_000);
    expect(await take('c', T0 + 60_000)).toEqual({ granted: false, retryInMs: 5_000 });
    expect(await take('c', T0 + 64_999)).toEqual({ granted: false, retryInMs: 1 });
    expect(await take('c', T0 + 65_000)).toEqual(GRANTED);
  });

  test('without an answer counts until its hold and a window are over', async () => {
    await take('a', T0);
    await take('b', T0);
    expect(await take('c', T0 + HOLD + 59_999)).toMatchObject({ granted: false });
    expect(await take('c', T0 + HOLD + 60_000)).toEqual(GRANTED);
  });

  test('that was never used is free again at once', async () => {
    await take('a', T0);
    await take('b', T0);
    await giveBack('b');
    expect(await take('c', T0 + 1)).toEqual(GRANTED);
  });

  test('asked for again by its holder is the same one: a lost answer costs nothing', async () => {
    await take('a', T0);
    expect(await take('a', T0 + 1)).toEqual(GRANTED);
    expect(await take('b', T0 + 2)).toEqual(GRANTED);
    expect(await take('c', T0 + 3)).toMatchObject({ granted: false });
  });

  test('of one line takes nothing from another', async () => {
    await take('a', T0);
    await take('b', T0);
    expect(await take('c', T0, 'creator-ada')).toEqual(GRANTED);
  });
});

describe('who asks', () => {
  test('is served in the order of the first asking', async () => {
    await take('a', T0);
    await answer('a', T0);
    await take('b', T0);
    await answer('b', T0 + 30_000);
    await take('early', T0 + 31_000);
    await take('late', T0 + 32_000);
    await take('early', T0 + 59_000);
    expect(await take('late', T0 + 60_000)).toEqual({ granted: false, retryInMs: 30_000 });
    expect(await take('early', T0 + 60_001)).toEqual(GRANTED);
  });

  test('is told a time before which no slot can come back, also while its answer is outstanding', async () => {
    await take('a', T0);
    await take('b', T0);
    expect(await take('c', T0 + 1_000)).toEqual({ granted: false, retryInMs: 60_000 });
    await answer('a', T0 + 3_000);
    expect(await take('c', T0 + 61_000)).toEqual({ granted: false, retryInMs: 2_000 });
    expect(await take('c', T0 + 63_000)).toEqual(GRANTED);
  });

  test('keeps the place until the time it was told, and loses it 10 s after', async () => {
    await take('a', T0);
    await answer('a', T0);
    await take('b', T0 + 30_000);
    await answer('b', T0 + 30_000);
    await take('gone', T0 + 1_000);
    await take('patient', T0 + 2_000);
    // The first slot is back at 60 s; until 70 s it is kept for who was told so.
    expect(await take('patient', T0 + 69_999)).toEqual({ granted: false, retryInMs: 20_001 });
    expect(await take('patient', T0 + 70_000)).toEqual(GRANTED);
    expect(await take('gone', T0 + 70_001)).toEqual({ granted: false, retryInMs: 19_999 });
  });

  test('and gives up waiting makes room for the next', async () => {
    await take('a', T0);
    await take('b', T0);
    await answer('a', T0);
    await take('c', T0 + 55_000);
    await take('d', T0 + 55_000);
    await giveBack('c');
    expect(await take('d', T0 + 60_000)).toEqual(GRANTED);
  });
});

describe('no slot is given', () => {
  test('while the site is closed, for one line or for all; who asks is told until when', async () => {
    await closeSite(redis.client, T0 + 20_000);
    expect(await take('a', T0)).toEqual({ granted: false, retryInMs: 20_000 });
    await closeSite(redis.client, T0 + 30_000, 'platform');
    expect(await take('a', T0 + 20_000)).toEqual({ granted: false, retryInMs: 10_000 });
    expect(await take('b', T0 + 20_000, 'creator-ada')).toEqual(GRANTED);
    expect(await take('a', T0 + 30_000)).toEqual(GRANTED);
  });

  test('but to who has one: a lost answer is told again even then', async () => {
    await take('a', T0);
    await closeSite(redis.client, T0 + 20_000);
    expect(await take('a', T0 + 1)).toEqual(GRANTED);
  });

  test('in a Redis that was emptied before a window has passed since the last answer there could be', async () => {
    await redis.client.flushall();
    const wait = 60_000 + HOLD;
    expect(await take('a', T0)).toEqual({ granted: false, retryInMs: wait });
    expect(await take('a', T0 + wait - 1)).toEqual({ granted: false, retryInMs: 1 });
    expect(await take('a', T0 + wait)).toEqual(GRANTED);
  });

  test('unless somebody says that nothing was in it', async () => {
    await redis.client.flushall();
    await found(redis.client, 'new', T0);
    expect(await take('a', T0)).toEqual(GRANTED);
  });

  test('in another Redis before that either, unless it is said to be whole', async () => {
    await redis.client.hset('huntaze:2:home', 'replid', 'another');
    expect(await take('a', T0)).toMatchObject({ granted: false });
    await found(redis.client, 'same', T0 + 1);
    // It was found shut once, and what was noted of that holds no more.
    expect(await take('b', T0 + 2, 'creator-ada')).toEqual(GRANTED);
  });
});

describe('a limit that an operator changes', () => {
  test('rules: lowered it takes slots back only by age, raised it gives those that are free', async () => {
    await changeRules(redis.client, LIMIT, { limit: 1 });
    expect(await take('a', T0)).toEqual(GRANTED);
    expect(await take('b', T0)).toMatchObject({ granted: false });
    await changeRules(redis.client, LIMIT, { limit: 3 });
    for (const holder of ['b', 'c']) expect(await take(holder, T0 + 1)).toEqual(GRANTED);
    for (const [n, holder] of ['a', 'b', 'c'].entries()) await answer(holder, T0 + 10 + n);
    await changeRules(redis.client, LIMIT, { limit: 1 });
    expect(await take('d', T0 + 20)).toEqual({ granted: false, retryInMs: 59_990 });
    expect(await take('d', T0 + 60_011)).toEqual({ granted: false, retryInMs: 1 });
    expect(await take('d', T0 + 60_012)).toEqual(GRANTED);
  });

  test('a window that is made longer takes what was forgotten as just used', async () => {
    await take('a', T0, 'platform', 10_000);
    await answer('a', T0);
    expect(await take('b', T0 + 10_000, 'platform', 10_000)).toEqual(GRANTED);
    await answer('b', T0 + 10_000);
    expect(await take('c', T0 + 10_000)).toEqual({ granted: false, retryInMs: 50_000 });
    expect(await take('c', T0 + 60_000)).toEqual(GRANTED);
    expect(await take('d', T0 + 60_000)).toEqual({ granted: false, retryInMs: 10_000 });
  });

  test('a window that is made shorter gives back at once what is older', async () => {
    for (const holder of ['a', 'b']) await take(holder, T0).then(() => answer(holder, T0));
    await changeRules(redis.client, LIMIT, { windowMs: 10_000 });
    expect(await take('c', T0 + 9_999)).toEqual({ granted: false, retryInMs: 1 });
    expect(await take('c', T0 + 10_000)).toEqual(GRANTED);
  });
});
