import { answerSlot, returnSlot, takeSlot } from '@huntaze/core/lua';
import { describe, expect, test } from 'vitest';
import { useRedis } from '../support/redis.ts';

const redis = useRedis();
const T0 = 1_800_000_000_000;
const HOLD = 90_000;

const take = (waiter: string, now: number, line = 'platform', limit = 2) =>
  takeSlot(redis.client, { line, waiter, limit, windowMs: 60_000, holdMs: HOLD }, now);
const answer = (waiter: string, now: number) => answerSlot(redis.client, { line: 'platform', waiter }, now);
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
