import { found } from '@huntaze/core/lua';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { command, heavy, limit } from './commands.ts';
import { World } from './world.ts';

/** How many histories are tried; LINE_RUNS tries more. */
const RUNS = Number(process.env.LINE_RUNS ?? 500);
const LONGEST_HISTORY = 60;

const redis = useRedis();

test(`the line does what its model does, in ${RUNS} histories of up to ${LONGEST_HISTORY} events`, async () => {
  const history = fc.array(command, { maxLength: LONGEST_HISTORY, size: 'max' });
  await fc.assert(
    fc.asyncProperty(limit, heavy, history, async (limits, weight, commands) => {
      await redis.client.flushall();
      expect(await found(redis.client, 'new', 0)).toBe(true);
      const world = new World(redis.client, limits);
      await world.run({ do: 'rules', changes: { weights: { heavy: weight } } });
      for (const next of commands) await world.run(next);
      await world.end();
    }),
    { numRuns: RUNS, ...(process.env.LINE_SEED && { seed: Number(process.env.LINE_SEED) }) },
  );
}, 600_000);
