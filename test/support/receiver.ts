import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';

/** One message as it came. */
export interface Received {
  method: string | undefined;
  path: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

/** A receiver of webhooks on this machine. */
export interface Receiver {
  port: number;
  url: string;
  received: Received[];
  /** How often anybody has connected. */
  connections(): number;
}

/** Receivers that are gone after each test. */
export function useReceivers(): {
  /** @param answer absent: 204 */
  receiver: (answer?: RequestListener, tls?: { key: string; cert: string }) => Promise<Receiver>;
} {
  const open: (() => void)[] = [];
  afterEach(() => {
    for (const close of open.splice(0)) close();
  });
  return {
    receiver: async (answer = (_, response) => void response.writeHead(204).end(), tls) => {
      const received: Received[] = [];
      let connections = 0;
      const listener: RequestListener = (request, response) => {
        void request.toArray().then(chunks => {
          const { method, url: path, headers } = request;
          received.push({ method, path, headers, body: Buffer.concat(chunks).toString() });
          answer(request, response);
        });
      };
      const server = tls ? createTlsServer(tls, listener) : createServer(listener);
      server.on('connection', () => (connections += 1));
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      open.push(() => {
        server.closeAllConnections();
        server.close();
      });
      const url = `${tls ? 'https' : 'http'}://127.0.0.1:${port}/hooks`;
      return { port, url, received, connections: () => connections };
    },
  };
}
