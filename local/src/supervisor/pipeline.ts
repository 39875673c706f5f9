import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { QUEUES, credentialsSecretName } from '@huntaze/core/names';
import { ACCOUNT_ID, queueArn } from '../aws/sqs/engine.ts';
import { accountFor, creatorIn, keptSecret, writeAccounts, type Account } from './accounts.ts';
import { ARTEFACTS } from './artefacts.ts';
import { startPart, type Part, type PartSpec } from './part.ts';
import { freePort } from './port.ts';
import { startRedis } from './redis.ts';
import { findTools, PROJECT_ROOT } from './tools.ts';

export interface PipelineOptions {
  /** Where the logs and the secrets of this run lie. */
  dataDir: string;
  /** The API's port; 0 for any free one. */
  port: number;
  limit: number;
  windowSeconds: number;
  /** Who has an account at the local site from the start; others get one with their first operation. */
  creators: Iterable<string>;
  /** A site to drive instead of the local one. */
  siteOrigin?: string;
}

/** The whole pipeline, running. */
export interface Pipeline {
  apiUrl: string;
  siteUrl: string;
  awsUrl: string;
  bucket: string;
  token: string;
  /** The e-mail address of a creator's account at the local site. */
  accountOf(creatorId: string): string;
  /** Settles when a part ends that should not, with which one and how. */
  broken: Promise<string>;
  /** Stops everything, the last first. */
  stop(): Promise<void>;
}

const BUCKET = 'huntaze-results';
const SECRET_PREFIX = 'huntaze/onlyfans';
/** How long a part may take to stop (ms): with all the others, Ctrl-C takes less than 5 s. */
const GRACE_MS = 4_000;
/** The Lambda's time-out; the queue hides a message six times as long, as AWS advises. */
const FUNCTION_TIMEOUT_S = 30;

/** Credentials by which local AWS is addressed. It checks none: it listens on loopback only. */
export const LOCAL_AWS_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
export const LOCAL_AWS_REGION = 'us-east-1';

