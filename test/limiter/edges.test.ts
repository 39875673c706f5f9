import { createHash } from 'node:crypto';
import { cancel, endAttempt, pause, readOperation, resume, startAttempt } from '@huntaze/core/lua';
import { describe, expect, test } from 'vitest';
import { body, useLimiter } from './world.ts';

const world = useLimiter();
const text = (value: string) => ({ DataType: 'String', StringValue: value });
const stateOf = async (id: string) =>
  (await readOperation(world.redis, world.limiter.limit, id, world.clock.now()))?.state;

describe('a message whose body has no id', () => {
  const bare = '{"creator_id":"ada","kind":"profile.scrape"}';

  test('keeps the id of its message, which is told to the next queue', async () => {
    await world.send(bare);
    await world.invoke();
    const [message] = await world.forwarded();
    const id = message?.MessageAttributes?.['operation_id']?.StringValue ?? '';
    expect(message?.Body).toBe(bare);
    expect(await stateOf(id)).toBe('forwarded');
  });

  test.each([
    [6, ['operation_id', 'rate_limit_timestamp', 'rate_limiter_version', 'tokens_remaining']],
    [7, ['rate_limit_timestamp', 'rate_limiter_version', 'tokens_remaining']],
    [8, ['rate_limiter']],
    [10, []],
  ])('and %d attributes gets %j', async (own, added) => {
    await world.send(
      bare,
      Object.fromEntries(Array.from({ length: own }, (_, i) => [`own_${i}`, text('x')])),
    );
    await world.invoke();
    const [message] = await world.forwarded();
    const names = Object.keys(message?.MessageAttributes ?? {}).filter(name => !name.startsWith('own_'));
    expect(names.sort()).toEqual(added);
    if (own === 8)
      expect(JSON.parse(message?.MessageAttributes?.['rate_limiter']?.StringValue ?? '')).toMatchObject({
        operation_id: expect.stringMatching(/^[\da-f-]{36}$/) as string,
      });
  });

  test('twice with the same bytes within 5 minutes: one to the next queue, and that is logged', async () => {
    await world.send(bare);
    await world.send(bare);
    await world.invoke();
    expect(await world.forwarded()).toHaveLength(1);
    const told = world.logged.filter(({ message }) => message.includes('the same bytes'));
    expect(told).toHaveLength(1);
    const { operation_id: id, first_operation_id: first } = told[0]!.fields;
    const record = await readOperation(world.redis, world.limiter.limit, String(id), world.clock.now());
    expect(record?.error).toContain(String(first));
  });
});

describe('a body', () => {
  test('of 300 KB is not kept in Redis, waits all the same, and goes byte for byte', async () => {
    for (let n = 1; n <= 10; n += 1) await world.sendOperation('bea', n);
    await world.invoke();
    const large = JSON.stringify({
      operation_id: 'large',
      creator_id: 'ada',
      kind: 'k',
      pad: 'ü🜁'.repeat(50_000),
    });
    await world.send(large);
    expect(await world.invoke()).toHaveLength(1);
    expect(await world.redis.keys('*:parcel:*')).toEqual([]);
    await world.forwarded();
    await world.clock.advance(60_250);
    expect(await world.invoke()).toEqual([]);
    const [message] = await world.forwarded();
    expect(
      createHash('sha256')
        .update(message?.Body ?? '')
        .digest(),
    ).toEqual(createHash('sha256').update(large).digest());
  });

  test('of a megabyte, and ten of them at once: each goes in a call of its own', async () => {
    for (let n = 1; n <= 3; n += 1)
      await world.send(
        JSON.stringify({
          operation_id: `big-${n}`,
          creator_id: `c-${n}`,
          kind: 'k',
          pad: 'x'.repeat(1_000_000),
        }),
      );
    for (let i = 0; i < 3; i += 1) await world.invoke();
    expect(await world.forwarded()).toHaveLength(3);
    expect(await world.counts(world.limiter.queueUrl)).toEqual({ visible: 0, hidden: 0 });
  });
});

