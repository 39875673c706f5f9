import { CODE_ASKED, CODE_KEPT_MS } from '@huntaze/core/one-time-code';
import { putCode, readLogin } from '@huntaze/core/lua';
import { systemClock } from '@huntaze/core/clock';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { useRedis } from '../../test/support/redis.ts';
import { startScraper, startSurroundings } from '../test-support/process.ts';

// The scraper as a process, where its site asks for a one-time code: Redis, AWS at the wire, and the browser are real.

const CODE = '493817';
const EMAIL = 'ada@creators.example';
const redis = useRedis();
let around: Awaited<ReturnType<typeof startSurroundings>>;
let running: ReturnType<typeof startScraper>[];

beforeEach(async () => {
  running = [];
  around = await startSurroundings();
  around.site.askCode(EMAIL, CODE);
});
afterEach(async () => {
  for (const scraper of running) scraper.signal('SIGKILL');
  await Promise.all(running.map(({ ended }) => ended));
  await around.close();
});

function start() {
  const { host, port, password } = redis.client.options;
  const scraper = startScraper({
    ...around.env,
    REDIS_HOST: host!,
    REDIS_PORT: String(port),
    REDIS_TLS: 'false',
    REDIS_AUTH_TOKEN: password!,
  });
  running.push(scraper);
  return scraper;
}

const login = () => readLogin(redis.client, 'ada');
const put = (code: string) => putCode(redis.client, { creatorId: 'ada', code, keptMs: CODE_KEPT_MS });

/** Resolves once a login waits for a code. */
async function awaited(): Promise<void> {
  while ((await login()).codeAwaitedUntilMs === undefined) await systemClock.sleep(20);
}

test('a code that is entered goes from Redis to the page: the operation succeeds, and nothing that was written has it', async () => {
  const scraper = start();
  await scraper.ready;
  const id = await around.send();
  await awaited();
  expect((await login()).halted).toMatchObject({ why: CODE_ASKED, sinceMs: expect.any(Number) as number });
  expect(await around.counts()).toEqual([0, 1]);
  await put(CODE);
  expect(await around.result(id)).toBe('succeeded');
  expect(await login()).toEqual({
    halted: undefined,
    codeAwaitedUntilMs: undefined,
    codeKeptUntilMs: undefined,
  });
  scraper.signal('SIGTERM');
  expect(await scraper.ended).toBe(0);
  expect(scraper.logged('one-time code asked for')).toHaveLength(1);
  expect(scraper.written()).not.toContain(CODE);
});

test('SIGTERM while it waits ends the process at once; the message is given back, and the creator still waits for a person', async () => {
  const scraper = start();
  await scraper.ready;
  await around.send();
  await awaited();
  scraper.signal('SIGTERM');
  // Its 100 seconds it doesn't take: the test would end before.
  expect(await scraper.ended).toBe(0);
  expect(await around.counts()).toEqual([1, 0]);
  expect(await login()).toMatchObject({ halted: { why: CODE_ASKED }, codeAwaitedUntilMs: undefined });
  expect(scraper.logged('attempt over')).toMatchObject([
    { success: false, outcome: 'interrupted', error: 'the task is stopping', retry_in_ms: 0 },
  ]);
});
