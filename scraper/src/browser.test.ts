import { expect, test, vi } from 'vitest';
import { systemClock } from '@huntaze/core/clock';
import { chromiumPath } from '../test-support/chromium.ts';
import { FakeLog } from '../test-support/fakes.ts';
import { BrowserMissing, browsers } from './browser.ts';
import { Interrupted } from './outcome.ts';

const { signal } = new AbortController();

function open(options: { path?: string; sandbox?: boolean } = {}) {
  return browsers({
    path: chromiumPath(),
    maxSessions: 2,
    clock: systemClock,
    log: new FakeLog(),
    ...options,
  });
}

test('no browser at the path: one line that names it', async () => {
  await expect(open({ path: '/nowhere/chromium' }).start()).rejects.toThrow(
    new BrowserMissing(
      'no browser at /nowhere/chromium: install Chromium (Debian: chromium-headless-shell) or set CHROMIUM_PATH to one',
    ),
  );
});

// The one thing that shows it: as root Chromium refuses to start in a sandbox.
test.runIf(process.getuid?.() === 0)(
  'it is put into its sandbox, unless the platform is the wall',
  async () => {
    const getuid = vi.spyOn(process, 'getuid').mockReturnValue(1_000);
    try {
      await expect(open().start()).rejects.toThrow(/sandbox/i);
      const chromium = open({ sandbox: false });
      await chromium.start();
      expect(await chromium.withSession('ada', signal, ({ page }) => page.title())).toBe('');
      await chromium.close();
    } finally {
      getuid.mockRestore();
    }
  },
);

test('a crash of the browser is an interruption, and the next use has a new one', async () => {
  const chromium = open();
  const crashed = chromium.withSession('ada', signal, async ({ context, page }) => {
    const browser = context.browser();
    const session = await browser?.newBrowserCDPSession();
    await Promise.all([page.waitForEvent('close'), session?.send('Browser.crash').catch(() => undefined)]);
    await page.title();
  });
  await expect(crashed).rejects.toBeInstanceOf(Interrupted);
  const title = await chromium.withSession('ada', signal, ({ page }) => page.title());
  expect(title).toBe('');
  await chromium.close();
});

test('a crash of the page is an interruption, and the next use has a new one', async () => {
  const chromium = open();
  const crashed = chromium.withSession('ada', signal, async ({ page }) => {
    await Promise.all([page.waitForEvent('close'), page.goto('chrome://crash').catch(() => undefined)]);
    await page.title();
  });
  await expect(crashed).rejects.toBeInstanceOf(Interrupted);
  await chromium.withSession('ada', signal, ({ page }) => page.title());
  await chromium.close();
});

test('a page that needs far more memory than pages begin with gets it', async () => {
  const chromium = open();
  const megabytes = await chromium.withSession('ada', signal, ({ page }) =>
    page.evaluate(
      '(globalThis.kept = Array.from({ length: 300 }, () => new Array(131_072).fill(1.5))).length',
    ),
  );
  expect(megabytes).toBe(300);
  await chromium.close();
});

test('nothing hides that the browser is automated', async () => {
  const chromium = open();
  const webdriver = await chromium.withSession('ada', signal, ({ page }) =>
    page.evaluate(() => navigator.webdriver),
  );
  expect(webdriver).toBe(true);
  await chromium.close();
});
