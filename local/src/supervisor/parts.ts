import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { SCRAPER_NODE_OPTIONS } from '@huntaze/core/heap';
import { QUEUES, credentialsSecretName } from '@huntaze/core/names';
import { LIMITER_TIMEOUT_SECONDS } from '@huntaze/core/queues';
import { ROTATE_CREDENTIALS, ROTATION_DAYS } from '@huntaze/core/rotation';
import { functionArn } from '../aws/resources.ts';
import { ACCOUNT_ID } from '../aws/sqs/engine.ts';
import type { Account, AccountBook } from './accounts.ts';
import { apiServer, ARTEFACTS } from './artefacts.ts';
import type { PartSpec } from './part.ts';
import { LOCAL_AWS_REGION, pipelineQueues } from './queues.ts';
import { redisPart } from './redis.ts';
import { PROJECT_ROOT, type Tools } from './tools.ts';

/** Everything the parts are told at their start, and at every later one the same. */
export interface Setting {
  dataDir: string;
  tools: Tools;
  limit: number;
  windowSeconds: number;
  ports: { redis: number; aws: number; site: number; api: number };
  siteUrl: string;
  accounts: AccountBook;
  redisPassword: string;
  /** A secret that has it, too: the parts read it there, as they do on AWS, so that it can be changed meanwhile. */
  redisSecret?: string | undefined;
  /** Under which the scraper keeps the browser's sessions: 32 bytes, base64. */
  sessionKey: string;
  token: string;
  /** How long the scraper may take to stop (s). */
  shutdownSeconds: number;
  /** Told that an operation of this creator has been accepted. */
  onCreator: (line: string) => void;
  /** Told of every line of local AWS, where it is to watch: some say that an alarm has gone off, or is over. */
  onAlarm?: (line: string) => void;
}

/** What the two are told that hold everything. */
export type StoresSetting = Pick<Setting, 'tools' | 'dataDir' | 'redisPassword' | 'accounts'> & {
  ports: Pick<Setting['ports'], 'redis' | 'aws'>;
};

/** How a part is started, but for where its log goes. */
export type Spec = Omit<PartSpec, 'logFile'>;

/** Credentials by which local AWS is addressed. It checks none: it listens on loopback only. */
export const LOCAL_AWS_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
export { LOCAL_AWS_REGION };
export const BUCKET = 'huntaze-results';

/** Where Node keeps what it has compiled. */
const COMPILED = join(PROJECT_ROOT, 'node_modules/.cache/compiled');
export const SECRET_PREFIX = 'huntaze/onlyfans';

/** What `Part`s are made of, by name. */
export const parts = {
  redis: ({ tools, ports, redisPassword, dataDir }: StoresSetting): Spec => ({
    name: 'redis',
    ...redisPart({
      server: tools.redis,
      port: ports.redis,
      password: redisPassword,
      folder: join(dataDir, 'redis'),
    }),
  }),

  aws: (setting: StoresSetting | Setting): Spec => ({
    name: 'aws',
    ...('onAlarm' in setting && setting.onAlarm && { onLine: setting.onAlarm }),
    ...node('local/src/aws/main.ts', {
      PORT: String(setting.ports.aws),
      RESOURCES_FILE: '-',
      STATE_FILE: join(setting.dataDir, 'aws.sqlite'),
    }),
    input: once(
      () => JSON.stringify(resources(setting, setting.accounts.ofThisRun())),
      // Started again it remembers everything; a secret that was erased since must not come back.
      () => JSON.stringify(resources(setting, [])),
    ),
    ready: 'line',
  }),

  site: ({ ports, accounts, dataDir, limit, windowSeconds }: Setting): Spec => ({
    name: 'site',
    ...node('local/src/site/main.ts', {
      PORT: String(ports.site),
      SITE_LIMIT: String(limit),
      SITE_WINDOW_SECONDS: String(windowSeconds),
      SITE_ACCOUNTS_FILE: accounts.file,
      SITE_STATE_FILE: join(dataDir, 'site.ndjson'),
    }),
    ready: 'line',
  }),

  limiter: (setting: Setting): Spec => ({
    name: 'limiter',
    ...node('local/src/event-source/main.ts', {
      ...shared(setting),
      FUNCTION_BUNDLE: ARTEFACTS.limiter,
      FUNCTION_TIMEOUT_SECONDS: String(LIMITER_TIMEOUT_SECONDS),
      QUEUE_URL: queueUrl(setting, QUEUES.rateLimiter),
      WORKFLOWS_QUEUE_URL: queueUrl(setting, QUEUES.workflows),
      DEAD_LETTER_QUEUE_URL: queueUrl(setting, QUEUES.rateLimiterDeadLetters),
    }),
    ready: 'line',
  }),

  scraper: (setting: Setting): Spec => ({
    name: 'scraper',
    ...node(
      'scraper/src/main.ts',
      {
        ...shared(setting),
        WORKFLOWS_QUEUE_URL: queueUrl(setting, QUEUES.workflows),
        DEAD_LETTER_QUEUE_URL: queueUrl(setting, QUEUES.workflowsDeadLetters),
        RESULTS_BUCKET: BUCKET,
        SITE_ORIGIN: setting.siteUrl,
        CREDENTIALS_SECRET_PREFIX: SECRET_PREFIX,
        CHROMIUM_PATH: setting.tools.chromium,
        SHUTDOWN_SECONDS: String(setting.shutdownSeconds),
        SESSION_KEY: setting.sessionKey,
      },
      SCRAPER_NODE_OPTIONS,
    ),
    ready: 'line',
  }),

  api: (setting: Setting): Spec => ({
    name: 'api',
    onLine: setting.onCreator,
    ...node(apiServer(), {
      ...shared(setting),
      PORT: String(setting.ports.api),
      HOSTNAME: '127.0.0.1',
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      QUEUE_URL: queueUrl(setting, QUEUES.rateLimiter),
      DEAD_LETTER_QUEUE_URLS: [QUEUES.rateLimiterDeadLetters, QUEUES.workflowsDeadLetters]
        .map(name => queueUrl(setting, name))
        .join(','),
      RESULTS_BUCKET: BUCKET,
      CREDENTIALS_SECRET_PREFIX: SECRET_PREFIX,
      ROTATE_CREDENTIALS_ARN: functionArn(LOCAL_AWS_REGION, ROTATE_CREDENTIALS.name),
      API_TOKEN_SHA256: createHash('sha256').update(setting.token).digest('hex'),
      WEBHOOKS_TO_LOOPBACK: 'true',
    }),
    ready: async signal => {
      const answer = await fetch(`http://127.0.0.1:${setting.ports.api}/api/health`, { signal });
      if (!answer.ok) throw new Error(`health answers ${answer.status}`);
    },
  }),
};

