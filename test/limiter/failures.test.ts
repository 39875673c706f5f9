import { SeededRandom } from '@huntaze/local/seeded-random';
import { describe, expect, test } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { expectWhole, expectWholeButForRepeats, Killed, throughTheLimiter, type Call } from './simulated.ts';

const redis = useRedis();
const run = (mishap?: Parameters<typeof throughTheLimiter>[1]) => throughTheLimiter(redis.client, mishap);

const isScript = ({ name }: Call) => name === 'evalsha' || name === 'eval';
const isForward = ({ name }: Call) => name === 'SendMessageBatchCommand';

test('with nothing wrong', async () => {
  const outcome = await run();
  expectWhole(outcome);
  // Four windows for 15 messages: the first four at once, the last three after three windows.
  expect(outcome.times.at(-1)! / 1_000).toBeCloseTo(3 * 60.25, 0);
});

describe('the function is killed', () => {
  test('before or after any one of its calls: nothing is lost, nothing too early, nothing out of order', async () => {
    const { calls } = await run();
    expect(calls).toBeGreaterThan(20);
    for (let point = 0; point < calls; point += 1)
      for (const isAfter of [false, true]) {
        await redis.reset();
        const outcome = await run({
          around: async call => {
            if (call.nth !== point) return call.go();
            if (isAfter) await call.go();
            throw new Killed(`at call ${point}`);
          },
        });
        expectWhole(outcome);
      }
  });

  test('again and again', async () => {
    const outcome = await run({
      around: async call => {
        if (call.nth % 5 !== 3) return call.go();
        if (call.nth % 2 === 0) await call.go();
        throw new Killed('again');
      },
    });
    expectWhole(outcome);
  });
});

describe('Redis', () => {
  /** From 5 s after the beginning on, for a minute and a half. */
  const isBadTime = ({ atMs }: Call) => atMs > 5_000 && atMs < 95_000;

  test('can’t be reached for a while: nothing is admitted meanwhile', async () => {
    const outcome = await run({
      around: call =>
        isScript(call) && isBadTime(call)
          ? Promise.reject(new Error('connect ECONNREFUSED 127.0.0.1:6379'))
          : call.go(),
    });
    expectWhole(outcome);
    expect(outcome.times.filter(time => time > 5_000 && time < 95_000)).toEqual([]);
  });

  test('refuses the password for a while', async () => {
    const outcome = await run({
      around: call =>
        isScript(call) && isBadTime(call)
          ? Promise.reject(new Error('WRONGPASS invalid username-password pair or user is disabled.'))
          : call.go(),
    });
    expectWhole(outcome);
  });

  test('is slow: every third answer comes too late, though the script has run', async () => {
    const outcome = await run({
      around: async call => {
        const answer = await call.go();
        if (isScript(call) && call.nth % 3 === 0) throw new Error('Command timed out');
        return answer;
      },
    });
    expectWhole(outcome);
  });

  test('is restarted empty, at any call: a window passes, and everything is found again in its order', async () => {
    const { calls } = await run();
    for (let point = 1; point < calls; point += 3) {
      await redis.reset();
      let isEmptied = false;
      const outcome = await run({
        around: async call => {
          if (call.nth >= point && !isEmptied) {
            isEmptied = true;
            await call.redis.call('FLUSHALL');
          }
          return call.go();
        },
      });
      expectWholeButForRepeats(outcome);
    }
  });

  test('fails over to a replica that has everything: a window passes, and nothing else', async () => {
    let failedOverAt = 0;
    const outcome = await run({
      around: async call => {
        if (call.atMs > 70_000 && failedOverAt === 0) {
          failedOverAt = call.atMs;
          await call.redis.call('HSET', 'huntaze:2:home', 'replid', 'another');
        }
        return call.go();
      },
    });
    expectWhole(outcome);
    const since = outcome.times.map(time => time - failedOverAt).filter(time => time >= 0);
    expect(since.filter(time => time < 60_000)).toEqual([]);
    // What it knows to have been sent, it doesn't await.
    expect(Math.min(...since)).toBeLessThan(65_000);
  });

  /** Above 75 % of its memory, or above 95 %, as long as `isSo`. */
  const fill = async (call: Call, share: number) => {
    const info = String(await call.redis.call('INFO', 'memory'));
    const used = Number(/used_memory:(\d+)/.exec(info)![1]);
    await call.redis.call('CONFIG', 'SET', 'maxmemory', share === 0 ? 0 : Math.round(used / share));
  };

  test('is full: what is in line goes on, and bodies stay in the queue', async () => {
    let parcels = 0;
    const outcome = await run({
      around: async call => {
        if (isScript(call)) await fill(call, 0.8);
        const answer = await call.go();
        parcels += ((await call.redis.call('KEYS', '*:parcel:*')) as string[]).length;
        return answer;
      },
    });
    await redis.client.config('SET', 'maxmemory', 0);
    expectWhole(outcome);
    expect(parcels).toBe(0);
  });

  test('is above its limit: nobody new is put in line until there is room again, and what is in line goes', async () => {
    const outcome = await run({
      around: async call => {
        if (isScript(call)) await fill(call, call.atMs < 5_000 ? 0 : call.atMs < 100_000 ? 1.2 : 0);
        return call.go();
      },
    });
    await redis.client.config('SET', 'maxmemory', 0);
    expectWhole(outcome);
    expect(outcome.times.filter(time => time > 5_000 && time < 100_000).length).toBeGreaterThan(0);
  });
});

