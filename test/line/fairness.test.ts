import { closeSite } from '@huntaze/core/lua';
import { describe, expect, test } from 'vitest';
import { arrival, burst, ids, LIMIT, SPAN, T0, useLine } from './invocation.ts';

const { redis, turn, invoke, change } = useLine();

const one = { ...LIMIT, limit: 1 };
/** What goes, token by token, one in each window. */
async function inTurn(count: number, from: number): Promise<string[]> {
  const gone: string[] = [];
  for (let n = 0; n < count; n++) gone.push(...ids(await invoke([], from + n * SPAN, one)));
  return gone;
}

describe('turns', () => {
  test('between creators that began to wait at one tag go by who began first', async () => {
    await invoke(burst('zoe', 1), T0, one);
    await invoke(burst('cleo', 2), T0 + 1, one);
    await invoke(burst('bea', 2), T0 + 2, one);
    await invoke(burst('ada', 2), T0 + 3, one);
    const order = ['cleo-1', 'bea-1', 'ada-1', 'cleo-2', 'bea-2', 'ada-2'];
    expect((await invoke([arrival('ada', 2), arrival('cleo', 2)], T0 + 4, one)).verdicts).toMatchObject([
      { rank: 5 },
      { rank: 3 },
    ]);
    expect(await inTurn(6, T0 + SPAN)).toEqual(order);
  });

  test('of one that has just gone come after those of who waited meanwhile, and then alternate', async () => {
    await invoke(burst('ada', 1), T0, one);
    await invoke(burst('bea', 2), T0 + 1, one);
    await invoke([arrival('ada', 2), arrival('ada', 3)], T0 + 2, one);
    expect(await inTurn(4, T0 + SPAN)).toEqual(['bea-1', 'ada-2', 'bea-2', 'ada-3']);
  });

  test('are not saved up by silence', async () => {
    await invoke(burst('ada', 1), T0, one);
    await invoke(burst('bea', 9), T0 + 1, one);
    await inTurn(4, T0 + SPAN);
    await invoke(burst('ada', 5, 2), T0 + 4 * SPAN + 1, one);
    expect(await inTurn(4, T0 + 5 * SPAN)).toEqual(['bea-5', 'ada-2', 'bea-6', 'ada-3']);
  });

  test('of equal sequences go by id', async () => {
    await invoke(burst('zoe', 1), T0, one);
    const same = ['b', 'c', 'a'].map(operationId => arrival('ada', 7, { operationId }));
    await invoke(same, T0 + 1, one);
    expect(await inTurn(3, T0 + SPAN)).toEqual(['a', 'b', 'c']);
  });

  test('are the same for who finds room at once as for who is put in line first', async () => {
    /** V after it, and who goes next, of those who come then. */
    const history = async (isClosed: boolean) => {
      await redis.reset();
      // ada's turns have come further than the line's; bea's two are not let through at once.
      await invoke([...burst('ada', 3), arrival('bea', 1)], T0);
      if (isClosed) await closeSite(redis.client, T0 + SPAN + 1);
      await invoke([arrival('ada', 9), ...burst('bea', 2, 10), arrival('cleo', 9)], T0 + SPAN);
      await invoke([], T0 + SPAN + 1);
      const v = await redis.client.hget('huntaze:2:line:platform:state', 'v');
      const next = ['ada', 'bea', 'cleo'].flatMap(name => burst(name, 5, 20));
      await invoke(next, T0 + SPAN + 2);
      return { v, next: ids(await invoke([], T0 + 2 * SPAN + 2)) };
    };
    expect(await history(true)).toEqual(await history(false));
  });
});

