import {
  changeRules,
  endAttempt,
  readOperation,
  settle,
  startAttempt,
  tick,
  type Arrival,
} from '@huntaze/core/lua';
import { describe, expect, test } from 'vitest';
import { arrival, burst, ids, LIMIT, SPAN, T0, TIMES, useLine } from './invocation.ts';

const { redis, turn, invoke, read, change } = useLine();
const HOUR = 3_600_000;

describe('an operation that is not worth doing any more', () => {
  test('expires when its turn comes, and takes no token and no turn', async () => {
    await invoke(burst('zoe', 10), T0);
    const late = arrival('ada', 1, { notAfter: T0 + 30_000 });
    const { verdicts } = await invoke([late, arrival('ada', 2), arrival('bea', 1)], T0 + 1);
    expect(verdicts[0]).toEqual({ is: 'waiting', dueAt: T0 + 30_000, rank: 0 });
    const next = await invoke([], T0 + SPAN);
    expect(ids(next)).toEqual(['ada-2', 'bea-1']);
    expect(next.tokensRemaining).toBe(8);
    expect(await read('ada-1', T0 + SPAN)).toMatchObject({ state: 'expired', at: { expired: T0 + SPAN } });
    expect((await invoke([late], T0 + SPAN + 1)).verdicts).toEqual([{ is: 'gone' }]);
  });

  test('is done at the last millisecond before, and not at the one named', async () => {
    expect(ids(await invoke([arrival('ada', 1, { notAfter: T0 + 1 })], T0))).toEqual(['ada-1']);
    const { releases, verdicts } = await invoke([arrival('bea', 1, { notAfter: T0 })], T0);
    expect({ releases, verdicts }).toEqual({ releases: [], verdicts: [{ is: 'gone' }] });
  });

  test('is not begun by the scraper either, unless it was before', async () => {
    await invoke([arrival('ada', 1, { notAfter: T0 + 10 }), arrival('ada', 2, { notAfter: T0 + 10 })], T0);
    const begin = (n: number, now: number) =>
      startAttempt(
        redis.client,
        { operationId: `ada-${n}`, creatorId: 'ada', kind: 'k', line: 'platform' },
        now,
      );
    await begin(1, T0 + 9);
    expect(await begin(1, T0 + 11)).toMatchObject({ state: 'running', before: 'running' });
    expect(await begin(2, T0 + 11)).toMatchObject({ state: 'expired' });
  });

  test('lets who follows it go', async () => {
    await invoke(burst('zoe', 10), T0);
    const first = arrival('ada', 1, { notAfter: T0 + 1_000 });
    await invoke([first, arrival('ada', 2, { follows: '1' })], T0 + 1);
    expect(ids(await invoke([], T0 + SPAN))).toEqual(['ada-2']);
  });
});

describe('operations forwarded and not ended', () => {
  const tight = { ...LIMIT, mostUnfinished: 2 };
  const end = async (operationId: string, now: number, state: 'succeeded' | 'forwarded' = 'succeeded') =>
    endAttempt(redis.client, { operationId, state }, now);

  test('hold the line back above their number, until one ends', async () => {
    expect(ids(await invoke(burst('ada', 4), T0, tight))).toEqual(['ada-1', 'ada-2']);
    expect(ids(await invoke([], T0 + SPAN, tight))).toEqual([]);
    expect(await read('ada-3', T0 + SPAN)).toMatchObject({ waits_for: 'unfinished' });
    await end('ada-1', T0 + SPAN, 'forwarded');
    expect(ids(await invoke([], T0 + SPAN, tight))).toEqual([]);
    await end('ada-1', T0 + SPAN);
    expect(ids(await invoke([], T0 + SPAN, tight))).toEqual(['ada-3']);
  });

  test('are asked for the less often the longer none ends', async () => {
    await invoke(burst('ada', 4), T0, tight);
    const due = async (after: number) => {
      const { verdicts } = await invoke([arrival('ada', 3)], T0 + after, tight);
      return verdicts[0]!.is === 'waiting' && verdicts[0]!.dueAt - T0 - after;
    };
    expect(await due(1_000)).toBe(SPAN);
    expect(await due(400_000)).toBe(100_000);
    expect(await due(3_500_000)).toBe(875_000);
    expect(await due(3_599_999)).toBe(899_999);
  });

  test('count for an hour after the last sign of life: a ghost holds no place for ever', async () => {
    await invoke(burst('ada', 3), T0, tight);
    const operation = { operationId: 'ada-2', creatorId: 'ada', kind: 'k', line: 'platform' };
    await startAttempt(redis.client, operation, T0 + 1_000);
    expect(ids(await invoke([], T0 + HOUR - 1, tight))).toEqual([]);
    expect(ids(await invoke(burst('ada', 1, 4), T0 + HOUR, tight))).toEqual(['ada-3']);
    expect(ids(await invoke([], T0 + HOUR + 1_000, tight))).toEqual(['ada-4']);
    // Nor is it kept for ever: the message may have been taken out of the next queue by hand.
    expect(await redis.client.ttl('huntaze:2:op:ada-1')).toBeGreaterThan(14 * 86_400);
  });

  test('a repeated release counts once, also after its hour', async () => {
    await turn(burst('ada', 2), T0, { limit: tight });
    const again = await invoke([...burst('ada', 2), arrival('bea', 1)], T0 + HOUR + 1, tight);
    expect(ids(again)).toEqual(['ada-1', 'ada-2']);
  });

  test('are 20 windows’ worth at most where nothing else is said', async () => {
    expect(await changeRules(redis.client, { limit: 3, windowMs: 1_000 })).toMatchObject({
      mostUnfinished: 60,
    });
  });
});

