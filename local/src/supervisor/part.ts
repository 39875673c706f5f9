import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as after } from 'node:timers/promises';
import { StartError } from './errors.ts';

/** One process of the pipeline. */
export interface PartSpec {
  name: string;
  command: string;
  args: string[];
  env: Record<string, string>;
  cwd?: string;
  /** Written to its standard input, for what must not be on a command line. */
  input?: string;
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

export interface Part {
  name: string;
  /** What it said of itself when it became ready. */
  info: Record<string, unknown>;
  /** Settles when the process has ended, with how. */
  ended: Promise<string>;
  /** Asks it to stop, and after `graceMs` ends it and all it has started. */
  stop(graceMs: number): Promise<void>;
}

/** How long a part may take until it is healthy (ms). */
const READY_MS = 30_000;
/** How often a probe is repeated (ms). */
const PROBE_MS = 50;

/**
 * Starts a process, in a group of its own, and waits until it is healthy.
 * @throws StartError with the last line it wrote, when it ends or stays silent instead
 */
export async function startPart(spec: PartSpec): Promise<Part> {
  const child = spawn(spec.command, spec.args, {
    cwd: spec.cwd,
    env: spec.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C reaches the supervisor alone, which stops the parts in their order, and what a
    // part has started (a browser's processes) ends with its group.
    detached: true,
  });
  const log = createWriteStream(spec.logFile, { flags: 'a' });
  let lastLine = '';
  const readyLine = Promise.withResolvers<Record<string, unknown>>();
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', line => {
      log.write(`${line}\n`);
      spec.onLine?.(line);
      if (line.trim()) lastLine = line.trim();
      const info = parseReady(line);
      if (info) readyLine.resolve(info);
    });
  child.stdin.on('error', () => undefined); // it may end without reading; `ended` tells that
  child.stdin.end(spec.input ?? '');

  const ended = new Promise<string>(resolve => {
    child.once('error', error => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  void ended.then(() => log.end());
  // However this process ends, its parts don't stay behind; and what a part leaves behind ends with it, at once,
  // while nobody else can have got its number.
  const endGroup = () => killGroup(child);
  process.once('exit', endGroup);
  child.once('exit', () => {
    endGroup();
    process.off('exit', endGroup);
  });

  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), READY_MS);
  const healthy = spec.ready === 'line' ? readyLine.promise : probe(spec.ready, giveUp.signal);
  const late = new Promise<never>((_, reject) =>
    giveUp.signal.addEventListener('abort', () =>
      reject(
        new StartError(`${spec.name} is not ready after ${READY_MS / 1000} s; its log: ${spec.logFile}`),
      ),
    ),
  );
  const died = ended.then(how => {
    throw new StartError(`${spec.name} did not start: ${lastLine || how}`);
  });
  died.catch(() => undefined);
  try {
    const info = await Promise.race([healthy, late, died]);
    return { name: spec.name, info, ended, stop: grace => stop(child, ended, grace) };
  } catch (error) {
    await stop(child, ended, 0);
    throw error;
  } finally {
    clearTimeout(timer);
    late.catch(() => undefined);
    giveUp.abort();
  }
}

function parseReady(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{"ready":true')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined; // a log line that happens to begin like one
  }
}

async function probe(ask: (signal: AbortSignal) => Promise<void>, signal: AbortSignal) {
  while (!signal.aborted) {
    try {
      await ask(signal);
      return {};
    } catch {
      await after(PROBE_MS); // not ready yet; the deadline above ends this
    }
  }
  return {};
}

async function stop(child: ChildProcess, ended: Promise<string>, graceMs: number): Promise<void> {
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
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
