import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { systemClock } from '@huntaze/core/clock';
import { chromiumPath } from '../../test-support/chromium.ts';
import { FakeLog } from '../../test-support/fakes.ts';
import { browsers, type BrowserOptions, type Browsers, type Session } from '../browser.ts';
import { Interrupted } from '../outcome.ts';

/** A site that gives everybody who has none a cookie with the number of the visit. */
let site: Server;
let url: string;
let visits = 0;
beforeAll(async () => {
  site = createServer((request, response) => {
    visits += 1;
    if (!request.headers.cookie) response.setHeader('set-cookie', `visitor=${visits}; Path=/`);
    response.setHeader('content-type', 'text/html');
    response.end('<h1>Hello</h1>');
  }).listen(0, '127.0.0.1');
  await new Promise(resolve => site.once('listening', resolve));
  url = `http://127.0.0.1:${(site.address() as AddressInfo).port}/`;
});
afterAll(() => site.close());

const { signal } = new AbortController();
let chromium: Browsers;
let log: FakeLog;
afterEach(() => chromium.close());

function open(options: Partial<BrowserOptions> = {}): void {
  log = new FakeLog();
  chromium = browsers({ path: chromiumPath(), maxSessions: 4, clock: systemClock, log, ...options });
}

/** Goes to the site as the creator who is logged in there; says who that is, and in which browser. */
const visit = (creatorId: string) => chromium.withSession(creatorId, signal, visitWith);
async function visitWith(session: Session) {
  await session.page.goto(url);
  session.loggedIn = true;
  const [cookie] = await session.context.cookies();
  return { who: cookie?.value, browser: session.context.browser(), context: session.context };
}

/** Until what the browser does by itself has happened. */
const until = (condition: () => boolean) => expect.poll(condition, { timeout: 5_000 }).toBe(true);

test('after so many uses the next one has a new browser, and the logins of the old one', async () => {
  open({ maxOperations: 2 });
  const ada = await visit('ada');
  const bea = await visit('bea');
  const again = await visit('ada');
  expect(bea.browser).toBe(ada.browser);
  expect(again.browser).not.toBe(ada.browser);
  expect(again.who).toBe(ada.who);
  expect((await visit('bea')).who).toBe(bea.who);
  await until(() => ada.browser?.isConnected() === false);
  await until(() => chromium.health().sessions === 2);
  expect(chromium.health()).toMatchObject({ browser: 'running', operations: 4 });
});

test('a use under way keeps the old browser until it has ended, and its login is kept', async () => {
  open({ maxOperations: 1 });
  const go = Promise.withResolvers<void>();
  const inside = Promise.withResolvers<void>();
  const slow = chromium.withSession('ada', signal, async session => {
    const before = await visitWith(session);
    inside.resolve();
    await go.promise;
    return { before, after: await visitWith(session) };
  });
  await inside.promise;
  const bea = await visit('bea');
  go.resolve();
  const { before, after } = await slow;
  expect(bea.browser).not.toBe(before.browser);
  expect(after.who).toBe(before.who);
  await until(() => before.browser?.isConnected() === false);
  expect((await visit('ada')).who).toBe(before.who);
});

test('a use that never ends keeps the old browser for so long, then it is interrupted', async () => {
  open({ maxOperations: 1, timing: { retiredWithinMs: 300 } });
  const inside = Promise.withResolvers<Session>();
  const stuck = chromium.withSession('ada', signal, async session => {
    inside.resolve(session);
    await session.page.waitForEvent('popup', { timeout: 0 });
  });
  const caught = stuck.catch((error: unknown) => error);
  const { context } = await inside.promise;
  await visit('bea');
  expect(await caught).toBeInstanceOf(Interrupted);
  await until(() => context.browser()?.isConnected() === false);
  await visit('ada');
});

test('above the memory limit garbage is collected first, then idle sessions are closed, longest unused first, then the browser is replaced', async () => {
  let bytes = 500;
  open({ maxMemoryBytes: 100, memory: () => bytes, timing: { lookEveryMs: 0 }, maxSessions: 4 });
  bytes = 50;
  const ada = await visit('ada');
  const bea = await visit('bea');
  bytes = 500;
  const cleo = await visit('cleo');
  await until(() => chromium.health().memoryBytes === 500);
  expect(chromium.health().sessions).toBe(3);
  await visit('cleo');
  await until(() => log.of('idle sessions closed').length === 1);
  expect(chromium.health()).toMatchObject({ sessions: 1, memoryBytes: 500 });
  // cleo's is the only one left; a limit that still isn't kept costs the browser
  const dora = await visit('dora');
  await until(() => log.of('browser replaced').length === 1);
  await until(() => ada.browser?.isConnected() === false);
  bytes = 50;
  expect((await visit('cleo')).who).toBe(cleo.who);
  expect((await visit('ada')).who).toBe(ada.who);
  expect((await visit('bea')).who).toBe(bea.who);
  expect((await visit('dora')).browser).not.toBe(dora.browser);
});

test('above the memory limit pages give back their garbage', async () => {
  let bytes = 50;
  open({ maxMemoryBytes: 100, memory: () => bytes, timing: { lookEveryMs: 0 } });
  await chromium.withSession('ada', signal, async ({ page }) => {
    await page.goto(url);
    await page.evaluate('globalThis.left = new WeakRef(new Array(1_000).fill({}))');
  });
  const isLeft = () =>
    chromium.withSession('ada', signal, ({ page }) => page.evaluate('globalThis.left.deref() !== undefined'));
  expect(await isLeft()).toBe(true);
  bytes = 500;
  await visit('bea');
  bytes = 50;
  await expect.poll(isLeft).toBe(false);
});

test('where memory can not be read only uses count', async () => {
  open({ maxMemoryBytes: 1, memory: () => undefined, timing: { lookEveryMs: 0 } });
  const { browser } = await visit('ada');
  expect((await visit('ada')).browser).toBe(browser);
  expect(chromium.health()).not.toHaveProperty('memoryBytes');
});

test('the memory of a real browser is read, and shown', async () => {
  open({ timing: { lookEveryMs: 0 } });
  await visit('ada');
  const least = process.platform === 'linux' ? 50_000_000 : 0;
  await expect
    .poll(() => chromium.health().memoryBytes ?? 0, { timeout: 5_000 })
    .toBeGreaterThanOrEqual(least);
  expect(log.lines).toEqual([]);
});

test('a session that was used so often is replaced, with its login', async () => {
  open({ maxUses: 2 });
  const first = await visit('ada');
  expect((await visit('ada')).context).toBe(first.context);
  const third = await visit('ada');
  expect(third.context).not.toBe(first.context);
  expect(third.browser).toBe(first.browser);
  expect(third.who).toBe(first.who);
  await until(() => first.browser?.contexts().length === 1);
});

test('a session closed for want of room has its login the next time', async () => {
  open({ maxSessions: 1 });
  const ada = await visit('ada');
  await visit('bea');
  const again = await visit('ada');
  expect(again.context).not.toBe(ada.context);
  expect(again.who).toBe(ada.who);
});

test('what a site opens beside the page is closed after the use', async () => {
  open();
  const { context } = await chromium.withSession('ada', signal, async session => {
    await session.page.goto(url);
    const opened = session.page.waitForEvent('popup');
    await session.page.evaluate(address => void window.open(address), url);
    await opened;
    return session;
  });
  await until(() => context.pages().length === 1);
});
