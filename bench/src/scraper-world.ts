import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { accept, found } from '@huntaze/core/lua';
import { QUEUES } from '@huntaze/core/names';
import { ACCOUNT_ID } from '@huntaze/local/aws/sqs/engine';
import { accountBook, accountFor } from '@huntaze/local/supervisor/accounts';
import { startPart, type Part, type PartSpec } from '@huntaze/local/supervisor/part';
import {
  LOCAL_AWS_CREDENTIALS,
  LOCAL_AWS_REGION,
  parts,
  type Setting,
} from '@huntaze/local/supervisor/parts';
import { keptPort } from '@huntaze/local/supervisor/port';
import { connectRedis, startRedis } from '@huntaze/local/supervisor/redis';
import { findTools } from '@huntaze/local/supervisor/tools';
import type { Redis } from 'iovalkey';
import type { PeerPage } from './scraper-peer.ts';
import { descendantsOf } from './scraper-processes.ts';

/** Nothing here waits for a limit: the most that can be set, and a window that is soon forgotten (s). */
const LIMIT = 10_000;
const WINDOW_SECONDS = 1;
export const CREATORS = 8;
/** An operation, and the page that it opens. */
export interface Scraped extends PeerPage {
  kind: string;
  params: object;
}

/** What is scraped, in turn: each is one navigation, and the first page of its list if it has one. */
export const SCRAPED: readonly Scraped[] = [
  { kind: 'profile.scrape', params: {}, path: '/my/profile', data: '/api2/v2/users/me' },
  {
    kind: 'fans.scrape',
    params: { max: 50 },
    path: '/my/subscribers/active',
    data: '/api2/v2/subscriptions/subscribers',
  },
  { kind: 'posts.scrape', params: { max: 50 }, path: '/my/posts', data: '/api2/v2/posts' },
  { kind: 'chats.scrape', params: { max: 50 }, path: '/my/chats', data: '/api2/v2/chats' },
];
const BATCH = 10;
/** No operation takes longer (ms). */
const STALLED_MS = 30_000;
const STOP_MS = 5_000;

/** The scraper as it is deployed, and all that it talks to, each a process of its own. */
export interface World {
  setting: Setting;
  awsUrl: string;
  redis: Redis;
  /** The creators' accounts at the site. */
  accounts: { email: string; password: string }[];
  pids: { scraper: number; redis: number; aws: number; site: number };
  /**
   * Puts operations into the queue, and waits until each has ended well; returns when that was (ms, of any clock).
   * @param onEnd told at each end how many have ended
   */
  run: (
    operations: number,
    scraped?: readonly Scraped[],
    onEnd?: (count: number) => void,
  ) => Promise<number[]>;
  stop: () => Promise<void>;
}

