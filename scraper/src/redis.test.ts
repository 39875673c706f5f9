import { accept, endAttempt, found, pause, readOperation, resume } from '@huntaze/core/lua';
import { expect, test } from 'vitest';
import { useRedis } from '../../test/support/redis.ts';
import { AnothersOperation } from './ledger.ts';
import { redisLedger } from './redis.ts';

/** The ledger's scripts, in a real Redis. */
const redis = useRedis();
const IDS = {
  operationId: 'op-1',
  creatorId: 'ada',
  kind: 'message.send',
  correlationId: 'c',
  notAfter: undefined,
};
const T0 = 1_800_000_000_000;
const TRIED = { n: 1, newest: '1000000000000017', deadline: 1_800_000_000_000 };

test('what was tried is there at the next attempt, digit by digit, and in the record', async () => {
  let now = T0;
  const ledger = redisLedger(redis.client, 'platform', () => now);
  expect(await ledger.start(IDS)).toEqual({
    state: 'running',
    attempts: 1,
    failures: 0,
    before: undefined,
    tried: undefined,
    paused: undefined,
    closedUntilMs: undefined,
    isSure: false,
    begunAtMs: undefined,
  });
  expect(await ledger.note(IDS, TRIED)).toBe(true);
  await ledger.end({ operationId: 'op-1', state: 'forwarded', error: 'down', countFailure: true });
  now += 60_000;
  expect(await ledger.start(IDS)).toMatchObject({
    begunAtMs: T0,
    before: 'forwarded',
    attempts: 2,
    failures: 1,
    tried: TRIED,
  });
  expect(await ledger.note(IDS, { ...TRIED, newest: '', answered: 403 })).toBe(true);
  // No end was noted: the process is gone.
  const third = await ledger.start(IDS);
  expect(third).toMatchObject({ before: 'running', attempts: 3, begunAtMs: T0 });
  expect(third.tried).toEqual({ ...TRIED, newest: '', answered: 403 });
  const limit = { scope: 'platform', limit: 10, windowMs: 60_000 } as const;
  expect((await readOperation(redis.client, limit, 'op-1'))?.tried).toEqual(third.tried);
});

test('a try is refused when a later one is known, or the operation has ended', async () => {
  const ledger = redisLedger(redis.client, 'platform');
  await ledger.start(IDS);
  expect(await ledger.note(IDS, { ...TRIED, n: 2 })).toBe(true);
  expect(await ledger.note(IDS, TRIED)).toBe(false);
  await endAttempt(redis.client, { operationId: 'op-1', state: 'outcome_unknown', error: 'x' });
  expect(await ledger.note(IDS, { ...TRIED, n: 3 })).toBe(false);
  expect(await ledger.start(IDS)).toMatchObject({ state: 'outcome_unknown', attempts: 1 });
});

test('nothing is noted of an operation that Redis has no record of', async () => {
  await expect(redisLedger(redis.client, 'platform').note(IDS, TRIED)).rejects.toThrow('UNKNOWN');
});

test("another creator's operation", async () => {
  const ledger = redisLedger(redis.client, 'platform');
  await ledger.start(IDS);
  await expect(ledger.start({ ...IDS, creatorId: 'bea' })).rejects.toBeInstanceOf(AnothersOperation);
});

test('an operation of a creator that is paused doesn’t begin; it says since when, and until when', async () => {
  const ledger = redisLedger(redis.client, 'platform', () => T0);
  const order = {
    who: { creatorId: 'ada' },
    scope: 'platform',
    why: 'login refused',
    untilMs: T0 + 5_000,
  } as const;
  await pause(redis.client, order, T0 - 1_000);
  expect(await ledger.start(IDS)).toMatchObject({
    state: 'forwarded',
    attempts: 0,
    paused: { sinceMs: T0 - 1_000, untilMs: T0 + 5_000 },
  });
  await resume(redis.client, order, T0);
  expect(await ledger.start(IDS)).toMatchObject({ state: 'running', attempts: 1, paused: undefined });
});

test('what is not worth doing any more ends as expired; what was begun is brought to its end', async () => {
  const ledger = redisLedger(redis.client, 'platform', () => T0);
  expect(await ledger.start({ ...IDS, notAfter: T0 })).toMatchObject({ state: 'expired', attempts: 0 });
  const other = { ...IDS, operationId: 'op-2', notAfter: T0 + 1 };
  expect(await ledger.start(other)).toMatchObject({ state: 'running' });
  const later = redisLedger(redis.client, 'platform', () => T0 + 10);
  expect(await later.start(other)).toMatchObject({ state: 'running', before: 'running' });
});

test('what Redis says is sure, but of what was accepted before it lost its memory', async () => {
  const limit = { scope: 'platform', limit: 10, windowMs: 60_000 } as const;
  let now = T0;
  const ledger = redisLedger(redis.client, 'platform', () => now);
  const accepted = (operationId: string) =>
    accept(redis.client, limit, { ...IDS, operationId }, undefined, now);
  await accepted('op-1');
  await accepted('op-2');
  expect(await ledger.start(IDS)).toMatchObject({ isSure: true });
  await redis.client.hset('huntaze:2:home', 'replid', 'another');
  now += 1_000;
  expect(await ledger.start({ ...IDS, operationId: 'op-2' })).toMatchObject({ isSure: false });
  now += 1_000;
  await accepted('op-3');
  expect(await ledger.start({ ...IDS, operationId: 'op-3' })).toMatchObject({ isSure: true });
  expect(await found(redis.client, 'same', now)).toBe(true);
});
