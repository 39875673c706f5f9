import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { pipelineQueues } from '@huntaze/local/supervisor/queues';
import { medianOf, round, type Bench, type Figure } from './figure.ts';
import { LOCAL_AWS } from './local-aws.ts';
import { serve } from './process.ts';

const RUNS = 3;
/** After the start, until what it needed only for that has been let go (ms). */
const REST_MS = 1_000;
const AT_MOST_MB = 80;
const BARE = new URL('./bare-http.ts', import.meta.url).pathname;

async function resident(path: string, keep: 'memory' | 'durable'): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'huntaze-bench-'));
  const stateFile = keep === 'durable' ? join(folder, 'state.db') : ':memory:';
  const server = await serve(path, { PORT: '0', RESOURCES_FILE: '-', STATE_FILE: stateFile }, RESOURCES);
  try {
    await after(REST_MS);
    const status = readFileSync(`/proc/${server.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024;
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

const RESOURCES = JSON.stringify({ queues: pipelineQueues(15), buckets: ['results'] });

/** What the process "aws" takes while it has nothing to do. */
export const idleMemory: Bench = {
  name: 'idle-memory',
  about: 'resident memory of local AWS with the pipeline’s queues and nothing to do',
  async run() {
    const { value: bare } = await medianOf(RUNS, () => resident(BARE, 'memory'));
    const figureOf = async (keep: 'memory' | 'durable'): Promise<Figure> => {
      const measured = await medianOf(RUNS, () => resident(LOCAL_AWS, keep));
      const name = 'a bare HTTP server on the same Node';
      return {
        name: keep === 'memory' ? 'in memory' : 'durable',
        unit: 'MB',
        bound: { atMost: AT_MOST_MB },
        ...measured,
        against: { name, value: bare, ratio: round(measured.value / bare) },
      };
    };
    return [await figureOf('memory'), await figureOf('durable')];
  },
};
