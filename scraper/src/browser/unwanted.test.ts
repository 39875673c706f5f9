import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '@huntaze/core/clock';
import { chromiumPath } from '../../test-support/chromium.ts';
import { FakeLog } from '../../test-support/fakes.ts';
import { browsers, type Browsers } from '../browser.ts';

/** A page with everything that pages have. `/asked` is asked for last, by its script. */
const PAGE = `<!doctype html>
<link rel="preload" href="/preloaded.woff2" as="font" type="font/woff2" crossorigin>
<link rel="stylesheet" href="/style.css">
<img src="/picture.png"><div class="behind"></div>
<video src="/video.mp4" preload="auto"></video><audio src="/audio.mp3" preload="auto"></audio>
<p>Hello</p><script src="/script.js"></script>`;
const STYLE = `@font-face { font-family: own; src: url(/own.woff2); }
p { font-family: own; } .behind { background: url(/background.png); height: 9px; }`;
const FILES: Record<string, [type: string, text: string]> = {
  '/': ['text/html', PAGE],
  '/plain': ['text/html', '<p>Hello</p>'],
  '/style.css': ['text/css', STYLE],
  '/script.js': ['text/javascript', "window.onload = () => fetch('/asked')"],
  '/asked': ['application/json', '{}'],
};

let site: Server;
let url: string;
let asked: string[];
beforeAll(async () => {
  site = createServer(({ url: path = '' }, response) => {
    asked.push(path);
    const [type, text] = FILES[path] ?? ['application/octet-stream', 'x'];
    response.setHeader('content-type', type).end(text);
  }).listen(0, '127.0.0.1');
  await new Promise(resolve => site.once('listening', resolve));
  url = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
});
afterAll(() => site.close());

let chromium: Browsers;
beforeEach(() => {
  asked = [];
  chromium = browsers({ path: chromiumPath(), maxSessions: 4, clock: systemClock, log: new FakeLog() });
});
afterEach(() => chromium.close());

const { signal } = new AbortController();
const WANTED = ['/', '/asked', '/script.js', '/style.css'];

/** Opens the page, and says what the site was asked for by the time that everything else was there. */
async function visit(creatorId: string): Promise<string[]> {
  asked = [];
  await chromium.withSession(creatorId, signal, async ({ page }) => {
    const last = page.waitForResponse(`${url}/asked`);
    await page.goto(`${url}/`);
    await last;
  });
  return [...new Set(asked)].filter(path => path !== '/favicon.ico').toSorted();
}

test('pictures, video, audio and fonts are not asked for; the rest is', async () => {
  expect(await visit('ada')).toEqual(WANTED);
});

test('after many pages without such things one may get its media; then none does again', async () => {
  for (let i = 0; i < 60; i += 1)
    await chromium.withSession('ada', signal, ({ page }) => page.goto(`${url}/plain`));
  const first = await visit('ada');
  expect(first.filter(path => /png|own/.test(path))).toEqual([]);
  expect(await visit('ada')).toEqual(WANTED);
  expect(await visit('bea')).toEqual(WANTED);
});
