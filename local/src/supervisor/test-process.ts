import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as after } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { identify, signalGroup, type ProcessId } from './processes.ts';

/** A program for `node -e` that says it is ready and then stays, whatever `also` does. */
export const stayer = (also = '') =>
  `${also}; console.log('{"ready":true}'); setInterval(() => undefined, 1_000);`;

/** Starts such a program in a group of its own, for one test; returns when it is ready. */
export async function startStayer(also = ''): Promise<ProcessId> {
  const child: ChildProcess = spawn(process.execPath, ['-e', stayer(also)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const id = identify(child.pid!)!;
  onTestFinished(() => signalGroup(id.pid, 'SIGKILL'));
  await new Promise(resolve => createInterface({ input: child.stdout! }).once('line', resolve));
  return id;
}

/** Waits until `holds`. @throws when it doesn't within `ms` milliseconds */
export async function until(holds: () => boolean, ms: number): Promise<void> {
  const deadline = performance.now() + ms;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${String(holds)}`);
    await after(10);
  }
}
