import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HandClock } from '../test-support/clock.ts';
import { FakeLog } from '../test-support/fakes.ts';
import { taskProtection, type Protection } from './protection.ts';

/** An ECS agent that remembers what it was asked, and answers what it is told to. */
let asked: unknown[];
let answer: { status: number; body: unknown };
const agent = createServer((request, response) => {
  let body = '';
  request.on('data', chunk => (body += String(chunk)));
  request.on('end', () => {
    asked.push([request.method, request.url, JSON.parse(body)]);
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.body));
  });
});
let clock: HandClock;
let log: FakeLog;
let protection: Protection;

beforeEach(async () => {
  [asked, answer] = [[], { status: 200, body: { protection: { ProtectionEnabled: true } } }];
  await new Promise<void>(resolve => agent.listen(0, '127.0.0.1', resolve));
  [clock, log] = [new HandClock(), new FakeLog()];
  const { port } = agent.address() as AddressInfo;
  protection = taskProtection(`http://127.0.0.1:${port}/api/x`, clock, log);
});
afterEach(async () => {
  agent.closeAllConnections();
  await new Promise(resolve => agent.close(resolve));
});

const MINUTE = 60_000;
const on = (minutes: number) => [
  'PUT',
  '/api/x/task-protection/v1/state',
  { ProtectionEnabled: true, ExpiresInMinutes: minutes },
];
const off = ['PUT', '/api/x/task-protection/v1/state', { ProtectionEnabled: false }];

test('taken with the first message, given up with an empty hand', async () => {
  await protection.holding(3);
  await protection.holding(2);
  await protection.holding(0);
  await protection.holding(0);
  expect(asked).toEqual([on(15), off]);
});

test('who always has work lets go of it after a quarter of an hour, for three minutes, so that a deployment goes on', async () => {
  const everyMinute = async (minutes: number) => {
    for (let i = 0; i < minutes; i += 1) {
      await protection.holding(4);
      await clock.advance(MINUTE);
    }
  };
  await everyMinute(18);
  expect(asked).toEqual([on(15)]);
  await everyMinute(18);
  expect(asked).toEqual([on(15), on(15)]);
});

test('an empty hand in between doesn’t make it longer', async () => {
  for (let second = 0; second < 20 * 60; second += 20) {
    await protection.holding(1);
    await clock.advance(19_000);
    await protection.holding(0);
    await clock.advance(1_000);
  }
  const taken = asked.filter(
    one => (one as [string, string, { ProtectionEnabled: boolean }])[2].ProtectionEnabled,
  );
  expect(taken).toHaveLength(15 * 3 + 2 * 3);
  expect(taken.slice(0, 4)).toEqual([on(15), on(15), on(15), on(14)]);
  expect(taken[15 * 3 - 1]).toEqual(on(1));
  expect(taken[15 * 3]).toEqual(on(15));
});

test('messages that come while it is being given up: taken again', async () => {
  await protection.holding(1);
  await Promise.all([protection.holding(0), protection.holding(2), protection.holding(2)]);
  expect(asked).toEqual([on(15), off, on(15)]);
});

test('given up at the end, and only if it was taken', async () => {
  await protection.release();
  expect(asked).toEqual([]);
  await protection.holding(1);
  await protection.release();
  expect(asked).toEqual([on(15), off]);
});

test.each([
  ['refuses it', { status: 400, body: { error: { Code: 'AccessDeniedException' } } }],
  ['says that ECS does', { status: 200, body: { failure: { Reason: 'TASK_NOT_VALID' } } }],
])('an agent that %s: logged, and asked again the next time', async (_, refusal) => {
  answer = refusal;
  await protection.holding(1);
  expect(log.of('task protection not changed')).toHaveLength(1);
  answer = { status: 200, body: {} };
  await protection.holding(1);
  await protection.holding(1);
  expect(asked).toEqual([on(15), on(15)]);
});
