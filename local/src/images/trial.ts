import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod/mini';
import { httpClient } from '../job/client.ts';
import { StartError } from '../supervisor/errors.ts';
import { startPart } from '../supervisor/part.ts';
import type { Spec } from '../supervisor/parts.ts';
import {
  LOCAL_AWS_CREDENTIALS,
  LOCAL_AWS_REGION,
  startPipeline,
  type Pipeline,
} from '../supervisor/pipeline.ts';
import { keptPort } from '../supervisor/port.ts';
import type { Commands } from './command.ts';
import { commandIn, containerOf, type Runnable } from './container.ts';
import { watchReceives } from './receiving.ts';

const CREATOR = 'creator-1';
const COLD_STARTS = 5;
/** The pipeline's own windows pass first: a Redis that is new counts one as spent. */
const LIMIT = { limit: 10, windowSeconds: 2 };
const OPERATION_MS = 60_000;
const LOOK_MS = 200;
const PROBE_S = 60;
/** Of what a task is given; the scraper itself is told to be through after 2 s here. */
const STOP_MS = 20_000;
const END_MS = 5_000;
const PROBE = join(import.meta.dirname, 'probe.ts');

const probed = z.object({
  uid: z.number(),
  gid: z.number(),
  groups: z.array(z.number()),
  capabilities: z.array(z.string()),
  folders: z.number(),
  written: z.array(z.string()),
  rewritten: z.array(z.string()),
  refusals: z.array(z.string()),
  node: z.string(),
});
/** What a process in a container is and may do. */
type Probed = z.infer<typeof probed>;

/** One start of a container and its end. */
interface Life {
  /** From its start until it was at work: the scraper's first ReceiveMessage, the API's first answer (ms). */
  startMs: number;
  /** From SIGTERM until it had ended (ms). */
  stopMs: number;
  /** "exit code 0". */
  how: string;
}

export interface Trial {
  probed: Record<'scraper' | 'api', Probed>;
  /** The operation that went through both containers: how it ended, after how long, and what lies in S3. */
  operation: { state: string; ms: number; result: string };
  lives: Record<'scraper' | 'api', Life[]>;
}

type Images = Record<'scraper' | 'api', Runnable>;

/**
 * Runs the local pipeline with the two containers in place of its scraper and its API, sends one operation through, and
 * starts and stops each container by itself some times.
 * @throws StartError with one line; the signal's reason
 */
export async function tryImages(commands: Commands, images: Images): Promise<Trial> {
  const { folder, say, signal } = commands;
  const specs = new Map<string, Spec>();
  const ports: Record<string, number> = { scraper: await keptPort() };
  const adapt = (spec: Spec): Spec => {
    if (spec.name !== 'scraper' && spec.name !== 'api') return spec;
    const more = spec.name === 'scraper' ? { HEALTH_PORT: String(ports['scraper']) } : {};
    if (spec.name === 'api') ports['api'] = Number(spec.env['PORT']);
    const { cwd: _, ...rest } = spec;
    const contained = { ...rest, ...containerOf(images[spec.name], { ...spec.env, ...more }) };
    specs.set(spec.name, contained);
    return contained;
  };
  say('starting the pipeline with both containers …');
  const pipeline = await startPipeline({
    dataDir: join(folder, 'data'),
    port: 0,
    ...LIMIT,
    creators: [CREATOR],
    say,
    signal,
    adapt,
  });
  try {
    const probes = { scraper: await probe(commands, images.scraper), api: await probe(commands, images.api) };
    for (const name of ['scraper', 'api'] as const)
      await askHealth(commands, name, images[name], ports[name]!);
    const operation = await sendOne(pipeline, signal);
    say(`profile.scrape: ${operation.state} after ${Math.round(operation.ms)} ms, its result in S3`);
    const lives: Trial['lives'] = { scraper: [], api: [] };
    for (let i = 0; i < COLD_STARTS; i += 1) {
      lives.scraper.push(await scraperLife(specs.get('scraper')!, pipeline.awsUrl, folder, signal));
      lives.api.push(await apiLife(specs.get('api')!, folder, signal));
    }
    return { probed: probes, operation, lives };
  } finally {
    await pipeline.stop();
  }
}

async function probe({ output }: Commands, image: Runnable): Promise<Probed> {
  const command = ['node', '--input-type=module-typescript', '-e', readFileSync(PROBE, 'utf8')];
  const text = await inside(output, image, command);
  return z.parse(probed, JSON.parse(text));
}

