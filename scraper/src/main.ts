/** The scraper as a process: the only place that reads the environment and builds clients. */
import { hostname } from 'node:os';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { systemClock as clock } from '@huntaze/core/clock';
import { EnvironmentError, readEnv } from '@huntaze/core/env';
import { beginVersion, limitFrom } from '@huntaze/core/lua';
import { KINDS } from '@huntaze/core/operations';
import { siteBreaker } from './breaker.ts';
import { BrowserMissing, browsers } from './browser.ts';
import { consume } from './consume.ts';
import { secretsManagerCredentials } from './credentials.ts';
import { scraperEnv, type ScraperEnv } from './env.ts';
import { gate } from './gate.ts';
import { health, serveHealth } from './health.ts';
import { heartbeat } from './heartbeat.ts';
import { s3Journal } from './journal.ts';
import { jsonLog, type Log } from './log.ts';
import { emfMetrics } from './metrics.ts';
import { codeDesk } from './one-time-codes.ts';
import { firstLine } from './outcome.ts';
import { presence } from './presence.ts';
import { noProtection, taskProtection } from './protection.ts';
import { sqsQueue } from './queue.ts';
import {
  connectRedis,
  redisCodes,
  redisLedger,
  redisPresence,
  RedisMissing,
  redisSiteState,
  redisSlots,
  SecretMissing,
} from './redis.ts';
import { s3Results } from './results.ts';
import { s3Sessions, unsavedSessions, type SavedSessions } from './saved-sessions.ts';
import { environmentSealer, kmsSealer } from './sealer.ts';
import { shutdown } from './shutdown.ts';
import { siteDriver } from './site/driver.ts';
import { versionOf } from './version.ts';
import { worker } from './work.ts';

const CALL_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 3_000;
/** Kept sessions: 20 MB each beside the browser's 160, in a task of 2 GB. */
const MAX_SESSIONS = 24;
/** Between the moment when attempts are broken off and the end of the process, at most. */
const LAST_GRACE_MS = 10_000;

/** Another process answers there; the message is one line that names the variable. */
class PortTaken extends Error {
  override readonly name = 'PortTaken';
}

/** Only the process's own start-up errors are foreseen; of all others the stack is worth more than the line. */
function inWords(error: unknown): string {
  const foreseen = [EnvironmentError, BrowserMissing, RedisMissing, SecretMissing, PortTaken].some(
    type => error instanceof type,
  );
  return foreseen || !(error instanceof Error) ? firstLine(error) : (error.stack ?? error.message);
}

async function redisPassword(env: ScraperEnv, secrets: SecretsManagerClient): Promise<string | undefined> {
  const arn = env.REDIS_AUTH_TOKEN_SECRET_ARN;
  if (arn === undefined) return env.REDIS_AUTH_TOKEN;
  try {
    return (await secrets.send(new GetSecretValueCommand({ SecretId: arn }))).SecretString;
  } catch (error) {
    throw new SecretMissing(`REDIS_AUTH_TOKEN_SECRET_ARN can't be read: ${firstLine(error)}`, {
      cause: error,
    });
  }
}

function savedSessions(env: ScraperEnv, s3: S3Client, kms: KMSClient, log: Log): SavedSessions {
  const { SESSION_KEY: key, SESSION_KMS_KEY_ID: kmsKeyId } = env;
  if (key !== undefined) return s3Sessions(s3, env.RESULTS_BUCKET, environmentSealer(key), log);
  if (kmsKeyId !== undefined) return s3Sessions(s3, env.RESULTS_BUCKET, kmsSealer(kms, kmsKeyId), log);
  return unsavedSessions;
}

/** @throws PortTaken */
async function answerHealth(port: number | undefined, report: Parameters<typeof serveHealth>[1]) {
  if (port === undefined) return undefined;
  try {
    return await serveHealth(port, report);
  } catch (error) {
    throw new PortTaken(`HEALTH_PORT ${port} can't be had: ${firstLine(error)}`, { cause: error });
  }
}

