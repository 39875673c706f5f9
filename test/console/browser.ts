import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const NAMES = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];

/** A browser of this machine: CHROMIUM_PATH, or the first one in PATH. */
export function launchBrowser(): Promise<Browser> {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = NAMES.flatMap(name => folders.map(folder => join(folder, name))).find(isExecutable);
  const executablePath = process.env['CHROMIUM_PATH'] ?? found;
  if (executablePath === undefined)
    throw new Error(`no browser: install one of ${NAMES.join(', ')}, or set CHROMIUM_PATH`);
  return chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export const WIDE = { width: 1_280, height: 800 };
export const PHONE = { width: 390, height: 844 };

/** A page of somebody who has signed in at `url`; `faults` is what the browser complained of. */
export async function signedIn(
  browser: Browser,
  url: string,
  token: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; faults: string[] }> {
  const context = await browser.newContext({ viewport: WIDE, ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) faults.push(message.text());
  });
  page.on('pageerror', error => faults.push(error.message));
  const begun = await context.request.post(`${url}/api/session`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!begun.ok()) throw new Error(`no session: ${begun.status()}`);
  return { page, faults };
}

/** The scripts of a page at its first view, with what of them goes over the wire (bytes), the largest first. */
export async function scriptsOf(page: Page, address: string): Promise<{ name: string; bytes: number }[]> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Network.enable');
  await devtools.send('Network.setCacheDisabled', { cacheDisabled: true });
  const names = new Map<string, string>();
  const scripts: { name: string; bytes: number }[] = [];
  devtools.on('Network.responseReceived', ({ requestId, type, response }) => {
    if (type === 'Script') names.set(requestId, new URL(response.url).pathname);
  });
  devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const name = names.get(requestId);
    if (name !== undefined) scripts.push({ name, bytes: encodedDataLength });
  });
  await page.goto(address);
  await page.waitForLoadState('load');
  await page.evaluate(() => new Promise(resolve => requestIdleCallback(resolve)));
  await devtools.detach();
  return scripts.sort((a, b) => b.bytes - a.bytes);
}

interface Traced {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  tdur?: number;
  args?: { name?: string };
}

/**
 * The longest task of the page's main thread during `run`, ms of its own processor time: what other processes take away
 * from it isn't counted, so that a busy machine fails no test.
 */
export async function longestTask(browser: Browser, page: Page, run: () => Promise<void>): Promise<number> {
  await browser.startTracing(page, { categories: ['toplevel', 'disabled-by-default-devtools.timeline'] });
  await run();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: Traced[] };
  const isOf = ({ pid, tid }: Traced) => `${pid} ${tid}`;
  const main = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(isOf),
  );
  const tasks = traceEvents.filter(
    each => each.ph === 'X' && each.name.endsWith('RunTask') && main.has(isOf(each)),
  );
  return Math.max(0, ...tasks.map(({ tdur = 0 }) => tdur / 1_000));
}
