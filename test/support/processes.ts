import { readdirSync, readFileSync } from 'node:fs';

/** A process: its number and its start time, so that a number given again isn't mistaken. */
export interface Process {
  pid: number;
  started: string;
  command: string;
}

/** Every process that descends from `pid`, near ones first. */
export function descendants(pid: number): Process[] {
  const all = readdirSync('/proc').flatMap(name => (/^\d+$/.test(name) ? (read(Number(name)) ?? []) : []));
  const below = (parent: number): Process[] =>
    all.flatMap(one => (one.parent === parent ? [one as Process].concat(below(one.pid)) : []));
  return below(pid);
}

/** Whether it still runs. */
export function isAlive(process: Process): boolean {
  return read(process.pid)?.started === process.started;
}

/** Ends it at once; that it has ended already is no matter. */
export function kill9({ pid }: Process): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function read(pid: number): (Process & { parent: number }) | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    // One that waits for its parent; as long as it has other threads, it still holds what it had open.
    if (fields[0] === 'Z' && Number(fields[17]) <= 1) return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return { pid, parent: Number(fields[1]), started: fields[19]!, command };
  } catch {
    return undefined; // it has ended meanwhile
  }
}
