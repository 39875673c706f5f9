// npm run simulate: the pipeline on a virtual clock; days pass in seconds.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { spanOf } from '@huntaze/core/times';
import type { Redis } from 'iovalkey';
import { broken, figuresOf, type Figures } from '../simulation/figures.ts';
import { pictureOf } from '../simulation/picture.ts';
import type { Scenario } from '../simulation/scenario.ts';
import { summaryLines, summaryOf } from '../simulation/summary.ts';
import { simulate } from '../simulation/simulate.ts';
import { startGuard } from '../supervisor/guarded.ts';
import type { ProcessId } from '../supervisor/processes.ts';
import { connectRedis, startRedis } from '../supervisor/redis.ts';
import { findTools } from '../supervisor/tools.ts';
import { fail } from './fail.ts';
import { readSimulateArguments, usage, type SimulateArguments } from './simulate-arguments.ts';
import { Stopped, stopSignal } from './stopped.ts';

/** A person is told how far it is every so often (ms). */
const SAY_EVERY_MS = 500;
/** Medians over fewer seeds say too little to be held against anybody. */
const LEAST_SEEDS = 100;
/** How long its Redis may take to stop (ms). */
const STOP_MS = 2_000;

/** Writes over the last line where there is a terminal; where there is none, nothing until the end. */
function progressOf(scenario: Scenario) {
  let saidAt = performance.now();
  const isTerminal = process.stderr.isTTY;
  return {
    show: (ended: number, nowMs: number) => {
      if (!isTerminal || performance.now() - saidAt < SAY_EVERY_MS) return;
      saidAt = performance.now();
      process.stderr.write(
        `\r\u001B[K${spanOf(nowMs)} simulated · ${ended} of ${scenario.operations} operations done`,
      );
    },
    clear: () => {
      if (isTerminal) process.stderr.write('\r\u001B[K');
    },
  };
}

/** One line a seed, when there are several. */
function lineOf(figures: Figures): string {
  const faults = broken(figures);
  const { seed, succeeded, requested, goodput_forwarded: goodput, waits_s: waits } = figures;
  const share = goodput === null ? '' : `, ${(goodput * 100).toFixed(1)} % of the rate let through`;
  const said = `seed ${seed}: ${succeeded} of ${requested} succeeded${share}, 95 % within ${spanOf(waits.all.p95 * 1_000)}`;
  return faults.length === 0 ? `ok     ${said}` : `not ok ${said}; ${faults.join('; ')}`;
}

async function simulateAll(
  { scenario, seeds, json, judgesMedians }: SimulateArguments,
  redis: Redis,
  signal: AbortSignal,
): Promise<boolean> {
  const all: Figures[] = [];
  for (let seed = scenario.seed; seed < scenario.seed + seeds; seed += 1) {
    const one = { ...scenario, seed };
    await redis.flushall();
    const progress = progressOf(one);
    const begun = performance.now();
    const simulated = await simulate(one, redis, progress.show, signal);
    const figures = figuresOf(one, simulated, performance.now() - begun);
    progress.clear();
    all.push(figures);
    if (json) console.log(JSON.stringify(figures));
    else if (seeds > 1) console.log(lineOf(figures));
    else console.log(pictureOf(simulated, figures).join('\n'));
  }
  const summary = summaryOf(all, judgesMedians && seeds >= LEAST_SEEDS);
  if (json) console.log(JSON.stringify({ summary }));
  else if (seeds > 1) console.log(['', ...summaryLines(summary)].join('\n'));
  return summary.bounds.every(({ isKept }) => isKept);
}

/** Runs `work` with a Redis of its own, which ends with it, however this process ends. */
async function withRedis<T>(signal: AbortSignal, work: (redis: Redis) => Promise<T>): Promise<T> {
  const tools = findTools();
  const folder = mkdtempSync(join(tmpdir(), 'huntaze-simulate-'));
  const guard = startGuard(() => undefined);
  const watch = {
    began: (_: string, leader: ProcessId) => guard.began(leader),
    ended: (_: string, leader: ProcessId) => guard.ended(leader),
  };
  try {
    const server = await startRedis(tools.redis, randomUUID(), join(folder, 'redis.log'), watch);
    const redis = connectRedis(server.port, server.password);
    try {
      signal.throwIfAborted();
      return await work(redis);
    } finally {
      redis.disconnect();
      await server.part.stop(STOP_MS);
    }
  } finally {
    await guard.close();
    rmSync(folder, { recursive: true });
  }
}

async function main(): Promise<void> {
  const args = readSimulateArguments(process.argv.slice(2));
  if (args === undefined) return console.log(usage());
  const signal = stopSignal();
  try {
    if (!(await withRedis(signal, redis => simulateAll(args, redis, signal)))) process.exitCode = 1;
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    process.exitCode = 130;
  }
}

await main().catch(fail);
