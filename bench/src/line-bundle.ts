import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle as bundleOf } from '@huntaze/local/supervisor/artefacts';
import { PROJECT_ROOT } from '@huntaze/local/supervisor/tools';
import { median, round, type Figure } from './figure.ts';
import { measureApart } from './process.ts';

/** Both in turn, each time in a process of its own. */
const RUNS = 15;
const AT_MOST_KB = 600;
const AT_MOST_SLOWER = 2;

/** What the limiter takes of the SDK's client, and nothing else. */
const CLIENT_ALONE = new URL('./client-sqs.ts', import.meta.url).pathname;

/** What the limiter's environment must have; it connects to nothing before its first event. */
const ENVIRONMENT = {
  QUEUE_URL: 'http://127.0.0.1:9/queue',
  WORKFLOWS_QUEUE_URL: 'http://127.0.0.1:9/workflows',
  DEAD_LETTER_QUEUE_URL: 'http://127.0.0.1:9/dead-letters',
  REDIS_HOST: '127.0.0.1',
  REDIS_TLS: 'false',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
};

function size(path: string, peer: string): Figure {
  const [value, alone] = [path, peer].map(file => round(statSync(file).size / 1_024)) as [number, number];
  return {
    name: "the limiter's bundle",
    unit: 'KB of 1,024 bytes',
    bound: { atMost: AT_MOST_KB },
    value,
    runs: [value],
    against: { name: 'client-sqs alone', value: alone, ratio: round(value / alone) },
  };
}

async function coldImport(path: string, peer: string): Promise<Figure> {
  const [own, alone]: [number[], number[]] = [[], []];
  const importOf = (file: string) => measureApart('./cold-import.ts', [file], ENVIRONMENT);
  for (let i = 0; i < RUNS; i += 1) {
    own.push(await importOf(path));
    alone.push(await importOf(peer));
  }
  const runs = own.map((ms, i) => round(ms / alone[i]!));
  return {
    name: "cold import of the limiter's bundle, against client-sqs alone",
    unit: `times as long (${round(median(own))} ms, ${round(median(alone))} ms)`,
    bound: { atMost: AT_MOST_SLOWER },
    value: median(runs),
    runs,
  };
}

/** What the limiter's bundle weighs, and how long it takes to start; made as the build makes it. */
export async function bundle(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'huntaze-bench-'));
  const [own, alone] = [join(folder, 'limiter.mjs'), join(folder, 'client-sqs.mjs')];
  try {
    await bundleOf(join(PROJECT_ROOT, 'limiter/src/handler.ts'), own, []);
    await bundleOf(CLIENT_ALONE, alone, []);
    return [size(own, alone), await coldImport(own, alone)];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
