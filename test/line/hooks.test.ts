import {
  accept,
  cancel,
  endAttempt,
  endHook,
  eraseOperations,
  haltForErasure,
  listHooks,
  noteWebhook,
  noteWebhooks,
  orderHook,
  skipHead,
  startAttempt,
  takeHooks,
  voidOperation,
  type Accepted,
  type DueHook,
} from '@huntaze/core/lua';
import { beforeEach, describe, expect, test } from 'vitest';
import { LIMIT, message, T0, useLine } from './invocation.ts';

const { redis, invoke, read } = useLine();
const ROOT = 'huntaze:2:';
const APP = 'tok-app';
const LEASE_MS = 60_000;

beforeEach(async () => {
  await noteWebhooks(redis.client, [APP], T0);
});

/** An operation of ada's, as a token has it accepted. */
async function asked(
  operationId: string,
  { token = APP, notAfter, now = T0 }: { token?: string; notAfter?: number; now?: number } = {},
): Promise<Accepted> {
  const operation = { operationId, creatorId: 'ada', kind: 'profile.scrape', notAfter };
  const acceptance = await accept(redis.client, LIMIT, operation, undefined, now, token);
  if (acceptance.is !== 'accepted') throw new Error(acceptance.is);
  return acceptance.place;
}
const start = (operationId: string, now: number) =>
  startAttempt(
    redis.client,
    { operationId, creatorId: 'ada', kind: 'profile.scrape', line: 'platform' },
    now,
  );
const end = (operationId: string, state: 'succeeded' | 'failed' | 'forwarded', now: number) =>
  endAttempt(redis.client, { operationId, state }, now);

/** An operation that has succeeded at `now`. */
async function ended(operationId: string, token = APP, now = T0): Promise<void> {
  await invoke([message(await asked(operationId, { token, now }))], now);
  await start(operationId, now);
  await end(operationId, 'succeeded', now);
}

const take = (
  now: number,
  { most = 10, mostOfToken = 10, atWork = {} }: { most?: number; mostOfToken?: number; atWork?: object } = {},
) =>
  takeHooks(
    redis.client,
    LIMIT,
    { leaseMs: LEASE_MS, most, mostOfToken, atWork: new Map(Object.entries(atWork)) },
    now,
  );
const due = async (now: number) => (await take(now)).due;
const ids = (hooks: DueHook[]) => hooks.map(({ operation }) => operation.id);
/** Without taking anything. */
const waiting = async (token?: string) =>
  (await listHooks(redis.client, 'waiting', token, 100)).map(({ operationId, at }) => [operationId, at]);

describe('each way in which an operation ends is told', () => {
  test.each(['succeeded', 'failed', 'dead', 'outcome_unknown'] as const)(
    'the scraper ends it as %s',
    async state => {
      await invoke([message(await asked('op-1'))], T0);
      await start('op-1', T0);
      expect(await waiting()).toEqual([]);
      await endAttempt(redis.client, { operationId: 'op-1', state, error: 'why' }, T0 + 5);
      expect(await waiting()).toEqual([['op-1', T0 + 5]]);
      const [hook] = await due(T0 + 5);
      expect(hook).toMatchObject({
        tokenId: APP,
        tries: 0,
        operation: { id: 'op-1', state, creator: 'ada' },
      });
    },
  );

  test('it is not worth doing any more when the scraper gets it', async () => {
    await invoke([message(await asked('op-1', { notAfter: T0 + 10 }), { notAfter: T0 + 10 })], T0);
    expect(await start('op-1', T0 + 10)).toMatchObject({ state: 'expired' });
    expect(await waiting()).toEqual([['op-1', T0 + 10]]);
  });

  test('it is not worth doing any more when it is seen in the line first, or while it waits there', async () => {
    const late = message(await asked('op-1', { notAfter: T0 + 10 }), { notAfter: T0 + 10 });
    await invoke([late], T0 + 10);
    expect(await waiting()).toEqual([['op-1', T0 + 10]]);
    const small = { ...LIMIT, limit: 1 };
    const first = message(await asked('op-2'));
    const second = message(await asked('op-3', { notAfter: T0 + 50 }), { notAfter: T0 + 50 });
    await invoke([first, second], T0 + 11, small);
    expect(await read('op-3', T0 + 11)).toMatchObject({ state: 'waiting' });
    await invoke([second], T0 + 50, small);
    expect(await waiting()).toEqual([
      ['op-1', T0 + 10],
      ['op-3', T0 + 50],
    ]);
  });

  test('it is cancelled, pending or waiting; or skipped', async () => {
    await asked('op-1');
    await cancel(redis.client, 'op-1', 'why', T0 + 1);
    await invoke([message(await asked('op-2'))], T0 + 2);
    await skipHead(redis.client, { creatorId: 'ada', scope: 'platform', why: 'why' }, 'op-2', T0 + 3);
    expect(await waiting()).toEqual([
      ['op-1', T0 + 1],
      ['op-2', T0 + 3],
    ]);
  });

  test('once: the first end is the one that stays', async () => {
    await ended('op-1');
    const [hook] = await due(T0);
    await endHook(redis.client, hook!, { is: 'gone' }, T0);
    await end('op-1', 'failed', T0 + 1);
    await start('op-1', T0 + 1);
    await cancel(redis.client, 'op-1', 'why', T0 + 1);
    expect(await waiting()).toEqual([]);
  });
});

