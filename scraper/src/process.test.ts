import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { selfSigned } from '../../test/support/certificate.ts';
import { isAlive } from '../../test/support/processes.ts';
import { useRedis } from '../../test/support/redis.ts';
import { PASSWORD, startScraper, startSurroundings } from '../test-support/process.ts';

// The scraper as a process, with a real browser, a real Redis, AWS at the wire and a site.

const redis = useRedis();
let around: Awaited<ReturnType<typeof startSurroundings>>;
let running: ReturnType<typeof startScraper>[];

beforeEach(async () => {
  running = [];
  around = await startSurroundings();
});
afterEach(async () => {
  for (const scraper of running) scraper.signal('SIGKILL');
  await Promise.all(running.map(({ ended }) => ended));
  await around.close();
});

function start(more: Record<string, string> = {}) {
  const { host, port, password } = redis.client.options;
  const address = { REDIS_HOST: host!, REDIS_PORT: String(port), REDIS_TLS: 'false' };
  const secret = more['REDIS_AUTH_TOKEN_SECRET_ARN'] ? {} : { REDIS_AUTH_TOKEN: password! };
  const scraper = startScraper({ ...around.env, ...address, ...secret, ...more });
  running.push(scraper);
  return scraper;
}

/** Resolves once the site was asked so often. */
async function askedSite(times: number): Promise<void> {
  while (around.site.log().length < times) await new Promise(resolve => setImmediate(resolve));
}

test('operations are done; the stop ends it with nothing left, and what it wrote has no secret in it', async () => {
  const scraper = start({ HEALTH_PORT: '0' });
  const { health } = await scraper.ready;
  const text = 'Only for you, dear fan';
  const ids = [
    await around.send(),
    await around.send('message.send', { fan_id: 'fan-1', text }),
    await around.send('profile.scrape', { what: 'is this' }),
  ];
  for (const [i, status] of ['succeeded', 'succeeded', 'failed'].entries())
    expect(await around.result(ids[i]!)).toBe(status);

  const answer = await fetch(`http://127.0.0.1:${health}/health`);
  expect([answer.status, await answer.json()]).toMatchObject([200, { ok: true }]);
  const browser = scraper.descendants();
  expect(browser.length).toBeGreaterThan(0);
  scraper.signal('SIGTERM');
  expect(await scraper.ended).toBe(0);
  expect(browser.filter(isAlive)).toEqual([]);
  expect(await around.counts()).toEqual([0, 0]);

  expect(scraper.logged('attempt over')).toMatchObject([
    { creator_id: 'ada', success: true, duration_ms: expect.any(Number) },
    { creator_id: 'ada', success: true, correlation_id: expect.any(String) },
    { creator_id: 'ada', success: false, error: 'params.what is not a known field' },
  ]);
  const metrics = scraper.written().match(/"scraping_success_rate":\d+/g);
  expect(metrics).toEqual([100, 100, 0].map(rate => `"scraping_success_rate":${rate}`));
  for (const secret of [PASSWORD, text, redis.client.options.password!])
    expect(scraper.written()).not.toContain(secret);
});

test('the stop lets what ends in time end', async () => {
  const scraper = start();
  await scraper.ready;
  const arrived = Promise.withResolvers<void>();
  around.site.sendFault({ takesEffect: true, after: arrived.promise, answer: 'usual' });
  const id = await around.send('message.send', { fan_id: 'fan-1', text: 'Hello' });
  await around.send();
  await askedSite(1);
  while (around.site.sendsReceived() === 0) await new Promise(resolve => setImmediate(resolve));
  scraper.signal('SIGTERM');
  arrived.resolve();
  expect(await around.result(id)).toBe('succeeded');
  expect(await scraper.ended).toBe(0);
  expect(await around.counts()).toEqual([1, 0]);
});

