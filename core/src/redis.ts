/** Where the shared Redis is; the part of every deployable's environment that concerns it. */
export interface RedisAddress {
  REDIS_HOST: string;
  REDIS_PORT: number;
  REDIS_TLS: boolean;
}

/**
 * Options for an ioredis-compatible client under which every command ends: answered, or refused within
 * about three seconds. Reconnecting goes on for ever, with at most 2 s between tries.
 */
export function redisOptions(address: RedisAddress, password: string | undefined) {
  return {
    host: address.REDIS_HOST,
    port: address.REDIS_PORT,
    ...(address.REDIS_TLS ? { tls: {} } : {}),
    ...(password === undefined ? {} : { password }),
    lazyConnect: true,
    connectTimeout: 2_000,
    commandTimeout: 3_000,
    maxRetriesPerRequest: 1,
    retryStrategy: (attempt: number) =>
      Math.min(2_000, 50 * 2 ** Math.min(attempt, 6)) * (0.5 + Math.random() / 2),
  };
}
