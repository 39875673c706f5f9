import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import { withLock } from '../../../setup/lock.js';
import { buildConsoleClient, CONSOLE_CLIENT } from './console-client.ts';
import { contextLock, type Lock } from './context-lock.ts';
import { StartError } from './errors.ts';
import { PROJECT_ROOT } from './tools.ts';

const DIST = join(PROJECT_ROOT, 'dist');
/** How long one build waits for another (ms). */
const LOCK_MS = 300_000;

/** Where the deployable artefacts lie. */
export const ARTEFACTS = {
  /** The Lambda's bundle; exports `handler`. */
  limiter: join(DIST, 'limiter/index.mjs'),
  /** The operational functions' bundles; each exports `handler`. */
  standIn: join(DIST, 'stand-in/index.mjs'),
  rotateRedisAuth: join(DIST, 'rotate-redis-auth/index.mjs'),
  rotateCredentials: join(DIST, 'rotate-credentials/index.mjs'),
  resumeRotations: join(DIST, 'resume-rotations/index.mjs'),
  /** The scraper's image context. */
  scraper: join(DIST, 'scraper'),
  /** The API's standalone servers, a folder for each build. */
  api: join(DIST, 'api'),
};

/** The API's standalone server as it was built last. */
export function apiServer(): string {
  return join(apiImage(), 'api/server.js');
}

/** The API's image context as it was built last. */
export function apiImage(): string {
  return apiBuild(readFileSync(join(DIST, 'api.stamp'), 'utf8'));
}

/** A build has a folder of its own: a server that runs keeps its files when the next one is built. */
function apiBuild(fingerprint: string): string {
  return join(ARTEFACTS.api, fingerprint.slice(0, 16));
}

interface Artefact {
  name: string;
  /** What it is made from, as globs from the root. */
  sources: string[];
  make(signal: AbortSignal, fingerprint: string): Promise<void>;
  /** Nothing on this machine runs it. */
  isOnlyDeployed?: boolean;
}

const SHARED = ['core/**/*.{ts,lua,json}', 'package-lock.json'];

const artefacts: Artefact[] = [
  {
    name: 'limiter',
    sources: ['limiter/**/*.{ts,json}', ...SHARED],
    make: () => bundle('limiter/src/handler.ts', ARTEFACTS.limiter, []),
  },
  operationalFunction('stand-in', ARTEFACTS.standIn),
  operationalFunction('rotate-redis-auth', ARTEFACTS.rotateRedisAuth),
  { ...operationalFunction('rotate-credentials', ARTEFACTS.rotateCredentials), isOnlyDeployed: false },
  operationalFunction('resume-rotations', ARTEFACTS.resumeRotations),
  {
    name: 'scraper',
    sources: ['scraper/**/*.{ts,json}', 'scraper/Dockerfile', ...SHARED],
    make: async () => {
      rmSync(ARTEFACTS.scraper, { recursive: true, force: true });
      // playwright-core finds files beside itself, so it can't be bundled: it is the image's one dependency.
      await bundle('scraper/src/main.ts', join(ARTEFACTS.scraper, 'main.mjs'), ['playwright-core']);
      const { version, dependencies } = readJson('scraper/package.json') as {
        version: string;
        dependencies: Record<'playwright-core', string>;
      };
      const manifest = {
        name: 'huntaze-scraper',
        version,
        type: 'module',
        dependencies: { 'playwright-core': dependencies['playwright-core'] },
      };
      writeJson(join(ARTEFACTS.scraper, 'package.json'), manifest);
      const lock = contextLock(manifest, readJson('package-lock.json') as Lock);
      writeJson(join(ARTEFACTS.scraper, 'package-lock.json'), lock);
      for (const file of ['Dockerfile', 'image/check-browser.ts'])
        cpSync(join(PROJECT_ROOT, 'scraper', file), join(ARTEFACTS.scraper, basename(file)));
    },
  },
  {
    name: 'api',
    sources: ['api/{app,src}/**/*', 'api/*.{ts,json}', 'api/Dockerfile', ...SHARED],
    make: async (signal, fingerprint) => {
      await nextBuild(signal);
      const target = apiBuild(fingerprint);
      forgetOldBuilds(target);
      cpSync(join(PROJECT_ROOT, 'api/.next/standalone'), target, {
        recursive: true,
        verbatimSymlinks: true,
        // What only the build reads, and nobody at run time.
        filter: file => !/\.(map|nft\.json)$/.test(file),
      });
      cpSync(join(PROJECT_ROOT, 'api/.next/static'), join(target, 'api/.next/static'), { recursive: true });
      await buildConsoleClient(join(PROJECT_ROOT, 'api'), join(target, 'api', CONSOLE_CLIENT));
      cpSync(join(PROJECT_ROOT, 'api/Dockerfile'), join(target, 'Dockerfile'));
    },
  },
];

