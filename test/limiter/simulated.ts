import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { accept, type ScopedLimit, type ScriptClient } from '@huntaze/core/lua';
import { QUEUES } from '@huntaze/core/names';
import { admit, type Limiter } from '@huntaze/limiter/admit';
import { ManualClock } from '@huntaze/local/aws/manual-clock';
import { queueArn } from '@huntaze/local/aws/sqs/engine';
import { startEventSource } from '@huntaze/local/event-source/event-source';
import { SeededRandom } from '@huntaze/local/seeded-random';
import { simulatedAws } from '@huntaze/local/simulation/aws';
import { RedisInStep } from '@huntaze/local/simulation/redis-in-step';
import type { Redis } from 'iovalkey';
import { expect } from 'vitest';

const CREATORS = ['ada', 'bea', 'cleo'];
const EACH = 5;
const WINDOW_MS = 60_000;
const TOKENS = 4;
/** Lambda's time-out (ms). */
const TIMEOUT_MS = 15_000;
/** Half a day: what isn't through then never will be (ms). */
const GIVE_UP_MS = 12 * 3_600_000;

/** What goes wrong, from a test's point of view. Every port is a real one behind it. */
export interface Mishap {
  /** Stands between the limiter and its ports: `go` makes the call; throw `Killed` to end the invocation there. */
  around?: (call: Call) => Promise<unknown>;
  /** Each message is delivered so often by its producer, in this order of its index. */
  order?: (n: number) => number[];
  scope?: ScopedLimit['scope'];
}

/** One call of the limiter to Redis or SQS. */
export interface Call {
  /** Of all invocations together, from 0. */
  nth: number;
  /** `evalsha`, `eval`, or the SQS command's name. */
  name: string;
  /** Of the virtual clock, ms since the beginning. */
  atMs: number;
  input: unknown;
  /** The line's Redis: what is asked of it here takes no time of the virtual clock. */
  redis: RedisInStep;
  go: () => Promise<unknown>;
}

/** The function was killed at this point: nothing of the invocation follows. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/** What came of it. */
export interface Outcome {
  /** Every message that came into the workflows queue, in order: its creator and number. */
  forwarded: string[];
  times: number[];
  left: Record<string, number>;
  calls: number;
}

/**
 * 15 messages of three creators, 4 of them a minute, through the limiter's own code, real scripts in a real Redis, and
 * local SQS with its event source and two invocations at once, while something goes wrong.
 */
