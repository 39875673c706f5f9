import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chromiumPath } from '../test-support/chromium.ts';

/** Starts the scraper as a process that can't start, and waits for its end. */
function run(env: Record<string, string>): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: { PATH: process.env['PATH'] ?? '', AWS_REGION: 'us-east-1', ...env },
  });
  let stderr = '';
  child.stderr.on('data', chunk => (stderr += String(chunk)));
  return new Promise(resolve => child.on('close', code => resolve({ code, stderr })));
}

const ENV = {
  WORKFLOWS_QUEUE_URL: 'http://127.0.0.1:9/q',
  DEAD_LETTER_QUEUE_URL: 'http://127.0.0.1:9/d',
  RESULTS_BUCKET: 'results',
  REDIS_HOST: '127.0.0.1',
  REDIS_TLS: 'false',
  SITE_ORIGIN: 'http://127.0.0.1:9',
  CREDENTIALS_SECRET_PREFIX: 'creators',
};

test('variables that are missing or malformed: one line that names them all', async () => {
  const { code, stderr } = await run({ ...ENV, CONCURRENCY: 'many' });
  expect(code).toBe(1);
  expect(stderr).toBe(
    'scraper: environment: CHROMIUM_PATH is missing; CONCURRENCY must be a whole number from 1 to 64\n',
  );
});

test('a session key of another length: one line that names it, and not the key', async () => {
  const { code, stderr } = await run({ ...ENV, CHROMIUM_PATH: '/x', SESSION_KEY: 'c2hvcnQ=' });
  expect(code).toBe(1);
  expect(stderr).toBe('scraper: environment: SESSION_KEY must be 32 bytes in base64\n');
});

test('no browser: one line that names the path and says what to do', async () => {
  const { code, stderr } = await run({ ...ENV, CHROMIUM_PATH: '/nowhere/chromium' });
  expect(code).toBe(1);
  expect(stderr).toBe(
    'scraper: no browser at /nowhere/chromium: install Chromium (Debian: chromium-headless-shell) or set CHROMIUM_PATH to one\n',
  );
});

test('no Redis: one line that names it, and the browser is gone', async () => {
  const free = createServer();
  await new Promise<void>(resolve => free.listen(0, '127.0.0.1', resolve));
  const { port } = free.address() as AddressInfo;
  await new Promise(resolve => free.close(resolve));
  const { code, stderr } = await run({ ...ENV, CHROMIUM_PATH: chromiumPath(), REDIS_PORT: String(port) });
  expect(code).toBe(1);
  const address = `127.0.0.1:${port}`;
  expect(stderr).toBe(`scraper: no Redis at ${address}: connect ECONNREFUSED ${address}\n`);
});
