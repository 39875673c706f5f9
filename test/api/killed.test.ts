import { execFile } from 'node:child_process';
import {
  cancel,
  listOperations,
  readOperation,
  voidOperation,
  type OperationRecord,
} from '@huntaze/core/lua';
import type { OperationRequest } from '@huntaze/core/operations';
import { acceptOperation, idempotencyOf, type Intake } from '@huntaze/api/operations/accept';
import { beforeEach, describe, expect, test } from 'vitest';
import { useLimiter } from '../limiter/world.ts';
import type { Apart } from './accept-apart.ts';

/**
 * Whoever accepts an operation is killed between any two of its steps. What is left of it goes through the limiter's own
 * code, on local SQS and a real Redis, under a hand-held clock.
 */
const world = useLimiter();
const request: OperationRequest = { kind: 'profile.scrape', creator_id: 'ada', params: {} };
const KEY = 'the client’s key';
/** So long a message that was accepted is awaited at most: the longest deferral, and an invocation that died with it. */
const AWAITED_MS = 15 * 60_000 + 3 * 60_000;

let intake: Intake;
beforeEach(async () => {
  intake = {
    redis: world.redis,
    sqs: world.sqs,
    queueUrl: world.limiter.queueUrl,
    limit: { scope: 'platform', limit: 10, windowMs: 60_000 },
    clock: world.clock,
    log: () => undefined,
    lineNow: () => world.clock.now(),
  };
  // Redis knows the scripts from now on: each is one call.
  await acceptOperation(intake, { ...request, creator_id: 'warm' }, undefined, world.clock.now());
  await voidOperation(world.redis, { operationId: 'warm', ask: 1 });
  await through();
});

/** What the queue brings into the line goes through it; returns the operations in the order in which they left it. */
async function through(): Promise<string[]> {
  for (let turn = 0; turn < 3; turn += 1) await world.invoke();
  return (await world.forwarded()).map(
    ({ Body }) => (JSON.parse(Body ?? '') as { operation_id: string }).operation_id,
  );
}

type Death = Pick<Apart, 'queue' | 'die'>;

/** Accepts in a process that is killed at this point; it ends by that and nothing else. */
async function acceptAndDie({ queue, die }: Death, key?: string): Promise<void> {
  const { port = 0, password = '' } = world.redis.options;
  const { limiter, clock } = world;
  const apart: Apart = {
    redis: { port, password },
    awsUrl: new URL(limiter.queueUrl).origin,
    queueUrl: limiter.queueUrl,
    request,
    key,
    nowMs: clock.now(),
    queue,
    die,
  };
  const file = new URL('accept-apart.ts', import.meta.url).pathname;
  const ended = await new Promise<{ signal: unknown; said: string }>(resolve => {
    execFile(process.execPath, [file, JSON.stringify(apart)], (error, stdout, stderr) =>
      resolve({ signal: error?.signal, said: stdout + stderr }),
    );
  });
  expect(ended).toEqual({ signal: 'SIGKILL', said: '' });
}

const ask = (key?: string) =>
  acceptOperation(
    intake,
    request,
    key === undefined ? undefined : idempotencyOf(key, 'a token', request),
    world.clock.now(),
  );

async function ofAda(): Promise<OperationRecord[]> {
  const page = { most: 50, filter: { creators: ['ada'] } };
  return (await listOperations(world.redis, intake.limit, page, world.clock.now())).operations;
}