describe('the next queue', () => {
  test('takes nothing for a while', async () => {
    const outcome = await run({
      around: call =>
        isForward(call) && call.atMs < 100_000 ? Promise.reject(new Error('ServiceUnavailable')) : call.go(),
    });
    expectWhole(outcome);
  });

  test('takes some of a batch only', async () => {
    const random = new SeededRandom(7);
    const outcome = await run({
      around: call => {
        if (!isForward(call) || call.atMs > 400_000) return call.go();
        const input = call.input as { Entries: { Id: string }[] };
        const refused = input.Entries.filter(() => random.next() < 0.5);
        input.Entries = input.Entries.filter(entry => !refused.includes(entry));
        const failed = refused.map(({ Id }) => ({ Id, Code: 'InternalError', SenderFault: false }));
        const answer = input.Entries.length > 0 ? call.go() : Promise.resolve({});
        return answer.then(taken => ({ ...(taken as object), Failed: failed }));
      },
    });
    expectWhole(outcome);
  });

  test('takes everything, and its answers are lost', async () => {
    const outcome = await run({
      around: async call => {
        const answer = await call.go();
        if (isForward(call) && call.atMs < 100_000) throw new Error('socket hang up');
        return answer;
      },
    });
    expectWhole(outcome);
  });

  test('answers so slowly that the function’s time is over in the middle', async () => {
    const outcome = await run({
      around: async call => {
        // The client gives up by itself; what it asked for has been done.
        const answer = await call.go();
        if (isForward(call) && call.nth < 60) throw new Error('TimeoutError: no answer in 3000 ms');
        return answer;
      },
    });
    expectWhole(outcome);
  });
});

describe('its own queue', () => {
  test('delivers everything twice, and in any order', async () => {
    const random = new SeededRandom(3);
    const outcome = await run({
      order: count => {
        const twice = Array.from({ length: 2 * count }, (_, i) => i % count);
        for (let i = twice.length - 1; i > 0; i -= 1) {
          const j = random.integer(0, i + 1);
          [twice[i], twice[j]] = [twice[j]!, twice[i]!];
        }
        return twice;
      },
    });
    expectWhole(outcome);
  });

  test('neither hides nor deletes what it is told to, for a while', async () => {
    const outcome = await run({
      around: call =>
        /ChangeMessageVisibility|DeleteMessage/.test(call.name) && call.atMs < 200_000
          ? Promise.reject(new Error('ServiceUnavailable'))
          : call.go(),
    });
    expectWhole(outcome);
  });
});
