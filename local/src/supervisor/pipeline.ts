import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { alarmLine } from './alarm-lines.ts';
import { accountBook, accountFor, creatorIn, keptSecret } from './accounts.ts';
import { claimFolder, type Claim } from './claim.ts';
import { startGuard } from './guarded.ts';
import { keepPart, type KeptPart } from './keep.ts';
import { carryMetrics, type MetricsCarrier } from './metrics.ts';
import { BUCKET, LOCAL_AWS_CREDENTIALS, LOCAL_AWS_REGION, parts, type Setting, type Spec } from './parts.ts';
import { freePort, keptPort } from './port.ts';
import { createSecret } from './sign-up.ts';
import { boundBucket } from './lifecycle.ts';
import { taskWatch } from './task-metrics.ts';
import { findTools, PROJECT_ROOT } from './tools.ts';

export { LOCAL_AWS_CREDENTIALS, LOCAL_AWS_REGION };

export interface PipelineOptions {
  /** Where all of this run lies: what the parts remember, the logs, the secrets. */
  dataDir: string;
  /** That folder, if it has been claimed before; {@link Pipeline.stop} releases it all the same. */
  claim?: Claim;
  /** The API's port; 0 for any free one. */
  port: number;
  limit: number;
  windowSeconds: number;
  /** Who has an account at the local site from the start; others get one with their first operation. */
  creators: Iterable<string>;
  /** The name of a secret from which the parts read Redis's password, so that it can be rotated while they run. */
  redisSecret?: string;
  /** A site to drive instead of the local one. */
  siteOrigin?: string;
  /** Starts a part otherwise than usual, in a container for instance. */
  adapt?: (spec: Spec) => Spec;
  /** Told what a person should know while it runs: that a part had to be started again. */
  say?: (line: string) => void;
  /** Breaks off the start. */
  signal?: AbortSignal;
}

/** The whole pipeline, running. */
export interface Pipeline {
  apiUrl: string;
  siteUrl: string;
  awsUrl: string;
  bucket: string;
  token: string;
  /** Where Redis listens, on 127.0.0.1, and the password that it has from the start. */
  redis: { port: number; password: string };
  /** The e-mail address of a creator's account at the local site. */
  accountOf(creatorId: string): string;
  /** Settles when a part has ended so often that it is given up, with one line that says which and why. */
  broken: Promise<string>;
  /** Stops everything, the last first, in less than 5 s. */
  stop(): Promise<void>;
}

/** How long all parts together may take to stop (ms), and of that the first of them: Ctrl-C takes less than 5 s. */
const STOP_MS = 4_500;
const FIRST_STOP_MS = 3_500;
const SCRAPER_STOP_S = 2;
/** A creator that was signed up isn't looked at again for so long (ms). */
const SIGNED_UP_MS = 10_000;

