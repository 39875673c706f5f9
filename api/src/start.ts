import { compose } from './compose.ts';
import { readAllPaths } from './http/path.ts';
import { startCourier } from './webhooks/courier.ts';

/**
 * Composes the API before the first request: a missing variable stops it here, with one line that names it. From then on
 * webhooks are told what is due, until the process is to end: what is under way then has until the server itself has ended,
 * or is told by another process, or the next one, when its lease is over.
 */
export function start(): void {
  readAllPaths();
  try {
    const courier = startCourier({ ...compose(), random: Math.random });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void courier.stop());
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}