/** Starts everything: queues, bucket, secrets, Redis and log in memory. */
export async function startWorld(): Promise<World> {
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
    const isNew = newChildren();
    const server = await startRedis(tools.redis, password, join(folder, 'redis.log'));
    started.push(server.part);
    const redisPid = isNew();
    const client = connectRedis(server.port, password);
    redis = client;
    await found(redis, 'new');
    const accounts = accountBook(join(folder, 'accounts.json'));
    accounts.add(Array.from({ length: CREATORS }, (_, i) => accountFor(`creator-${i}`, password)));
    const ports = { redis: server.port, aws: await keptPort(), site: await keptPort(), api: 0 };
    const setting: Setting = {
      dataDir: folder,
      tools,
      limit: LIMIT,
      windowSeconds: WINDOW_SECONDS,
      ports,
      siteUrl: `http://127.0.0.1:${ports.site}`,
      accounts,
      redisPassword: password,
      sessionKey: randomBytes(32).toString('base64'),
      token: '',
      shutdownSeconds: 2,
      onCreator: () => undefined,
    };
    const start = async (spec: Omit<PartSpec, 'logFile'>, env: Record<string, string>) => {
      const part = { ...spec, env: { ...spec.env, ...env }, logFile: join(folder, `${spec.name}.log`) };
      started.push(await startPart(part));
      return isNew();
    };
    const aws = await start(parts.aws(setting), { STATE_FILE: ':memory:' });
    const site = await start(parts.site(setting), { SITE_STATE_FILE: '' });
    const ends = listen();
    const scraper = await start({ ...parts.scraper(setting), onLine: line => ends.hear(line) }, {});
    const awsUrl = `http://127.0.0.1:${ports.aws}`;
    const sqs = new SQSClient({
      endpoint: awsUrl,
      region: LOCAL_AWS_REGION,
      credentials: LOCAL_AWS_CREDENTIALS,
    });
    const queueUrl = `${awsUrl}/${ACCOUNT_ID}/${QUEUES.workflows}`;
    const ids = accounts.ofThisRun().map(({ creatorId }) => creatorId);
    return {
      setting,
      awsUrl,
      redis,
      accounts: accounts.ofThisRun(),
      pids: { scraper, redis: redisPid, aws, site },
      async run(operations, scraped = SCRAPED, onEnd) {
        const all = ends.next(operations, onEnd);
        all.catch(() => undefined); // told below, unless sending fails first
        // Whoever fills the queue would take time from whoever works on it: a peer's work is there from the beginning.
        process.kill(scraper, 'SIGSTOP');
        try {
          for (let first = 0; first < operations; first += BATCH)
            await send(sqs, client, queueUrl, ids, scraped, first, Math.min(operations, first + BATCH));
        } finally {
          process.kill(scraper, 'SIGCONT');
        }
        return await all;
      },
      stop: async () => {
        sqs.destroy();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Says, each time it is called, which process we have started since. */
function newChildren(): () => number {
  const before = new Set(descendantsOf(process.pid));
  return () => {
    const pid = descendantsOf(process.pid).find(child => !before.has(child));
    if (pid === undefined) throw new Error('no process was started');
    for (const child of descendantsOf(process.pid)) before.add(child);
    return pid;
  };
}

/** Hears from the scraper's log when operations end, and that they end well. */
function listen() {
  let heard: number[] = [];
  let wanted = 0;
  let told: ((count: number) => void) | undefined;
  let over = Promise.withResolvers<number[]>();
  return {
    hear(line: string) {
      if (!line.includes('"attempt over"')) return;
      if (!(JSON.parse(line) as { success: boolean }).success)
        return over.reject(new Error(`an operation did not end well: ${line}`));
      heard.push(performance.now());
      told?.(heard.length);
      if (heard.length === wanted) over.resolve(heard);
    },
    /** When each of the next so many ended. */
    async next(operations: number, onEnd?: (count: number) => void): Promise<number[]> {
      heard = [];
      told = onEnd;
      wanted = operations;
      over = Promise.withResolvers();
      const enough = new AbortController();
      const watch = async () => {
        for (let before = -1; before < heard.length;) {
          before = heard.length;
          await after(STALLED_MS, undefined, { signal: enough.signal });
        }
        throw new Error(`no operation has ended for ${STALLED_MS / 1_000} s`);
      };
      const stalled = watch();
      stalled.catch(() => undefined); // ended with the others, or told by the race
      try {
        return await Promise.race([over.promise, stalled]);
      } finally {
        enough.abort();
      }
    },
  };
}

/** Operations `from` to before `to`, dealt out to the creators in turn, accepted and sent on as the limiter does it. */
async function send(
  sqs: SQSClient,
  redis: Redis,
  queueUrl: string,
  creators: string[],
  scraped: readonly Scraped[],
  from: number,
  to: number,
): Promise<void> {
  const Entries = Array.from({ length: to - from }, (_, i) => {
    const operationId = randomUUID();
    const n = from + i;
    const creatorId = creators[n % creators.length]!;
    // Each creator has one after the other.
    const { kind, params } = scraped[(n + Math.floor(n / creators.length)) % scraped.length]!;
    const body = {
      operation_id: operationId,
      kind,
      creator_id: creatorId,
      params,
      requested_at: new Date().toISOString(),
      correlation_id: operationId,
    };
    return {
      Id: String(i),
      MessageBody: JSON.stringify(body),
      MessageGroupId: creatorId,
      MessageDeduplicationId: operationId,
      MessageAttributes: { correlation_id: { DataType: 'String', StringValue: operationId } },
    };
  });
  const limit = { scope: 'platform', limit: LIMIT, windowMs: WINDOW_SECONDS * 1_000 } as const;
  for (const { MessageDeduplicationId: operationId, MessageGroupId: creatorId, MessageBody } of Entries) {
    const { kind } = JSON.parse(MessageBody) as { kind: string };
    await accept(redis, limit, { operationId, creatorId, kind });
  }
  const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  if (Failed.length > 0)
    throw new Error(`the queue refused ${Failed.length} messages: ${Failed[0]?.Message}`);
}
