import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';
import { systemClock } from '@huntaze/core/clock';
import { chromiumPath } from '../../test-support/chromium.ts';
import { FakeLog } from '../../test-support/fakes.ts';
import { browsers, type BrowserOptions, type Browsers } from '../browser.ts';
import { ClientFault, Interrupted, NeedsLogin, SiteFailure, Throttled } from '../outcome.ts';

const { signal } = new AbortController();
let chromium: Browsers;
let log: FakeLog;
beforeEach(() => {
  log = new FakeLog();
});
afterEach(() => chromium.close());

function open(options: Partial<BrowserOptions> = {}): void {
  chromium = browsers({ path: chromiumPath(), maxSessions: 2, clock: systemClock, log, ...options });
}

/** The number of the browser's own process. */
async function pidOf(browser: Browser | null): Promise<number> {
  const devtools = await browser?.newBrowserCDPSession();
  const told = await devtools?.send('SystemInfo.getProcessInfo');
  await devtools?.detach();
  return told?.processInfo.find(({ type }) => type === 'browser')?.id as number;
}

/** Whether a process is there, and not only waiting for its parent to see that it has ended. */
function runs(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
const runningIn = (profile: string) =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(profile) && runs(Number(pid));
      } catch {
        return false;
      }
    });

test('a browser that hangs is ended, the call that never returned is interrupted, the next use has a new one', async () => {
  open({ timing: { pulseEveryMs: 100, pulseWithinMs: 300 } });
  const caught = chromium
    .withSession('ada', signal, async ({ context, page }) => {
      process.kill(await pidOf(context.browser()), 'SIGSTOP');
      // No deadline: without somebody who looks after it, it never returns.
      await context.storageState();
      await page.title();
    })
    .catch((error: unknown) => error);
  expect(await caught).toBeInstanceOf(Interrupted);
  expect(log.of('browser hangs')).toHaveLength(1);
  expect(await chromium.withSession('ada', signal, ({ page }) => page.title())).toBe('');
});

test("a verdict that a browser which hangs gave rise to isn't believed", async () => {
  open({ timing: { pulseEveryMs: 600_000 } });
  const caught = chromium
    .withSession('ada', signal, async ({ context }) => {
      process.kill(await pidOf(context.browser()), 'SIGSTOP');
      throw new NeedsLogin("a page that isn't known");
    })
    .catch((error: unknown) => error);
  expect(await caught).toBeInstanceOf(Interrupted);
  await chromium.withSession('ada', signal, ({ page }) => page.title());
});

test('a call of which nothing is heard any more, once the browser has ended, is given up', async () => {
  // The half minute passes in a moment; what a launch or an opening may take stays what it is.
  const sleep = (ms: number, by?: AbortSignal) => systemClock.sleep(ms === 30_000 ? 300 : ms, by);
  open({ clock: { ...systemClock, sleep } });
  const lost = chromium.withSession('ada', signal, async ({ context }) => {
    process.kill(await pidOf(context.browser()), 'SIGKILL');
    await new Promise(() => undefined);
  });
  await expect(lost).rejects.toBeInstanceOf(Interrupted);
  await chromium.withSession('ada', signal, ({ page }) => page.title());
});

test('a page whose script never ends is closed; that nothing was found on it asks for no person', async () => {
  open();
  const stuck = (thrown: Error) =>
    chromium.withSession('ada', signal, async ({ page }) => {
      await page.goto('data:text/html,<h1>Hello</h1>');
      page.evaluate('for (;;);').catch(() => undefined);
      throw thrown;
    });
  await expect(stuck(new NeedsLogin("a page that isn't known"))).rejects.toBeInstanceOf(SiteFailure);
  const fault = new ClientFault('404', '/my/profile', 404);
  await expect(stuck(fault)).rejects.toBe(fault);
  expect(await chromium.withSession('ada', signal, ({ page }) => page.title())).toBe('');
  expect(log.of('browser hangs')).toEqual([]);
});

test('what the site has said holds, although the browser crashed then', async () => {
  open();
  const throttled = new Throttled(1, '/my/profile');
  const crashed = chromium.withSession('ada', signal, async ({ page }) => {
    await page.goto('chrome://crash').catch(() => undefined);
    await expect.poll(() => page.isClosed()).toBe(true);
    throw throttled;
  });
  await expect(crashed).rejects.toBe(throttled);
});

test('a launch that fails says why, and the next use tries again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'chromium-'));
  const path = join(folder, 'chromium');
  const script = async (text: string) => {
    await writeFile(path, `#!/bin/sh\n${text}\n`);
    await chmod(path, 0o755);
  };
  try {
    await script('echo "error while loading shared libraries: libnss3.so" >&2; exit 127');
    open({ path });
    const use = () => chromium.withSession('ada', signal, ({ page }) => page.title());
    await expect(use()).rejects.toThrow(/^no browser: .*loading shared libraries: libnss3\.so/);
    expect(chromium.health()).toEqual({ browser: 'absent', sessions: 0, operations: 0 });
    await script(`exec ${chromiumPath()} "$@"`);
    expect(await use()).toBe('');
    expect(chromium.health()).toEqual({
      browser: 'running',
      sessions: 1,
      operations: 1,
      memoryBytes: expect.any(Number) as number,
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('closing leaves no process, also of a browser that hangs, and interrupts what is under way', async () => {
  open({ timing: { pulseEveryMs: 600_000 } });
  const inside = Promise.withResolvers<number>();
  const caught = chromium
    .withSession('ada', signal, async ({ context, page }) => {
      inside.resolve(await pidOf(context.browser()));
      await page.waitForEvent('popup', { timeout: 0 });
    })
    .catch((error: unknown) => error);
  const pid = await inside.promise;
  const profile = /--user-data-dir=([^\0]+)/.exec(
    readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
  )?.[1] as string;
  expect(runningIn(profile).length).toBeGreaterThan(1);
  process.kill(pid, 'SIGSTOP');
  await chromium.close();
  expect(await caught).toBeInstanceOf(Interrupted);
  await expect.poll(() => runningIn(profile)).toEqual([]);
  expect(chromium.health()).toEqual({ browser: 'absent', sessions: 0, operations: 1 });
  await expect(chromium.withSession('ada', signal, async () => 1)).rejects.toThrow(
    'no browser: it was closed',
  );
});

test('what is launched while all is closed is closed as well', async () => {
  open();
  const started = chromium.start();
  expect(chromium.health().browser).toBe('starting');
  await Promise.all([started.catch(() => undefined), chromium.close()]);
  expect(chromium.health().browser).toBe('absent');
});