export async function throughTheLimiter(redis: Redis, mishap: Mishap = {}): Promise<Outcome> {
  const inStep = new RedisInStep(redis);
  const clock = new ManualClock(Date.UTC(2026, 0, 1), () => inStep.settle());
  const beginMs = clock.now();
  const random = new SeededRandom(1);
  const aws = simulatedAws({ clock, random, functionTimeoutMs: TIMEOUT_MS, faults: undefined });
  const limit: ScopedLimit = { scope: mishap.scope ?? 'platform', limit: TOKENS, windowMs: WINDOW_MS };
  const sqs = aws.client('limiter', 3_000);
  const nothing = () => undefined;
  let calls = 0;

  const limiterOf = (die: (error: Error) => void): Limiter => {
    let isDead = false;
    const through = async (name: string, input: unknown, go: () => Promise<unknown>): Promise<never> => {
      if (isDead) return new Promise<never>(() => undefined);
      try {
        const call = { nth: calls++, name, input, atMs: clock.now() - beginMs, redis: inStep, go };
        return (await (mishap.around?.(call) ?? go())) as never;
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        isDead = true;
        die(error);
        return new Promise<never>(() => undefined);
      }
    };
    const ports: { sqs: Limiter['sqs']; redis: ScriptClient } = {
      sqs: {
        send: (command: object, options: never) =>
          through(command.constructor.name, (command as { input: unknown }).input, () =>
            sqs.send(command as never, options),
          ),
      },
      redis: {
        evalsha: (...args) => through('evalsha', args, () => inStep.evalsha(...args)),
        eval: (...args) => through('eval', args, () => inStep.eval(...args)),
      },
    };
    return {
      ...ports,
      clock,
      now: () => clock.now(),
      log: { info: nothing, warn: nothing, error: nothing },
      count: nothing,
      measure: nothing,
      queueUrl: aws.urlOf(QUEUES.rateLimiter),
      workflowsQueueUrl: aws.urlOf(QUEUES.workflows),
      deadLetterQueueUrl: aws.urlOf(QUEUES.rateLimiterDeadLetters),
      limit,
      version: 'tested',
      random: random.next,
    };
  };

  const producer = aws.client('producer', 3_000);
  const messages = CREATORS.flatMap(creator =>
    Array.from({ length: EACH }, (_, i) => ({ creatorId: creator, operationId: `${creator}-${i + 1}` })),
  );
  const produce = async () => {
    // Each is accepted in its order, as the API does it, before the first is sent.
    const accepted = [];
    for (const { creatorId, operationId } of messages) {
      const acceptance = await accept(
        inStep,
        limit,
        { creatorId, operationId, kind: 'k' },
        undefined,
        clock.now(),
      );
      if (acceptance.is !== 'accepted') throw new Error(acceptance.is);
      accepted.push(acceptance.place);
    }
    const order = mishap.order ?? (count => Array.from({ length: count }, (_, i) => i));
    for (const index of order(messages.length)) {
      const { creatorId, operationId } = messages[index]!;
      const { sequence, follows } = accepted[index]!;
      const number = (value: string) => ({ DataType: 'Number', StringValue: value });
      await producer.send(
        new SendMessageCommand({
          QueueUrl: aws.urlOf(QUEUES.rateLimiter),
          MessageBody: JSON.stringify({ operation_id: operationId, kind: 'k', creator_id: creatorId }),
          MessageAttributes: {
            sequence: number(sequence),
            ...(follows !== undefined && { follows: number(follows) }),
          },
        }),
      );
    }
  };
  const source = startEventSource({
    sqs: aws.client('event source', 60_000),
    queueUrl: aws.urlOf(QUEUES.rateLimiter),
    queueArn: queueArn('us-east-1', QUEUES.rateLimiter),
    handler: async (event, context) => {
      const death = Promise.withResolvers<never>();
      const endsAt = clock.now() + context.getRemainingTimeInMillis();
      return Promise.race([admit(limiterOf(death.reject), event.Records, endsAt), death.promise]);
    },
    batchSize: 10,
    maximumConcurrency: 2,
    functionTimeoutMs: TIMEOUT_MS,
    clock,
    log: nothing,
  });

  const empty = async () => {
    await produce();
    const queue = QUEUES.rateLimiter;
    while ((aws.counts()[queue] ?? 0) > 0 && clock.now() - beginMs < GIVE_UP_MS) await clock.sleep(1_000);
  };
  await clock.run(empty(), GIVE_UP_MS + TIMEOUT_MS);
  await clock.run(source.stop(), 2 * TIMEOUT_MS);
  const left = aws.counts();
  aws.close();
  return {
    forwarded: aws.forwarded.map(({ operationId }) => operationId),
    times: aws.forwarded.map(({ atMs }) => atMs - beginMs),
    left,
    calls,
  };
}

/** Nothing lost, nothing twice, nothing over the limit, order kept, nothing in the dead-letter queue, nothing left behind. */
export function expectWhole({ forwarded, times, left }: Outcome): void {
  for (const creator of CREATORS)
    expect(forwarded.filter(id => id.startsWith(creator))).toEqual(
      Array.from({ length: EACH }, (_, i) => `${creator}-${i + 1}`),
    );
  expect(forwarded).toHaveLength(CREATORS.length * EACH);
  const inWindow = times.map(start => times.filter(t => t >= start && t < start + WINDOW_MS).length);
  expect(Math.max(...inWindow)).toBeLessThanOrEqual(TOKENS);
  expect(left[QUEUES.rateLimiterDeadLetters]).toBe(0);
  expect(left[QUEUES.rateLimiter]).toBe(0);
}

/**
 * The same of a line that lost its memory, where what was forwarded right before, and whose copy another invocation
 * still had in hand, may go once more: nobody is left who knows. The scraper's journal is not in Redis for that reason.
 */
export function expectWholeButForRepeats(outcome: Outcome): void {
  const isFirst = outcome.forwarded.map((id, i) => outcome.forwarded.indexOf(id) === i);
  expect(isFirst.filter(first => !first).length).toBeLessThanOrEqual(1);
  expectWhole({ ...outcome, forwarded: outcome.forwarded.filter((_, i) => isFirst[i]) });
}
