import type { ScriptClient } from '@huntaze/core/lua';
import { passwordRenewal, redisOptions, type RedisAddress } from '@huntaze/core/redis';
import { Redis } from 'iovalkey';

/**
 * A client for the line's Redis. It reads the password and connects at its first call, and every call ends within
 * seconds. When Redis refuses the password, it is read again, and the call repeated once: AUTH tokens are rotated
 * while the function lives.
 * @param readPassword what it is now; undefined: none is needed
 * @param warn told of what befalls the connection
 */
export function lineRedis(
  address: RedisAddress,
  readPassword: () => Promise<string | undefined>,
  warn: (error: Error) => void,
): ScriptClient & { disconnect(): void } {
  let client: Redis | undefined;
  let connecting: Promise<Redis> | undefined;
  let renew: ReturnType<typeof passwordRenewal>;

  async function connect(): Promise<Redis> {
    try {
      const redis = new Redis(redisOptions(address, await readPassword()));
      renew = passwordRenewal(redis.options, readPassword, () => performance.now());
      redis.on('error', (error: Error) => {
        warn(error);
        void renew(error);
      });
      return (client = redis);
    } finally {
      // One that failed must not be kept: the next call tries again.
      connecting = undefined;
    }
  }

  async function run(call: (redis: Redis) => Promise<unknown>): Promise<unknown> {
    const redis = client ?? (await (connecting ??= connect()));
    try {
      return await call(redis);
    } catch (error) {
      if (!(await renew(error))) throw error;
      return call(redis);
    }
  }

  return {
    evalsha: (...call) => run(redis => redis.evalsha(...call)),
    eval: (...call) => run(redis => redis.eval(...call)),
    disconnect: () => client?.disconnect(),
  };
}
