import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { withLock } from '../../../setup/lock.js';
import { StartError } from './errors.ts';
import { endGroups, identify, isAlive, type ProcessId } from './processes.ts';

/** What `running.json` in a folder of data says of the pipeline that runs on it. */
export interface Running {
  supervisor: ProcessId;
  /** When it was started, ISO 8601. */
  since: string;
  /** The API's address, once it is known; and where Redis and local AWS are, for commands beside it. */
  url?: string;
  ports?: { redis: number; aws: number };
  guard?: ProcessId;
  parts: (ProcessId & { name: string })[];
}

/** A folder of data that belongs to this process until it is released. */
export interface Claim {
  dataDir: string;
  at(url: string, ports: { redis: number; aws: number }): void;
  guardIs(guard: ProcessId): void;
  began(name: string, leader: ProcessId): void;
  ended(leader: ProcessId): void;
  /** For when everything has been stopped. */
  release(): void;
}

/** How long a guard may take to end what it guards (ms), and how often one looks. */
const GUARD_MS = 6_000;
const LOOK_MS = 50;
/** How long what was left behind may take to stop by itself (ms). */
const GRACE_MS = 3_000;
/** How long another process may be looking at the same folder (ms): the two above and some. */
const LOCK_MS = 20_000;

/**
 * Takes a folder of data for this process: two pipelines on one would destroy it. What a killed one has left
 * running there is ended first, and `say` told so.
 * @throws StartError with one line when a pipeline runs on it, or what was left behind can't be ended
 */
export async function claimFolder(dataDir: string, say: (line: string) => void): Promise<Claim> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'running.json');
  const options = { deadlineMs: LOCK_MS, signal: new AbortController().signal, onWait: () => undefined };
  return withLock(`${file}.lock`, options, async () => {
    const before = read(file);
    if (before) {
      if (isAlive(before.supervisor)) throw new StartError(alreadyRunning(before));
      await endLeftovers(before, say);
    }
    return claimOf(dataDir, file);
  });
}

/**
 * The pipeline that runs on a folder of data; undefined if none does.
 * @throws StartError when the note of it can't be read
 */
export function runningOn(dataDir: string): Running | undefined {
  const running = read(join(dataDir, 'running.json'));
  return running && isAlive(running.supervisor) ? running : undefined;
}

function claimOf(dataDir: string, file: string): Claim {
  const running: Running = {
    supervisor: identify(process.pid)!,
    since: new Date().toISOString(),
    parts: [],
  };
  let isReleased = false;
  const write = () => {
    if (isReleased) return; // a late end of a part
    writeFileSync(`${file}.new`, `${JSON.stringify(running, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  write();
  return {
    dataDir,
    at(url, ports) {
      running.url = url;
      running.ports = ports;
      write();
    },
    guardIs(guard) {
      running.guard = guard;
      write();
    },
    began(name, leader) {
      running.parts.push({ name, ...leader });
      write();
    },
    ended({ pid }) {
      running.parts = running.parts.filter(part => part.pid !== pid);
      write();
    },
    release() {
      isReleased = true;
      rmSync(file, { force: true });
    },
  };
}

/** Undefined if there is none: nothing runs, or it ended as it should. */
function read(file: string): Running | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Running;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new StartError(
      `${file} can't be read: if no pipeline runs on that folder, remove the file and start again`,
    );
  }
}

function alreadyRunning({ supervisor, since, url }: Running): string {
  const begun = new Date(since);
  const today = begun.toDateString() === new Date().toDateString();
  const day = today ? '' : `${begun.toLocaleDateString('sv-SE')} `;
  return (
    `already running since ${day}${begun.toTimeString().slice(0, 5)}${url === undefined ? '' : ` at ${url}`} ` +
    `(process ${supervisor.pid}); stop it with Ctrl-C where it was started, or: kill ${supervisor.pid}`
  );
}

async function endLeftovers({ guard, parts }: Running, say: (line: string) => void): Promise<void> {
  const deadline = performance.now() + GUARD_MS;
  const isAtIt = () => guard !== undefined && isAlive(guard);
  while (isAtIt() && performance.now() < deadline) await after(LOOK_MS);
  const left = parts.filter(isAlive);
  if (left.length === 0) return;
  const named = (some: typeof left) => listed(some.map(({ name, pid }) => `${name} (pid ${pid})`));
  say(`a run that was killed has left ${named(left)} behind; ending ${left.length > 1 ? 'them' : 'it'}`);
  await endGroups(left, GRACE_MS);
  const still = left.filter(isAlive);
  if (still.length > 0)
    throw new StartError(
      `${named(still)} of a killed run could not be ended; run: kill -9 ${still.map(part => part.pid).join(' ')}`,
    );
}

function listed(names: string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
