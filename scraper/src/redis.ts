import { Redis } from 'iovalkey';
import { answerSlot, endAttempt, returnSlot, startAttempt, takeSlot } from '@huntaze/core/lua';
import { AnothersOperation, type Ledger } from './ledger.ts';
import type { Log } from './log.ts';
import { firstLine } from './outcome.ts';
import type { SlotWindow } from './slots.ts';

/** How long the site's answer can be outstanding: login, follow-up and navigation, each with its time-out. */
const HOLD_MS = 90_000;

/** There is no Redis where it should be; the message is one line that names it. */
export class RedisMissing extends Error {
  override readonly name = 'RedisMissing';
}

/**
 * Connects a client whose every command ends: with an answer, or within seconds with an error.
 * @throws RedisMissing
 */
export async function connectRedis(
  server: { host: string; port: number; tls: boolean; password: string | undefined },
  log: Log,
): Promise<Redis> {
  const redis = new Redis({
    host: server.host,
    port: server.port,
    ...(server.tls && { tls: {} }),
    ...(server.password !== undefined && { password: server.password }),
    lazyConnect: true,
    connectTimeout: 5_000,
    commandTimeout: 5_000,
    maxRetriesPerRequest: 2,
    retryStrategy: tries => Math.min(200 * tries, 3_000),
  });
  let connected = false;
  let cause: unknown;
  redis.on('error', (error: unknown) => {
    cause = error;
    if (connected) log.warn('redis', { error: firstLine(error) });
  });
  try {
    // A first connection that fails is tried again, and the ping waits for that.
    await redis.connect().catch(() => undefined);
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    const why = firstLine(cause ?? error);
    throw new RedisMissing(`no Redis at ${server.host}:${server.port}: ${why}`, { cause: error });
  }
  connected = true;
  return redis;
}

/** The operations' record in Redis. */
export function redisLedger(redis: Redis): Ledger {
  return {
    async start(ids) {
      try {
        return await startAttempt(redis, ids);
      } catch (error) {
        if (error instanceof Error && error.message.startsWith('STRANGER'))
          throw new AnothersOperation(`operation ${ids.operationId} belongs to another creator`, {
            cause: error,
          });
        throw error;
      }
    },
    async end(end) {
      await endAttempt(redis, end);
    },
  };
}

/** The site's window in Redis. */
export function redisSlots(redis: Redis, limit: { limit: number; windowMs: number }): SlotWindow {
  return {
    take: waiter => takeSlot(redis, { waiter, ...limit, holdMs: HOLD_MS }),
    answer: waiter => answerSlot(redis, { waiter }),
    giveBack: waiter => returnSlot(redis, { waiter }),
  };
}
