/** Playwright and nothing else, a page kept per creator: what the browser allows. */
import { chromium, type Page } from 'playwright-core';
import { isData, servePeer, type PeerPage } from './scraper-peer.ts';

servePeer(async ({ executablePath, browserArguments, origin, logins, concurrency }) => {
  const browser = await chromium.launch({ executablePath, args: browserArguments });
  const kept: Page[] = [];
  for (const login of logins) {
    const context = await browser.newContext();
    await context.addCookies([{ ...login, url: origin }]);
    kept.push(await context.newPage());
  }

  async function operation(page: Page, { path, data }: PeerPage): Promise<void> {
    const [response] = await Promise.all([
      page.waitForResponse(answer => answer.url().startsWith(origin + data)),
      // Waiting for 'domcontentloaded' instead is as fast, within the noise.
      page.goto(origin + path, { waitUntil: 'commit' }),
    ]);
    if (!isData(await response.json())) throw new Error(`${data} answered something else`);
  }

  /** Every worker has creators of its own, and takes them in turn. */
  async function work(
    worker: number,
    operations: number,
    pages: readonly PeerPage[],
    ends: number[],
  ): Promise<void> {
    const own = kept.filter((_, i) => i % concurrency === worker);
    for (let i = 0; i < operations; i += 1) {
      await operation(own[i % own.length]!, pages[(worker + i + Math.floor(i / own.length)) % pages.length]!);
      ends.push(performance.now());
    }
  }

  return {
    async run(operations, pages) {
      const ends: number[] = [];
      const each = Math.ceil(operations / concurrency);
      await Promise.all(Array.from({ length: concurrency }, (_, worker) => work(worker, each, pages, ends)));
      return ends;
    },
    close: () => browser.close(),
  };
});
