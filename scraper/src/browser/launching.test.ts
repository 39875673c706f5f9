import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '@huntaze/core/clock';
import { chromiumPath } from '../../test-support/chromium.ts';
import { FakeLog } from '../../test-support/fakes.ts';
import { browsers, type Browsers } from '../browser.ts';
import { Interrupted } from '../outcome.ts';
import type { Chromium } from './launch.ts';

/** What happens to each browser as soon as it has been launched. */
const fates: ((chromium: Chromium) => Promise<void>)[] = [];
vi.mock('./launch.ts', async original => {
  const actual = await original<typeof import('./launch.ts')>();
  return {
    ...actual,
    async launch(...args: Parameters<typeof actual.launch>) {
      const chromium = await actual.launch(...args);
      await fates.shift()?.(chromium);
      return chromium;
    },
  };
});

const { signal } = new AbortController();
let chromium: Browsers;
beforeEach(() => {
  chromium = browsers({ path: chromiumPath(), maxSessions: 2, clock: systemClock, log: new FakeLog() });
});
afterEach(() => chromium.close());

const title = () => chromium.withSession('ada', signal, ({ page }) => page.title());
const gone = (browser: Chromium['browser']) =>
  new Promise<void>(resolve => browser.once('disconnected', () => resolve()));

test('a browser that ends before it has taken its first orders interrupts the use, and the next one has another', async () => {
  fates.push(browser => browser.kill());
  await expect(title()).rejects.toBeInstanceOf(Interrupted);
  expect(chromium.health().browser).toBe('absent');
  expect(await title()).toBe('');
});

test('so does one that has ended by then', async () => {
  fates.push(async launched => {
    const ended = gone(launched.browser);
    await launched.kill();
    await ended;
  });
  await expect(title()).rejects.toBeInstanceOf(Interrupted);
  expect(await title()).toBe('');
});
