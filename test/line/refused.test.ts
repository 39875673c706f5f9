import {
  pause,
  readOperation,
  resume,
  siteRefused,
  startAttempt,
  takeSlot,
  type ScopedLimit,
} from '@huntaze/core/lua';
import { describe, expect, test } from 'vitest';
import { burst, ids, LIMIT, T0, useLine } from './invocation.ts';

const { redis, invoke, read } = useLine();
const HOUR = 3_600_000;
const WINDOW = LIMIT.windowMs;

const refuse = (creatorId: string, untilMs: number, now: number, limit: ScopedLimit = LIMIT) =>
  siteRefused(redis.client, limit, { creatorId, untilMs }, now);
const begin = (creatorId: string, now: number, kind = 'k', operationId = `${creatorId}-1`) =>
  startAttempt(redis.client, { operationId, creatorId, kind, line: 'platform' }, now);
const take = (creatorId: string, now: number) =>
  takeSlot(
    redis.client,
    { line: 'platform', waiter: `${creatorId}:${now}`, ...LIMIT, holdMs: 90_000, creatorId },
    now,
  );

describe('a creator that the site has refused (429)', () => {
  test('for an hour: nothing of it begins for that hour, and of nobody for one window', async () => {
    await invoke([...burst('ada', 2), ...burst('bea', 1)], T0);
    expect(await refuse('ada', T0 + HOUR, T0)).toBe(T0 + WINDOW);
    expect(await take('bea', T0 + 1)).toMatchObject({ granted: false, closedUntilMs: T0 + WINDOW });
    expect(await take('bea', T0 + WINDOW)).toMatchObject({ granted: true });
    expect(await begin('bea', T0 + WINDOW)).toMatchObject({ state: 'running' });
    expect(await begin('ada', T0 + WINDOW)).toMatchObject({
      attempts: 0,
      paused: { sinceMs: T0, untilMs: T0 + HOUR },
    });
    expect(await begin('ada', T0 + HOUR)).toMatchObject({ state: 'running' });
  });

  test('for some seconds: everybody waits as long', async () => {
    expect(await refuse('ada', T0 + 7_000, T0)).toBe(T0 + 7_000);
    expect(await take('bea', T0 + 7_000)).toMatchObject({ granted: true });
  });

  test('leaves the ranking, so that the others get its turns, and comes back by itself', async () => {
    await refuse('ada', T0 + HOUR, T0);
    await invoke([...burst('ada', 2), ...burst('bea', 2)], T0 + 1);
    expect(ids(await invoke([], T0 + WINDOW))).toEqual(['bea-1', 'bea-2']);
    expect(await read('ada-1', T0 + WINDOW)).toMatchObject({ waits_for: 'refused', until: T0 + HOUR });
    expect(ids(await invoke([], T0 + HOUR))).toEqual(['ada-1', 'ada-2']);
  });

  test('and a second one: then it is the site, and everybody waits until the first of them may', async () => {
    await refuse('ada', T0 + HOUR, T0);
    expect(await refuse('bea', T0 + HOUR / 2, T0 + 1)).toBe(T0 + HOUR / 2);
    expect(await take('cleo', T0 + HOUR / 2 - 1)).toMatchObject({ granted: false });
    expect(await take('cleo', T0 + HOUR / 2)).toMatchObject({ granted: true });
  });

  test('twice is still one creator; and what is over counts no more', async () => {
    await refuse('ada', T0 + HOUR, T0);
    expect(await refuse('ada', T0 + 2 * HOUR, T0 + 1)).toBe(T0 + 1 + WINDOW);
    expect(await refuse('bea', T0 + 5 * HOUR, T0 + 2 * HOUR)).toBe(T0 + 2 * HOUR + WINDOW);
  });

  test('with a line of its own: only that one is closed', async () => {
    const own = { ...LIMIT, scope: 'creator' as const };
    await refuse('ada', T0 + HOUR, T0, own);
    expect(await take('bea', T0 + 1)).toMatchObject({ granted: true });
  });

  test('until a time that has passed: nothing changes', async () => {
    await refuse('ada', T0, T0);
    expect(await begin('ada', T0)).toMatchObject({ state: 'running' });
  });

  test('is let go by an operator’s word', async () => {
    await refuse('ada', T0 + HOUR, T0);
    expect(await resume(redis.client, { who: { creatorId: 'ada' }, scope: 'platform' }, T0 + WINDOW)).toBe(
      true,
    );
    expect(await begin('ada', T0 + WINDOW)).toMatchObject({ state: 'running' });
  });
});

describe('a creator that the site does not let in', () => {
  const order = (why: string) => ({ who: { creatorId: 'ada' }, scope: LIMIT.scope, why });

  test('is paused until a person says that it can log in; an operator’s resuming is not that word', async () => {
    await invoke(burst('ada', 1), T0);
    await pause(redis.client, order('refused'), T0, 'login');
    await invoke(burst('ada', 2), T0 + 1);
    expect(await read('ada-2', T0 + 2)).toMatchObject({ waits_for: 'login' });
    expect(await begin('ada', T0 + 2)).toMatchObject({ attempts: 0, paused: { sinceMs: T0 } });
    const who = { who: { creatorId: 'ada' }, scope: LIMIT.scope };
    expect(await resume(redis.client, who, T0 + 3)).toBe(false);
    expect(await begin('ada', T0 + 3)).toMatchObject({ attempts: 0 });
    expect(await resume(redis.client, who, T0 + 4, 'login')).toBe(true);
    expect(await begin('ada', T0 + 4)).toMatchObject({ state: 'running' });
    expect(ids(await invoke([], T0 + 4))).toEqual(['ada-2']);
  });

  test('has been in need of a person since the first time', async () => {
    await pause(redis.client, order('refused'), T0, 'login');
    await pause(redis.client, order('refused'), T0 + 50_000, 'login');
    expect(await begin('ada', T0 + 60_000)).toMatchObject({ paused: { sinceMs: T0 } });
  });

  test('may change its password: that may be what it takes', async () => {
    await pause(redis.client, order('refused'), T0, 'login');
    expect(await begin('ada', T0 + 1, 'credentials.rotate')).toMatchObject({ state: 'running' });
    await pause(redis.client, order('an operator'), T0 + 2);
    expect(await begin('ada', T0 + 3, 'credentials.rotate', 'ada-2')).toMatchObject({ attempts: 0 });
    expect(await readOperation(redis.client, LIMIT, 'ada-2', T0 + 3)).toMatchObject({ attempts: 0 });
  });
});
