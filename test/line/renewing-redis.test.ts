import { redisOptions } from '@huntaze/core/redis';
import { renewingRedis } from '@huntaze/core/renewing-redis';
import { connectRedis, startRedis, type LocalRedis } from '@huntaze/local/supervisor/redis';
import { findTools } from '@huntaze/local/supervisor/tools';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'iovalkey';
import { afterEach, beforeEach, expect, test } from 'vitest';

let server: LocalRedis;
let folder: string;
/** What Secrets Manager would say, or throw. */
let secret: string | Error;
let asked: number;
let warnings: string[];
let redis: ReturnType<typeof renewingRedis>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'huntaze-auth-'));
  server = await startRedis(findTools().redis, 'first', join(folder, 'redis.log'));
  [secret, asked, warnings] = ['first', 0, []];
  const address = { REDIS_HOST: '127.0.0.1', REDIS_PORT: server.port, REDIS_TLS: false };
  redis = renewingRedis(
    password => new Redis(redisOptions(address, password)),
    () => {
      asked += 1;
      return typeof secret === 'string' ? Promise.resolve(secret) : Promise.reject(secret);
    },
    error => void warnings.push(error.message),
  );
});
afterEach(async () => {
  redis.disconnect();
  await server.part.stop(2_000);
  rmSync(folder, { recursive: true });
});

const call = () => redis.eval('return 7', 0);

/** What an operator, or the rotation, does: another password, and nobody stays connected. */
async function changePassword(to: string): Promise<void> {
  const admin = connectRedis(server.port, 'first');
  await admin.config('SET', 'requirepass', to);
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  admin.disconnect();
}

test('the secret is read at the first call, and once', async () => {
  expect(asked).toBe(0);
  expect([await call(), await call()]).toEqual([7, 7]);
  expect(asked).toBe(1);
});

test('a password that was changed meanwhile is read again, and the call goes through', async () => {
  await call();
  await changePassword('second');
  secret = 'second';
  expect(await call()).toBe(7);
  expect(asked).toBe(2);
});

test('a password that stays wrong is an error at every call, and Secrets Manager is not asked each time', async () => {
  secret = 'wrong';
  for (let i = 0; i < 5; i += 1) await expect(call()).rejects.toThrow(/WRONGPASS|max retries/);
  expect(asked).toBe(2);
  expect(warnings.join()).not.toContain('first');
});

test('a secret that can’t be read is an error of the call; the next one reads it', async () => {
  secret = new Error('Secrets Manager does not answer');
  await expect(call()).rejects.toThrow('does not answer');
  secret = 'first';
  expect(await call()).toBe(7);
});

test('a Redis that is gone is an error within seconds, and a new one is found again', async () => {
  await call();
  await server.part.stop(2_000);
  await expect(call()).rejects.toThrow(/ECONNREFUSED|closed|max retries/i);
});
