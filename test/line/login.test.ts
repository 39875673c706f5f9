import { eraseCreator, entriesOf, pause, putCode, readLogin, resume, takeCode } from '@huntaze/core/lua';
import { expect, test } from 'vitest';
import { allOf, useRedis } from '../support/redis.ts';

const redis = useRedis();
const T0 = 1_800_000_000_000;
const KEPT_MS = 300_000;

const put = (creatorId: string, code: string) =>
  putCode(redis.client, { creatorId, code, keptMs: KEPT_MS }, T0);
const take = (creatorId: string, untilMs?: number) => takeCode(redis.client, creatorId, untilMs);
const state = () => readLogin(redis.client, 'ada', T0);

test('a code is taken once, and only for its creator', async () => {
  expect(await put('ada', '123456')).toBe(T0 + KEPT_MS);
  expect(await take('bea')).toBeUndefined();
  expect(await take('ada')).toBe('123456');
  expect(await take('ada')).toBeUndefined();
});

test('of two that take it at the same time one gets it', async () => {
  await put('ada', '123456');
  const taken = await Promise.all(Array.from({ length: 5 }, () => take('ada')));
  expect(taken.filter(code => code !== undefined)).toEqual(['123456']);
});

test('the last one entered counts, digits that look like a number stay as they are', async () => {
  await put('ada', '111111');
  await put('ada', '000012');
  expect(await take('ada')).toBe('000012');
});

test('it is kept for a while only, and so is the word that one is awaited', async () => {
  await put('ada', '123456');
  await take('bea', T0 + 180_000);
  const [kept, awaited] = await Promise.all([
    redis.client.pttl('huntaze:2:code:ada'),
    redis.client.pttl('huntaze:2:code_asked:bea'),
  ]);
  expect([kept > KEPT_MS - 10_000, kept <= KEPT_MS, awaited > 0, awaited <= 5_000]).toEqual(
    Array(4).fill(true),
  );
});

test('everybody can see that one is awaited, until it is taken or nobody looks any more', async () => {
  await take('ada', T0 + 180_000);
  expect(await state()).toMatchObject({ codeAwaitedUntilMs: T0 + 180_000, codeKeptUntilMs: undefined });
  await put('ada', '123456');
  expect((await state()).codeKeptUntilMs).toBeGreaterThan(T0 + KEPT_MS - 10_000);
  await take('ada', T0 + 180_000);
  expect(await state()).toMatchObject({ codeAwaitedUntilMs: undefined, codeKeptUntilMs: undefined });
  await take('ada', T0 + 180_000);
  await take('ada');
  expect((await state()).codeAwaitedUntilMs).toBeUndefined();
});

test('why a creator isn’t let in is told, and since when the first time', async () => {
  expect((await state()).halted).toBeUndefined();
  const order = (why: string) => ({ who: { creatorId: 'ada' }, scope: 'platform', why }) as const;
  await pause(redis.client, order('one'), T0 - 9_000, 'login');
  await pause(redis.client, order('another'), T0 - 1_000, 'login');
  expect((await state()).halted).toEqual({ sinceMs: T0 - 9_000, why: 'another' });
  await resume(redis.client, order(''), T0, 'login');
  // An operator's own word is another matter.
  await pause(redis.client, order('a holiday'), T0);
  expect((await state()).halted).toBeUndefined();
});

test('an erased creator leaves neither', async () => {
  await put('ada', '123456');
  await redis.client.set('huntaze:2:code_asked:ada', '1', 'PX', 9_000);
  expect((await entriesOf(redis.client, 'ada', T0)).count).toBe(2);
  await eraseCreator(redis.client, 'ada', T0);
  expect((await allOf(redis.client)).filter(one => one.includes(':ada'))).toEqual([]);
});