describe('is not told', () => {
  test('what will be tried again', async () => {
    await invoke([message(await asked('op-1'))], T0);
    await start('op-1', T0);
    await end('op-1', 'forwarded', T0);
    expect(await waiting()).toEqual([]);
  });

  test('what was withdrawn before it was accepted', async () => {
    await asked('op-1');
    expect(await voidOperation(redis.client, { operationId: 'op-1', ask: 1 }, T0)).toBe('withdrawn');
    expect(await waiting()).toEqual([]);
  });

  test('a token that has no webhook; its operations take no more memory', async () => {
    await ended('op-1', 'tok-other');
    await ended('op-2', '');
    expect(await waiting()).toEqual([]);
    const bytes = async (token: string) => {
      await redis.reset();
      await noteWebhooks(redis.client, [APP], T0);
      await asked('op-1', { token });
      return redis.client.strlen(`${ROOT}op:op-1`);
    };
    const plain = await bytes('');
    expect(await bytes('tok-other')).toBe(plain);
    // What it takes where there is one.
    expect((await bytes(APP)) - plain).toBeLessThan(50);
  });

  test('what an erased creator had, whether it waited to be told or was given up', async () => {
    for (const id of ['op-1', 'op-2', 'op-3']) await ended(id);
    await asked('op-4');
    const [first] = await due(T0);
    await endHook(redis.client, first!, { is: 'dead', why: 'why' }, T0);
    await haltForErasure(redis.client, 'ada', T0);
    await eraseOperations(redis.client, 'ada', ['op-1', 'op-2', 'op-3', 'op-4'], T0);
    expect(await listHooks(redis.client, 'waiting', undefined, 10)).toEqual([]);
    expect(await listHooks(redis.client, 'dead', undefined, 10)).toEqual([]);
    expect(await redis.client.keys(`${ROOT}*hooks*`)).toEqual([`${ROOT}webhooks`]);
    expect(await due(T0 + LEASE_MS)).toEqual([]);
  });
});

describe('who has a webhook', () => {
  test('is known as soon as it is said, for what is accepted from then on', async () => {
    await ended('op-1', 'tok-new');
    await noteWebhook(redis.client, 'tok-new', true);
    await ended('op-2', 'tok-new');
    await noteWebhook(redis.client, 'tok-new', false);
    await ended('op-3', 'tok-new');
    expect(await waiting()).toEqual([['op-2', T0]]);
    expect(await take(T0)).toMatchObject({ isUnread: false, hasAny: true });
    await noteWebhook(redis.client, APP, false);
    expect(await take(T0)).toMatchObject({ isUnread: false, hasAny: false });
  });

  test('is asked for by a Redis that has lost its memory; until then, everybody may have one', async () => {
    await redis.reset();
    expect(await take(T0)).toMatchObject({ isUnread: true, hasAny: false });
    await ended('op-1', 'tok-perhaps');
    expect(await waiting()).toEqual([['op-1', T0]]);
    await noteWebhooks(redis.client, [APP], T0);
    await ended('op-2', 'tok-perhaps');
    expect(await waiting()).toEqual([['op-1', T0]]);
    // A snapshot of long ago: it may lack a webhook that was set since.
    await redis.client.hset(`${ROOT}home`, 'replid', 'another');
    expect(await take(T0 + 1)).toMatchObject({ isUnread: true });
    await ended('op-3', 'tok-perhaps', T0 + 1);
    expect((await waiting()).map(([id]) => id)).toContain('op-3');
    await noteWebhooks(redis.client, [APP], T0 + 2);
    expect(await take(T0 + 2)).toMatchObject({ isUnread: false });
  });
});

