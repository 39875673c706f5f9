/** Playwright and nothing else, a page kept per creator: what the browser allows. */
import { chromium, type Page } from 'playwright-core';
import { servePeer } from './scraper-peer.ts';

servePeer(async ({ executablePath, browserArguments, origin, path, data, logins, concurrency }) => {
  const browser = await chromium.launch({ executablePath, args: browserArguments });
  const pages: Page[] = [];
  for (const login of logins) {
    const context = await browser.newContext();
    await context.addCookies([{ ...login, url: origin }]);
    pages.push(await context.newPage());
  }

  async function operation(page: Page): Promise<void> {
    const [response] = await Promise.all([
      page.waitForResponse(origin + data),
      // Waiting for 'domcontentloaded' instead is as fast, within the noise.
      page.goto(origin + path, { waitUntil: 'commit' }),
    ]);
    const { id } = (await response.json()) as { id: unknown };
    if (typeof id !== 'number') throw new Error(`${data} answered something else`);
  }

  /** Every worker has creators of its own, and takes them in turn. */
  async function work(worker: number, operations: number, ends: number[]): Promise<void> {
    const own = pages.filter((_, i) => i % concurrency === worker);
    for (let i = 0; i < operations; i += 1) {
      await operation(own[i % own.length]!);
      ends.push(performance.now());
    }
  }

  return {
    async run(operations) {
      const ends: number[] = [];
      const each = Math.ceil(operations / concurrency);
      await Promise.all(Array.from({ length: concurrency }, (_, worker) => work(worker, each, ends)));
      return ends;
    },
    close: () => browser.close(),
  };
});
