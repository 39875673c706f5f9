import type { SendMessageCommand } from '@aws-sdk/client-sqs';
import { acceptOperation, idempotencyOf, Undecided, type Intake } from '@huntaze/api/operations/accept';
import type { Api } from '@huntaze/api/compose';
import { operationEndpoints } from '@huntaze/api/operations/endpoints';
import { listOperations, readOperation } from '@huntaze/core/lua';
import { beforeEach, describe, expect, test } from 'vitest';
import { useLimiter } from '../limiter/world.ts';

/** Queue and line answer late, wrongly or not at all while an operation is accepted; the rest is real. */
const world = useLimiter();
const request = { kind: 'profile.scrape', creator_id: 'ada', params: {} } as const;
const idempotency = idempotencyOf('a key', 'a token', request);

let intake: Intake;
/** What becomes of a send: `go` makes it. */
let onSend: (go: () => Promise<unknown>, signal: AbortSignal) => Promise<unknown>;
/** What becomes of the n-th call to Redis, from 1. */
let onRedis: (n: number, go: () => Promise<unknown>) => Promise<unknown>;
beforeEach(() => {
  onSend = go => go();
  onRedis = (_, go) => go();
  let calls = 0;
  intake = {
    redis: {
      // Without its hash, so that each script is one call.
      evalsha: () => Promise.reject(new Error('NOSCRIPT')),
      eval: (...args) => onRedis((calls += 1), () => underWay(world.redis.eval(...args))),
    },
    sqs: {
      send: (command: SendMessageCommand, { abortSignal }: { abortSignal: AbortSignal }) =>
        onSend(() => underWay(world.sqs.send(command)), abortSignal),
    } as Intake['sqs'],
    queueUrl: world.limiter.queueUrl,
    limit: { scope: 'platform', limit: 10, windowMs: 60_000 },
    clock: world.clock,
    log: () => undefined,
    lineNow: () => world.clock.now(),
    random: () => 0.5,
  };
});

const ask = (key?: typeof idempotency) => acceptOperation(intake, request, key, world.clock.now());
const refusal = (asked: Promise<unknown>) =>
  asked.then(
    () => 'accepted',
    (error: Error) => error.name,
  );
/** Real calls that are under way: meanwhile no time passes. */
let calling = 0;
async function underWay<T>(call: Promise<T>): Promise<T> {
  calling += 1;
  try {
    return await call;
  } finally {
    calling -= 1;
  }
}
/** Lets time pass until it has an answer. */
async function inTime<T>(asked: Promise<T>): Promise<T> {
  const settled = new AbortController();
  const settle = () => settled.abort();
  asked.then(settle, settle);
  for (;;) {
    await new Promise(resolve => setImmediate(resolve));
    if (settled.signal.aborted) return asked;
    if (calling === 0) await world.clock.advance(250);
  }
}

async function done(): Promise<number> {
  for (let turn = 0; turn < 3; turn += 1) {
    await world.invoke();
    await world.clock.advance(60_000);
  }
  return (await world.forwarded()).length;
}
async function states(): Promise<string[]> {
  const { operations } = await listOperations(world.redis, intake.limit, { most: 50 }, world.clock.now());
  return operations.map(({ state }) => state);
}
const fails = () => Promise.reject(new Error('connect ECONNREFUSED'));
const whenAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));

describe('the queue', () => {
  test('answers after 9 s: accepted', async () => {
    onSend = async go => {
      await world.clock.sleep(9_000);
      return go();
    };
    const { operationId } = await inTime(ask());
    expect(await done()).toBe(1);
    const record = await readOperation(world.redis, intake.limit, operationId, world.clock.now());
    expect(record?.state).toBe('forwarded');
  });

  test('never answers: given up after 10 s, and dropped should it come after all', async () => {
    const begun = world.clock.now();
    onSend = async (go, signal) => {
      await go();
      return whenAborted(signal);
    };
    expect(await inTime(refusal(ask()))).toBe('NotAccepted');
    expect(world.clock.now() - begun).toBe(10_000);
    expect(await states()).toEqual(['cancelled']);
    expect(await done()).toBe(0);
  });

  test('never answers, but the line has seen the message meanwhile: accepted', async () => {
    onSend = async (go, signal) => {
      await go();
      await underWay(world.invoke());
      return whenAborted(signal);
    };
    const { operationId } = await inTime(ask());
    expect(await states()).toEqual(['forwarded']);
    expect((await world.forwarded()).map(({ Body }) => Body)).toEqual([expect.stringContaining(operationId)]);
  });

  test('can not be reached: nothing is accepted, nobody is held up, and under its key the next try is a first one', async () => {
    onSend = fails;
    expect(await refusal(ask(idempotency))).toBe('NotAccepted');
    onSend = go => go();
    await ask(idempotency);
    expect(await done()).toBe(1);
    expect(await states()).toEqual(['forwarded', 'cancelled']);
  });
});

