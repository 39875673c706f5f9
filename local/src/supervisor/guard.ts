/**
 * The process "guard": outlives the supervisor for a moment. It is told on its standard input what the supervisor
 * has started and what of it has ended; when that pipe closes, the supervisor is gone, however it went, and the
 * guard ends whatever it has left behind. Ctrl-C and signals are none of its business.
 */
import { createInterface } from 'node:readline';
import { endGroups, type ProcessId } from './processes.ts';

/** How long the others may take to stop by themselves (ms): with the killing, all is over within 5 s. */
const GRACE_MS = 3_000;

const running = new Map<number, ProcessId>();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

createInterface({ input: process.stdin })
  .on('line', line => {
    const { began, ended } = JSON.parse(line) as { began?: ProcessId; ended?: number };
    if (began) running.set(began.pid, began);
    if (ended !== undefined) running.delete(ended);
  })
  .on('close', () => {
    void endGroups([...running.values()], GRACE_MS).then(() => process.exit(0));
  });
process.stdout.write('{"ready":true}\n');
