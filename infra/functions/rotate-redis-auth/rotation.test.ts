import { connectRedis } from '@huntaze/local/supervisor/redis';
import { redisOptions } from '@huntaze/core/redis';
import { Redis } from 'iovalkey';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { useRedis } from '../../../test/support/redis.ts';
import { NotYet } from '../rotation/errors.ts';
import type { Rotation } from '../rotation/rotate.ts';
import {
  allSteps,
  breakingOff,
  startRotatingSecret,
  STEPS,
  type RotatingSecret,
} from '../rotation/test-secrets.ts';
import { asksRedis } from './lets-in.ts';
import { redisAuthRotation } from './rotation.ts';
import { testGroup, type TestGroup } from './test-group.ts';

const OLD = 'the-old-token-0123';

const redis = useRedis();
let group: TestGroup;
let it: RotatingSecret;
let rotation: Rotation;

const letsIn = asksRedis(password => {
  const address = { REDIS_HOST: '127.0.0.1', REDIS_PORT: redis.client.options.port!, REDIS_TLS: false };
  return new Redis({
    ...redisOptions(address, password),
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
});

beforeEach(async () => {
  await redis.client.call('ACL', 'SETUSER', 'default', 'resetpass', `>${OLD}`);
  it = await startRotatingSecret('redis-auth', OLD);
  group = testGroup(redis.client, OLD);
  rotation = redisAuthRotation(it.secrets, group, letsIn);
});
afterEach(() => it.aws.close());

test('the token is one that ElastiCache takes', async () => {
  await it.step(rotation, 'createSecret');
  expect(await it.value('AWSPENDING')).toMatch(/^[A-Za-z0-9!&#$^<>-]{64}$/);
});

test('the new token is in force beside the old one before it is current, and alone after', async () => {
  await it.step(rotation, 'createSecret');
  const token = (await it.value('AWSPENDING'))!;
  await it.step(rotation, 'setSecret');
  await expect(it.step(rotation, 'testSecret')).rejects.toBeInstanceOf(NotYet);
  await group.settle();
  expect([await letsIn(OLD), await letsIn(token)]).toEqual([true, true]);
  await it.step(rotation, 'testSecret');
  await it.step(rotation, 'finishSecret');
  expect(await it.value('AWSCURRENT')).toBe(token);
  expect([await letsIn(OLD), await letsIn(token)]).toEqual([true, true]);
  await group.settle();
  expect([await letsIn(OLD), await letsIn(token)]).toEqual([false, true]);
  expect(group.modified).toEqual(['ROTATE', 'SET']);
});

test('each step, again and again, changes the group once', async () => {
  for (const step of STEPS) {
    await it.step(rotation, step);
    await group.settle();
    await it.step(rotation, step);
  }
  await allSteps(it, rotation);
  expect(group.modified).toEqual(['ROTATE', 'SET']);
});

test('broken off after any call to anybody, the rotation comes to the same end', async () => {
  for (const step of STEPS)
    for (let calls = 1; calls <= 8; calls += 1) {
      const dying = breakingOff(calls);
      const broken = redisAuthRotation(dying(it.secrets), dying(group), dying({ letsIn }).letsIn);
      await it.step(broken, step, dying(it.secrets)).catch(() => undefined);
      await group.settle();
    }
  await allSteps(it, rotation);
  expect([await letsIn(OLD), await letsIn((await it.value('AWSCURRENT'))!)]).toEqual([false, true]);
  expect(group.modified).toEqual(['ROTATE', 'SET']);
});

test('while the token is spread, a repeated setSecret waits; while it is made the only one, finishSecret is done', async () => {
  await it.step(rotation, 'createSecret');
  await it.step(rotation, 'setSecret');
  await expect(it.step(rotation, 'setSecret')).rejects.toThrow('modifying, its AUTH token ROTATING');
  await group.settle();
  await it.step(rotation, 'testSecret');
  await it.step(rotation, 'finishSecret');
  await it.step(rotation, 'finishSecret');
  expect(group.modified).toEqual(['ROTATE', 'SET']);
});

test('broken off between AWSCURRENT and SET, the old token is retired by the next try', async () => {
  await it.step(rotation, 'createSecret');
  await it.step(rotation, 'setSecret');
  await group.settle();
  group.status = 'snapshotting';
  await expect(it.step(rotation, 'finishSecret')).rejects.toThrow('the replication group is snapshotting');
  expect(await it.value('AWSPREVIOUS')).toBe(OLD);
  group.status = 'available';
  await allSteps(it, rotation);
  await group.settle();
  expect(await letsIn(OLD)).toBe(false);
  expect(group.modified).toEqual(['ROTATE', 'SET']);
});

test('a group that is being changed is not asked to change, and no node may be without the token', async () => {
  await it.step(rotation, 'createSecret');
  group.status = 'modifying';
  await expect(it.step(rotation, 'setSecret')).rejects.toBeInstanceOf(NotYet);
  expect(group.modified).toEqual([]);
  group.status = 'available';
  await it.step(rotation, 'setSecret');
  await group.settle();
  group.status = 'modifying';
  await expect(it.step(rotation, 'testSecret')).rejects.toThrow('the replication group is modifying');
});

test('a test of the configuration, whose version has no value, tries the current token', async () => {
  await it.step(rotation, 'testSecret');
  await redis.client.call('ACL', 'SETUSER', 'default', 'resetpass', '>another-one');
  await expect(it.step(rotation, 'testSecret')).rejects.toBeInstanceOf(NotYet);
});

test('a Redis that answers nothing is not taken for one that refuses; no error holds the password', async () => {
  const nobody = asksRedis(password => {
    const address = { REDIS_HOST: '127.0.0.1', REDIS_PORT: 1, REDIS_TLS: false };
    return new Redis({
      ...redisOptions(address, password),
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    });
  });
  const error: unknown = await nobody('hidden').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(NotYet);
  expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('hidden');
});

test('connections that are open stay open, and are still let in', async () => {
  const open = connectRedis(redis.client.options.port!, OLD);
  try {
    await open.ping();
    await it.step(rotation, 'createSecret');
    await it.step(rotation, 'setSecret');
    await group.settle();
    await it.step(rotation, 'finishSecret');
    await group.settle();
    expect(await open.ping()).toBe('PONG');
  } finally {
    open.disconnect();
  }
});
