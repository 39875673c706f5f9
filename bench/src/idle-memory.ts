import { readFileSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';
import { medianOf, round, type Bench } from './figure.ts';
import { LOCAL_AWS } from './local-aws.ts';
import { serve } from './process.ts';

const RUNS = 3;
/** After the start, until what it needed only for that has been let go (ms). */
const REST_MS = 1_000;
const AT_MOST_MB = 80;

async function resident(path: string, input: string): Promise<number> {
  const server = await serve(path, { PORT: '0', RESOURCES_FILE: '-' }, input);
  try {
    await after(REST_MS);
    const status = readFileSync(`/proc/${server.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024;
  } finally {
    await server.stop();
  }
}

/** What the process "aws" takes while it has nothing to do. */
export const idleMemory: Bench = {
  name: 'idle-memory',
  about: 'resident memory of local AWS with the pipeline’s queues and nothing to do',
  async run() {
    const measured = await medianOf(RUNS, () =>
      resident(LOCAL_AWS, JSON.stringify({ queues: [{ name: 'q' }], buckets: ['results'] })),
    );
    const bare = new URL('./bare-http.ts', import.meta.url).pathname;
    const { value } = await medianOf(RUNS, () => resident(bare, ''));
    return [
      {
        name: 'local AWS',
        unit: 'MB',
        bound: { atMost: AT_MOST_MB },
        ...measured,
        against: { name: 'a bare HTTP server on the same Node', value, ratio: round(measured.value / value) },
      },
    ];
  },
};
