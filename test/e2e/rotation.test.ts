import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import {
  GetSecretValueCommand,
  InvalidRequestException,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { OperationRequest } from '@huntaze/core/operations';
import { redisOptions } from '@huntaze/core/redis';
import { ROTATE_CREDENTIALS, ROTATION_DAYS } from '@huntaze/core/rotation';
import { functionArn } from '@huntaze/local/aws/resources';
import { runInPipeline } from '@huntaze/local/cli/pipeline-job';
import { worstWindow } from '@huntaze/local/job/audit';
import type { SiteLogEntry } from '@huntaze/local/site/log';
import {
  LOCAL_AWS_CREDENTIALS,
  LOCAL_AWS_REGION,
  startPipeline,
  type Pipeline,
} from '@huntaze/local/supervisor/pipeline';
import { connectRedis } from '@huntaze/local/supervisor/redis';
import { Redis } from 'iovalkey';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asksRedis } from '../../infra/functions/rotate-redis-auth/lets-in.ts';
import { redisAuthRotation } from '../../infra/functions/rotate-redis-auth/rotation.ts';
import { testGroup } from '../../infra/functions/rotate-redis-auth/test-group.ts';
import { rotate } from '../../infra/functions/rotation/rotate.ts';
import { NOTHING_WRONG } from '../support/summary.ts';

/** Secrets change while the whole pipeline is at work: every part as a process, a real browser, the built functions. */
const LIMIT = { limit: 10, windowMs: 3_000 };
const CREATORS = Array.from({ length: 20 }, (_, i) => `creator-${i + 1}`);
const REDIS_SECRET = 'huntaze/redis';
/** So often is looked whether a rotation has come to its end, a quarter of a second apart. */
const LOOKS = 400;
const LOOK_MS = 250;

let folder: string;
let pipeline: Pipeline;
let secrets: SecretsManagerClient;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'huntaze-rotation-'));
  pipeline = await startPipeline({
    dataDir: folder,
    port: 0,
    limit: LIMIT.limit,
    windowSeconds: LIMIT.windowMs / 1_000,
    creators: CREATORS,
    redisSecret: REDIS_SECRET,
  });
  secrets = new SecretsManagerClient({
    endpoint: pipeline.awsUrl,
    region: LOCAL_AWS_REGION,
    credentials: LOCAL_AWS_CREDENTIALS,
  });
});
afterAll(async () => {
  secrets.destroy();
  await pipeline.stop();
  rmSync(folder, { recursive: true });
});

/** `rounds` operations of each creator: pages that are read, and messages that are sent. */
function requests(rounds: number, name: string): OperationRequest[] {
  return Array.from({ length: rounds * CREATORS.length }, (_, i) => {
    const creator_id = CREATORS[i % CREATORS.length]!;
    if (Math.floor(i / CREATORS.length) % 2 === 0) return { kind: 'profile.scrape', creator_id, params: {} };
    return { kind: 'message.send', creator_id, params: { fan_id: 'fan-1', text: `${name} ${i}` } };
  });
}

/** Puts a job through; `reached` resolves when so many of its operations have ended. */
function run(job: OperationRequest[], begunAt = Date.now()) {
  const reached = new Map<number, () => void>();
  const observer = {
    progress: (entries: readonly { seen: { state: string } | undefined }[]) => {
      const ended = entries.filter(({ seen }) => seen?.state === 'succeeded').length;
      for (const [count, tell] of reached) if (ended >= count) tell();
    },
  };
  const never = new AbortController().signal;
  const named = { id: crypto.randomUUID(), begunAt, requests: job };
  return {
    report: runInPipeline(pipeline, named, LIMIT, observer, never),
    reached: (count: number) => new Promise<void>(resolve => reached.set(count, resolve)),
  };
}

const value = async (name: string, VersionStage: string) =>
  (await secrets.send(new GetSecretValueCommand({ SecretId: name, VersionStage })).catch(() => undefined))
    ?.SecretString;

async function siteLog(): Promise<SiteLogEntry[]> {
  const text = await (await fetch(`${pipeline.siteUrl}/__site/log`)).text();
  return text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as SiteLogEntry);
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let looks = 0; looks < LOOKS; looks += 1) {
    if (await holds()) return;
    await after(LOOK_MS);
  }
  throw new Error(`${what}: not within ${(LOOKS * LOOK_MS) / 1_000} s`);
}

/** How the site answers a login: 303 lets in. */
async function login(credentials: string): Promise<number> {
  const body = new URLSearchParams(JSON.parse(credentials) as Record<string, string>);
  return (await fetch(`${pipeline.siteUrl}/login`, { method: 'POST', body, redirect: 'manual' })).status;
}

const nameOf = (creatorId: string) => `huntaze/onlyfans/${creatorId}`;

