import type { ScriptClient } from '../lua/run.ts';

/** What is needed of a client's connection; ioredis and iovalkey have it. */
export interface RedisConnection extends ScriptClient {
  on(event: 'ready', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  disconnect(): void;
}

/** So often, at most, is the password read again (ms): a wrong one must not be asked for without end. */
const RENEW_EVERY_MS = 5_000;

/** A connection, and what it was made with. */
interface Connection {
  redis: RedisConnection;
  password: string | undefined;
  /** Redis wants a password, or another one. */
  isRefused: boolean;
}

/**
 * A client for the shared Redis. It reads the password and connects at its first call, and every call ends as soon as
 * the connection's own do. When Redis refuses the password, it is read again; if it is another one by now, the call is
 * repeated once on a new connection: AUTH tokens are rotated while a process lives.
 * @param connectWith makes a connection, with the options of `redisOptions`
 * @param readPassword what it is now; undefined: none is needed
 * @param warn told of what befalls the connection
 */
export function renewingRedis(
  connectWith: (password: string | undefined) => RedisConnection,
  readPassword: () => Promise<string | undefined>,
  warn: (error: Error) => void,
): ScriptClient & { disconnect(): void } {
  let current: Connection | undefined;
  let connecting: Promise<Connection> | undefined;
  let renewing: Promise<void> | undefined;
  let renewedAt = -Infinity;

  function open(password: string | undefined): Connection {
    const connection = { redis: connectWith(password), password, isRefused: false };
    connection.redis.on('ready', () => (connection.isRefused = false));
    connection.redis.on('error', (error: Error) => {
      connection.isRefused ||= isRefusal(error);
      warn(error);
    });
    return (current = connection);
  }

  /** One that failed is not kept: the next call tries again. */
  const connect = () =>
    (connecting ??= readPassword()
      .then(open)
      .finally(() => (connecting = undefined)));

  async function renew(refused: Connection): Promise<void> {
    renewedAt = performance.now();
    const password = await readPassword();
    if (password === refused.password || current !== refused) return;
    open(password);
    refused.redis.disconnect();
  }

  async function run(call: (redis: RedisConnection) => Promise<unknown>): Promise<unknown> {
    const connection = current ?? (await connect());
    try {
      return await call(connection.redis);
    } catch (error) {
      if (!isRefusal(error) && !connection.isRefused) throw error;
      if (renewing === undefined && performance.now() - renewedAt > RENEW_EVERY_MS)
        renewing = renew(connection).finally(() => (renewing = undefined));
      await renewing;
      if (current === undefined || current === connection) throw error;
      return call(current.redis);
    }
  }

  return {
    evalsha: (...args) => run(redis => redis.evalsha(...args)),
    eval: (...args) => run(redis => redis.eval(...args)),
    disconnect: () => current?.redis.disconnect(),
  };
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && /^(WRONGPASS|NOAUTH)\b/.test(error.message);
}
