import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { emfLine } from '../aws/cloudwatch/emf.ts';
import { carryMetrics, type MetricsCarrier } from './metrics.ts';

let server: Server;
let got: string[];
let status: number;
let carrier: MetricsCarrier; // Not started: it sends when it is told to.
beforeEach(async () => {
  [got, status] = [[], 204];
  server = createServer((request, response) => {
    void text(request).then(body => {
      if (status < 500) got.push(...body.split('\n'));
      response.writeHead(status).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  carrier = carryMetrics(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const metric = (value: number) => emfLine({ namespace: 'N', dimensions: {} }, { value }, 1);

test('lines with metrics are carried, and no others; equal ones as often as they are', async () => {
  for (const line of ['{"level":"INFO"}', metric(1), 'text "_aws"', metric(1), metric(2)]) carrier.hear(line);
  await carrier.send();
  expect(got).toEqual([metric(1), metric(1), metric(2)]);
  await carrier.send();
  expect(got).toHaveLength(3);
});

test('what can’t be taken waits, in its order; of too many the oldest go', async () => {
  status = 503;
  carrier.hear(metric(0));
  await carrier.send();
  expect(got).toEqual([]);
  carrier.hear(metric(1));
  status = 204;
  await carrier.send();
  expect(got).toEqual([metric(0), metric(1)]);

  status = 503;
  for (let i = 0; i < 2_100; i += 1) carrier.hear(metric(i));
  await carrier.send();
  [got, status] = [[], 204];
  await carrier.send();
  expect(got).toHaveLength(2_000);
  expect([got[0], got.at(-1)]).toEqual([metric(100), metric(2_099)]);
});
