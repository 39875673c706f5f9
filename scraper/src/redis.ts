import { Redis } from 'iovalkey';
import {
  answerSlot,
  endAttempt,
  lineOf,
  noteAttempt,
  returnSlot,
  startAttempt,
  takeSlot,
  type ScopedLimit,
  type ScriptClient,
} from '@huntaze/core/lua';
import { redisOptions, type RedisAddress } from '@huntaze/core/redis';
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
  address: RedisAddress,
  password: string | undefined,
  log: Log,
): Promise<Redis> {
  const redis = new Redis(redisOptions(address, password));
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
    throw new RedisMissing(`no Redis at ${address.REDIS_HOST}:${address.REDIS_PORT}: ${why}`, {
      cause: error,
    });
  }
  connected = true;
  return redis;
}

/**
 * The operations' record in Redis.
 * @param scope says in which line a creator's operations stand
 * @param now a simulation's time (ms since the epoch); absent, Redis's own clock rules
 */
export function redisLedger(redis: ScriptClient, scope: ScopedLimit['scope'], now?: () => number): Ledger {
  return {
    async start(ids) {
      try {
        return await startAttempt(redis, { ...ids, line: lineOf(scope, ids.creatorId) }, now?.());
      } catch (error) {
        if (error instanceof Error && error.message.startsWith('STRANGER'))
          throw new AnothersOperation(`operation ${ids.operationId} belongs to another creator`, {
            cause: error,
          });
        throw error;
      }
    },
    note: (ids, tried) => noteAttempt(redis, ids.operationId, tried),
    async end(end) {
      await endAttempt(redis, end, now?.());
    },
  };
}

/**
 * The site's window in Redis, as it holds for a creator: the platform's, or one of the creator's own.
 * @param now a simulation's time (ms since the epoch); absent, Redis's own clock rules
 */
export function redisSlots(redis: ScriptClient, { scope, limit, windowMs }: ScopedLimit, now?: () => number) {
  return (creatorId: string): SlotWindow => {
    const line = lineOf(scope, creatorId);
    return {
      take: waiter => takeSlot(redis, { line, waiter, limit, windowMs, holdMs: HOLD_MS }, now?.()),
      answer: waiter => answerSlot(redis, { line, waiter }, now?.()),
      giveBack: waiter => returnSlot(redis, { line, waiter }),
    };
  };
}
