// npm run simulate: the pipeline on a virtual clock; days pass in seconds.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { spanOf } from '@huntaze/core/times';
import type { Redis } from 'iovalkey';
import { figuresOf, isKept, type Figures } from '../simulation/figures.ts';
import { pictureOf } from '../simulation/picture.ts';
import type { Scenario } from '../simulation/scenario.ts';
import { simulate } from '../simulation/simulate.ts';
import { startGuard } from '../supervisor/guarded.ts';
import type { ProcessId } from '../supervisor/processes.ts';
import { connectRedis, startRedis } from '../supervisor/redis.ts';
import { findTools } from '../supervisor/tools.ts';
import { fail } from './fail.ts';
import { readSimulateArguments, usage, type SimulateArguments } from './simulate-arguments.ts';
import { Stopped, stopSignal, whenStopped } from './stopped.ts';

/** A person is told how far it is every so often (ms). */
const SAY_EVERY_MS = 500;
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
  const { seed, succeeded, requested, worst_window, lost, duplicated, order_inversions, goodput } = figures;
  const share = goodput === null ? '' : `, ${(goodput * 100).toFixed(1)} % of the rate`;
  return `${isKept(figures) ? 'ok    ' : 'not ok'} seed ${seed}: ${succeeded} of ${requested} succeeded, at most ${worst_window} in a window, ${lost} lost, ${duplicated} duplicated, ${order_inversions} out of order${share}${figures.stalled === null ? '' : `; ${figures.stalled}`}`;
}

async function simulateAll({ scenario, seeds, json }: SimulateArguments, redis: Redis): Promise<boolean> {
  let isAllKept = true;
  for (let seed = scenario.seed; seed < scenario.seed + seeds; seed += 1) {
    const one = { ...scenario, seed };
    await redis.flushall();
    const progress = progressOf(one);
    const begun = performance.now();
    const simulated = await simulate(one, redis, progress.show);
    const figures = figuresOf(one, simulated, performance.now() - begun);
    progress.clear();
    isAllKept &&= isKept(figures);
    if (json) console.log(JSON.stringify(figures));
    else if (seeds > 1) console.log(lineOf(figures));
    else console.log(pictureOf(one, simulated, figures).join('\n'));
  }
  return isAllKept;
}

async function main(): Promise<void> {
  const args = readSimulateArguments(process.argv.slice(2));
  if (args === undefined) return console.log(usage());
  const signal = stopSignal();
  const folder = mkdtempSync(join(tmpdir(), 'huntaze-simulate-'));
  // However this process ends, the Redis beside it ends too.
  const guard = startGuard(() => undefined);
  const watch = {
    began: (_: string, leader: ProcessId) => guard.began(leader),
    ended: (_: string, leader: ProcessId) => guard.ended(leader),
  };
  const server = await startRedis(findTools().redis, randomUUID(), join(folder, 'redis.log'), watch);
  const redis = connectRedis(server.port, server.password);
  try {
    const isAllKept = await Promise.race([simulateAll(args, redis), whenStopped(signal)]);
    if (!isAllKept) process.exitCode = 1;
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    process.exitCode = 130;
  } finally {
    redis.disconnect();
    await server.part.stop(STOP_MS);
    await guard.close();
    rmSync(folder, { recursive: true });
  }
}

await main().catch(fail);