describe('weights', () => {
  test('an operation of weight 3 takes three tokens and three turns', async () => {
    await change({ weights: { heavy: 3 } });
    await invoke(burst('zoe', 10), T0);
    const heavy = [1, 2].map(sequence => arrival('ada', sequence, { kind: 'heavy' }));
    const { verdicts } = await invoke([...heavy, ...burst('bea', 8)], T0 + 1);
    expect(verdicts.map(verdict => verdict.is === 'waiting' && verdict.rank)).toEqual([
      0, 6, 1, 3, 5, 7, 9, 11, 12, 13,
    ]);
    const next = await invoke([], T0 + SPAN);
    expect(ids(next)).toEqual(['ada-1', 'bea-1', 'bea-2', 'bea-3', 'ada-2', 'bea-4']);
    expect(next.releases.map(release => release.tokensRemaining)).toEqual([7, 6, 5, 4, 1, 0]);
  });

  test('nobody lighter overtakes one for which there is too little room; it is told when its last token comes', async () => {
    await change({ weights: { heavy: 3 } });
    await invoke(burst('zoe', 8), T0);
    await invoke(burst('yve', 1), T0 + 10_000);
    const { releases, verdicts } = await invoke(
      [arrival('ada', 1, { kind: 'heavy' }), arrival('bea', 1)],
      T0 + 20_000,
    );
    expect(releases).toEqual([]);
    expect(verdicts[0]).toEqual({ is: 'waiting', dueAt: T0 + SPAN, rank: 0 });
    expect(ids(await invoke([], T0 + SPAN))).toEqual(['ada-1', 'bea-1']);
  });

  test('it does not go while its tokens are not all there, nor does a lighter one that comes later', async () => {
    await change({ weights: { heavy: 3 } });
    await invoke(burst('zoe', 8), T0);
    expect(ids(await invoke([arrival('ada', 1, { kind: 'heavy' })], T0 + 1))).toEqual([]);
    expect(ids(await invoke([arrival('bea', 1)], T0 + 2))).toEqual([]);
    expect(ids(await invoke([], T0 + SPAN))).toEqual(['ada-1', 'bea-1']);
  });

  test('above the limit it takes the whole window, and all of it comes back', async () => {
    await change({ weights: { heavy: 50 } });
    const heavy = arrival('ada', 1, { kind: 'heavy' });
    expect(await invoke([heavy], T0)).toMatchObject({ tokensRemaining: 0, verdicts: [{ is: 'released' }] });
    expect(ids(await invoke(burst('bea', 1), T0 + SPAN - 1))).toEqual([]);
    expect(await invoke([], T0 + SPAN)).toMatchObject({ tokensRemaining: 9 });
  });

  test('is the one that it had when it was put in line; a limit lowered since does not hold it for ever', async () => {
    await change({ weights: { heavy: 5 } });
    await invoke(burst('zoe', 10), T0);
    await invoke([arrival('ada', 1, { kind: 'heavy' })], T0 + 1);
    await change({ weights: { heavy: null }, limit: 3 });
    expect(ids(await invoke(burst('bea', 1), T0 + SPAN))).toEqual(['ada-1']);
    expect(ids(await invoke([], T0 + 2 * SPAN - 1))).toEqual([]);
    expect(ids(await invoke([], T0 + 2 * SPAN))).toEqual(['bea-1']);
  });
});

describe('a line for each creator', () => {
  const scoped = { ...LIMIT, scope: 'creator' as const };

  test('has a window of its own', async () => {
    expect((await invoke(burst('ada', 11), T0, scoped, 'creator-ada')).releases).toHaveLength(10);
    expect((await invoke(burst('bea', 11), T0, scoped, 'creator-bea')).releases).toHaveLength(10);
  });

  test('has a lease of its own, and keeps the creator’s order', async () => {
    await turn(burst('ada', 1), T0, { name: 'creator-ada', limit: scoped });
    expect(ids(await invoke(burst('bea', 1), T0, scoped, 'creator-bea'))).toEqual(['bea-1']);
    const late = arrival('ada', 3, { follows: '2' });
    expect(ids(await invoke([...burst('ada', 1), late], T0 + 31_000, scoped, 'creator-ada'))).toEqual([
      'ada-1',
    ]);
    expect(ids(await invoke([arrival('ada', 2)], T0 + 31_001, scoped, 'creator-ada'))).toEqual([
      'ada-2',
      'ada-3',
    ]);
  });
});
