import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { found } from '@huntaze/core/lua';
import { accountBook, accountFor } from '@huntaze/local/supervisor/accounts';
import { ARTEFACTS } from '@huntaze/local/supervisor/artefacts';
import { startPart, type Part, type PartSpec } from '@huntaze/local/supervisor/part';
import { BUCKET, parts, type Setting } from '@huntaze/local/supervisor/parts';
import { keptPort } from '@huntaze/local/supervisor/port';
import { connectRedis, startRedis } from '@huntaze/local/supervisor/redis';
import { findTools } from '@huntaze/local/supervisor/tools';
import type { Redis } from 'iovalkey';

const TIMED_LIMITER = join(import.meta.dirname, 'timed-limiter.ts');
const STOP_MS = 5_000;

type Writer = 'limiter' | 'scraper' | 'api';

/** The pipeline as it is deployed, each part a process; and what its processes have written. */
interface Written {
  /** Bytes that they have logged, the ends of lines included. */
  bytes: Record<Writer, number>;
  /** How long each invocation of the limiter took (ms). */
  invocationsMs: number[];
  /** Operations that have ended well. */
  ended: number;
}

export interface UsageWorld {
  awsUrl: string;
  apiUrl: string;
  bucket: string;
  token: string;
  written: Written;
  stop: () => Promise<void>;
}

/**
 * Starts all parts with a limit of their own for the site, everything in a folder that is gone afterwards.
 * @param onEnd told whenever an operation has ended
 */
export async function startUsageWorld(
  limit: number,
  windowSeconds: number,
  creators: readonly string[],
  onEnd: () => void,
): Promise<UsageWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'huntaze-bench-'));
  const started: Part[] = [];
  let redis: Redis | undefined;
  const stop = async () => {
    redis?.disconnect();
    for (const part of started.toReversed()) await part.stop(STOP_MS);
    rmSync(folder, { recursive: true });
  };
  try {
    const tools = findTools();
    const password = randomUUID();
    const server = await startRedis(tools.redis, password, join(folder, 'redis.log'));
    started.push(server.part);
    redis = connectRedis(server.port, password);
    await found(redis, 'new');
    const accounts = accountBook(join(folder, 'accounts.json'));
    accounts.add(creators.map(creator => accountFor(creator, password)));
    const ports = {
      redis: server.port,
      aws: await keptPort(),
      site: await keptPort(),
      api: await keptPort(),
    };
    const setting: Setting = {
      dataDir: folder,
      tools,
      limit,
      windowSeconds,
      ports,
      siteUrl: `http://127.0.0.1:${ports.site}`,
      accounts,
      redisPassword: password,
      sessionKey: randomBytes(32).toString('base64'),
      token: randomUUID(),
      shutdownSeconds: 2,
      onCreator: () => undefined,
    };
    const written: Written = { bytes: { limiter: 0, scraper: 0, api: 0 }, invocationsMs: [], ended: 0 };
    const start = async (spec: Omit<PartSpec, 'logFile'>, env: Record<string, string> = {}) => {
      const onLine = (line: string) => hear(spec.name, line, written, onEnd);
      const logFile = join(folder, `${spec.name}.log`);
      started.push(await startPart({ ...spec, env: { ...spec.env, ...env }, logFile, onLine }));
    };
    await start(parts.aws(setting), { STATE_FILE: ':memory:' });
    await start(parts.site(setting), { SITE_STATE_FILE: '' });
    await start(parts.limiter(setting), {
      FUNCTION_BUNDLE: TIMED_LIMITER,
      LIMITER_BUNDLE: ARTEFACTS.limiter,
    });
    await start(parts.scraper(setting));
    await start(parts.api(setting));
    return {
      awsUrl: `http://127.0.0.1:${ports.aws}`,
      apiUrl: `http://127.0.0.1:${ports.api}`,
      bucket: BUCKET,
      token: setting.token,
      written,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The lines of local AWS and the site are nobody's on AWS; those of the event source aren't in a function's log. */
function hear(name: string, line: string, written: Written, onEnd: () => void): void {
  if (line.startsWith('{"ready":') || line.includes('"service":"event-source"')) return;
  const timed = /^\{"invocation_ms":([\d.]+)\}$/.exec(line)?.[1];
  if (timed !== undefined) {
    written.invocationsMs.push(Number(timed));
    return;
  }
  if (name === 'limiter' || name === 'scraper' || name === 'api')
    written.bytes[name] += Buffer.byteLength(line) + 1;
  if (name !== 'scraper' || !line.includes('"attempt over"')) return;
  if (!(JSON.parse(line) as { success: boolean }).success)
    throw new Error(`an operation did not end well: ${line}`);
  written.ended += 1;
  onEnd();
}
