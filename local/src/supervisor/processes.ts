import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';

/** A process, so described that a later one with the same number isn't mistaken for it. */
export interface ProcessId {
  pid: number;
  /** When it started, as the system writes it: on Linux in clock ticks since the machine's start. */
  started: string;
  /** What it runs; empty when that can't be read: it is another user's, or on its way out. */
  program: string;
}

/** How often one looks whether a process has ended (ms). */
const LOOK_MS = 20;
/** How long the end of a killed process may take (ms). */
const KILLED_MS = 2_000;

const HAS_PROC = existsSync('/proc/self/stat');

/** The process that has this number now; undefined if there is none, or it has ended and waits for its parent. */
export function identify(pid: number): ProcessId | undefined {
  return HAS_PROC ? identifyByProc(pid) : identifyByPs(pid);
}

/**
 * Whether it is still that process which runs under this number. One that has been killed counts until it has let go
 * of everything: its memory, and with that its program's name, goes before its ports and files do.
 */
export function isAlive({ pid, started, program }: ProcessId): boolean {
  const now = identify(pid);
  return now !== undefined && now.started === started && (now.program === program || now.program === '');
}

/**
 * Ends process groups by their leaders: SIGTERM, and after `graceMs` SIGKILL. Whoever isn't the process that was
 * noted is left alone.
 * @returns those that could not be ended
 */
export async function endGroups(leaders: ProcessId[], graceMs: number): Promise<ProcessId[]> {
  let left = leaders.filter(isAlive);
  for (const [signal, waitMs] of [
    ['SIGTERM', graceMs],
    ['SIGKILL', KILLED_MS],
  ] as const) {
    const deadline = performance.now() + waitMs;
    for (const { pid } of left) signalGroup(pid, signal);
    while (left.length > 0 && performance.now() < deadline) {
      await after(LOOK_MS);
      const alive = left.filter(isAlive);
      // What a leader leaves behind ends with it, at once, while nobody else can have got its number.
      for (const { pid } of left.filter(one => !alive.includes(one))) signalGroup(pid, 'SIGKILL');
      left = alive;
    }
  }
  return left;
}

/** Sends a signal to every process of a group; nothing happens if there is none left. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function identifyByProc(pid: number): ProcessId | undefined {
  try {
    // The name, in brackets, may hold anything; the state is the first field after it, the number of threads the
    // 18th, the start time the 20th.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const [state, threads] = [fields[0], Number(fields[17])];
    // The first thread of a killed process may be over before the others, which hold its files as long.
    if ((state === 'Z' || state === 'X') && threads <= 1) return undefined;
    return { pid, started: fields[19]!, program: programOf(pid) };
  } catch {
    return undefined; // no such process
  }
}

function programOf(pid: number): string {
  try {
    // An upgrade takes the file away from under a running program.
    return readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '');
  } catch {
    return ''; // another user's process, or one that has given up its memory
  }
}

function identifyByPs(pid: number): ProcessId | undefined {
  try {
    const columns = ['-o', 'lstart=', '-o', 'ucomm=', '-p', String(pid)];
    const line = execFileSync('ps', columns, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const [, started, program] = /^\s*(\S+\s+\S+\s+\S+\s+\S+\s+\d{4})\s+(.*\S)/.exec(line) ?? [];
    return started === undefined || program === undefined || program === '<defunct>'
      ? undefined
      : { pid, started, program };
  } catch {
    return undefined; // ps ends with 1 when there is no such process
  }
}
