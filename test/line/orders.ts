import {
  cancel,
  changeRules,
  closeSite,
  drain,
  found,
  lineOf,
  pause,
  pauseKind,
  resume,
  resumeKind,
  siteRefused,
  skipHead,
  voidOperation,
  type ScopedLimit,
  type Who,
} from '@huntaze/core/lua';
import type { Redis } from 'iovalkey';
import { expect } from 'vitest';
import { CREATORS, KINDS, type Command } from './commands.ts';
import type { Model } from './model.ts';

/** What operators do, the scraper that the site refuses, and the API when it can't send. */
export type Order = Extract<
  Command,
  {
    do:
      | 'void'
      | 'cancel'
      | 'pause'
      | 'drain'
      | 'resume'
      | 'login'
      | 'let in'
      | 'refuse'
      | 'skip'
      | 'rules'
      | 'pause kind'
      | 'resume kind'
      | 'close'
      | 'found';
  }
>;

/**
 * Gives an order to the real line and to its model; they must answer alike.
 * @param messages the ids of all operations that were ever sent
 * @returns the operation that it was about, if it was about one
 */
export async function give(
  command: Order,
  {
    redis,
    model,
    limit,
    messages,
    now,
  }: { redis: Redis; model: Model; limit: ScopedLimit; messages: string[]; now: number },
): Promise<string | undefined> {
  const { scope } = limit;
  switch (command.do) {
    case 'void':
    case 'cancel': {
      const id = messages[command.which % Math.max(1, messages.length)];
      if (id === undefined) return undefined;
      if (command.do === 'void') {
        const ask = 1 + (command.which % 2);
        const voided = await voidOperation(redis, { operationId: id, ask }, now);
        expect(voided).toBe(model.voidOperation(id, ask, now));
      } else expect(await cancel(redis, id, 'a test', now)).toEqual(model.cancel(id, now));
      return id;
    }
    case 'pause':
    case 'drain':
    case 'resume': {
      const creatorId = CREATORS[command.who];
      const who: Who = creatorId === undefined ? 'everybody' : { creatorId };
      const [line, name] = creatorId === undefined ? ['*', '*'] : [lineOf(scope, creatorId), creatorId];
      const untilMs = command.forMs === undefined ? undefined : now + command.forMs;
      if (command.do === 'resume')
        expect(await resume(redis, { who, scope }, now)).toBe(model.resume(line, name, now));
      else {
        await (command.do === 'pause' ? pause : drain)(redis, { who, scope, why: 'a test', untilMs }, now);
        model[command.do](line, name, untilMs, now);
      }
      return undefined;
    }
    case 'login':
    case 'let in': {
      const creatorId = CREATORS[command.creator]!;
      const line = lineOf(scope, creatorId);
      const order = { who: { creatorId }, scope, why: 'a test' };
      if (command.do === 'let in')
        expect(await resume(redis, order, now, 'login')).toBe(model.letIn(line, creatorId, now));
      else {
        await pause(redis, order, now, 'login');
        model.pause(line, creatorId, undefined, now, 'login');
      }
      return undefined;
    }
    case 'refuse': {
      const creatorId = CREATORS[command.creator]!;
      const untilMs = now + command.forMs;
      const closed = await siteRefused(redis, limit, { creatorId, untilMs }, now);
      expect(closed).toBe(model.refuse(lineOf(scope, creatorId), creatorId, untilMs, now));
      return undefined;
    }
    case 'skip': {
      const creatorId = CREATORS[command.creator]!;
      const named = command.named === undefined ? undefined : messages[command.named];
      const real = await skipHead(redis, { creatorId, scope, why: 'a test' }, named, now);
      expect(real).toEqual(model.skipHead(lineOf(scope, creatorId), creatorId, named, now));
      return real.operationId;
    }
    case 'rules':
      model.changeRules(command.changes);
      expect(await changeRules(redis, limit, command.changes)).toMatchObject({
        limit: model.rules.limit,
        windowMs: model.rules.window,
        weights: model.rules.weights,
        mostUnfinished: model.rules.mostUnfinished,
      });
      return undefined;
    case 'pause kind':
    case 'resume kind': {
      const kind = KINDS[command.kind]!;
      if (command.do === 'pause kind')
        expect(await pauseKind(redis, { kind, why: 'a test' }, now)).toBe(model.pauseKind(kind, now));
      else expect(await resumeKind(redis, kind, now)).toBe(model.resumeKind(kind, now));
      return undefined;
    }
    case 'close': {
      const line = command.isForAll ? undefined : lineOf(scope, CREATORS[0]!);
      await closeSite(redis, now + command.forMs, line);
      model.closeSite(now + command.forMs, line);
      return undefined;
    }
    case 'found':
      // That a Redis is new is never said of one that isn't.
      if (command.what === 'new' && !(await redis.exists('huntaze:2:home'))) return undefined;
      expect(await found(redis, command.what, now)).toBe(model.found(command.what, now));
      return undefined;
  }
}
