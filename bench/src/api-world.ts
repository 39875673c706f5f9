import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { found } from '@huntaze/core/lua';
import { QUEUES } from '@huntaze/core/names';
import { apiServer, buildArtefacts } from '@huntaze/local/supervisor/artefacts';
import { keptPort } from '@huntaze/local/supervisor/port';
import { BUCKET, LOCAL_AWS_CREDENTIALS, LOCAL_AWS_REGION, queueUrl } from '@huntaze/local/supervisor/parts';
import { pipelineQueues } from '@huntaze/local/supervisor/queues';
import { connectRedis, startRedis } from '@huntaze/local/supervisor/redis';
import { findTools, PROJECT_ROOT } from '@huntaze/local/supervisor/tools';
import { LOCAL_AWS } from './local-aws.ts';
import { serve } from './process.ts';

/** A token may make 600 requests a minute: with so many, it is not that limit which is measured. */
const TOKENS = 250;
/** How long a server may take to answer first (ms). */
const READY_MS = 30_000;
const LOOK_MS = 50;
const BARE = join(PROJECT_ROOT, 'bench/bare-next');

/** The API as it is deployed, what it needs, and a bare server on the same Next.js. */
export interface ApiWorld {
  ports: { api: number; bare: number };
  pids: { api: number; bare: number; aws: number; redis: number };
  tokens: string[];
  /** Forgets what was accepted: each round begins with nothing. */
  empty: () => Promise<void>;
  stop: () => Promise<void>;
}

/** A built Next.js server in a process of its own, once it answers. */
async function startNext(
  file: string,
  env: Record<string, string>,
  { log, path }: { log: string; path: string },
): Promise<{ port: number; pid: number; stop: () => Promise<void> }> {
  const port = await keptPort();
  const child = spawn(process.execPath, [file], {
    env: {
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      HOSTNAME: '127.0.0.1',
      PORT: String(port),
      ...env,
    },
    // To a file, as a container's log goes: what it costs to write belongs to it.
    stdio: ['ignore', openSync(log, 'w'), 'inherit'],
  });
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()));
  const endsAt = performance.now() + READY_MS;
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
    if (answer && answer.status < 500) break;
    if (performance.now() > endsAt || child.exitCode !== null) throw new Error(`${file} does not answer`);
    await new Promise(resolve => setTimeout(resolve, LOOK_MS));
  }
  return {
    port,
    pid: child.pid!,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Builds the bare server, with the API's own settings. */
async function buildBare(say: (line: string) => void): Promise<string> {
  say('building a bare Next.js server');
  const next = join(PROJECT_ROOT, 'node_modules/next/dist/bin/next');
  const env = { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', CI: '1' } as const;
  const child = spawn(process.execPath, [next, 'build'], {
    cwd: BARE,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const code = await new Promise(resolve => child.once('exit', resolve));
  const server = join(BARE, '.next/standalone/bench/bare-next/server.js');
  if (code !== 0 || !existsSync(server)) throw new Error('the bare Next.js server did not build');
  return server;
}

/** @param say told what is being done */
export async function startApiWorld(say: (line: string) => void): Promise<ApiWorld> {
  await buildArtefacts(say, 'run here');
  const bareServer = await buildBare(say);
  const folder = mkdtempSync(join(tmpdir(), 'huntaze-bench-api-'));
  const redis = await startRedis(findTools().redis, 'bench', join(folder, 'redis.log'));
  const client = connectRedis(redis.port, redis.password);
  const empty = async () => {
    await client.flushall();
    await found(client, 'new');
  };
  await empty();
  const redisPid = Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1]);
  const resources = { queues: pipelineQueues(15), buckets: [BUCKET] };
  const aws = await serve(
    LOCAL_AWS,
    { PORT: '0', RESOURCES_FILE: '-', STATE_FILE: ':memory:' },
    JSON.stringify(resources),
  );
  const first = randomBytes(24).toString('hex');
  const api = await startNext(
    apiServer(),
    {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${aws.port}`,
      AWS_REGION: LOCAL_AWS_REGION,
      AWS_ACCESS_KEY_ID: LOCAL_AWS_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: LOCAL_AWS_CREDENTIALS.secretAccessKey,
      REDIS_HOST: '127.0.0.1',
      REDIS_PORT: String(redis.port),
      REDIS_TLS: 'false',
      REDIS_AUTH_TOKEN: redis.password,
      QUEUE_URL: queueUrl({ ports: { aws: aws.port } }, QUEUES.rateLimiter),
      DEAD_LETTER_QUEUE_URLS: [QUEUES.rateLimiterDeadLetters, QUEUES.workflowsDeadLetters]
        .map(name => queueUrl({ ports: { aws: aws.port } }, name))
        .join(','),
      CREDENTIALS_SECRET_PREFIX: 'bench',
      RESULTS_BUCKET: BUCKET,
      API_TOKEN_SHA256: createHash('sha256').update(first).digest('hex'),
    },
    { log: join(folder, 'api.log'), path: '/api/health' },
  );
  const bare = await startNext(bareServer, {}, { log: join(folder, 'bare.log'), path: '/' });
  return {
    ports: { api: api.port, bare: bare.port },
    pids: { api: api.pid, bare: bare.pid, aws: aws.pid, redis: redisPid },
    tokens: await makeTokens(api.port, first),
    empty,
    async stop() {
      client.disconnect();
      await Promise.all([api.stop(), bare.stop()]);
      await Promise.all([aws.stop(), redis.part.stop(2_000)]);
      rmSync(folder, { recursive: true });
    },
  };
}

async function makeTokens(port: number, first: string): Promise<string[]> {
  const tokens: string[] = [];
  for (let i = 0; i < TOKENS; i += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/tokens`, {
      method: 'POST',
      headers: { authorization: `Bearer ${first}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: `bench ${i}`, role: 'creator', creators: 'all' }),
    });
    if (!answer.ok) throw new Error(`no token: ${answer.status} ${await answer.text()}`);
    tokens.push(((await answer.json()) as { token: string }).token);
  }
  return tokens;
}
