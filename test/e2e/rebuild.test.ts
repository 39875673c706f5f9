import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keptSecret } from '@huntaze/local/supervisor/accounts';
import { runningOn } from '@huntaze/local/supervisor/claim';
import { startPipeline, type Pipeline } from '@huntaze/local/supervisor/pipeline';
import { connectRedis } from '@huntaze/local/supervisor/redis';
import { PROJECT_ROOT } from '@huntaze/local/supervisor/tools';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

/** Redis loses everything under a running pipeline, and the command brings back what people saw. */
let folder: string;
let pipeline: Pipeline;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'huntaze-rebuild-'));
  pipeline = await startPipeline({
    dataDir: folder,
    port: 0,
    limit: 10,
    windowSeconds: 6,
    creators: ['ada', 'bea'],
  });
});
afterAll(async () => {
  await pipeline.stop();
  rmSync(folder, { recursive: true });
});

const OPERATIONS = '/api/onlyfans/operations';
const headers = () => ({ authorization: `Bearer ${pipeline.token}` });
const get = async (path: string) =>
  (await (await fetch(`${pipeline.apiUrl}${path}`, { headers: headers() })).json()) as Record<
    string,
    unknown
  >;

interface Shown {
  operation_id: string;
  creator_id: string;
  kind: string;
  state: string;
  error?: string;
  result?: string;
  at: Record<string, string>;
}
/** What is seen of those that have ended; on their way through the line they leave nothing in their results. */
async function ended(): Promise<object[]> {
  const { operations } = (await get(OPERATIONS)) as unknown as { operations: Shown[] };
  const pages = await Promise.all(
    operations.map(async one => (await get(`${OPERATIONS}/${one.operation_id}`)) as unknown as Shown),
  );
  return pages.map(({ operation_id, creator_id, kind, state, error, result, at }) => ({
    operation_id,
    creator_id,
    kind,
    state,
    error,
    result,
    // To the minute: the result and the record are written one after the other.
    ended: at[state]?.slice(0, 16),
  }));
}

function command(...args: string[]): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, ['local/src/cli/rebuild.ts', '--api', pipeline.apiUrl, ...args], {
    cwd: PROJECT_ROOT,
    env: { ...process.env, HUNTAZE_TOKEN: pipeline.token },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (said += String(chunk)));
  return new Promise(resolve => child.once('close', code => resolve({ code, said: said.trim() })));
}

test('the list and each operation are as before; given again, nothing changes', async () => {
  const post = (creator_id: string, kind: string, params: object) =>
    fetch(`${pipeline.apiUrl}${OPERATIONS}`, {
      method: 'POST',
      headers: headers(),
      body: JSON.stringify({ creator_id, kind, params }),
    });
  await post('bea', 'profile.scrape', {});
  await post('ada', 'message.send', { fan_id: 'no-such-fan', text: 'hello' });
  await post('ada', 'fans.scrape', { max: 5 });
  const all = async () => {
    const seen = (await ended()) as { result?: string }[];
    return seen.length === 3 && seen.every(one => one.result !== undefined) && seen;
  };
  const before = await vi.waitUntil(all, { timeout: 25_000, interval: 200 });

  const redis = connectRedis(runningOn(folder)!.ports!.redis, keptSecret(folder, 'redis-password'));
  await redis.flushall();
  redis.disconnect();
  expect(await ended()).toEqual([]);
  expect(await command('--dry-run')).toEqual({
    code: 0,
    said: '3 operations of 3 results would be known again',
  });
  const { code, said } = await command();
  expect([code, said.split('\n')[0]]).toEqual([
    0,
    '3 of 3 operations of the last 7 days were lost, and are known again',
  ]);
  expect(await ended()).toEqual(before);
  expect((await command()).said).toContain('0 of 3 operations');
  expect(await ended()).toEqual(before);
  const { actions } = (await get('/api/audit')) as unknown as { actions: { action: string }[] };
  expect(actions.map(({ action }) => action)).toEqual(['projection.rebuild', 'projection.rebuild']);
}, 60_000);

test('what is wrong is said in one line', async () => {
  expect(await command('--after', '../tokens')).toEqual({
    code: 1,
    said: 'the API answered 400: cursor must be the `next` of the page before; --after ../tokens goes on here',
  });
  expect((await command('--forward')).said).toContain('usage: npm run rebuild');
});
