import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import type { Clock } from '@huntaze/core/clock';
import type { StorageState } from '../saved-sessions.ts';
import { within } from './deadline.ts';
import { record, type Recorder } from './trace.ts';

/** One creator's corner of the browser: own cookies, own page, kept from one operation to the next. */
export interface Session {
  context: BrowserContext;
  page: Page;
  loggedIn: boolean;
  /** Where a secret stands that no page is trusted to hide: no picture shows it. */
  secret?: Locator;
}

/** A session as the browser keeps it. */
export interface KeptSession extends Session {
  uses: number;
  trace: Recorder;
}

const SCREENSHOT_TIMEOUT_MS = 5_000;
const LOGIN_TIMEOUT_MS = 5_000;
const PAGE_ANSWER_MS = 3_000;
/** Where a password or a one-time code may be seen: also where a page shows it in the clear. */
const SECRETS =
  'input[type="password"], input[autocomplete*="password"], input[name*="password" i], input[autocomplete*="one-time-code"]';

/** Opens a session, with the login of an earlier one if there is one. */
export async function openSession(
  browser: Browser,
  clock: Clock,
  login: StorageState | undefined,
): Promise<KeptSession> {
  const context = await browser.newContext({
    acceptDownloads: false,
    // Requests of a service worker can't be kept from being sent twice.
    serviceWorkers: 'block',
    ...(login && { storageState: login }),
  });
  try {
    const page = await context.newPage();
    return { context, page, loggedIn: login !== undefined, uses: 0, trace: record(page, clock) };
  } catch (error) {
    // The browser is gone, or too slow: no context may stay behind without its page.
    context.close().catch(() => undefined);
    throw error;
  }
}

/** The session's login, if it has one and tells it in time. Never rejects. */
export async function loginOf(
  { context, loggedIn }: Session,
  clock: Clock,
): Promise<StorageState | undefined> {
  if (!loggedIn) return undefined;
  return within(clock, LOGIN_TIMEOUT_MS, context.storageState()).catch(() => undefined);
}

/** The page as it is now (PNG), without what stands in boxes for passwords and codes. */
export function screenshotOf({ page, secret }: Session): Promise<Uint8Array> {
  const mask = [page.locator(SECRETS), ...(secret ? [secret] : [])];
  return page.screenshot({ timeout: SCREENSHOT_TIMEOUT_MS, mask });
}

/** Whether the page still runs; one whose script never ends doesn't. */
export async function pageAnswers({ page }: Session, clock: Clock): Promise<boolean> {
  const answer = page.evaluate('1').then(
    () => true,
    // It said something, at least: most likely that it is on its way to another page.
    () => true,
  );
  return (await within(clock, PAGE_ANSWER_MS, answer)) ?? false;
}

/**
 * Has the page's process give back at once what earlier documents have left; by itself it takes its time. Takes it some
 * 20 ms. Never rejects.
 */
export async function collectGarbage({ context, page }: Session): Promise<void> {
  try {
    const devtools = await context.newCDPSession(page);
    await devtools.send('HeapProfiler.collectGarbage');
    await devtools.detach();
  } catch {
    // The page is gone, and its garbage with it.
  }
}

/** Closes what a site has opened beside the session's page. */
export function closeOthers({ context, page }: Session): void {
  for (const other of context.pages()) if (other !== page) other.close().catch(() => undefined);
}
