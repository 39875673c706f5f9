import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@huntaze/core/clock';
import type { Pulse } from './consume.ts';

/** A poll takes 20 s, giving back and backing off less than a minute; a loop that stood still for longer hangs (ms). */
const STILL_MS = 120_000;

/** What the task says of itself. */
export interface Health extends Pulse {
  /** The answer: `ok` is false when the task had better be replaced. */
  report: () => { ok: boolean; turn: string; since_ms: number; holding: number } & Record<string, unknown>;
}

/**
 * Watches the loop that receives. Waiting for a free lane, or for the site's window, is healthy however long it takes:
 * what runs in a lane has deadlines of its own.
 * @param more what else is worth knowing, asked for with every report
 */
export function health(clock: Clock, more: () => Record<string, unknown> = () => ({})): Health {
  let turn = 'starting';
  let sinceMs = clock.now();
  let holding = 0;
  return {
    turn(what) {
      turn = what;
      sinceMs = clock.now();
    },
    holding(messages) {
      holding = messages;
    },
    report() {
      const still = clock.now() - sinceMs;
      const ok = turn === 'full' || turn === 'closed' || still <= STILL_MS;
      return { ok, turn, since_ms: still, holding, ...more() };
    },
  };
}

/**
 * Answers `GET /health` on 127.0.0.1, for a health check inside the container: 200, or 503 when the task hangs.
 * @param port 0: any free one
 * @throws the listener's own error (EADDRINUSE, EACCES) when the port can't be had
 */
export async function serveHealth(
  port: number,
  report: Health['report'],
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const isKnown = request.method === 'GET' && request.url === '/health';
    const body = isKnown ? report() : undefined;
    response.writeHead(body ? (body.ok ? 200 : 503) : 404, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(body ?? { error: 'there is only GET /health' })}\n`);
  });
  server.requestTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
