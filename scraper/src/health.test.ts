import { expect, test } from 'vitest';
import { HandClock } from '../test-support/clock.ts';
import { health, serveHealth } from './health.ts';

test('a loop that comes round is healthy; one that stands still for two minutes is not', async () => {
  const clock = new HandClock();
  const life = health(clock);
  expect(life.report()).toMatchObject({ ok: true, turn: 'starting' });
  await clock.advance(120_001);
  expect(life.report()).toMatchObject({ ok: false });
  life.turn('polling');
  await clock.advance(120_000);
  expect(life.report()).toEqual({ ok: true, turn: 'polling', since_ms: 120_000, holding: 0 });
  await clock.advance(1);
  expect(life.report()).toMatchObject({ ok: false });
});

test.each(['full', 'closed'] as const)(
  'a loop that waits (%s) is healthy however long it takes',
  async turn => {
    const clock = new HandClock();
    const life = health(clock, () => ({ browser: 'running' }));
    life.turn(turn);
    life.holding(7);
    await clock.advance(3_600_000);
    expect(life.report()).toMatchObject({ ok: true, turn, holding: 7, browser: 'running' });
  },
);

test('answers on the loopback alone: 200, 503 when the task hangs, 404 for all else', async () => {
  const clock = new HandClock();
  const life = health(clock);
  const server = await serveHealth(0, life.report);
  const get = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${server.port}${path}`, { method });
  const well = await get('/health');
  expect([well.status, await well.json()]).toMatchObject([200, { ok: true }]);
  expect((await get('/')).status).toBe(404);
  expect((await get('/health', 'POST')).status).toBe(404);
  await clock.advance(120_001);
  expect((await get('/health')).status).toBe(503);
  await server.close();
  await expect(get('/health')).rejects.toThrow();
});

test('a port that is taken is said', async () => {
  const report = health(new HandClock()).report;
  const first = await serveHealth(0, report);
  await expect(serveHealth(first.port, report)).rejects.toThrow('EADDRINUSE');
  await first.close();
});
