import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPipeline } from '@huntaze/local/supervisor/pipeline';
import { findTools } from '@huntaze/local/supervisor/tools';
import { chromium } from 'playwright-core';
import { median, round, type Bench, type Figure } from './figure.ts';

/** So many operations are asked for, one after the other: fewer than may wait where one goes an hour. */
const TIMES = 20;
/** What isn't shown by then never is (ms). */
const AT_MOST_MS = 10_000;

/** Runs in the page: when a link to this path is there, ms since the epoch; undefined: it never was. */
function shownSince({ path, atMostMs }: { path: string; atMostMs: number }): Promise<number | undefined> {
  const isThere = () => document.querySelector(`a[href="${path}"]`) !== null;
  return new Promise(resolve => {
    const end = (at: number | undefined) => {
      watching.disconnect();
      clearTimeout(timer);
      resolve(at);
    };
    const watching = new MutationObserver(() => isThere() && end(Date.now()));
    const timer = setTimeout(() => end(undefined), atMostMs);
    watching.observe(document.body, { childList: true, subtree: true, attributes: true });
    if (isThere()) end(Date.now());
  });
}

/** How long after the API has accepted an operation it stands in a list that somebody has open. */
export const live: Bench = {
  name: 'live',
  about: 'a change, from its happening to a browser that looks on, before the whole pipeline',
  async run(say) {
    const folder = mkdtempSync(join(tmpdir(), 'huntaze-live-'));
    // Nothing goes on by itself meanwhile: one operation an hour.
    const pipeline = await startPipeline({
      dataDir: folder,
      port: 0,
      limit: 1,
      windowSeconds: 3_600,
      creators: ['ada'],
    });
    const browser = await chromium.launch({
      executablePath: findTools().chromium,
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    });
    try {
      const page = await browser.newPage();
      const authorization = `Bearer ${pipeline.token}`;
      await page.context().request.post(`${pipeline.apiUrl}/api/session`, { headers: { authorization } });
      await page.goto(`${pipeline.apiUrl}/operations`);
      await page.getByText('Live', { exact: true }).first().waitFor();
      const runs: number[] = [];
      for (let n = 1; n <= TIMES; n += 1) {
        say(`operation ${n} of ${TIMES}`);
        const answer = await fetch(`${pipeline.apiUrl}/api/onlyfans/operations`, {
          method: 'POST',
          headers: { authorization },
          body: JSON.stringify({ kind: 'profile.scrape', creator_id: 'ada', params: {} }),
        });
        const { operation_id: id, detail } = (await answer.json()) as {
          operation_id?: string;
          detail?: string;
        };
        if (id === undefined) throw new Error(`the API answered ${answer.status}: ${detail}`);
        const acceptedAt = Date.now();
        // Both clocks are this machine's.
        const shownAt = await page.evaluate(shownSince, { path: `/operations/${id}`, atMostMs: AT_MOST_MS });
        if (shownAt === undefined) throw new Error(`${id} was not shown within ${AT_MOST_MS / 1_000} s`);
        runs.push(Math.max(0, shownAt - acceptedAt));
      }
      const slowest = Math.max(...runs);
      const figures: Figure[] = [
        {
          name: 'from accepted to shown, the slowest',
          value: round(slowest),
          unit: 'ms',
          runs,
          bound: { atMost: 1_000 },
        },
        { name: 'from accepted to shown', value: round(median(runs)), unit: 'ms', runs },
      ];
      return figures;
    } finally {
      await browser.close();
      await pipeline.stop();
      rmSync(folder, { recursive: true });
    }
  },
};
