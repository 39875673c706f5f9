import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { Api } from '@huntaze/api/compose';
import { describe as shownAs } from '@huntaze/api/operations/describe';
import { rebuildEndpoints } from '@huntaze/api/rebuild/endpoints';
import { rebuildPage, type RebuildPorts } from '@huntaze/api/rebuild/rebuild';
import { newOperationId } from '@huntaze/core/ids';
import {
  accept,
  endAttempt,
  eraseOperations,
  haltForErasure,
  listOperations,
  readCreators,
  readOperation,
  restoreOperations,
  startAttempt,
  type AttemptEnd,
} from '@huntaze/core/lua';
import type { Kind } from '@huntaze/core/operations';
import { startTestAws, type TestAws } from '@huntaze/local/aws/test-clients';
import { s3Results } from '@huntaze/scraper/results';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { useRedis } from '../support/redis.ts';

/** What Redis has lost is known again from the results, as the scraper itself writes them. */
const redis = useRedis();
const LIMIT = { scope: 'platform', limit: 10, windowMs: 60_000 } as const;
const BUCKET = 'results';
const DAY_MS = 86_400_000;

let aws: TestAws;
let ports: RebuildPorts;
let logged: Record<string, unknown>[];
/** Of the records' clock and the store's. */
let now: number;
beforeEach(async () => {
  aws = await startTestAws({ buckets: [BUCKET] });
  now = aws.clock.now();
  logged = [];
  ports = {
    s3: aws.s3,
    redis: redis.client,
    limit: LIMIT,
    log: line => void logged.push(line),
    lineNow: () => now,
    env: { RESULTS_BUCKET: BUCKET },
  };
});
afterEach(() => aws.close());

const results = () => s3Results(aws.s3, BUCKET);

/** One operation as it goes through the API and the scraper; its id. */
async function through(
  creatorId: string,
  kind: Kind,
  state: AttemptEnd['state'],
  error?: string,
): Promise<string> {
  await aws.clock.advance(1_000);
  now = aws.clock.now();
  const operationId = newOperationId(now);
  await accept(redis.client, LIMIT, { operationId, creatorId, kind }, undefined, now);
  const started = now + 100;
  await startAttempt(redis.client, { operationId, creatorId, kind, line: 'platform' }, started);
  if (state === 'forwarded') return operationId;
  await results().put({
    operation_id: operationId,
    creator_id: creatorId,
    kind,
    correlation_id: operationId,
    status: state,
    started_at: new Date(started).toISOString(),
    finished_at: new Date(now + 300).toISOString(),
    attempts: 1,
    site: { navigations: [] },
    ...(error === undefined ? { data: { fans: 'ä'.repeat(100) } } : { error }),
  });
  const ids = { creatorId, operationId, kind, correlationId: operationId };
  await results().putTrace({ ...ids, notAfter: undefined }, []);
  await endAttempt(redis.client, { operationId, state, ...(error !== undefined && { error }) }, now + 300);
  return operationId;
}

/** All that people see of it. */
async function shown() {
  const { operations } = await listOperations(redis.client, LIMIT, { most: 100 }, now);
  const seen = operations.map(record => shownAs(record));
  const pages = await Promise.all(operations.map(({ id }) => readOperation(redis.client, LIMIT, id, now)));
  const unknown = (await readCreators(redis.client, LIMIT, undefined, now)).map(one => [
    one.creator,
    one.unknown,
  ]);
  return { seen, pages: pages.map(page => shownAs(page!)), unknown };
}

/** Of what the site's window and the single tries were nothing is in a result, nor when it left the line. */
const withoutTries = ({ seen, pages, unknown }: Awaited<ReturnType<typeof shown>>) => {
  const less = (all: typeof seen) =>
    all.map(one => Object.fromEntries(Object.entries(one).filter(([name]) => name !== 'tries')));
  return { seen: less(seen), pages: less(pages), unknown };
};

async function rebuildAll(): Promise<{ seen: number; restored: number; pages: number }> {
  const sum = { seen: 0, restored: 0, pages: 0 };
  let cursor: string | undefined;
  do {
    const page = await rebuildPage(ports, cursor, now, { dryRun: false });
    sum.seen += page.seen;
    sum.restored += page.restored;
    sum.pages += 1;
    cursor = page.next;
  } while (cursor !== undefined);
  return sum;
}

async function history(): Promise<string[]> {
  return [
    await through('bea', 'profile.scrape', 'succeeded'),
    await through('ada', 'message.send', 'outcome_unknown', 'nobody knows'),
    await through('bea', 'fans.scrape', 'failed', 'the site says 404'),
    await through('ada', 'posts.scrape', 'succeeded'),
    await through('ada', 'chats.scrape', 'dead', 'failed eight times'),
  ];
}

