import { settle, tick } from '@huntaze/core/lua';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startPart, type Part } from './part.ts';
import { keptPort } from './port.ts';
import { connectRedis, redisPart } from './redis.ts';
import { findTools } from './tools.ts';

let folder: string;
let part: Part | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'huntaze-redis-'));
});
afterEach(async () => {
  await part?.stop(2_000);
  rmSync(folder, { recursive: true });
});

const data = () => join(folder, 'redis');

/** Starts the server and sends one message of a new creator; how many of them the line lets go at once. */
async function startAndSend(operationId: string): Promise<number> {
  await part?.stop(2_000);
  const port = await keptPort();
  const options = { server: findTools().redis, port, password: 'x', folder: data() };
  part = await startPart({ name: 'redis', logFile: join(folder, 'redis.log'), ...redisPart(options) });
  const redis = connectRedis(port, 'x');
  const { releases } = await tick(
    redis,
    'platform',
    { limit: 10, windowMs: 60_000 },
    { id: operationId, holdMs: 1, hiddenMs: 1 },
    [
      {
        operationId,
        creatorId: operationId,
        kind: 'k',
        sequence: '1',
        follows: undefined,
        notAfter: undefined,
        messageId: operationId,
        receiptHandle: 'h',
        receives: 1,
        body: '{}',
        attributes: '[]',
      },
    ],
  );
  const forwarded = releases.map(release => release.operationId);
  await settle(redis, 'platform', operationId, { forwarded });
  redis.disconnect();
  return releases.length;
}

test('a new folder and a restart on the same machine wait for nothing', async () => {
  expect(await startAndSend('a')).toBe(1);
  expect(await startAndSend('b')).toBe(1);
});

test('after a restart of the machine, which can lose the last second, a window has to pass', async () => {
  expect(await startAndSend('a')).toBe(1);
  writeFileSync(join(data(), 'boot-id'), 'another');
  expect(await startAndSend('b')).toBe(0);
});

test('what was deleted from the folder is not taken for a new line', async () => {
  expect(await startAndSend('a')).toBe(1);
  await part?.stop(2_000);
  rmSync(join(data(), 'appendonlydir'), { recursive: true });
  expect(await startAndSend('b')).toBe(0);
});
