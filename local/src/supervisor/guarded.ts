import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { identify, type ProcessId } from './processes.ts';

/** What ends everything that was started here if this process is killed. */
export interface Guard {
  began(leader: ProcessId): void;
  ended(leader: ProcessId): void;
  /** After everything was stopped: there is nothing left to guard. */
  close(): Promise<void>;
}

/** After how long a guard that was killed is replaced (ms), and how long one may take to go. */
const REPLACE_MS = 1_000;
const GO_MS = 1_000;

/**
 * Starts the guard (see guard.ts), and another one if it ends before its time.
 * @param onGuard told which process it is, each time
 */
export function startGuard(onGuard: (guard: ProcessId) => void): Guard {
  const running = new Map<number, ProcessId>();
  let child: ChildProcess;
  let gone: Promise<void>;
  let closing = false;

  const tell = (line: { began: ProcessId } | { ended: number }) =>
    child.stdin?.write(`${JSON.stringify(line)}\n`);

  function begin(): void {
    const guard = spawn(process.execPath, [join(import.meta.dirname, 'guard.ts')], {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: {},
      detached: true,
    });
    guard.stdin.on('error', () => undefined); // it has ended; its 'exit' tells that
    guard.once('error', error => process.emitWarning(`no guard: ${error.message}`));
    gone = new Promise(resolve => guard.once('exit', () => resolve()));
    void gone.then(async () => {
      await after(REPLACE_MS, undefined, { ref: false });
      if (!closing) begin();
    });
    child = guard;
    for (const began of running.values()) tell({ began });
    const id = guard.pid === undefined ? undefined : identify(guard.pid);
    if (id) onGuard(id);
  }
  begin();

  return {
    began(leader) {
      running.set(leader.pid, leader);
      tell({ began: leader });
    },
    ended({ pid }) {
      running.delete(pid);
      tell({ ended: pid });
    },
    async close() {
      closing = true;
      child.stdin?.end();
      await Promise.race([gone, after(GO_MS, undefined, { ref: false })]);
    },
  };
}
