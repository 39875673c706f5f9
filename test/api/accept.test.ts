import type { SendMessageCommand } from '@aws-sdk/client-sqs';
import { systemClock } from '@huntaze/core/clock';
import { drain, readOperation, resume } from '@huntaze/core/lua';
import { beforeEach, expect, test } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { acceptOperation, Draining, NotAccepted, type Intake } from '@huntaze/api/operations/accept';

const redis = useRedis();
const T0 = 1_800_000_000_000;
const limit = { scope: 'platform', limit: 10, windowMs: 60_000 } as const;
const request = { kind: 'profile.scrape', creator_id: 'ada', params: {} } as const;

let sent: SendMessageCommand['input'][];
let intake: Intake;
beforeEach(() => {
  sent = [];
  const send = (command: SendMessageCommand) => Promise.resolve(void sent.push(command.input));
  intake = {
    redis: redis.client,
    sqs: { send },
    queueUrl: 'queue',
    limit,
    clock: systemClock,
    log: () => undefined,
    lineNow: () => T0,
  };
});

test('what is being drained takes on nothing new, until it is resumed; others do', async () => {
  const order = { who: { creatorId: 'ada' }, scope: 'platform', why: 'moves elsewhere' } as const;
  await drain(redis.client, order, T0);
  await expect(acceptOperation(intake, request, undefined, T0)).rejects.toBeInstanceOf(Draining);
  await acceptOperation(intake, { ...request, creator_id: 'bea' }, undefined, T0);
  await resume(redis.client, order, T0);
  await acceptOperation(intake, request, undefined, T0);
  expect(sent).toHaveLength(2);
});

test('everything can be drained', async () => {
  await drain(redis.client, { who: 'everybody', scope: 'platform', why: 'the end' }, T0);
  await expect(acceptOperation(intake, request, undefined, T0)).rejects.toBeInstanceOf(Draining);
  expect(sent).toEqual([]);
});

test('an expiry is known in the line from the beginning, and travels in the body', async () => {
  const not_after = '2027-03-01T12:00:00+01:00';
  const { operationId } = await acceptOperation(intake, { ...request, not_after }, undefined, T0);
  expect(JSON.parse(sent[0]?.MessageBody ?? '')).toMatchObject({ not_after });
  expect(await readOperation(redis.client, limit, operationId, T0)).toMatchObject({
    not_after: Date.parse(not_after),
    waits_for: 'turn',
  });
});

test('a Redis that is out of memory takes nothing on', async () => {
  await redis.client.config('SET', 'maxmemory', 1);
  try {
    await expect(acceptOperation(intake, request, undefined, T0)).rejects.toBeInstanceOf(NotAccepted);
    expect(sent).toEqual([]);
  } finally {
    await redis.client.config('SET', 'maxmemory', 0);
  }
});
