import type { Clock } from '@huntaze/core/clock';
import type { ScriptClient } from '@huntaze/core/lua';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { siteBreaker } from '../../src/breaker.ts';
import { browsers } from '../../src/browser.ts';
import { consume } from '../../src/consume.ts';
import type { ReadCredentials } from '../../src/credentials.ts';
import { gate } from '../../src/gate.ts';
import { heartbeat } from '../../src/heartbeat.ts';
import { s3Journal, type Journal } from '../../src/journal.ts';
import type { Ledger } from '../../src/ledger.ts';
import type { Log } from '../../src/log.ts';
import { sqsQueue, type WorkQueue } from '../../src/queue.ts';
import { redisLedger, redisSiteState, redisSlots } from '../../src/redis.ts';
import { s3Results, type Results } from '../../src/results.ts';
import { s3Sessions } from '../../src/saved-sessions.ts';
import { environmentSealer } from '../../src/sealer.ts';
import { siteDriver } from '../../src/site/driver.ts';
import { worker, type Driver } from '../../src/work.ts';
import { chromiumPath } from '../chromium.ts';
import { noMetrics } from '../fakes.ts';
import { MAX_FAILURES } from './plan.ts';

export interface Surroundings {
  clock: Clock;
  log: Log;
  sqs: SQSClient;
  s3: S3Client;
  redis: ScriptClient;
  urls: { queue: string; deadLetters: string };
  origin: string;
  limit: { scope: 'platform'; limit: number; windowMs: number };
  sessionKey: Buffer;
  credentials: ReadCredentials;
  random: () => number;
}

/** The parts of a task in which something can be made to go wrong. */
export interface Parts {
  queue: WorkQueue;
  ledger: Ledger;
  results: Results;
  journal: Journal;
}

/** Lets things go wrong. */
export interface Troublemaker {
  parts(parts: Parts, task: Task): Parts;
  driver(driver: Driver, task: Task): Driver;
}

/** A task as it is deployed, put together as in main.ts, that can die. */
export interface Task {
  /** From now on nothing that it asks is answered, and nothing that it says is heard. */
  die(): void;
  isDead(): boolean;
  /** As after SIGTERM: ends when all is given back or done. */
  stop(): Promise<void>;
  closeBrowser(): Promise<void>;
}

export function startTask(around: Surroundings, troublemaker: Troublemaker): Task {
  const { clock, log, s3, redis, limit, random } = around;
  const now = () => clock.now();
  let isDead = false;
  const mortal = <T extends object>(port: T): T => mortalProxy(port, () => isDead);
  const stop = new AbortController();
  const beating = new AbortController();
  const chromium = browsers({ path: chromiumPath(), maxSessions: 12, clock, log });
  const saved = s3Sessions(s3, 'results', environmentSealer(around.sessionKey), log);
  const client = mortal(redis);
  const ledger = redisLedger(client, 'platform', now);
  const site = redisSiteState(client, limit, clock, 'chaos', now);
  const opening = gate();
  const journal = mortal(s3Journal(s3, 'results', ledger));
  const slots = redisSlots(client, limit, undefined, now);
  const task: Task = {
    die: () => (isDead = true),
    isDead: () => isDead,
    async stop() {
      stop.abort();
      if (!isDead) await consumed;
      beating.abort();
    },
    closeBrowser: () => chromium.close(),
  };
  const parts = troublemaker.parts(
    {
      queue: mortal(sqsQueue(around.sqs, around.urls, clock)),
      ledger,
      results: mortal(s3Results(s3, 'results')),
      journal,
    },
    task,
  );
  const driver = siteDriver({
    browsers: chromium,
    origin: around.origin,
    slots,
    credentials: around.credentials,
    journal: parts.journal,
    saved: mortal(saved),
  });
  const work = worker(
    {
      ...parts,
      driver: troublemaker.driver(driver, task),
      site,
      gate: opening,
      breaker: siteBreaker(site, opening, noMetrics),
      metrics: noMetrics,
      clock,
      log,
      maxFailures: MAX_FAILURES,
      random,
    },
    new AbortController().signal,
  );
  const beats = heartbeat(parts.queue, clock, log);
  void beats.run(beating.signal);
  const consumed = consume(
    {
      queue: parts.queue,
      heartbeat: beats,
      work,
      clock,
      log,
      concurrency: 4,
      random,
      gate: opening,
      pulse: { turn: () => undefined, holding: () => undefined },
    },
    stop.signal,
  );
  return task;
}

/** Once dead, no call begins and none that is under way returns. */
function mortalProxy<T extends object>(port: T, isDead: () => boolean): T {
  const never = new Promise<never>(() => undefined);
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]): Promise<unknown> => {
        if (isDead()) return never;
        try {
          const answer: unknown = await (member as (...all: unknown[]) => unknown).apply(target, args);
          return isDead() ? await never : answer;
        } catch (error) {
          if (isDead()) return never;
          throw error;
        }
      };
    },
  });
}