const readJson = (path: string): unknown => JSON.parse(readFileSync(join(PROJECT_ROOT, path), 'utf8'));
const writeJson = (file: string, value: unknown) =>
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);

/** A function that keeps the deployment itself in order. */
function operationalFunction(name: string, outfile: string): Artefact {
  return {
    name,
    sources: [
      `infra/functions/{${name},rotation}/**/*.ts`,
      'infra/functions/*.ts',
      'infra/package.json',
      ...SHARED,
    ],
    make: () => bundle(`infra/functions/${name}/handler.ts`, outfile, []),
    isOnlyDeployed: true,
  };
}

/** Keeps the API's last build beside the new one, for a server that may still run from it. */
function forgetOldBuilds(next: string): void {
  mkdirSync(ARTEFACTS.api, { recursive: true });
  const builds = readdirSync(ARTEFACTS.api)
    .map(name => join(ARTEFACTS.api, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  const kept = builds.find(folder => folder !== next);
  for (const folder of builds) if (folder !== kept) rmSync(folder, { recursive: true, force: true });
}

/**
 * Makes the artefacts whose sources have changed since they were made last.
 * @param say told when something is being made, and when it is done
 * @param which all, or only those that run on this machine
 * @param signal breaks it off
 * @throws StartError when one can't be made; the signal's reason
 */
export async function buildArtefacts(
  say: (line: string) => void,
  which: 'all' | 'run here',
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const wanted = artefacts.filter(({ isOnlyDeployed }) => which === 'all' || !isOnlyDeployed);
  if (wanted.every(isFresh)) return;
  const options = {
    deadlineMs: LOCK_MS,
    signal,
    onWait: (holder: string) => say(`another build (process ${holder}) is at work; waiting for it …`),
  };
  await withLock(join(DIST, 'build.lock'), options, async () => {
    for (const artefact of wanted) {
      if (isFresh(artefact)) continue;
      const begun = performance.now();
      const fingerprint = fingerprintOf(artefact.sources);
      say(`building ${artefact.name} …`);
      rmSync(stampOf(artefact), { force: true });
      await artefact.make(signal, fingerprint);
      signal.throwIfAborted();
      writeFileSync(stampOf(artefact), fingerprint);
      say(`building ${artefact.name}: ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
    }
  });
}

const stampOf = ({ name }: Artefact) => join(DIST, `${name}.stamp`);

function isFresh(artefact: Artefact): boolean {
  const stamp = stampOf(artefact);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprintOf(artefact.sources);
}

function fingerprintOf(sources: string[]): string {
  const hash = createHash('sha256').update(process.version);
  const files = globSync([...sources, 'local/src/supervisor/{artefacts,console-client,context-lock}.ts'], {
    cwd: PROJECT_ROOT,
    withFileTypes: true,
    exclude: entry =>
      entry.name === 'node_modules' || entry.name === '.next' || entry.name === 'next-env.d.ts',
  })
    .filter(entry => entry.isFile() && !entry.name.includes('.test.') && entry.name !== 'next-env.d.ts')
    .map(entry => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files) hash.update(file.slice(PROJECT_ROOT.length)).update(readFileSync(file));
  return hash.digest('hex');
}

/** Bundles a module of the project with all that it imports, but for what is `external`, into one file. */
export async function bundle(entry: string, outfile: string, external: string[]): Promise<void> {
  const options: BuildOptions = {
    absWorkingDir: PROJECT_ROOT,
    entryPoints: [entry],
    outfile,
    external,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    logLevel: 'silent',
  };
  await build(options);
}

/** The Next.js build runs in a process of its own: it wants its own working directory and environment. */
function nextBuild(signal: AbortSignal): Promise<void> {
  const next = join(PROJECT_ROOT, 'node_modules/next/dist/bin/next');
  const child = spawn(process.execPath, [next, 'build'], {
    cwd: join(PROJECT_ROOT, 'api'),
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', CI: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += String(chunk)));
  return new Promise((resolve, reject) => {
    child.once('error', error => {
      if (!signal.aborted) reject(error);
    });
    child.once('close', code => {
      if (signal.aborted) reject(signal.reason as Error);
      else if (code === 0) resolve();
      else reject(new StartError(`the API did not build:\n${output.trim()}`));
    });
  });
}
