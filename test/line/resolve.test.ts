import {
  accept,
  endAttempt,
  noteRepeat,
  readOperation,
  repeatOf,
  resolveOutcome,
  startAttempt,
} from '@huntaze/core/lua';
import { expect, test } from 'vitest';
import { LIMIT, T0, useLine } from './invocation.ts';

const { redis } = useLine();
const ids = { operationId: 'op-1', creatorId: 'ada', kind: 'message.send', line: 'platform' };
const confirmed = { operationId: 'op-1', as: 'confirmed', state: 'succeeded' } as const;
const givenUp = { operationId: 'op-1', as: 'given_up', state: 'failed', error: 'given up' } as const;
const read = () => readOperation(redis.client, LIMIT, 'op-1', T0);

test('the first word about what is unknown stays; the same again is fine', async () => {
  await accept(redis.client, LIMIT, ids, undefined, T0);
  await startAttempt(redis.client, ids, T0);
  expect(await resolveOutcome(redis.client, confirmed, T0)).toEqual({ is: 'state', state: 'running' });
  await endAttempt(
    redis.client,
    { operationId: 'op-1', state: 'outcome_unknown', error: 'who knows' },
    T0 + 1,
  );
  expect(await resolveOutcome(redis.client, confirmed, T0 + 2)).toEqual({
    is: 'resolved',
    state: 'succeeded',
  });
  const after = await read();
  expect(after).toMatchObject({ state: 'succeeded', at: { running: T0, succeeded: T0 + 2 } });
  expect(after).not.toHaveProperty('error');
  expect(await resolveOutcome(redis.client, confirmed, T0 + 3)).toEqual({
    is: 'resolved',
    state: 'succeeded',
  });
  expect(await resolveOutcome(redis.client, givenUp, T0 + 3)).toEqual({ is: 'another', as: 'confirmed' });
  // Its message, should it come again, finds that it has ended.
  expect((await startAttempt(redis.client, ids, T0 + 4)).state).toBe('succeeded');
  expect(await read()).toEqual(after);
});

test('of what isn’t known there is nothing to settle, nor to repeat', async () => {
  expect(await resolveOutcome(redis.client, givenUp, T0)).toEqual({ is: 'unknown' });
  expect(await noteRepeat(redis.client, 'op-1', { by: 'op-2' })).toBeUndefined();
  expect(await redis.client.dbsize()).toBeLessThanOrEqual(1);
});

test('the first that repeats an operation stays, unless another is named instead of it', async () => {
  await accept(redis.client, LIMIT, ids, undefined, T0);
  expect(await repeatOf(redis.client, 'op-1')).toBeUndefined();
  expect(await noteRepeat(redis.client, 'op-1', { by: 'op-2' })).toBe('op-2');
  expect(await noteRepeat(redis.client, 'op-1', { by: 'op-3' })).toBe('op-2');
  expect(await noteRepeat(redis.client, 'op-1', { by: 'op-4', instead: 'op-2' })).toBe('op-4');
  expect(await noteRepeat(redis.client, 'op-1', { by: 'op-5', instead: 'op-2' })).toBe('op-4');
  expect(await repeatOf(redis.client, 'op-1')).toBe('op-4');
});
