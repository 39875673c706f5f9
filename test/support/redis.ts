import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectRedis, startRedis } from '@huntaze/local/supervisor/redis';
import { found } from '@huntaze/core/lua';
import { findTools } from '@huntaze/local/supervisor/tools';
import type { Redis } from 'iovalkey';
import { afterAll, beforeAll, beforeEach } from 'vitest';

/** A real Redis for the tests of one file: empty before each of them, gone after the last. */
export function useRedis(): {
  readonly client: Redis;
  /** Empties it, and says that nothing was in it before. */
  reset(): Promise<void>;
} {
  let client: Redis | undefined;
  let close: () => Promise<void>;
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'huntaze-redis-'));
    const redis = await startRedis(findTools().redis, 'test', join(folder, 'redis.log'));
    client = connectRedis(redis.port, redis.password);
    close = async () => {
      client?.disconnect();
      await redis.part.stop(2_000);
      rmSync(folder, { recursive: true });
    };
  });
  const reset = async () => {
    await client!.flushall();
    await found(client!, 'new');
  };
  beforeEach(reset);
  afterAll(() => close?.());
  return {
    reset,
    get client() {
      if (!client) throw new Error('Redis is there from beforeAll on');
      return client;
    },
  };
}

/** Every key of a Redis with all that is in it, one text for each, sorted by key. */
export async function allOf(client: Redis): Promise<string[]> {
  const reads: Record<string, (key: string) => Promise<unknown>> = {
    string: async key => (await client.getBuffer(key))?.toString('latin1'),
    hash: async key =>
      Object.entries(await client.hgetallBuffer(key))
        .flatMap(([field, value]) => [field, value.toString('latin1')])
        .join(' '),
    list: key => client.lrange(key, 0, -1),
    set: key => client.smembers(key),
    zset: key => client.zrange(key, 0, -1, 'WITHSCORES'),
    stream: key => client.xrange(key, '-', '+'),
    none: async () => 'gone meanwhile',
  };
  const keys = (await client.keys('*')).sort();
  return Promise.all(keys.map(async key => `${key} = ${String(await reads[await client.type(key)]!(key))}`));
}
