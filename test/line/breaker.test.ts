import { closeSite, endProbe, openBreaker, startAttempt, takeSlot } from '@huntaze/core/lua';
import { describe, expect, test } from 'vitest';
import { burst, ids, LIMIT, SPAN, T0, useLine } from './invocation.ts';

const { redis, invoke } = useLine();
const FIRST = 30_000;
const LONGEST = 300_000;
const HOLD = 90_000;

const open = (now: number, creatorId = 'ada') =>
  openBreaker(redis.client, { creatorId, why: 'down', firstMs: FIRST, longestMs: LONGEST }, now);
const take = (waiter: string, now: number, creatorId = waiter.split(':')[0] as string, limit = 10) => {
  const request = { line: 'platform', waiter, limit, windowMs: 60_000, holdMs: HOLD, creatorId };
  return takeSlot(redis.client, request, now);
};
const begin = (now: number) =>
  startAttempt(redis.client, { operationId: 'ada-1', creatorId: 'ada', kind: 'k', line: 'platform' }, now);
const PROBE = { granted: true, isProbe: true };
const PLAIN = { granted: true, isProbe: false };
const LATER = { granted: false, retryInMs: 1_000, closedUntilMs: undefined };

describe('an open breaker', () => {
  test('lets nothing be released, nothing begin, and gives no slot, until its time has passed', async () => {
    await invoke(burst('ada', 1), T0);
    expect(await open(T0)).toBe(T0 + FIRST);
    expect(ids(await invoke(burst('bea', 1), T0 + 1))).toEqual([]);
    expect(await begin(T0 + 1)).toMatchObject({ state: 'forwarded', attempts: 0, closedUntilMs: T0 + FIRST });
    const closed = { granted: false, retryInMs: FIRST - 1, closedUntilMs: T0 + FIRST };
    expect(await take('bea', T0 + 1)).toEqual(closed);
    expect(ids(await invoke([], T0 + FIRST))).toEqual(['bea-1']);
    expect(await begin(T0 + FIRST)).toMatchObject({ state: 'running', closedUntilMs: undefined });
  });

  test('opened by several tasks at once is opened once; each time it fails again it lasts twice as long', async () => {
    expect(await open(T0)).toBe(T0 + FIRST);
    expect(await open(T0 + 10, 'bea')).toBe(T0 + FIRST);
    let now = T0 + FIRST;
    const lasted: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      const until = await open(now);
      lasted.push(until - now);
      now = until;
    }
    expect(lasted).toEqual([60_000, 120_000, 240_000, LONGEST, LONGEST]);
  });

  test('does not shorten what an operator has closed', async () => {
    await closeSite(redis.client, T0 + 3_600_000);
    await open(T0);
    expect(await take('bea', T0 + FIRST)).toMatchObject({ granted: false, closedUntilMs: T0 + 3_600_000 });
  });
});

describe('a half-open breaker', () => {
  const half = T0 + FIRST;

  test('lets one probe through, of another creator than the one that opened it, and the others wait', async () => {
    await open(T0);
    expect(await take('ada:1', half)).toEqual(LATER);
    expect(await take('bea:1', half)).toMatchObject(PROBE);
    expect(await take('cleo:1', half)).toEqual(LATER);
    expect(await take('bea:1', half + 1)).toMatchObject(PROBE);
  });

  test('is closed by a probe that went well: everybody goes on, in the order asked', async () => {
    await open(T0);
    await take('bea:1', half);
    await take('cleo:1', half);
    expect(await endProbe(redis.client, 'bea:1', true)).toBe(true);
    expect(await take('cleo:1', half + 2_000)).toMatchObject(PLAIN);
    expect(await take('ada:1', half + 2_000)).toMatchObject(PLAIN);
    expect(await open(half + 3_000)).toBe(half + 3_000 + FIRST);
  });

  test('is open again when the probe failed: twice as long, and then another one probes', async () => {
    await open(T0);
    await take('bea:1', half);
    expect(await open(half + 1_000, 'bea')).toBe(half + 1_000 + 2 * FIRST);
    expect(await endProbe(redis.client, 'bea:1', true)).toBe(false);
    expect(await take('bea:2', half + 1_000 + 2 * FIRST)).toEqual(LATER);
    expect(await take('ada:2', half + 1_000 + 2 * FIRST)).toMatchObject(PROBE);
  });

  test('has another probe when nobody knows how the first one went, or it never tells', async () => {
    await open(T0);
    await take('bea:1', half);
    await endProbe(redis.client, 'bea:1', false);
    expect(await take('cleo:1', half + 1)).toMatchObject(PROBE);
    expect(await take('dana:1', half + HOLD)).toEqual(LATER);
    expect(await take('dana:1', half + 1 + HOLD)).toMatchObject(PROBE);
    expect(await endProbe(redis.client, 'cleo:1', true)).toBe(false);
  });

  test('gives the operation that probes a second slot: a login may lead on', async () => {
    await open(T0);
    await take('op-1:x', half, 'bea');
    expect(await take('op-2:x', half, 'bea')).toEqual(LATER);
    expect(await take('op-1:y', half, 'bea')).toMatchObject(PROBE);
    expect(await endProbe(redis.client, 'op-1:y', true)).toBe(true);
  });

  test('is probed by the creator that opened it, if no other asks for a window: it may be the only one', async () => {
    await open(T0);
    expect(await take('ada:1', half + 59_999)).toEqual(LATER);
    expect(await take('ada:1', half + 60_000)).toMatchObject(PROBE);
  });

  test('and the one that may not probe stands in nobody’s way', async () => {
    await open(T0);
    expect(await take('ada:1', half, 'ada', 1)).toEqual(LATER);
    expect(await take('bea:1', half, 'bea', 1)).toMatchObject(PROBE);
  });

  test('does not hold up what the line releases', async () => {
    await open(T0);
    expect(ids(await invoke(burst('bea', 12), half))).toHaveLength(LIMIT.limit);
    expect(SPAN).toBeGreaterThan(FIRST);
  });
});