describe('under one key, asked for twice at once', () => {
  test('what one has sent the other doesn’t withdraw', async () => {
    onSend = async (go, signal) => {
      onSend = next => next();
      await ask(idempotency);
      return whenAborted(signal);
    };
    expect(await inTime(refusal(ask(idempotency)))).toBe('Undecided');
    expect(await states()).toEqual(['pending']);
    expect(await done()).toBe(1);
  });

  test('nor the second what the first has sent', async () => {
    await ask(idempotency);
    onSend = fails;
    expect(await refusal(ask(idempotency))).toBe('Undecided');
    expect(await done()).toBe(1);
  });

  test('withdrawn when neither could send it', async () => {
    onSend = async (_, signal) => {
      onSend = fails;
      expect(await refusal(ask(idempotency))).toBe('Undecided');
      return whenAborted(signal);
    };
    expect(await inTime(refusal(ask(idempotency)))).toBe('NotAccepted');
    expect(await states()).toEqual(['cancelled']);
    expect(await done()).toBe(0);
  });
});

describe('the line', () => {
  test('can not be reached: nothing is accepted', async () => {
    onRedis = fails;
    expect(await refusal(ask())).toBe('NotAccepted');
    expect([await states(), await done()]).toEqual([[], 0]);
  });

  test('notes it, and only its answer is lost: withdrawn, so that nobody awaits it', async () => {
    onRedis = async (n, go) => {
      await go();
      return n === 1 ? fails() : undefined;
    };
    expect(await refusal(ask())).toBe('NotAccepted');
    expect(await states()).toEqual(['cancelled']);
  });

  test('does not answer when it is to be withdrawn: asked once more', async () => {
    onSend = fails;
    for (const isDone of [true, false]) {
      let calls = 0;
      onRedis = async (_, go) => {
        calls += 1;
        if (calls !== 2) return go();
        if (isDone) await go();
        return fails();
      };
      expect(await inTime(refusal(ask()))).toBe('NotAccepted');
    }
    expect(await states()).toEqual(['cancelled', 'cancelled']);
  });

  test('is gone when it is to be withdrawn: nobody knows, and that is what is said; under its key the client finds out', async () => {
    onSend = async go => {
      await go();
      return fails();
    };
    onRedis = (n, go) => (n === 1 ? go() : fails());
    const undecided = inTime(ask(idempotency));
    await expect(undecided).rejects.toBeInstanceOf(Undecided);
    [onRedis, onSend] = [(_, go) => go(), go => go()];
    await ask(idempotency);
    expect(await states()).toEqual(['pending']);
    expect(await done()).toBe(1);
  });

  test('has lost its memory meanwhile: nobody knows, and that is what is said', async () => {
    onSend = async () => {
      await world.redis.flushall();
      return fails();
    };
    await expect(ask()).rejects.toBeInstanceOf(Undecided);
  });
});

describe('over HTTP', () => {
  const identity = { tokenId: 'tok', tokenSha256: 'sha', role: 'creator', creators: ['ada'] } as const;
  const allowed = { isAllowed: true, limit: 9, windowSeconds: 60, remaining: 9, resetSeconds: 1 };

  async function post(path: '' | '/batch', body: object) {
    const door = { authenticate: async () => identity, allow: () => allowed, now: () => world.clock.now() };
    const api = { ...intake, ...door } as unknown as Api;
    const { create, createBatch } = operationEndpoints(() => api);
    const answer = await (path === '' ? create : createBatch).handle(
      new Request(`http://api.example/api/onlyfans/operations${path}`, {
        method: 'POST',
        headers: { authorization: 'Bearer hz_ada' },
        body: JSON.stringify(body),
      }),
      {},
    );
    return {
      status: answer.status,
      retry: answer.headers.get('retry-after'),
      json: (await answer.json()) as object,
    };
  }

  test.each([
    ['the queue', () => (onSend = fails), 'not accepted: the queue can not be reached; try again'],
    ['the line', () => (onRedis = fails), 'not accepted: the line can not be reached; try again'],
  ])('without %s: 503, when to come back, and nothing of it is done afterwards', async (_, out, detail) => {
    out();
    expect(await post('', request)).toMatchObject({ status: 503, retry: '10', json: { detail } });
    const batch = await post('/batch', { operations: [request, request] });
    expect(batch).toMatchObject({
      status: 207,
      json: { operations: [503, 503].map(status => ({ status, detail })) },
    });
    [onRedis, onSend] = [(_n, go) => go(), go => go()];
    expect(await done()).toBe(0);
    expect(await post('', request)).toMatchObject({ status: 202 });
    expect(await done()).toBe(1);
  });

  test('where it is not known: 503, and what to do', async () => {
    onSend = fails;
    onRedis = (n, go) => (n === 1 ? go() : fails());
    const answer = await inTime(post('', request));
    expect(answer).toMatchObject({
      status: 503,
      retry: '10',
      json: {
        detail: expect.stringMatching(
          /^it is not known whether it was accepted: .* under the same Idempotency-Key/,
        ),
      },
    });
  });
});
