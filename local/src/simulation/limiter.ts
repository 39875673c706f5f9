import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { readEnvelope } from '@huntaze/core/envelope';
import { QUEUES } from '@huntaze/core/names';
import type { Clock } from '@huntaze/core/clock';
import type { ScopedLimit, ScriptClient } from '@huntaze/core/lua';
import { admit, type Limiter } from '@huntaze/limiter/admit';
import type { Handler } from '../event-source/invocation.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { SqsPort } from './in-process-sqs.ts';

/** An invocation that is to die does so at one of its first so many calls of Redis and SQS. */
const CALLS_BEFORE_DEATH = 6;

/** The limiter's function as Lambda would run it, and what it did. */
export interface LimiterFunction {
  handler: Handler;
  invocations: number;
  killed: number;
  /** How often it received each operation's message. */
  receives: Map<string, number>;
  /** Messages that it sent to the workflows queue beyond one for each body: to the queue they are one. */
  sentAgain: number;
}

/** The environment of the invocation is gone. */
class Killed extends Error {
  override readonly name = 'Killed';
}

/**
 * @param options.deaths the share of invocations that are killed: right before or right after one of their calls, so
 *   that what the call did stands, and nothing follows
 */
export function limiterFunction(options: {
  sqs: SqsPort;
  redis: ScriptClient;
  clock: Clock;
  limit: ScopedLimit;
  urlOf: (queue: string) => string;
  random: SeededRandom;
  deaths: number;
}): LimiterFunction {
  const { clock, random, urlOf } = options;
  const self: LimiterFunction = { handler, invocations: 0, killed: 0, receives: new Map(), sentAgain: 0 };
  const nothing = () => undefined;
  const limiter: Limiter = {
    sqs: watched(options.sqs),
    redis: options.redis,
    clock,
    now: () => clock.now(),
    log: { info: nothing, warn: nothing, error: nothing },
    count: nothing,
    measure: nothing,
    queueUrl: urlOf(QUEUES.rateLimiter),
    workflowsQueueUrl: urlOf(QUEUES.workflows),
    deadLetterQueueUrl: urlOf(QUEUES.rateLimiterDeadLetters),
    limit: options.limit,
    version: 'simulated',
    random: random.next,
  };

  async function handler(...[event, context]: Parameters<Handler>): Promise<unknown> {
    self.invocations += 1;
    for (const { body, messageId } of event.Records) {
      const id = readEnvelope(body).operationId ?? messageId;
      self.receives.set(id, (self.receives.get(id) ?? 0) + 1);
    }
    const death = Promise.withResolvers<never>();
    const dying = random.next() < options.deaths ? mortal(limiter, random, death.reject) : limiter;
    const endsAt = clock.now() + context.getRemainingTimeInMillis();
    return Promise.race([admit(dying, event.Records, endsAt), death.promise]);
  }

  function watched(sqs: SqsPort): SqsPort {
    const sent = new Set<string | undefined>();
    const send = (command: object, more: never) => {
      if (command instanceof SendMessageBatchCommand)
        for (const { MessageBody: body } of command.input.Entries ?? []) {
          if (sent.has(body)) self.sentAgain += 1;
          sent.add(body);
        }
      return sqs.send(command as never, more) as Promise<unknown>;
    };
    // The SDK types `send` by the command given; here it is one function for all.
    return { send: send as SqsPort['send'] };
  }

  /** The limiter, with calls of which one is the last. */
  function mortal(whole: Limiter, fate: SeededRandom, die: (error: Error) => void): Limiter {
    const last = fate.integer(0, CALLS_BEFORE_DEATH);
    const isAfter = fate.next() < 0.5;
    let calls = 0;
    const never = new Promise<never>(() => undefined);
    const live = async (call: () => unknown): Promise<never> => {
      const nth = calls++;
      if (nth > last) return never;
      if (nth < last) return (await call()) as never;
      if (isAfter) await call();
      self.killed += 1;
      die(new Killed('the function was killed'));
      return never;
    };
    return {
      ...whole,
      sqs: { send: (command: never, more: never) => live(() => whole.sqs.send(command, more)) },
      redis: {
        evalsha: (...call) => live(() => whole.redis.evalsha(...call)),
        eval: (...call) => live(() => whole.redis.eval(...call)),
      },
    };
  }
  return self;
}