describe('a delivery that was taken', () => {
  test('is nobody else’s until its lease ends; whoever dies with it leaves it to others', async () => {
    await ended('op-1');
    expect(ids(await due(T0 - 1))).toEqual([]);
    expect(ids(await due(T0))).toEqual(['op-1']);
    expect(ids(await due(T0 + LEASE_MS - 1))).toEqual([]);
    expect(ids(await due(T0 + LEASE_MS))).toEqual(['op-1']);
  });

  test('is settled under its own lease only', async () => {
    await ended('op-1');
    const [mine] = await due(T0);
    const [anothers] = await due(T0 + LEASE_MS);
    expect(await endHook(redis.client, mine!, { is: 'dead', why: 'late' }, T0 + LEASE_MS)).toBe(false);
    expect(await listHooks(redis.client, 'dead', undefined, 10)).toEqual([]);
    expect(await endHook(redis.client, anothers!, { is: 'gone' }, T0 + LEASE_MS)).toBe(true);
    expect(ids(await due(T0 + 10 * LEASE_MS))).toEqual([]);
    expect(await redis.client.exists(`${ROOT}hooks`, `${ROOT}hooks:${APP}`)).toBe(0);
  });

  test('that failed is due when it was said, and knows how often it has', async () => {
    await ended('op-1');
    const again = { is: 'again', status: 500, why: 'answered 500' } as const;
    for (const n of [0, 1, 2]) {
      const now = T0 + n * 100_000;
      const [hook, ...more] = await due(now);
      expect([hook?.tries, more]).toEqual([n, []]);
      await endHook(redis.client, hook!, { ...again, dueAt: now + 100_000 }, now + 7);
      expect(ids(await due(now + 99_999))).toEqual([]);
    }
    expect(await listHooks(redis.client, 'waiting', APP, 10)).toEqual([
      {
        operationId: 'op-1',
        tokenId: APP,
        at: T0 + 300_000,
        tries: 3,
        last: { at: T0 + 200_007, status: 500, why: 'answered 500' },
        creatorId: 'ada',
        kind: 'profile.scrape',
        state: 'succeeded',
      },
    ]);
  });

  test('for which nothing was tried has no try more', async () => {
    await ended('op-1');
    const [hook] = await due(T0);
    await endHook(redis.client, hook!, { is: 'later', dueAt: T0 + 30_000 }, T0 + 1);
    expect(await due(T0 + 29_999)).toEqual([]);
    expect(await due(T0 + 30_000)).toMatchObject([{ tries: 0 }]);
  });
});

describe('one token’s deliveries', () => {
  test('are held up by none but its own, however many there are', async () => {
    await noteWebhook(redis.client, 'tok-b', true);
    for (let n = 0; n < 30; n += 1) await ended(`op-a${n}`, APP, T0 + n);
    await ended('op-b', 'tok-b', T0 + 40);
    const now = T0 + 100;
    const first = (await take(now, { mostOfToken: 3 })).due;
    expect(ids(first)).toEqual(['op-a0', 'op-a1', 'op-a2', 'op-b']);
    // All hands that one token may have are busy.
    const next = (await take(now, { mostOfToken: 3, atWork: { [APP]: 3 } })).due;
    expect(next).toEqual([]);
    const more = (await take(now, { mostOfToken: 3, atWork: { [APP]: 1 } })).due;
    expect(ids(more)).toEqual(['op-a3', 'op-a4']);
    expect((await take(now, { most: 4 })).due).toHaveLength(4);
  });
});

