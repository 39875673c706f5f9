import { CODE_ASKED, CODE_WAIT_MS } from '@huntaze/core/one-time-code';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startTestAws, type TestAws } from '../../../local/src/aws/test-clients.ts';
import { ADA, openBrowsers, startAtSite } from '../../test-support/at-site.ts';
import { HandClock } from '../../test-support/clock.ts';
import { FakeLog, type FakeSiteState } from '../../test-support/fakes.ts';
import type { Browsers } from '../browser.ts';
import { codeDesk } from '../one-time-codes.ts';
import type { SavedSessions } from '../saved-sessions.ts';

// A login that asks for a one-time code, in a real browser; only the clock of the waiting is moved by hand.

const CODE = '493817';
const WRONG = '111222';

let log: FakeLog;
let chromium: Browsers;
let aws: TestAws;
let it: Awaited<ReturnType<typeof startAtSite>>;

beforeAll(async () => {
  chromium = openBrowsers(new FakeLog(), { load: async () => undefined });
  [aws] = await Promise.all([startTestAws({ buckets: ['results'] }), chromium.start()]);
});
afterAll(async () => {
  await chromium.close();
  await aws.close();
});
afterEach(() => it.site.close());

/** A creator without a session, whose account asks for a code; `entered` are the codes that a person has entered. */
async function start(landing = '/') {
  log = new FakeLog();
  const clock = new HandClock();
  const stop = new AbortController();
  const entered: string[] = [];
  let looks = 0;
  const store = {
    take: async () => {
      looks += 1;
      return entered.shift();
    },
  };
  const kept: string[] = [];
  const saved: SavedSessions = {
    load: async () => undefined,
    save: async (_, state) => void kept.push(JSON.stringify(state)),
    forget: async () => undefined,
  };
  const codesFor = (site: FakeSiteState) =>
    codeDesk({ store, site, clock, stop: stop.signal, mostWaiting: 1 });
  it = await startAtSite(chromium, aws.s3, log, { accounts: [ADA], landing }, saved, undefined, codesFor);
  it.site.askCode(ADA.email, CODE);
  const profile = it.operation('profile', 'profile.scrape', {});
  const lookedSoOften = () => looks;
  /** Resolves once the login has looked so often whether a code is there. */
  const looked = async (times: number) => {
    while (lookedSoOften() < times) await new Promise(resolve => setImmediate(resolve));
  };
  return { ...it, clock, stop, entered, kept, profile, looked, looks: lookedSoOften };
}

/** What must be nowhere that anybody reads. */
function expectNoCode(): void {
  const told = JSON.stringify([log.lines, it.results, it.siteState.told, chromium.trace(it.creatorId)]);
  for (const code of [CODE, WRONG]) expect(told).not.toContain(code);
}

test('a code that is entered while it waits is typed; the login is saved, and nothing is asked of a person any more', async () => {
  const { site, siteState, slots, clock, entered, kept, profile, looked, creatorId } = await start();
  const attempt = profile.attempt();
  await looked(2);
  expect(siteState.told).toEqual([['needs login', creatorId, CODE_ASKED]]);
  // No slot is held while a person looks for a phone.
  expect(slots.events).toEqual(['granted 1', 'unused 1']);
  entered.push(CODE);
  await clock.advance(1_000);
  expect(await attempt).toEqual({ kind: 'done' });
  expect(profile.result()).toMatchObject({ status: 'succeeded' });
  expect(siteState.told.slice(1)).toEqual([['lets in', creatorId]]);
  expect(site.logins()).toEqual({ accepted: 1, refused: 0 });
  // The one that the button took is the operation's own, as after a login without a code.
  expect(slots.events.slice(2)).toEqual(['granted 2', 'answered 2']);
  expect(kept).toHaveLength(1);
  expectNoCode();
});

test('a site that leads straight to an operation has its slot, too', async () => {
  const { slots, entered, profile, navigations } = await start('/my/profile');
  entered.push(CODE);
  expect(await profile.attempt()).toEqual({ kind: 'done' });
  expect(slots.events).toEqual([
    'granted 1',
    'unused 1',
    'granted 2',
    'answered 2',
    'granted 3',
    'answered 3',
  ]);
  expect(navigations()).toHaveLength(2);
  expect(profile.result()?.site.navigations).toHaveLength(2);
});

