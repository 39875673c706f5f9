import type { Clock } from '@huntaze/core/clock';
import type { Log } from '../log.ts';
import { firstLine } from '../outcome.ts';
import type { Running } from './running.ts';

/** Reading the memory of twenty sessions takes 50 ms of a core. */
const LOOK_EVERY_MS = 15_000;

export interface RecycleOptions {
  /** Uses after which a browser is replaced. */
  maxOperations: number;
  /** What its processes may take together, bytes. */
  maxMemoryBytes: number;
  /** Memory of a process and its descendants, bytes; undefined: can't be told, and only uses are counted. */
  memory: (pid: number) => Promise<number | undefined>;
  lookEveryMs?: number;
  clock: Clock;
  log: Log;
}

export interface Recycling {
  /** Whether a browser has been used so often that the next use gets a new one. */
  isDue(running: Running): boolean;
  /**
   * Looks at a browser's memory, now and then. Above the limit, idle sessions are closed; if it is still above the
   * next time, or none was idle, the browser is retired. Never rejects.
   */
  look(running: Running): Promise<void>;
  /** As last seen, bytes. */
  readonly memoryBytes: number | undefined;
}

/** Says when a browser has served long enough. */
export function recycling(options: RecycleOptions): Recycling {
  const { clock, log, maxMemoryBytes, lookEveryMs = LOOK_EVERY_MS } = options;
  let memoryBytes: number | undefined;
  let lookedAtMs = -Infinity;
  /** Its idle sessions were closed when it was looked at last. */
  let relieved: Running | undefined;

  async function see(running: Running): Promise<void> {
    const seen = await options.memory(running.chromium.pid);
    if (running.retired) return;
    memoryBytes = seen;
    if (seen === undefined || seen <= maxMemoryBytes) {
      relieved = undefined;
      return;
    }
    // Half of them: a session that is needed again costs 40 ms, a browser and all its sessions a second.
    const closed = relieved === running ? 0 : running.closeIdle(Math.ceil(running.sessions.size / 2));
    relieved = running;
    const fields = { memory_bytes: seen, max_memory_bytes: maxMemoryBytes, operations: running.operations };
    if (closed > 0) return log.info('idle sessions closed', { ...fields, closed });
    log.info('browser replaced', fields);
    running.retire();
  }

  return {
    isDue: running => running.operations >= options.maxOperations,
    async look(running) {
      const now = clock.now();
      if (running.retired || now < lookedAtMs + lookEveryMs) return;
      lookedAtMs = now;
      await see(running).catch((error: unknown) => {
        log.warn('memory of the browser not read', { error: firstLine(error) });
      });
    },
    get memoryBytes() {
      return memoryBytes;
    },
  };
}