/** The health check of the task definition, as its own command within such a container, but for the port. */
async function askHealth({ output }: Commands, name: string, image: Runnable, port: number): Promise<void> {
  const command = image.task.health.map(word => word.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${port}`));
  await inside(output, image, command).catch((error: unknown) => {
    throw new StartError(`the health check of ${name} fails: ${String(error)}`);
  });
}

function inside(output: Commands['output'], image: Runnable, command: string[]): Promise<string> {
  const start = commandIn(image, command, { NODE_OPTIONS: '' });
  const variables = Object.entries(start.env).map(([key, value]) => `${key}=${value}`);
  return output('env', ['-i', ...variables, start.command, ...start.args], PROBE_S);
}

/** One operation in at the API's container, through the scraper's, and out of S3. */
async function sendOne(pipeline: Pipeline, signal: AbortSignal): Promise<Trial['operation']> {
  const { awsUrl: endpoint } = pipeline;
  const s3 = new S3Client({
    endpoint,
    region: LOCAL_AWS_REGION,
    credentials: LOCAL_AWS_CREDENTIALS,
    forcePathStyle: true,
  });
  try {
    const client = httpClient({ ...pipeline, s3 });
    const begun = performance.now();
    const id = await client.submit({ kind: 'profile.scrape', creator_id: CREATOR, params: {} }, randomUUID());
    for (let state = 'pending'; performance.now() - begun < OPERATION_MS;) {
      state = (await client.see(id))?.state ?? state;
      const result = state === 'succeeded' ? await client.result(CREATOR, id) : undefined;
      if (result !== undefined)
        return { state, ms: performance.now() - begun, result: Object.keys(result).sort().join(', ') };
      if (['failed', 'dead', 'expired', 'cancelled', 'outcome_unknown'].includes(state))
        throw new StartError(`the operation ended as ${state}`);
      await after(LOOK_MS, undefined, { signal });
    }
    throw new StartError(`the operation had not ended after ${OPERATION_MS / 1_000} s`);
  } finally {
    s3.destroy();
  }
}

async function scraperLife(spec: Spec, awsUrl: string, folder: string, signal: AbortSignal): Promise<Life> {
  const receiving = await watchReceives(awsUrl);
  try {
    const at = (url: string) => url.replace(awsUrl, receiving.url);
    const env = {
      ...spec.env,
      AWS_ENDPOINT_URL_SQS: receiving.url,
      WORKFLOWS_QUEUE_URL: at(spec.env['WORKFLOWS_QUEUE_URL']!),
      DEAD_LETTER_QUEUE_URL: at(spec.env['DEAD_LETTER_QUEUE_URL']!),
      HEALTH_PORT: String(await keptPort()),
    };
    return await life({ ...spec, env }, receiving.first, folder, signal);
  } finally {
    await receiving.close();
  }
}

async function apiLife(spec: Spec, folder: string, signal: AbortSignal): Promise<Life> {
  const port = await keptPort();
  const ready = async (stop: AbortSignal) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/health`, { signal: stop });
    if (!answer.ok) throw new Error(`health answers ${answer.status}`);
  };
  return life({ ...spec, ready, env: { ...spec.env, PORT: String(port) } }, undefined, folder, signal);
}

/** @param atWork when it is; without it, as soon as it is ready */
async function life(
  spec: Spec,
  atWork: Promise<number> | undefined,
  folder: string,
  signal: AbortSignal,
): Promise<Life> {
  const begun = performance.now();
  let pid = 0;
  const watch = {
    began: (_: string, leader: { pid: number }) => void (pid = leader.pid),
    ended: () => undefined,
  };
  const part = await startPart({ ...spec, logFile: join(folder, `${spec.name}.log`) }, signal, watch);
  const readyAt = performance.now();
  try {
    const at = atWork === undefined ? readyAt : await Promise.race([atWork, late('ReceiveMessage')]);
    const stopping = performance.now();
    process.kill(pid, 'SIGTERM');
    const { how } = await Promise.race([part.ended, late('end after SIGTERM')]);
    return { startMs: at - begun, stopMs: performance.now() - stopping, how };
  } finally {
    await part.stop(END_MS);
  }
}

async function late(what: string): Promise<never> {
  await after(STOP_MS, undefined, { ref: false });
  throw new StartError(`no ${what} within ${STOP_MS / 1_000} s`);
}