describe('Redis was emptied', () => {
  test('the list and every operation are as before; twice is once', async () => {
    await history();
    const before = withoutTries(await shown());
    await redis.reset();
    expect((await shown()).seen).toEqual([]);
    expect(await rebuildAll()).toEqual({ seen: 5, restored: 5, pages: 1 });
    expect(withoutTries(await shown())).toEqual(before);
    expect(before.unknown).toContainEqual(['ada', [expect.any(String)]]);
    expect(await rebuildAll()).toEqual({ seen: 5, restored: 0, pages: 1 });
    expect(withoutTries(await shown())).toEqual(before);
  });

  test('what was accepted since stays as it is, and is listed before', async () => {
    const ids = await history();
    await redis.reset();
    const running = await through('cleo', 'profile.scrape', 'forwarded');
    await rebuildAll();
    const { seen } = await shown();
    expect(seen.map(({ operation_id }) => operation_id)).toEqual([running, ...ids.toReversed()]);
    expect(seen[0]?.state).toBe('running');
  });

  test('nothing of it begins again: its message is dropped', async () => {
    const [id = ''] = await history();
    await redis.reset();
    await rebuildAll();
    const operation = { operationId: id, creatorId: 'bea', kind: 'profile.scrape', line: 'platform' };
    expect(await startAttempt(redis.client, operation, now)).toMatchObject({ state: 'succeeded' });
  });

  test('broken off, it goes on where it was', async () => {
    for (let n = 0; n < 320; n += 1)
      await results().put({
        operation_id: `old-${String(n).padStart(3, '0')}`,
        creator_id: `creator-${n % 3}`,
        kind: 'profile.scrape',
        correlation_id: 'x',
        status: 'succeeded',
        started_at: new Date(now - 5_000 + n).toISOString(),
        finished_at: new Date(now - 1_000 + n).toISOString(),
        attempts: 2,
        site: { navigations: [] },
        data: {},
      });
    const first = await rebuildPage(ports, undefined, now, { dryRun: false });
    expect(first).toMatchObject({ seen: 300, restored: 300 });
    const broken = {
      ...ports,
      s3: { send: () => Promise.reject(new Error('gone')) } as unknown as Api['s3'],
    };
    await expect(rebuildPage(broken, first.next, now, { dryRun: false })).rejects.toThrow(
      'can not be reached',
    );
    const last = await rebuildPage(ports, first.next, now, { dryRun: false });
    expect(last).toEqual({ seen: 20, restored: 20, unreadable: 0, next: undefined });
    const { seen } = await shown();
    // The newest first, whichever creator's page came first.
    expect(seen.slice(0, 3).map(({ operation_id }) => operation_id)).toEqual([
      'old-319',
      'old-318',
      'old-317',
    ]);
    expect(await rebuildAll()).toMatchObject({ seen: 320, restored: 0 });
  });

  test('older than a week, or no result: left alone, and said', async () => {
    await through('ada', 'profile.scrape', 'succeeded');
    await aws.clock.advance(7 * DAY_MS + 1);
    now = aws.clock.now();
    await redis.reset();
    const put = (Key: string, Body: string) =>
      aws.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
    await put('results/ada/op-1.json', 'not JSON');
    await put('results/ada/op-2.json', JSON.stringify({ operation_id: 'op-3', creator_id: 'ada' }));
    await put('results/-/op-4.json', '{}');
    expect(await rebuildPage(ports, undefined, now, { dryRun: false })).toEqual({
      seen: 2,
      restored: 0,
      unreadable: 2,
      next: undefined,
    });
    expect(logged.map(({ key }) => key)).toEqual(['results/ada/op-1.json', 'results/ada/op-2.json']);
  });
});

test('who was erased, or is being erased, doesn’t come back', async () => {
  const ids = await history();
  await eraseOperations(redis.client, 'ada', ids, now);
  await haltForErasure(redis.client, 'bea', now);
  expect(await rebuildAll()).toEqual({ seen: 5, restored: 0, pages: 1 });
  await redis.reset();
  await haltForErasure(redis.client, 'ada', now);
  expect(await rebuildAll()).toEqual({ seen: 5, restored: 2, pages: 1 });
  expect((await shown()).seen.map(({ creator_id }) => creator_id)).toEqual(['bea', 'bea']);
});

test('what became known while its result was being read stays as it is', async () => {
  const id = await through('ada', 'profile.scrape', 'forwarded');
  const ended = { operationId: id, creatorId: 'ada', kind: 'profile.scrape', state: 'failed' } as const;
  const times = { acceptedAt: now, begunAt: now, endedAt: now };
  const one = { ...ended, ...times, attempts: 1, error: 'an old one' };
  expect(await restoreOperations(redis.client, 'platform', [one], now)).toBe(0);
  expect((await readOperation(redis.client, LIMIT, id, now))?.state).toBe('running');
  // Nothing is brought back that could begin.
  const other = { ...one, operationId: 'op-other', state: 'waiting' } as const;
  expect(await restoreOperations(redis.client, 'platform', [other], now)).toBe(0);
});

test('over HTTP: an operator’s, of all creators; tried first; recorded', async () => {
  await history();
  await redis.reset();
  let creators: 'all' | string[] = ['ada'];
  const allowed = { isAllowed: true, limit: 9, windowSeconds: 60, remaining: 9, resetSeconds: 1 };
  const door = {
    authenticate: async () => ({ tokenId: 'tok', tokenSha256: 'sha', role: 'operator', creators }),
    allow: () => allowed,
    now: () => now,
  };
  const { rebuild } = rebuildEndpoints(() => ({ ...ports, ...door }) as unknown as Api);
  const post = async (body: object) => {
    const init = { method: 'POST', headers: { authorization: 'Bearer hz_x' }, body: JSON.stringify(body) };
    const answer = await rebuild.handle(new Request('http://api.example/api/onlyfans/rebuild', init), {});
    return [answer.status, await answer.json()];
  };
  expect((await post({}))[0]).toBe(403);
  creators = 'all';
  expect((await post({ cursor: '../tokens/x' }))[0]).toBe(400);
  expect(await post({ dry_run: true })).toEqual([
    200,
    { effect: ['5 operations of 5 results would be known again'] },
  ]);
  expect((await shown()).seen).toEqual([]);
  expect(logged.filter(({ message }) => message === 'action')).toEqual([]);
  expect(await post({ reason: 'Redis was replaced' })).toEqual([
    200,
    { seen: 5, restored: 5, unreadable: 0 },
  ]);
  expect(logged.at(-1)).toMatchObject({
    action: 'projection.rebuild',
    outcome: 'done',
    on: 'results after the beginning (Redis was replaced)',
  });
});
