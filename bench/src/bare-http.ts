/** A server that reads a request and answers with the same few bytes: what HTTP alone costs. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const server = createServer((request, response) => {
  request.on('data', () => undefined);
  request.on('end', () => response.end('{}'));
});
server.listen({ port: 0, host: '127.0.0.1' }, () => {
  console.log(JSON.stringify({ ready: true, port: (server.address() as AddressInfo).port }));
});
process.once('SIGTERM', () => process.exit(0));