test('a wrong code can be entered again, and is said to have been one', async () => {
  const { site, siteState, slots, clock, entered, profile, looked, looks, creatorId } = await start();
  const attempt = profile.attempt();
  await looked(2);
  entered.push(WRONG);
  const before = looks();
  await clock.advance(1_000);
  await looked(before + 3);
  expect(siteState.told.at(-1)).toEqual([
    'needs login',
    creatorId,
    `${CODE_ASKED}: it didn't take the last one`,
  ]);
  entered.push(CODE);
  await clock.advance(1_000);
  expect(await attempt).toEqual({ kind: 'done' });
  expect(site.codes()).toEqual({ asked: 1, refused: 1 });
  expect(slots.events).toEqual(['granted 1', 'unused 1', 'granted 2', 'unused 2', 'granted 3', 'answered 3']);
  expectNoCode();
});

test('three wrong ones are enough: the message is kept, and a person is asked', async () => {
  const { site, entered, profile, siteState } = await start();
  entered.push(WRONG, WRONG, WRONG, CODE);
  expect(await profile.attempt()).toMatchObject({ kind: 'retry' });
  expect(site.codes().refused).toBe(3);
  expect(entered).toEqual([CODE]);
  expect(siteState.told.at(-1)?.[2]).toBe(`${CODE_ASKED}, and took none of 3`);
  expectNoCode();
});

test('none in time: the message is kept, no failure counts, no slot is held; one entered later is typed at the next login', async () => {
  const { site, slots, clock, entered, profile, looked, siteState } = await start();
  const attempt = profile.attempt();
  await looked(2);
  await clock.advance(CODE_WAIT_MS);
  expect(await attempt).toMatchObject({ kind: 'retry', retryInMs: 60_000 });
  expect(profile.ledger).toMatchObject({ state: 'forwarded', failures: 0 });
  expect(profile.result()).toBeUndefined();
  expect(siteState.told.at(-1)?.[2]).toBe(`${CODE_ASKED}: none was entered within 180 s`);
  expect(slots.events).toEqual(['granted 1', 'unused 1']);
  expect(site.logins().accepted).toBe(0);

  entered.push(CODE);
  expect(await profile.attempt()).toEqual({ kind: 'done' });
  expect(site.codes()).toEqual({ asked: 2, refused: 0 });
  expectNoCode();
});

test('the stop while it waits gives the message back at once', async () => {
  const { stop, profile, looked } = await start();
  const attempt = profile.attempt();
  await looked(2);
  stop.abort();
  expect(await attempt).toEqual({ kind: 'retry', retryInMs: 0 });
  expect(profile.ledger).toMatchObject({ state: 'forwarded', failures: 0 });
});

test('a site that has given the login up meanwhile: a person is asked', async () => {
  const { site, slots, clock, entered, profile, looked, siteState } = await start();
  const attempt = profile.attempt();
  await looked(2);
  site.dropSessions();
  entered.push(CODE);
  await clock.advance(1_000);
  expect(await attempt).toMatchObject({ kind: 'retry' });
  expect(siteState.told.at(-1)?.[2]).toBe(
    `${CODE_ASKED}, and let nobody in with it: the login has to begin anew`,
  );
  expect(slots.events.at(-1)).toBe('unused 2');
  expectNoCode();
});

test('no picture shows the code', async () => {
  const { entered, profile } = await start();
  entered.push(CODE);
  await profile.attempt();
  const signal = new AbortController().signal;
  const [plain, masked] = await chromium.withSession(it.creatorId, signal, async ({ page }) => {
    await page.setContent('<label>Code <input></label>');
    // A box that nothing marks as one for secrets: it is known by its label.
    const without = await chromium.screenshot(it.creatorId);
    await page.getByLabel('Code', { exact: true }).fill(CODE);
    return [without, await chromium.screenshot(it.creatorId)];
  });
  expect(Buffer.from(masked!).equals(Buffer.from(plain!))).toBe(true);
});
