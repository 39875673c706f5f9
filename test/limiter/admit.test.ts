import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { body, useLimiter } from './world.ts';

const world = useLimiter();
/** A window and the guard (ms). */
const SPAN = 60_250;

describe('requirement 1: admission', () => {
  test('a message with a token goes on with its creator as group, and leaves the queue', async () => {
    await world.sendOperation('ada', 1);
    expect(await world.invoke()).toEqual([]);
    expect(await world.forwarded()).toMatchObject([
      { Body: body('ada', 1), Attributes: { MessageGroupId: 'ada' } },
    ]);
    expect(await world.counts(world.limiter.queueUrl)).toEqual({ visible: 0, hidden: 0 });
  });

  test('a message without a token is listed, hidden until its token is back, and world.logged as not allowed', async () => {
    for (let n = 1; n <= 12; n++) await world.sendOperation('ada', n);
    await world.invoke();
    expect(await world.invoke()).toHaveLength(2);
    expect(await world.forwarded()).toHaveLength(10);
    expect(world.logged.at(-1)).toEqual({
      message: 'rate limit decision',
      fields: expect.objectContaining({
        message_id: expect.any(String),
        creator_id: 'ada',
        allowed: false,
        retry_after: 60,
        tokens_remaining: 0,
      }),
    });
    await world.clock.advance(59_999);
    expect(await world.counts(world.limiter.queueUrl)).toEqual({ visible: 0, hidden: 2 });
    await world.clock.advance(1);
    expect(await world.counts(world.limiter.queueUrl)).toEqual({ visible: 2, hidden: 0 });
  });

  test('who comes less than a second early is waited for, and goes at the instant its token is back', async () => {
    for (let n = 1; n <= 11; n++) await world.sendOperation('ada', n);
    const start = world.clock.now();
    await world.invoke();
    await world.invoke();
    await world.forwarded();
    await world.clock.advance(60_000);
    const invocation = world.invoke();
    while (world.clock.sleeping === 0) await new Promise(resolve => setImmediate(resolve));
    expect(await world.forwarded()).toEqual([]);
    await world.clock.advance(250);
    expect(await invocation).toEqual([]);
    expect(await world.forwarded()).toMatchObject([{ Body: body('ada', 11) }]);
    expect(world.clock.now() - start).toBe(SPAN);
  });

  test('nobody is deferred for longer than 15 minutes', async () => {
    for (let n = 1; n <= 200; n++) await world.sendOperation('ada', n);
    for (let i = 0; i < 20; i++) await world.invoke();
    const longest = Math.max(...world.logged.map(({ fields }) => Number(fields['retry_after'])));
    expect(longest).toBe(900);
  });

  test('without Redis nothing is admitted, and the batch comes back within seconds', async () => {
    await world.sendOperation('ada', 1);
    const down = {
      evalsha: () => Promise.reject(new Error('gone')),
      eval: () => Promise.reject(new Error('gone')),
    };
    expect(await world.invoke({ ...world.limiter, redis: down })).toHaveLength(1);
    expect(await world.forwarded()).toEqual([]);
    await world.clock.advance(8_000);
    expect(await world.invoke()).toEqual([]);
    expect(await world.forwarded()).toHaveLength(1);
  });
});