test('what does not end in SHUTDOWN_SECONDS is given back at once, and counts as no failure', async () => {
  const scraper = start({ SHUTDOWN_SECONDS: '1' });
  await scraper.ready;
  around.site.fault({ kind: 'silence' });
  const id = await around.send();
  await around.send();
  await askedSite(1);
  scraper.signal('SIGTERM');
  expect(await scraper.ended).toBe(0);
  expect(await around.counts()).toEqual([2, 0]);
  expect(scraper.logged('attempt over')).toMatchObject([
    { success: false, outcome: 'interrupted', error: 'the task is stopping', retry_in_ms: 0 },
  ]);
  await start().ready;
  expect(await around.result(id)).toBe('succeeded');
});

test('a second SIGTERM hurries', async () => {
  const scraper = start({ SHUTDOWN_SECONDS: '100' });
  await scraper.ready;
  around.site.fault({ kind: 'silence' });
  await around.send();
  await askedSite(1);
  scraper.signal('SIGTERM');
  // Two signals in one go are one.
  while (scraper.logged('stopping').length === 0) await new Promise(resolve => setImmediate(resolve));
  scraper.signal('SIGTERM');
  expect(await scraper.ended).toBe(0);
  expect(await around.counts()).toEqual([1, 0]);
});

test('the stop before it polls ends it too', async () => {
  const scraper = start();
  while (scraper.descendants().length === 0) await new Promise(resolve => setImmediate(resolve));
  scraper.signal('SIGTERM');
  expect(await scraper.ended).toBe(0);
});

test('a password of Redis that is rotated meanwhile is read again', async () => {
  const { port, password } = redis.client.options;
  await around.setSecret('redis', password!);
  const scraper = start({ REDIS_AUTH_TOKEN_SECRET_ARN: 'redis' });
  await scraper.ready;
  expect(await around.result(await around.send())).toBe('succeeded');
  await around.setSecret('redis', 'another');
  await redis.client.config('SET', 'requirepass', 'another');
  await redis.client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  try {
    expect(await around.result(await around.send())).toBe('succeeded');
  } finally {
    await redis.client.config('SET', 'requirepass', password!);
  }
  expect(port).toBeGreaterThan(0);
});

test('Redis behind TLS, with a certificate that the system trusts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'huntaze-tls-'));
  const { key, cert } = selfSigned();
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, cert);
  const { port } = redis.client.options;
  const tls = createTlsServer({ key, cert }, socket => {
    const plain = connect(port!, '127.0.0.1');
    socket.pipe(plain).pipe(socket);
    socket.on('error', () => plain.destroy());
    plain.on('error', () => socket.destroy());
  });
  await new Promise<void>(resolve => tls.listen(0, '127.0.0.1', resolve));
  const REDIS_PORT = String((tls.address() as AddressInfo).port);
  try {
    const stranger = start({ REDIS_TLS: 'true', REDIS_PORT });
    expect(await stranger.ended).toBe(1);
    expect(stranger.written()).toContain('self-signed certificate');
    const scraper = start({ REDIS_TLS: 'true', REDIS_PORT, NODE_EXTRA_CA_CERTS: ca });
    await scraper.ready;
    expect(await around.result(await around.send())).toBe('succeeded');
    scraper.signal('SIGTERM');
    expect(await scraper.ended).toBe(0);
  } finally {
    tls.close();
    rmSync(folder, { recursive: true });
  }
});

test('in ECS: protected while it works, and not afterwards', async () => {
  const asked: unknown[] = [];
  const agent = createServer((request, response) => {
    let body = '';
    request.on('data', chunk => (body += String(chunk)));
    request.on('end', () => {
      asked.push((JSON.parse(body) as { ProtectionEnabled: boolean }).ProtectionEnabled);
      response.end('{"protection":{}}');
    });
  });
  await new Promise<void>(resolve => agent.listen(0, '127.0.0.1', resolve));
  const scraper = start({ ECS_AGENT_URI: `http://127.0.0.1:${(agent.address() as AddressInfo).port}` });
  await scraper.ready;
  expect(await around.result(await around.send())).toBe('succeeded');
  scraper.signal('SIGTERM');
  expect(await scraper.ended).toBe(0);
  expect(asked).toEqual([true, false]);
  await new Promise(resolve => agent.close(resolve));
});
