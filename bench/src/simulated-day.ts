import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { broken, figuresOf } from '@huntaze/local/simulation/figures';
import type { Scenario } from '@huntaze/local/simulation/scenario';
import { simulate } from '@huntaze/local/simulation/simulate';
import { connectRedis, startRedis } from '@huntaze/local/supervisor/redis';
import { findTools } from '@huntaze/local/supervisor/tools';
import type { Redis } from 'iovalkey';
import { medianOf, round, type Bench, type Figure } from './figure.ts';

const RUNS = 3;
const AT_MOST_S = 30;
/** A day at the limit: ten a minute. */
const DAY: Scenario = {
  seed: 1,
  operations: 14_400,
  creators: 20,
  overMs: 86_400_000,
  busiest: 0,
  limit: { scope: 'platform', limit: 10, windowMs: 60_000 },
  tasks: 1,
  concurrency: 4,
  pollers: 2,
  secondsPerPage: 1,
  siteFailures: 0,
  limiterDeaths: 0,
};

/** How long so many scripts that do nothing take, one after the other: the rest is what our own code takes. */
async function bareRoundTrips(redis: Redis, calls: number): Promise<number> {
  const begun = performance.now();
  const argument = 'x'.repeat(500);
  for (let i = 0; i < calls; i += 1) await redis.eval('return 1', 1, 'key', argument);
  return (performance.now() - begun) / 1_000;
}

async function measure(redis: Redis, say: (line: string) => void): Promise<Figure[]> {
  let calls = 0;
  let operations = 0;
  const measured = await medianOf(RUNS, async () => {
    await redis.flushall();
    const begun = performance.now();
    const simulated = await simulate(DAY, redis);
    const wallMs = performance.now() - begun;
    const figures = figuresOf(DAY, simulated, wallMs);
    if (broken(figures).length > 0) throw new Error(broken(figures).join('; '));
    say(`${simulated.passages.length} operations in ${(wallMs / 1_000).toFixed(1)} s`);
    calls = simulated.redisCalls;
    operations = simulated.passages.length;
    return wallMs / 1_000;
  });
  const { value } = await medianOf(RUNS, () => bareRoundTrips(redis, calls));
  return [
    {
      name: `${operations} operations, every promise kept`,
      unit: 's',
      bound: { atMost: AT_MOST_S },
      ...measured,
      against: { name: `${calls} round trips to Redis`, value, ratio: round(measured.value / value) },
    },
  ];
}

/** The whole pipeline on a virtual clock. */
export const simulatedDay: Bench = {
  name: 'simulated-day',
  about: 'a day at the limit: limiter, scripts in a real Redis, queues, scraper; a model of the site',
  async run(say) {
    const folder = mkdtempSync(join(tmpdir(), 'huntaze-bench-'));
    const server = await startRedis(findTools().redis, randomUUID(), join(folder, 'redis.log'));
    const redis = connectRedis(server.port, server.password);
    try {
      return await measure(redis, say);
    } finally {
      redis.disconnect();
      await server.part.stop(2_000);
      rmSync(folder, { recursive: true });
    }
  },
};
