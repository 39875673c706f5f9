import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
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
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buildConsoleClient, CONSOLE_CLIENT } from '@huntaze/local/supervisor/console-client';
import { PROJECT_ROOT } from '@huntaze/local/supervisor/tools';
import { withLock } from '../../setup/lock.js';

/** A copy of the API's pages beside it, whose endpoints answer from a made-up world (endpoints.ts). */
const COPY = join(PROJECT_ROOT, '.story');
const API = join(PROJECT_ROOT, 'api');
const SERVER = join(COPY, '.next/standalone/.story');
const STAMP = join(COPY, 'stamp');
/** What the copy is made of. */
const PARTS = ['app', 'src', 'next.config.ts', 'package.json', 'tsconfig.json'];
const KEPT = new Set(['.next', 'build.lock']);
const SOURCES = [
  ...PARTS.map(part => `api/${part}{,/**/*}`),
  'test/console/*.ts',
  'local/src/supervisor/console-client.ts',
  'package-lock.json',
];
/** How long one build waits for another, and the server may take to begin (ms). */
const [LOCK_MS, BEGIN_MS] = [180_000, 30_000];

/** Builds the copy if it isn't as the sources are: as it is shipped, but for the endpoints and what composes the API. */
export async function buildStory(): Promise<void> {
  mkdirSync(COPY, { recursive: true });
  const options = { deadlineMs: LOCK_MS, signal: new AbortController().signal, onWait: () => undefined };
  await withLock(join(COPY, 'build.lock'), options, async () => {
    const fingerprint = fingerprintOf();
    if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === fingerprint) return;
    rmSync(STAMP, { force: true });
    copy();
    await build();
    cpSync(join(COPY, '.next/static'), join(SERVER, '.next/static'), { recursive: true });
    await buildConsoleClient(COPY, join(SERVER, CONSOLE_CLIENT));
    writeFileSync(STAMP, fingerprint);
  });
}

function fingerprintOf(): string {
  const hash = createHash('sha256').update(process.version);
  const files = globSync(SOURCES, { cwd: PROJECT_ROOT }).filter(
    file => !file.includes('.test.') && statSync(join(PROJECT_ROOT, file)).isFile(),
  );
  for (const file of files.sort()) hash.update(file).update(readFileSync(join(PROJECT_ROOT, file)));
  return hash.digest('hex');
}

function copy(): void {
  // Nothing is left of a copy of what has been moved since; Next.js's own folder holds what it need not make again.
  for (const name of readdirSync(COPY)) if (!KEPT.has(name)) rmSync(join(COPY, name), { recursive: true });
  for (const part of PARTS) {
    cpSync(join(API, part), join(COPY, part), {
      recursive: true,
      filter: file => !/\.test\.tsx?$/.test(file) && file !== join(API, 'app/api'),
    });
  }
  const put = (file: string, text: string) => {
    mkdirSync(join(COPY, file, '..'), { recursive: true });
    writeFileSync(join(COPY, file), text);
  };
  put('src/endpoints.ts', 'export * from "../../test/console/endpoints.ts";\n');
  put('app/api/[...path]/route.ts', 'export * from "../../../../test/console/route.ts";\n');
}

async function build(): Promise<void> {
  const next = join(PROJECT_ROOT, 'node_modules/next/dist/bin/next');
  const child = spawn(process.execPath, [next, 'build'], {
    cwd: COPY,
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', CI: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the copy did not build:\n${output.trim()}`);
}

/** A server that runs. */
export interface Story {
  url: string;
  stop(): Promise<void>;
}

/** Starts what was built, on a free port of this machine. Each has a world of its own. */
export async function startStory(): Promise<Story> {
  const port = await freePort();
  const child = spawn(process.execPath, [join(SERVER, 'server.js')], {
    env: {
      PATH: process.env['PATH'] ?? '',
      NODE_ENV: 'production',
      PORT: String(port),
      HOSTNAME: '127.0.0.1',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  await answering(`${url}/sign-in`, child);
  return {
    url,
    async stop() {
      if (child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  const end = Date.now() + BEGIN_MS;
  while (child.exitCode === null && Date.now() < end) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  child.kill('SIGKILL');
  throw new Error(`nobody answers at ${url}`);
}
