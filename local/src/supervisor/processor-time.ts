import { readdirSync, readFileSync } from 'node:fs';

/** What the kernel counts processor time in, wherever Linux runs: a hundredth of a second. */
const TICK_MS = 10;

/** One process as /proc has it. */
interface Line {
  pid: number;
  parent: number;
  /** Its own time and that of its children that have ended (ms). */
  usedMs: number;
}

/**
 * The processor time that a process and all that it has started have used so far (ms); undefined where the system doesn't
 * tell, or there is no such process.
 */
export function processorTime(pid: number): number | undefined {
  return timeOf(pid, readAll());
}

/** The same of a list of all processes. */
export function timeOf(pid: number, all: readonly Line[]): number | undefined {
  if (!all.some(one => one.pid === pid)) return undefined;
  const byParent = Map.groupBy(all, one => one.parent);
  const seen = new Set<number>();
  const sum = (of: number): number => {
    if (seen.has(of)) return 0;
    seen.add(of);
    return (byParent.get(of) ?? []).reduce((time, child) => time + child.usedMs + sum(child.pid), 0);
  };
  return (all.find(one => one.pid === pid)?.usedMs ?? 0) + sum(pid);
}

/** A line of /proc/PID/stat. The name, in brackets, may hold anything. */
export function readStat(pid: number, stat: string): Line {
  const fields = stat.replace(/^.*\) /s, '').split(' ');
  // From the state on: the parent is the 2nd, user and system time the 12th and 13th, the children's those after them.
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { pid, parent: Number(fields[1]), usedMs: ticks * TICK_MS };
}

function readAll(): Line[] {
  let names: string[];
  try {
    names = readdirSync('/proc').filter(name => /^\d+$/.test(name));
  } catch {
    return []; // another system than Linux
  }
  return names.flatMap(name => {
    try {
      return readStat(Number(name), readFileSync(`/proc/${name}/stat`, 'utf8'));
    } catch {
      return []; // it has ended meanwhile
    }
  });
}