/** The calls are 1: Redis notes it, 2: SQS, 3: Redis withdraws it. */
const DEATHS: [string, Death, 'nothing' | 'pending' | 'sent' | 'cancelled'][] = [
  ['before anything', { queue: 'works', die: { when: 'before', call: 1 } }, 'nothing'],
  ['after it was noted', { queue: 'works', die: { when: 'after', call: 1 } }, 'pending'],
  ['before it is sent', { queue: 'works', die: { when: 'before', call: 2 } }, 'pending'],
  ['after it was sent, before the answer', { queue: 'works', die: { when: 'after', call: 2 } }, 'sent'],
  ['the queue out, before it is withdrawn', { queue: 'out', die: { when: 'before', call: 3 } }, 'pending'],
  ['the queue out, after it was withdrawn', { queue: 'out', die: { when: 'after', call: 3 } }, 'cancelled'],
  ['the queue’s answer lost', { queue: 'lost', die: { when: 'after', call: 2 } }, 'sent'],
  [
    'the queue’s answer lost, before it is withdrawn',
    { queue: 'lost', die: { when: 'before', call: 3 } },
    'sent',
  ],
  [
    'the queue’s answer lost, after it was withdrawn',
    { queue: 'lost', die: { when: 'after', call: 3 } },
    'cancelled',
  ],
];

describe.each(DEATHS)('killed %s', (_, death, left) => {
  test('with a key: whoever repeats the request has one operation, done once, and in its order', async () => {
    await acceptAndDie(death, KEY);
    const first = await ask(KEY);
    const again = await ask(KEY);
    const next = await ask();
    expect(again.operationId).toBe(first.operationId);
    expect(await through()).toEqual([first.operationId, next.operationId]);
    const alive = (await ofAda()).filter(({ state }) => state !== 'cancelled').map(({ id }) => id);
    expect(alive).toEqual([next.operationId, first.operationId]);
    await world.clock.advance(AWAITED_MS);
    expect(await through()).toEqual([]);
  });

  test('without a key: it is in the line, or nobody awaits it for longer than is said', async () => {
    await acceptAndDie(death);
    const dead = (await ofAda()).at(0);
    expect(dead?.state).toBe(
      { nothing: undefined, pending: 'pending', sent: 'pending', cancelled: 'cancelled' }[left],
    );
    const next = await ask();
    const later = await ask();
    const both = [next.operationId, later.operationId];
    if (left !== 'pending') {
      // What was sent goes before them; what was withdrawn is dropped, should its message come.
      expect(await through()).toEqual(left === 'sent' ? [dead!.id, ...both] : both);
      await world.clock.advance(AWAITED_MS);
      return expect(await through()).toEqual([]);
    }
    expect(await through()).toEqual([]);
    const waiting = await readOperation(world.redis, intake.limit, next.operationId, world.clock.now());
    expect(waiting).toMatchObject({ waits_for: 'predecessor', until: world.clock.now() + AWAITED_MS });
    await world.clock.advance(AWAITED_MS - 2_000);
    expect(await through()).toEqual([]);
    await world.clock.advance(2_000);
    expect(await through()).toEqual(both);
    // Of the one that was never sent everybody can see what is the matter.
    const seen = await readOperation(world.redis, intake.limit, dead!.id, world.clock.now());
    expect(seen).toMatchObject({ state: 'pending', waits_for: 'message' });
    expect(seen).not.toHaveProperty('expected_at');
  });
});

describe('an operation whose message was never sent', () => {
  const unsent: Death = { queue: 'works', die: { when: 'before', call: 2 } };

  test('cancelled, nobody awaits it any more', async () => {
    await acceptAndDie(unsent);
    const [dead] = await ofAda();
    const next = await ask();
    expect(await through()).toEqual([]);
    expect(await cancel(world.redis, dead!.id, 'never sent', world.clock.now())).toEqual({ is: 'cancelled' });
    await world.clock.advance(30_000); // its copy looks again as often
    expect(await through()).toEqual([next.operationId]);
  });

  test('asked for again under its key after the others went on, it is done once all the same', async () => {
    await acceptAndDie(unsent, KEY);
    const next = await ask();
    await through();
    await world.clock.advance(AWAITED_MS);
    expect(await through()).toEqual([next.operationId]);
    const late = await ask(KEY);
    expect([await through(), await through()]).toEqual([[late.operationId], []]);
  });
});
