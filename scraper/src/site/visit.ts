import type { Frame, Request } from 'playwright-core';
import type { Clock } from '@huntaze/core/clock';
import type { Session } from '../browser.ts';
import type { Credentials, SecretVersion } from '../credentials.ts';
import type { Journal } from '../journal.ts';
import type { Operation } from '../operation.ts';
import type { CodeDesk } from '../one-time-codes.ts';
import { firstLine, NeedsLogin, SiteFailure } from '../outcome.ts';
import type { Slot } from '../slots.ts';
import { DATA_TIMEOUT_MS, expectWell, SessionGone, throttled } from './answers.ts';
import { watchData } from './data.ts';
import { CHALLENGE_HEADING, LOGIN, OPERATIONS, type DataPage } from './labels.ts';
import { follow, isRedirect, type Hop, type Journey } from './navigate.ts';
import { expectThere } from './there.ts';

/** One operation at the site: who, on which page, and how slots and credentials are had. */
export interface Visit {
  operation: Operation;
  session: Session;
  /** Scheme, host and port of the site. */
  origin: string;
  /** Waits for a slot; take it only when everything else is ready. */
  slot: () => Promise<Slot>;
  /** Undefined where there is no such version. */
  credentials: (version: SecretVersion) => Promise<Credentials | undefined>;
  /** With which versions a login is tried, one after the other: two at most, since accounts get locked. */
  passwords: readonly SecretVersion[];
  /** Who has a one-time code, where the site asks for one. */
  codes: CodeDesk;
  journal: Journal;
  /** The login that was made for this attempt, if one was. */
  login?: Login | undefined;
  /** The session is another than the one that is kept, if one is. */
  unsaved: boolean;
  /** The slot that a login took and didn't use up. */
  carried?: Slot | undefined;
}

/** A login that the site has let in. */
export interface Login {
  credentials: Credentials;
  /** Just before the site was asked, ms since the epoch. */
  askedAtMs: number;
}

/** Until the answer of a navigation. */
export const NAVIGATION_TIMEOUT_MS = 30_000;
/** Said of every page that stands before the site. */
const CHALLENGED = 'the site wants to see a person';
const DOCUMENT_TIMEOUT_MS = 10_000;
/** A page that loads its data has begun by then; only one that hasn't is searched: that takes a third of an operation. */
const CHALLENGE_AFTER_MS = 500;

/**
 * Opens a page under a slot and returns the JSON that the page itself loads.
 * @throws SessionGone when the site sends us to the login, and the errors of outcome.ts
 */
export async function openDataPage(visit: Visit, target: DataPage): Promise<unknown> {
  const { page } = visit.session;
  const { signal, clock } = visit.operation;
  const slot = visit.carried ?? (await visit.slot());
  visit.carried = undefined;
  const leaving = new AbortController();
  const watch = AbortSignal.any([signal, leaving.signal]);
  // What the page before still asks for must not be taken for this one's: only requests after the new document's
  // arrival count. (Going to a blank page in between does the same, and takes 17 ms.)
  let answered = false;
  let underWay = false;
  const onNavigated = (frame: Frame) => {
    if (answered && frame === page.mainFrame()) underWay = true;
  };
  page.on('framenavigated', onNavigated);
  const data = watchData(
    page,
    target.data,
    request => underWay && isData(request, visit.origin, target.data),
  );
  try {
    const journey = await follow(page, clock, async arrived => {
      void arrived.then(() => (answered = true));
      await page.goto(visit.origin + target.path + (target.query ?? ''), {
        waitUntil: 'commit',
        timeout: NAVIGATION_TIMEOUT_MS,
        signal,
      });
    });
    await slot.answered();
    note(visit, journey, target.path);
    const { path, status } = await arrival(visit, target.path, journey);
    if (path === LOGIN.path || status === 401) throw new SessionGone();
    const challenge = clock.sleep(CHALLENGE_AFTER_MS, watch).then(async () => {
      const heading = page.getByRole('heading', { name: CHALLENGE_HEADING }).first();
      await heading.waitFor({ signal: watch, timeout: DATA_TIMEOUT_MS + CHALLENGE_AFTER_MS });
      return 'a challenge' as const;
    });
    challenge.catch(() => undefined);
    const seen = await Promise.race([
      data.asked.then(() => 'its data' as const),
      challenge,
      within(clock, watch),
    ]).catch((error: unknown) => noData(visit, target, error));
    if (seen === 'a challenge') throw new NeedsLogin(CHALLENGED);
    return await data.read(clock, signal);
  } finally {
    page.off('framenavigated', onNavigated);
    data.stop();
    leaving.abort();
  }
}

