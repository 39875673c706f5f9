import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '@huntaze/core/clock';
import type { OperationMessage } from '@huntaze/core/operations';
import { account } from '../../../local/src/site/accounts.ts';
import { startSite, type Site, type SiteOptions } from '../../../local/src/site/server.ts';
import { chromiumPath } from '../../test-support/chromium.ts';
import { FakeLog, FakeSlots, held, noJournal, profileBody } from '../../test-support/fakes.ts';
import { browsers, type Browsers } from '../browser.ts';
import type { Credentials } from '../credentials.ts';
import type { Operation } from '../operation.ts';
import {
  ClientFault,
  Interrupted,
  LeaseLost,
  NeedsLogin,
  SiteChanged,
  SiteFailure,
  Throttled,
} from '../outcome.ts';
import { siteDriver } from './driver.ts';

/** A real browser against the target site. */
const ADA = account('ada@example.com', 'correct horse');
const BEA = account('bea@example.com', 'battery staple');
const log = new FakeLog();
let chromium: Browsers;
let site: Site;
let slots: FakeSlots;

beforeAll(async () => {
  chromium = browsers({ path: chromiumPath(), maxSessions: 3, clock: systemClock, log });
  await chromium.start();
});
afterAll(() => chromium.close());
beforeEach(() => {
  slots = new FakeSlots();
});
afterEach(() => site.close());

let creators = 0;

/** A creator of its own for each test, with an account at a site of its own. */
async function start(options: Partial<SiteOptions> = {}, credentials: Credentials = ADA) {
  site = await startSite({
    port: 0,
    limit: 100,
    windowMs: 60_000,
    accounts: [ADA, BEA],
    clock: systemClock,
    ...options,
  });
  creators += 1;
  const creatorId = `creator-${creators}`;
  const abort = new AbortController();
  const driver = siteDriver({
    browsers: chromium,
    origin: site.url,
    slots: () => slots,
    credentials: async () => credentials,
    journal: noJournal,
  });
  const operation = (): Operation => ({
    operationId: 'op-1',
    creatorId,
    kind: 'profile.scrape',
    correlationId: 'corr-1',
    notAfter: undefined,
    message: held('m1', creatorId, Date.now()),
    body: JSON.parse(profileBody()) as OperationMessage,
    attempt: 1,
    startedAtMs: Date.now(),
    signal: abort.signal,
    clock: systemClock,
    log,
    effect: { tried: undefined, presumed: undefined, undecided: false },
    navigations: [],
    fits: new Set<string>(),
    probe: undefined,
  });
  const run = async () => {
    const running = operation();
    const data = await driver.run(running);
    return { data, navigations: running.navigations };
  };
  const failure = (running = operation()) =>
    driver.run(running).then(
      () => undefined,
      (error: unknown) => error,
    );
  return { driver, operation, run, failure, abort, creatorId };
}

test('logs in and reads the profile, in one slot, and says when the site was asked', async () => {
  const { run } = await start();
  const { data, navigations } = await run();
  expect(data).toEqual(ADA.profile);
  expect(slots.events).toEqual(['granted 1', 'answered 1']);
  expect(navigations).toEqual([
    {
      path: '/my/profile',
      status: 200,
      started_at_ms: expect.any(Number) as number,
      answered_at_ms: expect.any(Number) as number,
    },
  ]);
  const [asked] = navigations;
  const [seen] = site.log();
  expect(seen).toMatchObject({ account: ADA.email, path: '/my/profile', status: 200 });
  expect(asked?.started_at_ms).toBeLessThanOrEqual(seen?.at_ms as number);
  expect(asked?.answered_at_ms).toBeGreaterThanOrEqual(seen?.at_ms as number);
});

test('the second operation finds the session open: one navigation, no login', async () => {
  const { run } = await start();
  await run();
  await run();
  expect(site.log().map(entry => entry.status)).toEqual([200, 200]);
  expect(slots.events).toEqual(['granted 1', 'answered 1', 'granted 2', 'answered 2']);
});

test("creators don't see each other's sessions", async () => {
  const ada = await start();
  await ada.run();
  await site.close();
  const bea = await start({}, BEA);
  expect((await bea.run()).data).toEqual(BEA.profile);
});

test('a login that leads straight to an operation has used up its slot', async () => {
  const { run } = await start({ landing: '/my/profile' });
  const { data, navigations } = await run();
  expect(data).toEqual(ADA.profile);
  expect(slots.events).toEqual(['granted 1', 'answered 1', 'granted 2', 'answered 2']);
  expect(navigations).toHaveLength(2);
  expect(site.log()).toHaveLength(2);
});

test('a session that was dropped is replaced once, each navigation in its own slot', async () => {
  const { run } = await start();
  await run();
  site.fault({ kind: 'session-dropped' });
  const { data, navigations } = await run();
  expect(data).toEqual(ADA.profile);
  expect(navigations.map(({ status }) => status)).toEqual([302, 200]);
  expect(slots.events.slice(2)).toEqual(['granted 2', 'answered 2', 'granted 3', 'answered 3']);
});

test('a site that drops every session is left to a person', async () => {
  const { failure } = await start();
  site.fault({ kind: 'session-dropped', times: 3 });
  expect(await failure()).toBeInstanceOf(NeedsLogin);
  expect(site.log()).toHaveLength(2);
});

test('a session that only the data denies is replaced, although its cookie would still open the site', async () => {
  const { run } = await start();
  await run();
  site.fault({ kind: 'data', status: 401, body: {} });
  const { data, navigations } = await run();
  expect(data).toEqual(ADA.profile);
  expect(navigations).toHaveLength(2);
});