/**
 * Starts every part as a process of its own, in the order of what needs what, each healthy before the next.
 * @throws StartError with one line that says what to do; everything that was started is stopped again
 */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const tools = findTools();
  const logs = join(options.dataDir, 'logs');
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const apiPort = await freePort(options.port);
  const installation = keptSecret(options.dataDir, 'installation-secret');
  const accountOf = (creatorId: string) => accountFor(creatorId, installation);
  const accounts = new Map([...options.creators].map(creatorId => [creatorId, accountOf(creatorId)]));
  const accountsFile = join(options.dataDir, 'accounts.json');
  writeAccounts(accountsFile, accounts.values());
  const token = keptSecret(options.dataDir, 'token');

  const parts: Part[] = [];
  const broken = Promise.withResolvers<string>();
  let stopping = false;
  const add = (part: Part): Part => {
    parts.push(part);
    void part.ended.then(how => {
      if (!stopping)
        broken.resolve(`${part.name} has ended (${how}); its log: ${join(logs, `${part.name}.log`)}`);
    });
    return part;
  };
  const start = async (spec: Omit<PartSpec, 'logFile'>) =>
    add(await startPart({ ...spec, logFile: join(logs, `${spec.name}.log`) }));
  const stop = async () => {
    stopping = true;
    // The scraper and the API first: they still talk to the others while they stop.
    for (const group of [
      ['api', 'scraper', 'limiter'],
      ['site', 'aws', 'redis'],
    ])
      await Promise.all(parts.filter(part => group.includes(part.name)).map(part => part.stop(GRACE_MS)));
  };

  try {
    const [redis, aws, site] = await allOrFirstFault([
      startRedis(tools.redis, keptSecret(options.dataDir, 'redis-password'), join(logs, 'redis.log')).then(
        started => ({ ...started, part: add(started.part) }),
      ),
      start(awsPart(accounts.values())),
      options.siteOrigin === undefined ? start(sitePart(options, accountsFile)) : undefined,
    ]);
    const awsUrl = `http://127.0.0.1:${String(aws.info['port'])}`;
    const siteUrl = options.siteOrigin ?? `http://127.0.0.1:${String(site!.info['port'])}`;
    const queueUrl = (name: string) => `${awsUrl}/${ACCOUNT_ID}/${name}`;
    const shared = {
      AWS_ENDPOINT_URL: awsUrl,
      AWS_REGION: LOCAL_AWS_REGION,
      AWS_ACCESS_KEY_ID: LOCAL_AWS_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: LOCAL_AWS_CREDENTIALS.secretAccessKey,
      REDIS_HOST: '127.0.0.1',
      REDIS_PORT: String(redis.port),
      REDIS_TLS: 'false',
      REDIS_AUTH_TOKEN: redis.password,
      TOKENS_PER_WINDOW: String(options.limit),
      WINDOW_SECONDS: String(options.windowSeconds),
    };
    const secrets = new SecretsManagerClient({
      endpoint: awsUrl,
      region: LOCAL_AWS_REGION,
      credentials: LOCAL_AWS_CREDENTIALS,
    });
    /** On this machine everybody has an account: a creator that is new signs up with the first operation. */
    const signUp = (creatorId: string | undefined) => {
      if (creatorId === undefined || accounts.has(creatorId)) return;
      const account = accountOf(creatorId);
      accounts.set(creatorId, account);
      writeAccounts(accountsFile, accounts.values());
      const { name, value } = secretOf(account);
      secrets.send(new CreateSecretCommand({ Name: name, SecretString: value })).catch((error: unknown) => {
        accounts.delete(creatorId); // the next operation tries again
        console.error(`no account for ${creatorId}: ${String(error)}`);
      });
    };
    const apiUrl = `http://127.0.0.1:${apiPort}`;
    await allOrFirstFault([
      start({
        name: 'limiter',
        ...node('local/src/event-source/main.ts', {
          ...shared,
          FUNCTION_BUNDLE: ARTEFACTS.limiter,
          FUNCTION_TIMEOUT_SECONDS: String(FUNCTION_TIMEOUT_S),
          QUEUE_URL: queueUrl(QUEUES.rateLimiter),
          WORKFLOWS_QUEUE_URL: queueUrl(QUEUES.workflows),
          DEAD_LETTER_QUEUE_URL: queueUrl(QUEUES.rateLimiterDeadLetters),
        }),
        ready: 'line',
      }),
      start({
        name: 'scraper',
        ...node('scraper/src/main.ts', {
          ...shared,
          WORKFLOWS_QUEUE_URL: queueUrl(QUEUES.workflows),
          DEAD_LETTER_QUEUE_URL: queueUrl(QUEUES.workflowsDeadLetters),
          RESULTS_BUCKET: BUCKET,
          SITE_ORIGIN: siteUrl,
          CREDENTIALS_SECRET_PREFIX: SECRET_PREFIX,
          CHROMIUM_PATH: tools.chromium,
          SHUTDOWN_SECONDS: String(GRACE_MS / 1_000 - 1),
        }),
        ready: 'line',
      }),
      start({
        name: 'api',
        onLine: line => signUp(creatorIn(line)),
        ...node(ARTEFACTS.apiServer, {
          ...shared,
          PORT: String(apiPort),
          HOSTNAME: '127.0.0.1',
          NODE_ENV: 'production',
          NEXT_TELEMETRY_DISABLED: '1',
          QUEUE_URL: queueUrl(QUEUES.rateLimiter),
          RESULTS_BUCKET: BUCKET,
          API_TOKEN_SHA256: createHash('sha256').update(token).digest('hex'),
        }),
        ready: async signal => {
          const answer = await fetch(`${apiUrl}/api/health`, { signal });
          if (!answer.ok) throw new Error(`health answers ${answer.status}`);
        },
      }),
    ]);
    return {
      apiUrl,
      siteUrl,
      awsUrl,
      bucket: BUCKET,
      token,
      accountOf: creatorId => accountOf(creatorId).email,
      broken: broken.promise,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** All of them; or the first fault, but only once none of the others is still on its way. */
async function allOrFirstFault<T extends readonly unknown[]>(
  promises: [...T],
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

function secretOf({ creatorId, email, password }: Account): { name: string; value: string } {
  return {
    name: credentialsSecretName(SECRET_PREFIX, creatorId),
    value: JSON.stringify({ email, password }),
  };
}

function awsPart(accounts: Iterable<Account>): Omit<PartSpec, 'logFile'> {
  const deadLetters = (name: string) =>
    JSON.stringify({
      deadLetterTargetArn: queueArn(LOCAL_AWS_REGION, name),
      maxReceiveCount: 1_000,
    });
  const fifo = {
    FifoQueue: 'true',
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
  };
  const fortnight = String(14 * 86_400);
  const world = {
    queues: [
      { name: QUEUES.rateLimiterDeadLetters, attributes: { MessageRetentionPeriod: fortnight } },
      { name: QUEUES.workflowsDeadLetters, attributes: { ...fifo, MessageRetentionPeriod: fortnight } },
      {
        name: QUEUES.rateLimiter,
        attributes: {
          VisibilityTimeout: String(6 * FUNCTION_TIMEOUT_S),
          MessageRetentionPeriod: fortnight,
          RedrivePolicy: deadLetters(QUEUES.rateLimiterDeadLetters),
        },
      },
      {
        name: QUEUES.workflows,
        attributes: {
          ...fifo,
          VisibilityTimeout: '120',
          MessageRetentionPeriod: fortnight,
          RedrivePolicy: deadLetters(QUEUES.workflowsDeadLetters),
        },
      },
    ],
    buckets: [BUCKET],
    secrets: [...accounts].map(secretOf),
  };
  return {
    name: 'aws',
    ...node('local/src/aws/main.ts', { PORT: '0', RESOURCES_FILE: '-' }),
    input: JSON.stringify(world),
    ready: 'line',
  };
}

function sitePart(options: PipelineOptions, accountsFile: string): Omit<PartSpec, 'logFile'> {
  return {
    name: 'site',
    ...node('local/src/site/main.ts', {
      PORT: '0',
      SITE_LIMIT: String(options.limit),
      SITE_WINDOW_SECONDS: String(options.windowSeconds),
      SITE_ACCOUNTS_FILE: accountsFile,
    }),
    ready: 'line',
  };
}

/** How one of our own processes is started. Of the environment it gets what is named, and nothing that leads to a real account. */
function node(file: string, env: Record<string, string>): Pick<PartSpec, 'command' | 'args' | 'env' | 'cwd'> {
  const inherited = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'TZ'].flatMap(name => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    command: process.execPath,
    args: [file],
    cwd: PROJECT_ROOT,
    env: { ...(Object.fromEntries(inherited) as Record<string, string>), ...env },
  };
}
