import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPipeline, type Pipeline } from '@huntaze/local/supervisor/pipeline';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { useReceivers } from '../support/receiver.ts';

/** A webhook of the built API, before a line that lets one operation an hour through: what is cancelled has ended. */
let folder: string;
let pipeline: Pipeline;
const { receiver } = useReceivers();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'huntaze-webhook-'));
  pipeline = await startPipeline({
    dataDir: folder,
    port: 0,
    limit: 1,
    windowSeconds: 3_600,
    creators: ['ada'],
  });
});
afterAll(async () => {
  await pipeline.stop();
  rmSync(folder, { recursive: true });
});

async function ask(method: string, path: string, body?: unknown) {
  const answer = await fetch(`${pipeline.apiUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${pipeline.token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
}

test('who asked for an operation is told that it has ended; the secret is in no log', async () => {
  const there = await receiver();
  const { status, json } = await ask('PUT', '/api/webhook', { url: there.url });
  expect(status).toBe(200);
  const operations = '/api/onlyfans/operations';
  const asked = await ask('POST', operations, { kind: 'profile.scrape', creator_id: 'ada', params: {} });
  const other = await ask('POST', operations, { kind: 'profile.scrape', creator_id: 'ada', params: {} });
  expect([asked.status, other.status]).toEqual([202, 202]);
  const id = String(other.json['operation_id']);
  expect((await ask('POST', `${operations}/${id}/cancel`, {})).status).toBe(200);
  await vi.waitFor(
    () => {
      const told = there.received.map(({ headers }) => headers['webhook-id']);
      expect(told).toContain(`${id}-cancelled`);
    },
    { timeout: 15_000, interval: 100 },
  );
  const { body } = there.received.find(({ headers }) => headers['webhook-id'] === `${id}-cancelled`)!;
  expect(JSON.parse(body)).toMatchObject({
    type: 'operation.ended',
    operation: { operation_id: id, state: 'cancelled' },
  });
  // It is logged once the receiver's answer is here.
  const readLog = () => readFileSync(join(folder, 'logs/api.log'), 'utf8');
  await vi.waitFor(() => expect(readLog()).toContain('webhook delivered'), {
    timeout: 15_000,
    interval: 100,
  });
  const log = readLog();
  expect(log).not.toContain(String(json['secret']).slice(6));
});