describe('requirement 2: what is passed on', () => {
  test('bytes and attributes as they came, three more, and the hash of the body against doubles', async () => {
    const text = '{ "creatorId": 4711, "messageId": "m-1", "note": "héllo 🜁" }';
    await world.send(text, {
      trace: { DataType: 'String.custom', StringValue: 'x' },
      blob: { DataType: 'Binary.png', BinaryValue: Buffer.from([0, 255, 7]) },
      weight: { DataType: 'Number', StringValue: '1.50' },
    });
    await world.invoke();
    const [message] = await world.forwarded();
    expect(message).toMatchObject({
      Body: text,
      Attributes: {
        MessageGroupId: '4711',
        MessageDeduplicationId: createHash('sha256').update(text).digest('hex'),
      },
      MessageAttributes: {
        trace: { DataType: 'String.custom', StringValue: 'x' },
        blob: { DataType: 'Binary.png', BinaryValue: new Uint8Array([0, 255, 7]) },
        weight: { DataType: 'Number', StringValue: '1.50' },
        rate_limit_timestamp: { DataType: 'String', StringValue: new Date(world.clock.now()).toISOString() },
        tokens_remaining: { DataType: 'Number', StringValue: '9' },
        rate_limiter_version: { DataType: 'String', StringValue: '1.2.3' },
      },
    });
  });

  test.each([
    [7, ['rate_limit_timestamp', 'rate_limiter_version', 'tokens_remaining']],
    [8, ['rate_limiter']],
    [9, ['rate_limiter']],
    [10, []],
  ])('with %d attributes of its own a message gets %j', async (own, added) => {
    const attributes = Object.fromEntries(
      Array.from({ length: own }, (_, i) => [`own_${i}`, { DataType: 'String', StringValue: 'x' }]),
    );
    await world.send(body('ada', 1), attributes);
    await world.invoke();
    const [message] = await world.forwarded();
    const names = Object.keys(message?.MessageAttributes ?? {});
    expect(names.filter(name => !name.startsWith('own_')).sort()).toEqual(added);
    expect(names.filter(name => name.startsWith('own_'))).toHaveLength(own);
  });

  test('a send that fails keeps the message, listed and in its place; nothing of its creator overtakes it', async () => {
    for (let n = 1; n <= 3; n++) await world.sendOperation('ada', n);
    await world.sendOperation('bea', 1);
    const failing = world.withSends(async (command, go) => {
      const ada = command.input.Entries?.find(entry => entry.MessageGroupId === 'ada');
      if (!ada) return go();
      command.input.Entries = command.input.Entries?.filter(entry => entry !== ada);
      const answer = command.input.Entries?.length ? ((await go()) as object) : {};
      return { ...answer, Failed: [{ Id: ada.Id, Code: 'InternalError', SenderFault: false }] };
    });
    expect(await world.invoke(failing)).toHaveLength(3);
    expect((await world.forwarded()).map(m => m.Attributes?.MessageGroupId)).toEqual(['bea']);
    await world.clock.advance(8_000);
    expect(await world.invoke()).toEqual([]);
    expect((await world.forwarded()).map(m => m.Body)).toEqual([1, 2, 3].map(n => body('ada', n)));
  });

  test('what could not be sent goes with any arrival, though its copy is still hidden', async () => {
    await world.sendOperation('ada', 1);
    const failing = world.withSends(() => Promise.reject(new Error('socket hang up')));
    expect(await world.invoke(failing)).toHaveLength(1);
    await world.sendOperation('bea', 1);
    expect(await world.invoke()).toEqual([]);
    const groups = (await world.forwarded()).map(m => m.Attributes?.MessageGroupId);
    expect(new Set(groups)).toEqual(new Set(['ada', 'bea']));
  });

  test('a send whose answer is lost is repeated, and is one message to the next queue', async () => {
    await world.sendOperation('ada', 1);
    const deaf = world.withSends(async (_, go) => {
      await go();
      throw new Error('socket hang up');
    });
    expect(await world.invoke(deaf)).toHaveLength(1);
    await world.clock.advance(8_000);
    expect(await world.invoke()).toEqual([]);
    expect(await world.forwarded()).toHaveLength(1);
  });

  test('a message that another one’s arrival let go is deleted by its handle', async () => {
    for (let n = 1; n <= 11; n++) await world.sendOperation('ada', n);
    await world.invoke();
    await world.invoke();
    await world.forwarded();
    await world.clock.advance(59_000);
    await world.sendOperation('bea', 1);
    expect(await world.counts(world.limiter.queueUrl)).toEqual({ visible: 1, hidden: 1 });
    await world.clock.advance(900); // ada's eleventh is due in 350 ms, and bea's arrival finds that out
    const invocation = world.invoke();
    while (world.clock.sleeping === 0) await new Promise(resolve => setImmediate(resolve));
    await world.clock.advance(350);
    await invocation;
    expect((await world.forwarded()).map(m => m.Body)).toEqual([body('ada', 11), body('bea', 1)]);
    expect(await world.counts(world.limiter.queueUrl)).toEqual({ visible: 0, hidden: 0 });
  });
});

