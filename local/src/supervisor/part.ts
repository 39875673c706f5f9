import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as after } from 'node:timers/promises';
import { systemClock } from '@huntaze/core/clock';
import { StartError } from './errors.ts';
import { lastWords } from './last-words.ts';
import { openLog } from './log-file.ts';
import { identify, signalGroup, type ProcessId } from './processes.ts';

/** One process of the pipeline. */
export interface PartSpec {
  name: string;
  command: string;
  args: string[];
  env: Record<string, string>;
  cwd?: string;
  /** Written to its standard input, for what must not be on a command line. Asked for at each start. */
  input?: () => string;
  /** Where its output goes, line by line as it comes. */
  logFile: string;
  /** Told every line it writes. */
  onLine?: (line: string) => void;
  /**
   * How one knows that it is healthy: by its line `{"ready":true,…}`, or by asking until it answers.
   * A probe throws while the part isn't ready.
   */
  ready: 'line' | ((signal: AbortSignal) => Promise<void>);
}

/** Who has to know which processes there are. */
export interface Watch {
  began(name: string, leader: ProcessId): void;
  ended(name: string, leader: ProcessId): void;
}

/** How a process ended: "exit code 1", "SIGKILL"; and the last thing it said that a person understands. */
export interface End {
  how: string;
  lastWords: string | undefined;
}

export interface Part {
  name: string;
  /** Settles when the process has ended. */
  ended: Promise<End>;
  /** Asks it to stop, and after `graceMs` ends it and all it has started. */
  stop(graceMs: number): Promise<void>;
}

/** How long a part may take until it is healthy (ms). */
const READY_MS = 30_000;
/** How often a probe is repeated (ms). */
const PROBE_MS = 50;

/**
 * Starts a process, in a group of its own, and waits until it is healthy.
 * @param signal breaks off the start; the process is ended
 * @throws StartError with the last line it wrote, when it ends or stays silent instead; the signal's reason
 */
export async function startPart(spec: PartSpec, signal?: AbortSignal, watch?: Watch): Promise<Part> {
  signal?.throwIfAborted();
  const child = spawn(spec.command, spec.args, {
    cwd: spec.cwd,
    env: spec.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C reaches the supervisor alone, which stops the parts in their order, and what a
    // part has started (a browser's processes) ends with its group.
    detached: true,
  });
  const leader = child.pid === undefined ? undefined : identify(child.pid);
  if (leader) watch?.began(spec.name, leader);
  const words = lastWords();
  const readyLine = Promise.withResolvers<void>();
  const log = openLog(spec.logFile, systemClock);
  const logFault = log.failed.then((error): never => {
    throw new StartError(`${spec.name} can't keep its log: ${error.message}`);
  });
  for (const from of ['stdout', 'stderr'] as const)
    createInterface({ input: child[from] }).on('line', line => {
      log.write(line);
      words.heard(from, line);
      if (line.startsWith('{"ready":true')) readyLine.resolve();
      spec.onLine?.(line);
    });
  child.stdin.on('error', () => undefined); // it may end without reading; `ended` tells that
  child.stdin.end(spec.input?.() ?? '');

  const ended = new Promise<End>(resolve => {
    child.once('error', error => resolve({ how: error.message, lastWords: undefined }));
    child.once('close', (code, sig) => resolve({ how: sig ?? `exit code ${code}`, lastWords: words.said() }));
  });
  void ended.then(() => log.end());
  // However this process ends, its parts don't stay behind; and what a part leaves behind ends with it, at once,
  // while nobody else can have got its number.
  const endGroup = () => killGroup(child);
  process.once('exit', endGroup);
  child.once('exit', () => {
    endGroup();
    process.off('exit', endGroup);
    if (leader) watch?.ended(spec.name, leader);
  });

  const giveUp = new AbortController();
  const healthy = spec.ready === 'line' ? readyLine.promise : probe(spec.ready, giveUp.signal);
  const late = after(READY_MS, undefined, { signal: giveUp.signal }).then(() => {
    throw new StartError(`${spec.name} is not ready after ${READY_MS / 1_000} s; its log: ${spec.logFile}`);
  });
  const died = ended.then(end => {
    throw new StartError(`${spec.name} did not start: ${end.lastWords ?? end.how}; its log: ${spec.logFile}`);
  });
  const outcomes = [healthy, late, died, logFault, ...(signal ? [rejectsWhen(signal, giveUp.signal)] : [])];
  for (const outcome of outcomes) outcome.catch(() => undefined); // of several only the first is told
  try {
    await Promise.race(outcomes);
    return { name: spec.name, ended, stop: graceMs => stop(child, ended, graceMs) };
  } catch (error) {
    await stop(child, ended, 0);
    throw error;
  } finally {
    giveUp.abort();
  }
}

/** Rejects with the signal's reason when it aborts, unless that is of no interest any more. */
function rejectsWhen(signal: AbortSignal, over: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true, signal: over }),
  );
}

async function probe(ask: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await ask(signal);
      return;
    } catch {
      await after(PROBE_MS); // not ready yet; the deadline ends this
    }
  }
}

async function stop(child: ChildProcess, ended: Promise<End>, graceMs: number): Promise<void> {
  if (isRunning(child) && graceMs > 0) {
    child.kill('SIGTERM');
    await Promise.race([ended, after(graceMs, undefined, { ref: false })]);
  }
  if (isRunning(child)) killGroup(child);
  await ended;
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

function killGroup(child: ChildProcess): void {
  if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
}