/**
 * Starts every part as a process of its own, in the order of what needs what, each healthy before the next; and
 * starts them again when they end by themselves. Whatever becomes of this process, none of them outlives it long.
 * @throws StartError with one line that says what to do, or the signal's reason; everything that was started is
 *   stopped again
 */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const say = options.say ?? (() => undefined);
  const claim = options.claim ?? (await claimFolder(options.dataDir, say));
  const guard = startGuard(id => claim.guardIs(id));
  const running: KeptPart[] = [];
  const givenUp = Promise.withResolvers<string>();
  const stopping = new AbortController();
  let stopped: Promise<void> | undefined;
  let metrics: MetricsCarrier | undefined;
  const task = taskWatch(line => metrics?.hear(line));
  const stopOnce = async () => {
    stopping.abort();
    task.stop();
    metrics?.stop();
    try {
      await stopAll(running);
      await guard.close();
    } finally {
      claim.release();
    }
  };
  const stop = () => (stopped ??= stopOnce());

  const watch = {
    began(name: string, leader: Parameters<Claim['began']>[1]) {
      if (name === 'scraper') task.began(leader.pid);
      guard.began(leader);
      claim.began(name, leader);
    },
    ended(name: string, leader: Parameters<Claim['ended']>[0]) {
      if (name === 'scraper') task.ended(leader.pid);
      guard.ended(leader);
      claim.ended(leader);
    },
  };
  const logs = join(options.dataDir, 'logs');
  // The first fault breaks off the start of the others.
  const fault = new AbortController();
  const signal = AbortSignal.any([fault.signal, ...(options.signal ? [options.signal] : [])]);
  const start = async (usual: Spec) => {
    const spec = options.adapt?.(usual) ?? usual;
    const onLine = (line: string) => {
      spec.onLine?.(line);
      metrics?.hear(line);
    };
    const whole = { ...spec, onLine, logFile: join(logs, `${spec.name}.log`) };
    const part = await keepPart(whole, { say, signal, watch }).catch((error: unknown) => {
      fault.abort(error);
      throw error;
    });
    running.push(part);
    void part.givenUp.then(line => givenUp.resolve(line));
  };

  try {
    mkdirSync(logs, { recursive: true, mode: 0o700 });
    // One for all runs, wherever their data lies: a site given with --site knows the accounts that follow from it.
    const installation = keptSecret(join(PROJECT_ROOT, '.data'), 'installation-secret');
    const accountOf = (creatorId: string) => accountFor(creatorId, installation);
    const accounts = accountBook(join(options.dataDir, 'accounts.json'));
    accounts.add([...options.creators].map(accountOf));
    const ports = {
      redis: await keptPort(),
      aws: await keptPort(),
      site: await keptPort(),
      api: await freePort(options.port),
    };
    const urls = {
      apiUrl: `http://127.0.0.1:${ports.api}`,
      siteUrl: options.siteOrigin ?? `http://127.0.0.1:${ports.site}`,
      awsUrl: `http://127.0.0.1:${ports.aws}`,
    };
    claim.at(urls.apiUrl, ports);
    metrics = carryMetrics(urls.awsUrl);
    metrics.start();
    const signedUpAt = new Map<string, number>();
    /**
     * On this machine everybody has an account: a creator that is new signs up with the first operation. So does one that
     * was erased since, and is asked for again.
     */
    const signUp = (creatorId: string | undefined) => {
      const now = performance.now();
      if (creatorId === undefined || (signedUpAt.get(creatorId) ?? -Infinity) + SIGNED_UP_MS > now) return;
      signedUpAt.set(creatorId, now);
      const account = accountOf(creatorId);
      if (!accounts.has(creatorId)) accounts.add([account]);
      createSecret(urls.awsUrl, account, stopping.signal).catch((error: unknown) => {
        if (stopping.signal.aborted) return;
        signedUpAt.delete(creatorId); // the next operation tries again
        accounts.remove(creatorId);
        say(`no account for ${creatorId}: ${error instanceof Error ? error.message : String(error)}`);
      });
    };
    const token = keptSecret(options.dataDir, 'token');
    const setting: Setting = {
      ...options,
      tools: findTools(),
      ports,
      siteUrl: urls.siteUrl,
      accounts,
      redisPassword: keptSecret(options.dataDir, 'redis-password'),
      sessionKey: keptSecret(options.dataDir, 'session-key', 32, 'base64'),
      token,
      shutdownSeconds: SCRAPER_STOP_S,
      onCreator: line => signUp(creatorIn(line)),
      onAlarm: line => {
        const told = alarmLine(line);
        if (told !== undefined) say(told);
      },
    };
    const isSiteOurs = options.siteOrigin === undefined;
    await allSettled([
      start(parts.redis(setting)),
      start(parts.aws(setting)),
      ...(isSiteOurs ? [start(parts.site(setting))] : []),
    ]);
    await boundBucket(urls.awsUrl, signal);
    await allSettled([
      start(parts.limiter(setting)),
      start(parts.scraper(setting)),
      start(parts.api(setting)),
    ]);
    task.start();
    return {
      ...urls,
      bucket: BUCKET,
      token,
      redis: { port: ports.redis, password: setting.redisPassword },
      accountOf: creatorId => accountOf(creatorId).email,
      broken: givenUp.promise,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The scraper and the API first: they still talk to the others while they stop. */
async function stopAll(running: KeptPart[]): Promise<void> {
  const begun = performance.now();
  const isFirst = ({ name }: KeptPart) => ['api', 'scraper', 'limiter'].includes(name);
  await Promise.all(running.filter(isFirst).map(part => part.stop(FIRST_STOP_MS)));
  const left = STOP_MS - (performance.now() - begun);
  await Promise.all(running.filter(part => !isFirst(part)).map(part => part.stop(left)));
}

/** All of them; or the first fault, but only once none of the others is still on its way. */
async function allSettled(promises: Promise<void>[]): Promise<void> {
  await Promise.allSettled(promises);
  await Promise.all(promises);
}
