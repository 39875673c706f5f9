import type { Clock } from '@huntaze/core/clock';
import type { Log } from '../log.ts';
import { firstLine } from '../outcome.ts';
import type { Running } from './running.ts';

/** At 40 operations a second and some 0.8 MB left behind by each, a task fills 70 MB in this time at most. */
const LOOK_EVERY_MS = 2_000;

export interface RecycleOptions {
  /** Uses after which a browser is replaced. */
  maxOperations: number;
  /** What its processes may take together, bytes. */
  maxMemoryBytes: number;
  /** Memory of a process and its descendants, bytes; undefined: can't be told, and only uses are counted. */
  memory: (pid: number) => number | undefined;
  lookEveryMs?: number;
  clock: Clock;
  log: Log;
}

export interface Recycling {
  /** Whether a browser has been used so often that the next use gets a new one. */
  isDue(running: Running): boolean;
  /**
   * Looks at a browser's memory, now and then. Above the limit its garbage is collected; if it is still above the next
   * time, idle sessions are closed; if it still is then, or none was idle, the browser is retired. Never rejects.
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
  /** What was done when it was looked at last, and was above the limit. */
  let relief: { of: Running; by: 'collecting' | 'closing' } | undefined;

  async function see(running: Running): Promise<void> {
    const seen = options.memory(running.chromium.pid);
    if (running.retired) return;
    memoryBytes = seen;
    if (seen === undefined || seen <= maxMemoryBytes) {
      relief = undefined;
      return;
    }
    const before = relief?.of === running ? relief.by : undefined;
    if (before === undefined) {
      relief = { of: running, by: 'collecting' };
      return running.collectGarbage();
    }
    // Half of them: a session that is needed again costs 40 ms, a browser and all its sessions a second.
    const closed = before === 'closing' ? 0 : running.closeIdle(Math.ceil(running.sessions.size / 2));
    relief = { of: running, by: 'closing' };
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
