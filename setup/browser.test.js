import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { downloadPath } from './browser.js';

test('the Playwright in use tells where its download would lie', async () => {
  // The question goes to an inner part of Playwright: a new version of it may have to be asked differently.
  const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
  const context = { root, env: process.env, signal: new AbortController().signal, say: () => {} };
  const file = await downloadPath(context, { ...process.env, PLAYWRIGHT_BROWSERS_PATH: '/browsers' });
  expect(file).toMatch(/^\/browsers\/chromium_headless_shell-\d+\/.+/);
});