test("an earlier page's requests are never taken for this page's data", async () => {
  const { run, creatorId, abort } = await start();
  for (let i = 0; i < 5; i += 1) {
    expect((await run()).data).toEqual(ADA.profile);
    await chromium.withSession(creatorId, abort.signal, ({ page }) =>
      page.evaluate(() => void setInterval(() => void fetch('/api2/v2/users/me').catch(() => undefined), 1)),
    );
  }
});

test('429: until the time the site named', async () => {
  const { run, failure } = await start();
  await run();
  site.fault({ kind: 'throttled', retryAfterSeconds: 37 });
  const before = Date.now();
  const error = await failure();
  expect(error).toBeInstanceOf(Throttled);
  expect((error as Throttled).untilMs).toBeGreaterThanOrEqual(before + 37_000);
  expect((error as Throttled).untilMs).toBeLessThanOrEqual(Date.now() + 37_000);
  expect(slots.events.at(-1)).toBe('answered 2');
});

test.each(['', '<h1>Oops</h1>'])(
  '500 with the body "%s" is a failure of the site; then all is well',
  async body => {
    const { run, operation, failure } = await start();
    site.fault({ kind: 'status', status: 500, body });
    const failed = operation();
    expect(await failure(failed)).toMatchObject({ name: 'SiteFailure', status: 500, path: '/my/profile' });
    expect(failed.navigations.map(({ status }) => status)).toEqual([500]);
    expect((await run()).data).toEqual(ADA.profile);
  },
);

test('404 is a fault of ours', async () => {
  const { failure } = await start();
  site.fault({ kind: 'status', status: 404 });
  expect(await failure()).toMatchObject({ name: 'ClientFault', status: 404, path: '/my/profile' });
});

test('a connection that is cut: no answer, but the slot counts', async () => {
  const { operation, failure } = await start();
  // Chromium itself asks again once over a fresh connection.
  site.fault({ kind: 'cut', times: 2 });
  const failed = operation();
  expect(await failure(failed)).toBeInstanceOf(SiteFailure);
  expect(failed.navigations.map(({ status }) => status)).toEqual([0]);
  // Chromium sends a request once more, by itself and at once, when a connection that it had used before breaks
  // without an answer: the one case in which the site sees two navigations in one slot.
  expect(site.log()).toHaveLength(2);
  expect(slots.events).toEqual(['granted 1', 'answered 1']);
});

test('data of another shape: names the fields and their types, never a value', async () => {
  const { failure } = await start();
  site.fault({ kind: 'data', body: { ...ADA.profile, subscribersCount: 'quite-a-few', name: undefined } });
  const error = await failure();
  expect(error).toEqual(
    new SiteChanged(
      'the site\'s answer for /api2/v2/users/me changed: field "name" must be text, it is missing; ' +
        'field "subscribersCount" must be a whole number, it is text',
      '/api2/v2/users/me',
      ['name', 'subscribersCount'],
    ),
  );
});

test.each([
  [503, SiteFailure],
  [403, ClientFault],
])('data answered with %i', async (status, type) => {
  const { failure } = await start();
  site.fault({ kind: 'data', status, body: {} });
  const error = await failure();
  expect(error).toBeInstanceOf(type);
  expect(error).toMatchObject({ status, path: '/api2/v2/users/me' });
});

test.each([200, 403, 503])('a challenge page with status %i needs a person', async status => {
  const { failure } = await start();
  site.fault({ kind: 'challenge', status });
  expect(await failure()).toBeInstanceOf(NeedsLogin);
});

test('a wrong password needs a person; its slot was not used, and nothing shows the password', async () => {
  const { failure } = await start({}, { email: ADA.email, password: 'hunter2' });
  const error = await failure();
  expect(error).toBeInstanceOf(NeedsLogin);
  expect(slots.events).toEqual(['granted 1', 'unused 1']);
  expect(site.log()).toEqual([]);
  expect(JSON.stringify([error, (error as Error).stack, log.lines])).not.toContain('hunter2');
});

test('a lost lease breaks off a navigation under way, and the slot counts', async () => {
  const { failure, abort, run, creatorId } = await start();
  await run();
  site.fault({ kind: 'silence' });
  const failed = failure();
  while (site.log().length < 2) await new Promise(setImmediate);
  abort.abort(new LeaseLost('lost'));
  expect(await failed).toBeDefined();
  expect(slots.events.at(-1)).toBe('answered 2');
  expect(await chromium.screenshot(creatorId)).toBeUndefined();
});

test('while no slot is granted the site is not asked', async () => {
  const { failure, abort } = await start();
  slots.refusals = Array.from({ length: 100 }, () => 1_000);
  slots.onTake = () => abort.abort(new LeaseLost('lost'));
  expect(await failure()).toBeInstanceOf(LeaseLost);
  expect(site.log()).toEqual([]);
  expect(slots.events).toEqual(['unused 1']);
});

test('a creator is in one place at a time', async () => {
  const { failure, run } = await start();
  const first = run();
  expect(await failure()).toBeInstanceOf(Interrupted);
  await first;
});

test('sessions beyond the bound are closed, the longest unused first', async () => {
  const first = await start();
  await first.run();
  expect((await chromium.screenshot(first.creatorId))?.length).toBeGreaterThan(100);
  for (let i = 0; i < 3; i += 1) {
    await site.close();
    await (await start()).run();
  }
  expect(await chromium.screenshot(first.creatorId)).toBeUndefined();
});