/**
 * Presses a button of the page that {@link openDataPage} has opened, and returns the JSON that it then loads.
 * Nothing is navigated to, so that no slot is needed.
 */
export async function pressForData(visit: Visit, target: DataPage, button: string): Promise<unknown> {
  const { page } = visit.session;
  const { signal, clock } = visit.operation;
  const leaving = new AbortController();
  const watch = AbortSignal.any([signal, leaving.signal]);
  const data = watchData(page, target.data, request => isData(request, visit.origin, target.data));
  try {
    const part = page.getByRole('button', { name: button, exact: true });
    const pressed = part.click({ signal: watch, timeout: DATA_TIMEOUT_MS });
    const asked = Promise.race([data.asked, within(clock, watch)]);
    await Promise.all([pressed, asked]).catch(async (error: unknown) => {
      signal.throwIfAborted();
      await expectThere(visit, target, `button "${button}"`, part);
      throw new SiteFailure(`${target.path} didn't load more: ${firstLine(error)}`, target.data);
    });
    return await data.read(clock, signal);
  } finally {
    data.stop();
    leaving.abort();
  }
}

/** @throws when a page hasn't asked for its data in the time that it may take */
async function within(clock: Clock, watch: AbortSignal): Promise<never> {
  await clock.sleep(DATA_TIMEOUT_MS, watch);
  throw new Error(`nothing was asked for in ${DATA_TIMEOUT_MS / 1_000} s`);
}

/**
 * Notes the answers to operations, as the audit needs them. `asked`: the operation that was navigated to; it
 * is noted with status 0 if no answer came, since the site may have counted it.
 */
export function note({ operation }: Visit, { hops, startedAtMs, endedAtMs }: Journey, asked?: string): void {
  for (const { path, status, startedAtMs: started, answeredAtMs } of hops)
    if (path.startsWith(OPERATIONS))
      operation.navigations.push({ path, started_at_ms: started, answered_at_ms: answeredAtMs, status });
  if (asked !== undefined && hops.length === 0)
    operation.navigations.push({
      path: asked,
      started_at_ms: startedAtMs,
      answered_at_ms: endedAtMs,
      status: 0,
    });
}

/**
 * Where a navigation led, if that is a page of the site and well. (A 401 is left to the caller.)
 * @throws what the answer stands for otherwise
 */
export async function arrival(visit: Visit, path: string, { hops, error }: Journey): Promise<Hop> {
  const last = hops.at(-1);
  if (!last || isRedirect(last.status))
    throw new SiteFailure(`${path}: no answer: ${firstLine(error ?? 'nothing came')}`, path);
  if (last.origin !== visit.origin) throw new NeedsLogin(`${path} led to another site (${last.origin})`);
  if (last.status === 429) throw throttled(last.response, last.path, visit.operation.clock);
  if (last.status !== 200 && (await isChallenge(visit))) throw new NeedsLogin(CHALLENGED);
  if (last.status !== 401) expectWell(last.status, last.path);
  if (error !== undefined && last.status !== 401)
    throw new SiteFailure(`${path} broke off: ${firstLine(error)}`, path, last.status);
  return last;
}

/** Whether the page that is open is one of those that stand before the site. */
async function isChallenge({ session: { page }, operation: { signal } }: Visit): Promise<boolean> {
  await page
    .waitForLoadState('domcontentloaded', { timeout: DOCUMENT_TIMEOUT_MS, signal })
    .catch(() => undefined);
  return page.getByRole('heading', { name: CHALLENGE_HEADING }).first().isVisible();
}

function isData(request: Request, origin: string, path: string): boolean {
  const url = new URL(request.url());
  return request.method() === 'GET' && url.origin === origin && url.pathname === path;
}

/** The page arrived but its data didn't: a page of ours failed, any other needs a person's eyes. */
async function noData(
  { session: { page }, operation: { signal } }: Visit,
  target: DataPage,
  error: unknown,
): Promise<never> {
  signal.throwIfAborted();
  if (await page.getByRole('heading', { name: target.heading, exact: true }).first().isVisible())
    throw new SiteFailure(`${target.path} didn't load its data: ${firstLine(error)}`, target.data);
  throw new NeedsLogin(`${target.path} shows a page that isn't known`);
}
