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

/** Redis wants a password, or another one than it was given. */
export function isRefused(error: unknown): boolean {
  return error instanceof Error && /^(WRONGPASS|NOAUTH)\b/.test(error.message);
}

/** So often, at most, is the password read again (ms): a wrong secret must not be asked for without end. */
const RENEW_EVERY_MS = 5_000;

/**
 * Keeps a client let in when the password is changed while it runs. The function that it returns is told of an error;
 * when that was a refusal, the password is read again, and the client's next connection is made with it. It resolves
 * to whether there is another password now, and never rejects.
 * @param options the client's
 * @param read what the password is now
 * @param now ms since the epoch
 */
export function passwordRenewal(
  options: { password?: string | null },
  read: () => Promise<string | undefined>,
  now: () => number,
): (error: unknown) => Promise<boolean> {
  let readAt = -Infinity;
  let renewing: Promise<boolean> | undefined;
  const renew = async () => {
    try {
      const password = await read();
      if (password === undefined || password === options.password) return false;
      options.password = password;
      return true;
    } catch {
      return false; // whoever is refused says so, again and again
    } finally {
      renewing = undefined;
    }
  };
  return error => {
    if (!isRefused(error)) return Promise.resolve(false);
    if (renewing === undefined && now() - readAt < RENEW_EVERY_MS) return Promise.resolve(false);
    if (renewing === undefined) readAt = now();
    return (renewing ??= renew());
  };
}
