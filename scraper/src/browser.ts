import { access, constants } from 'node:fs/promises';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import type { Clock } from '@huntaze/core/clock';
import type { Log } from './log.ts';
import { firstLine, Interrupted } from './outcome.ts';
import { unsavedSessions, type SavedSessions } from './saved-sessions.ts';

/** One creator's corner of the browser: own cookies, own page, kept from one operation to the next. */
export interface Session {
  context: BrowserContext;
  page: Page;
  loggedIn: boolean;
}

export interface Browsers {
  /** Launches the browser, if none is running. */
  start(): Promise<void>;
  /**
   * Runs `use` with the creator's session. A session whose use was aborted, or whose page is gone, is closed.
   * @throws Interrupted when the browser or the page crashed, or the session is in use
   */
  withSession<T>(creatorId: string, signal: AbortSignal, use: (session: Session) => Promise<T>): Promise<T>;
  /** The creator's page as it is now; undefined when there is none. */
  screenshot(creatorId: string): Promise<Uint8Array | undefined>;
  /** Closes every session and the browser. */
  close(): Promise<void>;
}

/** There is no browser where CHROMIUM_PATH says; the message is one line that says what to do. */
export class BrowserMissing extends Error {
  override readonly name = 'BrowserMissing';
}

const ARGUMENTS = [
  // Its own calls home are traffic that we pay for and that nobody asked for.
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
  // What we read is JSON: pictures only cost time (24 % on a heavy page).
  '--blink-settings=imagesEnabled=false',
];
const LAUNCH_TIMEOUT_MS = 30_000;
const SCREENSHOT_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 5_000;
const CRASH_RETRY_MS = 2_000;

export interface BrowserOptions {
  /** An executable Chromium or headless shell. */
  path: string;
  /** Sessions kept open at most (about 20 MB each); those in use are never closed. */
  maxSessions: number;
  clock: Clock;
  log: Log;
  /** Where a creator's login is found that an earlier context, or process, has made. */
  saved?: Pick<SavedSessions, 'load'>;
}

/**
 * One headless Chromium for the whole process. Chromium's sandbox needs another user than root.
 * Nothing here hides that a browser is automated.
 */
export function browsers({
  path,
  maxSessions,
  clock,
  log,
  saved = unsavedSessions,
}: BrowserOptions): Browsers {
  let launching: Promise<Browser> | undefined;
  /** In the order of their last use. */
  const sessions = new Map<string, Session>();
  const inUse = new Set<string>();

  async function launch(): Promise<Browser> {
    await access(path, constants.X_OK).catch(() => {
      throw new BrowserMissing(
        `no browser at ${path}: install Chromium (Debian: chromium-headless-shell) or set CHROMIUM_PATH to one`,
      );
    });
    const browser = await chromium.launch({
      executablePath: path,
      args: ARGUMENTS,
      chromiumSandbox: process.getuid?.() !== 0,
      timeout: LAUNCH_TIMEOUT_MS,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
    browser.on('disconnected', () => {
      launching = undefined;
      sessions.clear();
    });
    return browser;
  }

  async function running(): Promise<Browser> {
    launching ??= launch();
    try {
      return await launching;
    } catch (error) {
      launching = undefined;
      throw error;
    }
  }

  async function open(creatorId: string, signal: AbortSignal): Promise<Session> {
    let session = sessions.get(creatorId);
    if (session) {
      sessions.delete(creatorId);
    } else {
      const browser = await running();
      const storageState = await saved.load(creatorId, signal);
      const context = await browser.newContext({
        acceptDownloads: false,
        // Requests of a service worker can't be kept from being sent twice.
        serviceWorkers: 'block',
        ...(storageState && { storageState }),
      });
      const page = await context.newPage();
      const opened = { context, page, loggedIn: storageState !== undefined };
      // Calls to a crashed page may never end; closing its context ends them.
      page.on('crash', () => discard(creatorId, opened));
      session = opened;
    }
    sessions.set(creatorId, session);
    for (const [other, idle] of sessions)
      if (sessions.size > maxSessions && !inUse.has(other)) discard(other, idle);
    return session;
  }

  function discard(creatorId: string, session: Session): void {
    if (sessions.get(creatorId) === session) sessions.delete(creatorId);
    session.context.close().catch((error: unknown) => {
      log.warn('session not closed', { creator_id: creatorId, error: firstLine(error) });
    });
  }

  return {
    async start() {
      await running();
    },

    async withSession(creatorId, signal, use) {
      if (inUse.has(creatorId)) throw new Interrupted("the creator's session is in use", CRASH_RETRY_MS);
      inUse.add(creatorId);
      try {
        const session = await open(creatorId, signal).catch((error: unknown) => {
          throw new Interrupted(`no browser: ${firstLine(error)}`, CRASH_RETRY_MS, { cause: error });
        });
        try {
          return await use(session);
        } catch (error) {
          if (session.page.isClosed() || sessions.get(creatorId) !== session)
            throw new Interrupted('the browser crashed', CRASH_RETRY_MS, { cause: error });
          // A page that was stopped halfway must not go on by itself.
          if (signal.aborted) discard(creatorId, session);
          throw error;
        }
      } finally {
        inUse.delete(creatorId);
      }
    },

    async screenshot(creatorId) {
      const page = sessions.get(creatorId)?.page;
      return page?.screenshot({ timeout: SCREENSHOT_TIMEOUT_MS });
    },

    async close() {
      const browser = await launching?.catch(() => undefined);
      launching = undefined;
      sessions.clear();
      // One that hangs dies with this process at the latest.
      const closed = new AbortController();
      await Promise.race([
        browser?.close().finally(() => closed.abort()),
        clock.sleep(CLOSE_TIMEOUT_MS, closed.signal).catch(() => undefined),
      ]);
    },
  };
}