async function run(): Promise<void> {
  const env = readEnv(scraperEnv, process.env);
  const log = jsonLog();
  const ending = shutdown(clock, env.SHUTDOWN_SECONDS * 1_000);
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      log.info('stopping', { signal, at_once: ending.stop.aborted });
      ending.request();
    });

  // Without throwOnRequestTimeout the SDK only warns.
  const requestHandler = {
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: CALL_TIMEOUT_MS,
    throwOnRequestTimeout: true,
  };
  const sqs = new SQSClient({ requestHandler });
  const s3 = new S3Client({ requestHandler });
  const secrets = new SecretsManagerClient({ requestHandler });
  const kms = new KMSClient({ requestHandler });
  const saved = savedSessions(env, s3, kms, log);
  const chromium = browsers({
    path: env.CHROMIUM_PATH,
    sandbox: env.CHROMIUM_SANDBOX,
    maxSessions: Math.max(MAX_SESSIONS, env.CONCURRENCY),
    maxOperations: env.BROWSER_MAX_OPERATIONS,
    maxMemoryBytes: env.BROWSER_MAX_MEMORY_MB * 2 ** 20,
    clock,
    log,
    saved,
  });
  const life = health(clock, () => ({ browser: chromium.health() }));
  const opening = gate();
  const metrics = emfMetrics();
  const protection =
    env.ECS_AGENT_URI === undefined ? noProtection : taskProtection(env.ECS_AGENT_URI, clock, log);
  let redis: Awaited<ReturnType<typeof connectRedis>> | undefined;
  let answering: Awaited<ReturnType<typeof serveHealth>> | undefined;

  try {
    answering = await answerHealth(env.HEALTH_PORT, life.report);
    [redis] = await Promise.all([
      connectRedis(env, () => redisPassword(env, secrets), log),
      chromium.start(),
    ]);
    const queue = sqsQueue(
      sqs,
      { queue: env.WORKFLOWS_QUEUE_URL, deadLetters: env.DEAD_LETTER_QUEUE_URL },
      clock,
    );
    const limit = limitFrom(env);
    const ledger = redisLedger(redis, limit.scope);
    const version = versionOf(import.meta.dirname);
    const site = redisSiteState(redis, limit, clock, version);
    const going = await beginVersion(redis, version, KINDS);
    if (going.length > 0) log.info('kinds go on with another version', { kinds: going.join(' '), version });
    const driver = siteDriver({
      browsers: chromium,
      origin: env.SITE_ORIGIN,
      slots: redisSlots(redis, limit, answer => {
        if (answer.granted) metrics.slot(answer.taken, answer.limit);
        else opening.closedUntil(answer.closedUntilMs);
      }),
      credentials: secretsManagerCredentials(secrets, env.CREDENTIALS_SECRET_PREFIX),
      journal: s3Journal(s3, env.RESULTS_BUCKET, ledger),
      codes: codeDesk({
        store: redisCodes(redis),
        site,
        clock,
        stop: ending.stop,
        mostWaiting: Math.ceil(env.CONCURRENCY / 2),
      }),
      saved,
    });
    const random = Math.random;
    const work = worker(
      {
        queue,
        ledger,
        results: s3Results(s3, env.RESULTS_BUCKET),
        driver,
        site,
        gate: opening,
        breaker: siteBreaker(site, opening, metrics),
        metrics,
        clock,
        log,
        maxFailures: env.MAX_FAILURES,
        random,
      },
      ending.working,
    );
    const beats = heartbeat(queue, clock, log);
    const here = presence(redisPresence(redis, `${hostname()}-${process.pid}`), clock, log);
    const beating = new AbortController();
    const beaten = Promise.all([beats.run(beating.signal), here.run(beating.signal)]);
    // Whatever hangs then, the process ends: messages that couldn't be given back come back by themselves.
    ending.working.addEventListener('abort', () => {
      void clock.sleep(LAST_GRACE_MS).then(() => process.exit(1));
    });
    let isReady = false;
    await consume(
      {
        queue,
        heartbeat: beats,
        work,
        clock,
        log,
        concurrency: env.CONCURRENCY,
        random,
        gate: opening,
        pulse: {
          turn(what) {
            life.turn(what);
            if (isReady) return;
            isReady = true;
            process.stdout.write(`${JSON.stringify({ ready: true, health: answering?.port })}\n`);
          },
          holding(messages) {
            life.holding(messages);
            here.holding(messages);
            void protection.holding(messages);
          },
        },
      },
      ending.stop,
    );
    beating.abort();
    await beaten;
  } finally {
    await protection.release();
    await chromium.close();
    await answering?.close();
    redis?.disconnect();
    for (const client of [sqs, s3, secrets, kms]) client.destroy();
  }
}

try {
  await run();
  process.exit(0);
} catch (error) {
  process.stderr.write(`scraper: ${inWords(error)}\n`);
  process.exit(1);
}