describe('what can’t be put in line', () => {
  test.each([
    ['not json', 'body is not JSON'],
    ['{"kind":"profile.scrape"}', 'creator_id is missing'],
    ['{"creator_id":"../../etc"}', 'creator_id must be 1 to 128 letters'],
  ])('%s goes to the dead letter queue with the reason, and does not come back', async (text, reason) => {
    await world.send(text);
    await world.sendOperation('ada', 1);
    expect(await world.invoke()).toEqual([]);
    expect(await world.receiveFrom(world.limiter.deadLetterQueueUrl)).toMatchObject([
      {
        Body: text,
        MessageAttributes: { dead_letter_reason: { StringValue: expect.stringContaining(reason) } },
      },
    ]);
    expect(await world.forwarded()).toHaveLength(1);
    expect(await world.counts(world.limiter.queueUrl)).toEqual({ visible: 0, hidden: 0 });
  });

  test('an id that belongs to another creator’s operation is refused, not dropped', async () => {
    await world.send('{"operation_id":"x","creator_id":"ada"}');
    await world.invoke();
    await world.send('{"operation_id":"x","creator_id":"bea"}');
    expect(await world.invoke()).toEqual([]);
    expect(await world.receiveFrom(world.limiter.deadLetterQueueUrl)).toHaveLength(1);
  });
});

describe('a day in a second', () => {
  test.each([1, 2, 3])(
    'two invocations at once on shuffled arrivals: exact, in order, nothing lost (seed %d)',
    async seed => {
      let state = seed;
      const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
      const plan = ['ada', 'bea', 'cleo'].flatMap(creator =>
        Array.from({ length: 25 }, (_, i) => [creator, i + 1] as const),
      );
      for (const [creator, n] of plan.sort(() => random() - 0.5)) await world.sendOperation(creator, n);
      const sent: { at: number; creator: string; n: number }[] = [];
      const watched = world.withSends(async (command, go) => {
        const answer = await go();
        for (const entry of command.input.Entries ?? []) {
          const [creator, n] = (
            JSON.parse(entry.MessageBody ?? '{}') as { operation_id: string }
          ).operation_id.split('-');
          sent.push({ at: world.clock.now(), creator: creator!, n: Number(n) });
        }
        return answer;
      });
      for (let step = 0; step < 2_000 && sent.length < plan.length; step++) {
        const running = { count: 2 };
        const one = () => world.invoke(watched).finally(() => (running.count -= 1));
        const both = Promise.all([one(), one()]);
        while (running.count > 0) {
          // Time moves only when all that still runs has fallen asleep: a call under way takes no time here.
          if (world.clock.sleeping === running.count) await world.clock.advance(10);
          await new Promise(resolve => setImmediate(resolve));
        }
        await both;
        await world.clock.advance(500);
      }
      expect(sent).toHaveLength(plan.length);
      for (const creator of ['ada', 'bea', 'cleo'])
        expect(sent.filter(s => s.creator === creator).map(s => s.n)).toEqual(
          Array.from({ length: 25 }, (_, i) => i + 1),
        );
      const worst = Math.max(...sent.map(a => sent.filter(b => b.at >= a.at && b.at < a.at + 60_000).length));
      expect(worst).toBe(10);
      expect(await world.counts(world.limiter.queueUrl)).toEqual({ visible: 0, hidden: 0 });
    },
  );
});