test('20 creators get new passwords during a job of 200 operations: none failed, none lost, never above the limit', async () => {
  const begunAt = Date.now();
  const before = new Map<string, string>();
  for (const creator of CREATORS) before.set(creator, (await value(nameOf(creator), 'AWSCURRENT'))!);

  const first = run(requests(5, 'before'), begunAt);
  await first.reached(10);
  for (const creator of CREATORS) await secrets.send(new RotateSecretCommand({ SecretId: nameOf(creator) }));
  // What comes after stands behind the change of its creator's password, which has been accepted by then.
  const headers = { authorization: `Bearer ${pipeline.token}` };
  await until('every rotation is an operation', async () => {
    const answer = await fetch(`${pipeline.apiUrl}/api/onlyfans/operations?limit=100`, { headers });
    const { operations } = (await answer.json()) as { operations: { kind: string }[] };
    return operations.filter(({ kind }) => kind === 'credentials.rotate').length === CREATORS.length;
  });
  const second = run(requests(5, 'after'), begunAt);
  const reports = await Promise.all([first.report, second.report]);
  for (const { summary } of reports)
    expect(summary).toMatchObject({ requested: 100, succeeded: 100, ...NOTHING_WRONG });

  const log = (await siteLog()).filter(line => line.at_ms >= begunAt);
  const times = log.filter(line => line.effect === undefined).map(line => line.at_ms);
  expect(times.length).toBeGreaterThanOrEqual(220);
  expect(worstWindow(times, LIMIT.windowMs)).toBeLessThanOrEqual(LIMIT.limit);
  const changes = log.filter(line => line.effect === 'credentials.rotate');
  expect(changes).toHaveLength(CREATORS.length);
  expect(new Set(changes.map(line => line.account))).toEqual(
    new Set(CREATORS.map(creator => pipeline.accountOf(creator))),
  );
  // They were changed among the others, not before or after them all.
  const lastWork = Math.max(...times);
  expect(changes.every(({ at_ms }) => at_ms > times[10]! && at_ms < lastWork)).toBe(true);

  // Secrets Manager tries again by itself after a minute, and at once when it is asked.
  await until('every new password is the current one', async () => {
    const isOver = await Promise.all(
      CREATORS.map(async creator => {
        if ((await value(nameOf(creator), 'AWSPREVIOUS')) === before.get(creator)) return true;
        await secrets
          .send(new RotateSecretCommand({ SecretId: nameOf(creator) }))
          .catch((error: unknown) => expect(error).toBeInstanceOf(InvalidRequestException));
        return false;
      }),
    );
    return isOver.every(Boolean);
  });
  for (const creator of CREATORS) {
    const [old, now] = [before.get(creator)!, (await value(nameOf(creator), 'AWSCURRENT'))!];
    expect([await login(old), await login(now)]).toEqual([401, 303]);
    const { password } = JSON.parse(now) as { password: string };
    for (const part of ['aws', 'limiter', 'scraper', 'api'])
      expect(readFileSync(join(folder, 'logs', `${part}.log`), 'utf8')).not.toContain(password);
  }
}, 240_000);

test('Redis gets another AUTH token during a job of 60 operations: everybody finds it, and nothing is lost', async () => {
  const { port, password } = pipeline.redis;
  const admin = connectRedis(port, password);
  try {
    await admin.ping();
    const group = testGroup(admin, password);
    const letsIn = asksRedis(token => {
      const address = { REDIS_HOST: '127.0.0.1', REDIS_PORT: port, REDIS_TLS: false };
      const once = { maxRetriesPerRequest: 0, retryStrategy: () => null };
      return new Redis({ ...redisOptions(address, token), ...once });
    });
    const rotation = redisAuthRotation(secrets, group, letsIn);
    const job = run(requests(3, 'token'));
    await job.reached(10);

    // There is no ElastiCache here. The function for the creators' passwords refuses the secret, so that its rotation
    // has begun and goes no further; the steps are taken here, as Secrets Manager would ask for them.
    const { VersionId: versionId } = await secrets.send(
      new RotateSecretCommand({
        SecretId: REDIS_SECRET,
        RotationLambdaARN: functionArn(LOCAL_AWS_REGION, ROTATE_CREDENTIALS.name),
        RotationRules: { AutomaticallyAfterDays: ROTATION_DAYS },
      }),
    );
    for (const Step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) {
      const event = { Step, SecretId: REDIS_SECRET, ClientRequestToken: versionId };
      await rotate(secrets, rotation, event, () => undefined);
      await group.settle();
    }
    expect(group.modified).toEqual(['ROTATE', 'SET']);
    expect([await letsIn(password), await letsIn((await value(REDIS_SECRET, 'AWSCURRENT'))!)]).toEqual([
      false,
      true,
    ]);
    // A failover: every connection is made anew, with the token that each had read at its start.
    await job.reached(20);
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');

    const { summary } = await job.report;
    expect(summary).toMatchObject({ requested: 60, succeeded: 60, ...NOTHING_WRONG });
    expect(summary.worst_window).toBeLessThanOrEqual(LIMIT.limit);
  } finally {
    admin.disconnect();
  }
}, 120_000);
