import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second, whatever its timer does. */
const TICK_MS = 10;

interface Stat {
  parent: number;
  ownMs: number;
  /** Of children that have ended. */
  endedMs: number;
}

/** Undefined for a process that has ended. */
function statOf(pid: number): Stat | undefined {
  const text = read(pid, 'stat');
  if (text === undefined) return undefined;
  // The name, in parentheses, may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (n: number) => Number(fields[n]);
  return {
    parent: at(1),
    ownMs: (at(11) + at(12)) * TICK_MS,
    endedMs: (at(13) + at(14)) * TICK_MS,
  };
}

function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined; // it has ended
  }
}

/** All that a process has started, and what that has started. */
export function descendantsOf(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
    if (stat) parents.set(Number(name), stat.parent);
  }
  const found = [root];
  for (const one of found) for (const [pid, parent] of parents) if (parent === one) found.push(pid);
  return found.slice(1);
}

/** Processor time since its start: of the process itself, and of all that it has started (ms). */
export function processorTime(pid: number): { itself: number; started: number } {
  const stat = statOf(pid);
  if (!stat) throw new Error(`process ${pid} has ended`);
  let started = stat.endedMs;
  for (const child of descendantsOf(pid)) {
    const { ownMs = 0, endedMs = 0 } = statOf(child) ?? {};
    started += ownMs + endedMs;
  }
  return { itself: stat.ownMs, started };
}

/** Memory of a process and all that it has started, shared pages divided among those that share them (MB). */
export function residentMb(pid: number): number {
  let kb = 0;
  for (const one of [pid, ...descendantsOf(pid)])
    kb += Number(/^Pss:\s+(\d+)/m.exec(read(one, 'smaps_rollup') ?? '')?.[1] ?? 0);
  return kb / 1_024;
}

/** The command line of a process; empty when it has ended. */
function commandLine(pid: number): string[] {
  return (read(pid, 'cmdline') ?? '').split('\0').filter(word => word !== '');
}

/** Stops a process and all that it has started, or lets them go on. */
export function signalTree(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
  for (const one of [pid, ...descendantsOf(pid)])
    try {
      process.kill(one, signal);
    } catch {
      // It has ended.
    }
}

/** The browser among what a process has started. The first of its processes may be a shell that starts it. */
export function browserOf(pid: number): { pid: number; words: string[] } {
  const found = descendantsOf(pid)
    .map(one => ({ pid: one, words: commandLine(one) }))
    .find(({ words }) => words.includes('--remote-debugging-pipe'));
  if (!found) throw new Error(`process ${pid} has no browser`);
  return found;
}
