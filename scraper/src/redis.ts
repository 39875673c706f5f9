import { Redis } from 'iovalkey';
import {
  answerSlot,
  endAttempt,
  endProbe,
  lineOf,
  noteAttempt,
  openBreaker,
  pause,
  resume,
  returnSlot,
  seeTask,
  siteChanged,
  siteRefused,
  startAttempt,
  takeCode,
  takeSlot,
  type ScopedLimit,
  type ScriptClient,
  type SlotAnswer,
} from '@huntaze/core/lua';
import type { Clock } from '@huntaze/core/clock';
import { redisOptions, type RedisAddress } from '@huntaze/core/redis';
import { renewingRedis } from '@huntaze/core/renewing-redis';
import { AnothersOperation, type Ledger } from './ledger.ts';
import type { Log } from './log.ts';
import { firstLine } from './outcome.ts';
import type { CodeStore } from './one-time-codes.ts';
import type { Announce } from './presence.ts';
import type { SiteState } from './site-state.ts';
import type { SlotWindow } from './slots.ts';

/** How long the site's answer can be outstanding: login, follow-up and navigation, each with its time-out. */
const HOLD_MS = 90_000;

/** There is no Redis where it should be; the message is one line that names it. */
export class RedisMissing extends Error {
  override readonly name = 'RedisMissing';
}

/** The secret that holds Redis's password can't be read; the message is one line that names the variable. */
export class SecretMissing extends Error {
  override readonly name = 'SecretMissing';
}

/**
 * Connects a client whose every call ends: with an answer, or within seconds with an error. A password that Redis
 * refuses, now or later, is read again.
 * @throws RedisMissing
 */
export async function connectRedis(
  address: RedisAddress,
  readPassword: () => Promise<string | undefined>,
  log: Log,
): Promise<ScriptClient & { disconnect(): void }> {
  let connected = false;
  let cause: unknown;
  const redis = renewingRedis(
    password => new Redis(redisOptions(address, password)),
    readPassword,
    error => {
      cause = error;
      if (connected) log.warn('redis', { error: firstLine(error) });
    },
  );
  try {
    await redis.eval('return 1', 0);
  } catch (error) {
    redis.disconnect();
    if (error instanceof SecretMissing) throw error;
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
 * @param told every answer, for whoever else wants to know how the window stands
 * @param now a simulation's time (ms since the epoch); absent, Redis's own clock rules
 */
export function redisSlots(
  redis: ScriptClient,
  { scope, limit, windowMs }: ScopedLimit,
  told: (answer: SlotAnswer) => void = () => undefined,
  now?: () => number,
) {
  return (creatorId: string): SlotWindow => {
    const line = lineOf(scope, creatorId);
    return {
      async take(waiter) {
        const request = { line, waiter, limit, windowMs, holdMs: HOLD_MS, creatorId };
        const answer = await takeSlot(redis, request, now?.());
        told(answer);
        return answer;
      },
      answer: waiter => answerSlot(redis, { line, waiter, limit, windowMs }, now?.()),
      giveBack: waiter => returnSlot(redis, { line, waiter }),
    };
  };
}

/** Tells the others, in Redis, that a task of this name is there. */
export function redisPresence(redis: ScriptClient, name: string): Announce {
  return busy => seeTask(redis, name, busy);
}

/** How long the site is left alone when it fails: at first, and at most (ms). */
const BREAKER = { firstMs: 30_000, longestMs: 300_000 };
/** A time that no operator can mean: the site's 429 may name any (ms). */
const LONGEST_REFUSAL_MS = 14 * 86_400_000;

/**
 * What the tasks tell one another about the site, in Redis.
 * @param version of this scraper, of whose knowledge of the site it is said that it doesn't fit any more
 * @param now a simulation's time (ms since the epoch); absent, Redis's own clock rules
 */
export function redisSiteState(
  redis: ScriptClient,
  limit: ScopedLimit,
  clock: Clock,
  version: string,
  now?: () => number,
): SiteState {
  const { scope } = limit;
  return {
    refused: (creatorId, untilMs) =>
      siteRefused(
        redis,
        limit,
        { creatorId, untilMs: Math.min(untilMs, clock.now() + LONGEST_REFUSAL_MS) },
        now?.(),
      ),
    needsLogin: (creatorId, why) => pause(redis, { who: { creatorId }, scope, why }, now?.(), 'login'),
    async letsIn(creatorId) {
      await resume(redis, { who: { creatorId }, scope }, now?.(), 'login');
    },
    openBreaker: (creatorId, why) => openBreaker(redis, { creatorId, why, ...BREAKER }, now?.()),
    async endProbe(holder, isWell) {
      await endProbe(redis, holder, isWell);
    },
    changed: sighting => siteChanged(redis, { ...sighting, version }, now?.()),
  };
}

/** The one-time codes that people have entered, in Redis. */
export function redisCodes(redis: ScriptClient): CodeStore {
  return { take: (creatorId, awaitedUntilMs) => takeCode(redis, creatorId, awaitedUntilMs) };
}
