/**
 * Crawlee's PlaywrightCrawler: a page for every request, from its browser pool. Where it leaves a choice, the one
 * that was faster here: no session pool, no fingerprints, and the pool's one context for all, with one login, since
 * a context for each page took 12 % more processor time.
 */
import { createRequire } from 'node:module';
import { chromium, type BrowserContext, type BrowserType, type Page, type Response } from 'playwright-core';
import { isData, servePeer } from './scraper-peer.ts';

/** Of Crawlee what is used here: it is no dependency of ours, and installed only for this. */
interface Crawlee {
  PlaywrightCrawler: new (options: CrawlerOptions, configuration: object) => Crawler;
  Configuration: new (options: { persistStorage: boolean }) => object;
  log: { setLevel: (level: number) => void };
}

interface CrawlerOptions {
  launchContext: { launcher: BrowserType; launchOptions: { executablePath: string; args: string[] } };
  browserPoolOptions: { useFingerprints: boolean };
  headless: boolean;
  keepAlive: boolean;
  minConcurrency: number;
  maxConcurrency: number;
  maxRequestRetries: number;
  useSessionPool: boolean;
  persistCookiesPerSession: boolean;
  preNavigationHooks: ((context: Context, goto: { waitUntil?: string }) => Promise<void>)[];
  requestHandler: (context: Context) => Promise<void>;
  failedRequestHandler: (context: Context, error: Error) => void;
}

interface Crawler {
  run: () => Promise<unknown>;
  addRequests: (
    requests: { url: string; uniqueKey: string; userData: { data: string } }[],
  ) => Promise<unknown>;
  teardown: () => Promise<void>;
}

interface Context {
  page: Page;
  request: { uniqueKey: string; userData: { data: string } };
}

/** Crawlee's number for them. */
const WARNINGS = 3;

const installed = createRequire(new URL('../peers/package.json', import.meta.url));
const { PlaywrightCrawler, Configuration, log } = installed('@crawlee/playwright') as Crawlee;
log.setLevel(WARNINGS);

servePeer(async ({ executablePath, browserArguments, origin, logins, concurrency }) => {
  const loggedIn = new WeakSet<BrowserContext>();
  const answers = new Map<string, Promise<Response>>();
  let asked = 0;
  let ends: number[] = [];
  let wanted = 0;
  let over = Promise.withResolvers<number[]>();

  const crawler = new PlaywrightCrawler(
    {
      launchContext: { launcher: chromium, launchOptions: { executablePath, args: browserArguments } },
      browserPoolOptions: { useFingerprints: false },
      headless: true,
      keepAlive: true,
      minConcurrency: concurrency,
      maxConcurrency: concurrency,
      maxRequestRetries: 0,
      useSessionPool: false,
      persistCookiesPerSession: false,
      preNavigationHooks: [
        async ({ page, request }, goto) => {
          const context = page.context();
          if (!loggedIn.has(context)) await context.addCookies([{ ...logins[0]!, url: origin }]);
          loggedIn.add(context);
          const { data } = request.userData;
          answers.set(
            request.uniqueKey,
            page.waitForResponse(answer => answer.url().startsWith(origin + data)),
          );
          goto.waitUntil = 'commit';
        },
      ],
      async requestHandler({ request: { uniqueKey } }) {
        const response = await answers.get(uniqueKey)!;
        answers.delete(uniqueKey);
        if (!isData(await response.json())) throw new Error(`${uniqueKey} was answered something else`);
        ends.push(performance.now());
        if (ends.length === wanted) over.resolve(ends);
      },
      failedRequestHandler: (_, error) => over.reject(error),
    },
    new Configuration({ persistStorage: false }),
  );
  const running = crawler.run();

  return {
    async run(operations, pages) {
      ends = [];
      wanted = operations;
      over = Promise.withResolvers();
      await crawler.addRequests(
        Array.from({ length: operations }, () => {
          const { path, data } = pages[asked % pages.length]!;
          return { url: origin + path, uniqueKey: String(asked++), userData: { data } };
        }),
      );
      return over.promise;
    },
    async close() {
      await crawler.teardown();
      await running;
    },
  };
});