describe('what was given up', () => {
  /** Given up at `now`. */
  const dead = async (operationId: string, now: number, token = APP) => {
    await ended(operationId, token, now);
    const [hook] = await due(now);
    await endHook(redis.client, hook!, { is: 'dead', status: 410, why: 'answered 410' }, now);
  };
  const list = async (token?: string) =>
    (await listHooks(redis.client, 'dead', token, 10)).map(({ operationId, at }) => [operationId, at]);

  test('is listed, the last one first, for its own token and for all', async () => {
    await noteWebhook(redis.client, 'tok-b', true);
    await dead('op-1', T0);
    await dead('op-2', T0 + 1, 'tok-b');
    await dead('op-3', T0 + 2);
    expect(await list(APP)).toEqual([
      ['op-3', T0 + 2],
      ['op-1', T0],
    ]);
    expect((await list()).map(([id]) => id)).toEqual(['op-3', 'op-2', 'op-1']);
    expect(await waiting()).toEqual([]);
    expect(await due(T0 + 1_000_000)).toEqual([]);
  });

  test('is delivered again when somebody says so, with all its tries before it', async () => {
    await dead('op-1', T0);
    const found = { state: 'dead', tokenId: APP, creatorId: 'ada' };
    expect(await orderHook(redis.client, 'op-1', undefined, 'look', T0 + 5)).toEqual(found);
    expect(await orderHook(redis.client, 'op-1', 'tok-b', 'redeliver', T0 + 5)).toBeUndefined();
    expect(await list()).toHaveLength(1);
    expect(await orderHook(redis.client, 'op-1', APP, 'redeliver', T0 + 5)).toEqual(found);
    expect(await list()).toEqual([]);
    expect(await redis.client.exists(`${ROOT}dead_hooks`)).toBe(0);
    expect(await due(T0 + 5)).toMatchObject([{ tries: 0, operation: { id: 'op-1' } }]);
  });

  test('is discarded when somebody says so; so is what waits', async () => {
    await dead('op-1', T0);
    await ended('op-2');
    expect(await orderHook(redis.client, 'op-1', APP, 'discard', T0)).toMatchObject({ state: 'dead' });
    expect(await orderHook(redis.client, 'op-2', APP, 'discard', T0)).toMatchObject({ state: 'waiting' });
    expect(await orderHook(redis.client, 'op-2', APP, 'discard', T0)).toBeUndefined();
    expect(await orderHook(redis.client, 'op-9', undefined, 'look', T0)).toBeUndefined();
    expect([await list(), await waiting()]).toEqual([[], []]);
  });

  test('what waits for its next try is tried now when somebody says so', async () => {
    await ended('op-1');
    const [hook] = await due(T0);
    const again = { is: 'again', dueAt: T0 + 9_000_000, why: 'no answer' } as const;
    await endHook(redis.client, hook!, again, T0);
    await orderHook(redis.client, 'op-1', APP, 'redeliver', T0 + 10);
    expect(await due(T0 + 10)).toMatchObject([{ tries: 1 }]);
  });

  test('is bounded, and forgotten with its record', async () => {
    const key = `${ROOT}dead_hooks:${APP}`;
    const old = Array.from({ length: 1_100 }, (_, i) => [T0 - i, `old-${i}`]).flat();
    await redis.client.zadd(key, ...(old as [number, string]));
    await dead('op-1', T0 + 1);
    expect(await redis.client.zcard(key)).toBe(1_000);
    expect(await list(APP)).toEqual([['op-1', T0 + 1]]);
    for (const one of [key, `${ROOT}dead_hooks`, `${ROOT}op:op-1`])
      expect(await redis.client.ttl(one)).toBeGreaterThan(14 * 86_400);
    await dead('op-2', T0 + 16 * 86_400_000);
    expect(await redis.client.zrange(key, 0, -1)).toEqual(['op-2']);
  });

  test('whose record is gone is neither listed nor delivered', async () => {
    await ended('op-1');
    await redis.client.del(`${ROOT}op:op-1`);
    expect(await waiting()).toEqual([]);
    expect(await due(T0)).toEqual([]);
    expect(await redis.client.exists(`${ROOT}hooks`)).toBe(0);
  });
});

test('a Redis that is full still tells, and is told', async () => {
  await ended('op-1');
  await invoke([message(await asked('op-2'))], T0);
  await start('op-2', T0);
  await redis.client.config('SET', 'maxmemory', 1);
  try {
    await end('op-2', 'succeeded', T0);
    const hooks = await due(T0);
    expect(ids(hooks)).toEqual(['op-1', 'op-2']);
    const [first, second] = hooks as [DueHook, DueHook];
    await endHook(redis.client, first, { is: 'dead', why: 'answered 410' }, T0);
    await endHook(redis.client, second, { is: 'gone' }, T0);
    await orderHook(redis.client, 'op-1', APP, 'redeliver', T0);
    expect(await waiting()).toEqual([['op-1', T0]]);
  } finally {
    await redis.client.config('SET', 'maxmemory', 0);
  }
});
