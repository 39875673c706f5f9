import type { Clock } from '@huntaze/core/clock';
import type { Frame, Request, Response } from 'playwright-core';
import type { Session } from '../browser.ts';
import type { Credentials } from '../credentials.ts';
import type { Operation } from '../operation.ts';
import { ClientFault, firstLine, NeedsLogin, SiteFailure, Throttled } from '../outcome.ts';
import type { Slot } from '../slots.ts';
import { CHALLENGE_HEADING, LOGIN, OPERATIONS, type DataPage } from './labels.ts';
import { follow, isRedirect, type Hop, type Journey } from './navigate.ts';

/** One operation at the site: who, on which page, and how slots and credentials are had. */
export interface Visit {
  operation: Operation;
  session: Session;
  /** Scheme, host and port of the site. */
  origin: string;
  /** Waits for a slot; take it only when everything else is ready. */
  slot: () => Promise<Slot>;
  credentials: () => Promise<Credentials>;
  /** The slot that a login took and didn't use up. */
  carried?: Slot | undefined;
}

/** The site has forgotten the session. */
export class SessionGone extends Error {
  override readonly name = 'SessionGone';
}

/** Until the answer of a navigation. */
export const NAVIGATION_TIMEOUT_MS = 30_000;
/** Said of every page that stands before the site. */
const CHALLENGED = 'the site wants to see a person';
/** From the page's arrival until its own data is here. */
const DATA_TIMEOUT_MS = 20_000;
const DOCUMENT_TIMEOUT_MS = 10_000;
/** What a 429 without a readable Retry-After stands for: the site's window. */
const DEFAULT_RETRY_AFTER_MS = 60_000;

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
  const asked = page.waitForRequest(request => underWay && isData(request, visit.origin, target.data), {
    signal: watch,
    timeout: NAVIGATION_TIMEOUT_MS + DATA_TIMEOUT_MS,
  });
  // Awaited below, if the page arrives at all; until then its failing is not yet anybody's concern.
  asked.catch(() => undefined);
  try {
    const journey = await follow(page, clock, async arrived => {
      void arrived.then(() => (answered = true));
      await page.goto(visit.origin + target.path, {
        waitUntil: 'commit',
        timeout: NAVIGATION_TIMEOUT_MS,
        signal,
      });
    });
    await slot.answered();
    note(visit, journey, target.path);
    const { path, status } = await arrival(visit, target.path, journey);
    if (path === LOGIN.path || status === 401) throw new SessionGone();
    const challenge = page.getByRole('heading', { name: CHALLENGE_HEADING }).first();
    const request = await Promise.race([
      asked,
      challenge.waitFor({ signal: watch, timeout: DATA_TIMEOUT_MS }).then(() => undefined),
    ]).catch((error: unknown) => noData(visit, target, error));
    if (!request) throw new NeedsLogin(CHALLENGED);
    return await readJson(request, target.data, clock, signal);
  } finally {
    page.off('framenavigated', onNavigated);
    leaving.abort();
  }
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

/** A 429, and until when it holds. `Retry-After` is in seconds, or a date. */
function throttled(response: Response, path: string, clock: Clock): Throttled {
  const value = response.headers()['retry-after'] ?? '';
  const now = clock.now();
  const date = Date.parse(value);
  if (/^\d+$/.test(value)) return new Throttled(now + Number(value) * 1_000, path);
  return new Throttled(Number.isNaN(date) ? now + DEFAULT_RETRY_AFTER_MS : Math.max(now, date), path);
}

/** @throws SiteFailure for 5xx, ClientFault for all else that isn't 2xx */
function expectWell(status: number, path: string): void {
  if (status >= 500) throw new SiteFailure(`${path} answered ${status}`, path, status);
  if (status < 200 || status >= 300) throw new ClientFault(`${path} answered ${status}`, path, status);
}

function isData(request: Request, origin: string, path: string): boolean {
  const url = new URL(request.url());
  return url.origin === origin && url.pathname === path;
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

/** The JSON that a request is answered with, within the time that a page's data may take. */
async function readJson(request: Request, path: string, clock: Clock, signal: AbortSignal): Promise<unknown> {
  const enough = new AbortController();
  const late = clock.sleep(DATA_TIMEOUT_MS, AbortSignal.any([signal, enough.signal])).then(() => {
    throw new SiteFailure(`${path}: no answer in time`, path);
  });
  try {
    const response = await Promise.race([request.response(), late]);
    if (!response) throw new SiteFailure(`${path}: ${request.failure()?.errorText ?? 'no answer'}`, path);
    const status = response.status();
    if (status === 401) throw new SessionGone();
    if (status === 429) throw throttled(response, path, clock);
    expectWell(status, path);
    const body = await Promise.race([response.text(), late]).catch((error: unknown) => {
      throw new SiteFailure(`${path} broke off: ${firstLine(error)}`, path, status);
    });
    return parse(body, path, status);
  } finally {
    enough.abort();
    await late.catch(() => undefined);
  }
}

function parse(body: string, path: string, status: number): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // The parser's message would quote what is a person's.
    throw new ClientFault(`${path} is not JSON`, path, status);
  }
}