describe('a limit that an operator changes', () => {
  test('rules over the environment’s until it is taken back', async () => {
    await change({ limit: 3 });
    expect((await invoke(burst('ada', 12), T0)).releases).toHaveLength(3);
    await change({ limit: null });
    expect((await invoke([], T0 + 1)).releases).toHaveLength(7);
  });

  test('lowered lets nothing go until what was spent is below it; raised again gives back nothing', async () => {
    await invoke(burst('ada', 5), T0);
    await invoke(burst('ada', 5, 6), T0 + 30_000);
    await change({ limit: 5 });
    const { verdicts } = await invoke(burst('bea', 6), T0 + 31_000);
    expect(verdicts[0]).toMatchObject({ dueAt: T0 + 30_000 + SPAN, rank: 0 });
    expect(verdicts[5]).toMatchObject({ dueAt: T0 + 30_000 + 2 * SPAN, rank: 5 });
    expect(ids(await invoke([], T0 + SPAN))).toEqual([]);
    await change({ limit: 10 });
    expect(ids(await invoke([], T0 + SPAN))).toHaveLength(5);
  });

  test('lowered lets a release that is repeated wait, too', async () => {
    await turn(burst('ada', 3), T0);
    await change({ limit: 2 });
    expect(ids(await invoke(burst('ada', 3), T0 + 31_000))).toEqual([]);
    expect(ids(await invoke([], T0 + SPAN))).toEqual(['ada-1', 'ada-2']);
    expect(ids(await invoke([], T0 + 2 * SPAN))).toEqual(['ada-3']);
  });

  test('lowered below two heavy ones lets nobody lighter go between them', async () => {
    await change({ limit: 6, weights: { heavy: 3 } });
    const two = [1, 2].map(sequence => arrival('ada', sequence, { kind: 'heavy' }));
    await turn(two, T0);
    await change({ limit: 4 });
    expect(ids(await invoke([...two, arrival('bea', 1)], T0 + SPAN))).toEqual(['ada-1']);
    expect(ids(await invoke([], T0 + 2 * SPAN))).toEqual(['ada-2', 'bea-1']);
  });

  test('a window that is made longer takes what was forgotten as just spent', async () => {
    await change({ windowMs: 10_000 });
    await invoke(burst('ada', 10), T0);
    await invoke([], T0 + 10_250); // forgets them
    await change({ windowMs: 60_000 });
    const { verdicts } = await invoke(burst('bea', 1), T0 + 10_300);
    expect(verdicts).toEqual([{ is: 'waiting', dueAt: T0 + 10_300 + 50_000, rank: 0 }]);
    expect(ids(await invoke([], T0 + 60_299))).toEqual([]);
    expect(ids(await invoke([], T0 + 60_300))).toEqual(['bea-1']);
  });

  test('a window that is made shorter gives back at once what is older', async () => {
    await invoke(burst('ada', 10), T0);
    await change({ windowMs: 10_000 });
    expect(ids(await invoke(burst('bea', 1), T0 + 10_249))).toEqual([]);
    expect(ids(await invoke([], T0 + 10_250))).toEqual(['bea-1']);
  });

  test('whoever asks about an operation by another window changes nothing', async () => {
    await invoke(burst('ada', 11), T0);
    await readOperation(redis.client, { ...LIMIT, windowMs: 1_000 }, 'ada-11', T0 + 30_000);
    expect(ids(await invoke([], T0 + 30_001))).toEqual([]);
    const record = await readOperation(redis.client, { ...LIMIT, windowMs: 1_000 }, 'ada-11', T0 + 30_001);
    expect(record).toMatchObject({ expected_at: T0 + 30_001 });
  });
});

describe('a scope that is changed while something waits', () => {
  const own = (arrivals: Arrival[], now: number) =>
    tick(redis.client, 'creator-ada', LIMIT, { id: `own-${now}`, ...TIMES }, arrivals, now);

  test('what waits in the other line stands in this one when its copy comes, and goes once', async () => {
    await invoke(burst('zoe', 10), T0);
    await invoke(burst('ada', 2), T0);
    expect(ids(await own(burst('ada', 2), T0 + 1))).toEqual(['ada-1', 'ada-2']);
    expect(ids(await invoke([], T0 + SPAN))).toEqual([]);
  });

  test('what was released there and never confirmed goes again here', async () => {
    await turn(burst('ada', 1), T0, { lease: 'lost' });
    expect(ids(await own(burst('ada', 1), T0 + 1))).toEqual(['ada-1']);
    expect(ids(await invoke([], T0 + SPAN))).toEqual([]);
  });

  test('a body that is brought late is kept, and whoever waits for it can go', async () => {
    await invoke(burst('zoe', 10), T0);
    const { staying } = await turn(burst('ada', 1), T0 + 1);
    await change({ limit: 1 });
    await own(burst('bob', 1), T0 + 2);
    await own(burst('ada', 1), T0 + 3);
    expect(ids(await own([], T0 + 2 * SPAN))).toEqual([]);
    await settle(redis.client, 'platform', 'late', { forwarded: [], staying });
    expect(ids(await own([], T0 + 2 * SPAN + 1))).toEqual(['ada-1']);
  });

  test('what was confirmed there is gone here, too', async () => {
    await invoke(burst('ada', 1), T0);
    expect((await own(burst('ada', 1), T0 + 1)).verdicts).toEqual([{ is: 'gone' }]);
  });
});