describe('an operation', () => {
  const withExpiry = (id: string, afterMs: number) =>
    JSON.stringify({
      operation_id: id,
      creator_id: 'ada',
      kind: 'k',
      not_after: new Date(world.clock.now() + afterMs).toISOString(),
    });

  test('that is not worth doing any more ends as expired, and leaves the queue', async () => {
    for (let n = 1; n <= 10; n += 1) await world.sendOperation('bea', n);
    await world.invoke();
    await world.forwarded();
    await world.send(withExpiry('late', 20_000));
    expect(await world.invoke()).toHaveLength(1);
    await world.clock.advance(20_000);
    expect(await world.invoke()).toEqual([]);
    expect(await stateOf('late')).toBe('expired');
    await world.clock.advance(60_000);
    await world.invoke();
    expect(await world.forwarded()).toEqual([]);
    expect(await world.counts(world.limiter.queueUrl)).toEqual({ visible: 0, hidden: 0 });
  });

  test('that was cancelled is dropped where its copy is seen', async () => {
    for (let n = 1; n <= 11; n += 1) await world.sendOperation('ada', n);
    await world.invoke();
    await world.invoke();
    await world.forwarded();
    expect(await cancel(world.redis, 'ada-11', 'no longer wanted', world.clock.now())).toEqual({
      is: 'cancelled',
    });
    await world.clock.advance(60_250);
    expect(await world.invoke()).toEqual([]);
    expect(await world.forwarded()).toEqual([]);
    expect(await world.counts(world.limiter.queueUrl)).toEqual({ visible: 0, hidden: 0 });
  });

  test('of a creator that is paused waits the longest deferral, and goes when the creator is resumed', async () => {
    const order = { who: { creatorId: 'ada' }, scope: 'platform', why: 'asked to' } as const;
    await pause(world.redis, order, world.clock.now());
    await world.sendOperation('ada', 1);
    await world.sendOperation('bea', 1);
    expect(await world.invoke()).toHaveLength(1);
    expect((await world.forwarded()).map(m => m.Body)).toEqual([body('bea', 1)]);
    expect(world.logged.at(-1)?.fields).toMatchObject({ allowed: false, retry_after: 900 });
    await resume(world.redis, order, world.clock.now());
    await world.sendOperation('bea', 2);
    await world.invoke();
    expect((await world.forwarded()).map(m => m.Body)).toEqual([body('ada', 1), body('bea', 2)]);
    // Of a copy that was far from its turn no handle was kept: it comes again, and is recognised.
    await world.clock.advance(900_000);
    expect(await world.invoke()).toEqual([]);
    expect(await world.forwarded()).toEqual([]);
    expect(await world.counts(world.limiter.queueUrl)).toEqual({ visible: 0, hidden: 0 });
  });
});

describe('back-pressure', () => {
  test('nothing more goes while as many as may be are unfinished; one that ends lets one go', async () => {
    world.limiter.limit = { ...world.limiter.limit, mostUnfinished: 2 };
    for (const creator of ['ada', 'bea', 'cleo']) await world.sendOperation(creator, 1);
    expect(await world.invoke()).toHaveLength(1);
    expect(await world.forwarded()).toHaveLength(2);
    await world.clock.advance(65_000);
    expect(await world.invoke()).toHaveLength(1);
    const ids = { operationId: 'ada-1', creatorId: 'ada', kind: 'k', line: 'platform' };
    await startAttempt(world.redis, ids, world.clock.now());
    await endAttempt(world.redis, { operationId: 'ada-1', state: 'succeeded' }, world.clock.now());
    await world.clock.advance(65_000);
    expect(await world.invoke()).toEqual([]);
    expect((await world.forwarded()).map(m => m.Body)).toEqual([body('cleo', 1)]);
  });
});

describe('the function’s time', () => {
  test('ends before the waves do: what was not sent is listed, keeps its order, and is counted', async () => {
    for (let n = 1; n <= 5; n += 1) await world.sendOperation('ada', n);
    // Each call takes 4 s of the function's 15; 5 of them are kept for the settlement and the copies.
    const slow = world.withSends(async (_, go) => {
      await world.clock.advance(4_000);
      return go();
    });
    expect(await world.invoke(slow, 15_000)).toHaveLength(2);
    expect((await world.forwarded()).map(m => m.Body)).toEqual([1, 2, 3].map(n => body('ada', n)));
    expect(world.counted).toEqual({ allowed: 3, forwardFailed: 2 });
    await world.clock.advance(10_000);
    expect(await world.invoke()).toEqual([]);
    expect((await world.forwarded()).map(m => m.Body)).toEqual([4, 5].map(n => body('ada', n)));
  });

  test('a try may take no longer than lets all three of them end in time', async () => {
    const timeouts: (number | undefined)[] = [];
    const watched = {
      ...world.limiter,
      sqs: {
        send: (command: never, options: { requestTimeout?: number } = {}) => {
          timeouts.push(options.requestTimeout);
          return world.limiter.sqs.send(command);
        },
      } as typeof world.limiter.sqs,
    };
    for (let n = 1; n <= 2; n += 1) await world.sendOperation('ada', n);
    await world.invoke(watched, 9_500);
    expect(timeouts).toEqual([1_500, 1_500]);
  });
});

test('what nobody can read is counted', async () => {
  await world.send('not json');
  await world.invoke();
  expect(world.counted).toEqual({ unreadable: 1 });
});

describe('how long the oldest has waited, and how many wait, is measured', () => {
  test('from the time when it was sent, whenever it comes back', async () => {
    const slow = { ...world.limiter, limit: { ...world.limiter.limit, limit: 1 } };
    for (let n = 1; n <= 9; n += 1) await world.sendOperation('ada', n);
    await world.invoke(slow);
    expect(world.measured).toEqual({ waiting: [8], oldestWaiting: [0] });
    await world.clock.advance(900_000);
    await world.sendOperation('ada', 10);
    await world.invoke(slow);
    expect(world.measured).toEqual({ waiting: [8, 8], oldestWaiting: [0, 900] });
  });

  test('also while nobody can say whose turn it is', async () => {
    const unreachable = {
      evalsha: () => Promise.reject(new Error('gone')),
      eval: () => Promise.reject(new Error('gone')),
    };
    await world.sendOperation('ada', 1);
    await world.clock.advance(20_000);
    await world.invoke({ ...world.limiter, redis: unreachable });
    expect(world.measured).toEqual({ oldestWaiting: [20] });
  });

  test('not where nobody waits', async () => {
    await world.sendOperation('ada', 1);
    await world.invoke();
    expect(world.measured).toEqual({});
  });
});