/** A creator's credentials as they lie in Secrets Manager. */
export function secretOf({ creatorId, email, password }: Account): { name: string; value: string } {
  return {
    name: credentialsSecretName(SECRET_PREFIX, creatorId),
    value: JSON.stringify({ email, password }),
  };
}

export function queueUrl({ ports }: { ports: { aws: number } }, name: string): string {
  return `http://127.0.0.1:${ports.aws}/${ACCOUNT_ID}/${name}`;
}

/** What limiter, scraper and API are all told. */
function shared(setting: Setting): Record<string, string> {
  const { ports, redisPassword, redisSecret, limit, windowSeconds } = setting;
  return {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${ports.aws}`,
    AWS_REGION: LOCAL_AWS_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_AWS_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_AWS_CREDENTIALS.secretAccessKey,
    REDIS_HOST: '127.0.0.1',
    REDIS_PORT: String(ports.redis),
    REDIS_TLS: 'false',
    ...(redisSecret === undefined
      ? { REDIS_AUTH_TOKEN: redisPassword }
      : { REDIS_AUTH_TOKEN_SECRET_ARN: redisSecret }),
    TOKENS_PER_WINDOW: String(limit),
    WINDOW_SECONDS: String(windowSeconds),
  };
}

/** The first time it is one thing, and then another. */
function once(first: () => string, later: () => string): () => string {
  let isFirst = true;
  return () => {
    const now = isFirst ? first : later;
    isFirst = false;
    return now();
  };
}

/** What there is in local AWS from the start; where the pipeline doesn't run, nothing is rotated. */
function resources(setting: StoresSetting | Setting, accounts: Account[]) {
  const isWhole = 'siteUrl' in setting;
  const rotation = isWhole && { rotation: { function: ROTATE_CREDENTIALS.name, everyDays: ROTATION_DAYS } };
  return {
    queues: pipelineQueues(LIMITER_TIMEOUT_SECONDS),
    buckets: [BUCKET],
    alarms: isWhole && setting.onAlarm !== undefined,
    functions: isWhole ? [rotateCredentials(setting)] : [],
    secrets: [
      ...(isWhole && setting.redisSecret !== undefined
        ? [{ name: setting.redisSecret, value: setting.redisPassword }]
        : []),
      ...accounts.map(account => ({ ...secretOf(account), ...rotation })),
    ],
  };
}

/** What rotates the creators' credentials, as local AWS is told of it. */
function rotateCredentials(setting: Setting) {
  const env = {
    ...shared(setting),
    QUEUE_URL: queueUrl(setting, QUEUES.rateLimiter),
    CREDENTIALS_SECRET_PREFIX: SECRET_PREFIX,
  };
  return { ...ROTATE_CREDENTIALS, bundle: ARTEFACTS.rotateCredentials, env };
}

/** How one of our own processes is started. Of the environment it gets what is named, and nothing that leads to a real account. */
function node(
  file: string,
  env: Record<string, string>,
  options: string[] = [],
): Pick<PartSpec, 'command' | 'args' | 'env' | 'cwd'> {
  const inherited = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'TZ'].flatMap(name => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    command: process.execPath,
    args: [...options, file],
    cwd: PROJECT_ROOT,
    env: {
      ...(Object.fromEntries(inherited) as Record<string, string>),
      // Compiled once for all starts: without the compiler each process takes some 20 MB less.
      NODE_COMPILE_CACHE: COMPILED,
      ...env,
    },
  };
}
