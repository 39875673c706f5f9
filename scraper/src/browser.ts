import type { Clock } from '@huntaze/core/clock';
import { launch } from './browser/launch.ts';
import { within } from './browser/deadline.ts';
import { keptLogins } from './browser/logins.ts';
import { treeMemory } from './browser/memory.ts';
import { recycling, type RecycleOptions } from './browser/recycle.ts';
import { runningBrowser, TIMING, type Running, type Timing } from './browser/running.ts';
import { screenshotOf, type Session } from './browser/session.ts';
import type { TraceEvent } from './browser/trace.ts';
import { RETRY_MS, verdict } from './browser/verdict.ts';
import type { Log } from './log.ts';
import { firstLine, Interrupted } from './outcome.ts';
import { unsavedSessions, type SavedSessions } from './saved-sessions.ts';

export { BrowserMissing } from './browser/launch.ts';
export type { Session } from './browser/session.ts';

export interface Browsers {
  /** Launches the browser, if none is running. */
  start(): Promise<void>;
  /**
   * Runs `use` with the creator's session. A session whose use was aborted, or whose page is gone, is closed.
   * @throws Interrupted when the browser or the page crashed or hung, can't be had, or the session is in use
   */
  withSession<T>(creatorId: string, signal: AbortSignal, use: (session: Session) => Promise<T>): Promise<T>;
  /** The creator's page as it is now (PNG), without passwords; undefined when there is none. */
  screenshot(creatorId: string): Promise<Uint8Array | undefined>;
  /** What happened on the creator's page during its last use; undefined when too long ago. */
  trace(creatorId: string): TraceEvent[] | undefined;
  /** For whoever watches over the process. */
  health(): BrowserHealth;
  /** Closes every session and the browser, for good; uses under way are interrupted. */
  close(): Promise<void>;
}

interface BrowserHealth {
  browser: 'running' | 'starting' | 'absent';
  /** Open now. */
  sessions: number;
  /** Uses since the start of the process. */
  operations: number;
  /** Of the browser's processes, as last read; absent where it can't be read, or wasn't yet. */
  memoryBytes?: number;
}

export interface BrowserOptions {
  /** An executable Chromium or headless shell. */
  path: string;
  /** Whether the browser is put into its sandbox; it is, unless said. */
  sandbox?: boolean;
  /** Sessions kept open at most (about 20 MB each); those in use are never closed. */
  maxSessions: number;
  clock: Clock;
  log: Log;
  /** Where a creator's login is found that an earlier process has made. */
  saved?: Pick<SavedSessions, 'load'>;
  /** Uses after which the browser is replaced by a new one; absent: never for that. */
  maxOperations?: number;
  /** Memory of all its processes above which idle sessions are closed or the browser is replaced; absent: none. */
  maxMemoryBytes?: number;
  /** Uses after which a session is replaced by a new one, with its login. */
  maxUses?: number;
  memory?: RecycleOptions['memory'];
  timing?: Partial<Timing & Required<Pick<RecycleOptions, 'lookEveryMs'>>>;
}

/**
 * Playwright keeps what it knows of each request until its context is closed, or there are 10,000:
 * docs/decisions/0008-browser.md.
 */
export const MAX_USES = 200;
/** Creators whose login, or last trace, is remembered. */
const MAX_REMEMBERED = 256;
/** A browser that ends as soon as it was launched isn't launched more often than this for one use. */
const MAX_LAUNCHES = 2;
const CLOSE_TIMEOUT_MS = 5_000;
/** A request that we carry ourselves may still be answered when the browser has ended: 20 s at most. */
const AFTER_THE_END_MS = 30_000;

/**
 * One headless Chromium at a time for the whole process; another takes its place when it has served long enough, has
 * crashed, or hangs. Nothing here hides that a browser is automated.
 */
export function browsers(options: BrowserOptions): Browsers {
  const { clock, log, saved = unsavedSessions, timing } = options;
  const recycle = recycling({
    maxOperations: options.maxOperations ?? Infinity,
    maxMemoryBytes: options.maxMemoryBytes ?? Infinity,
    memory: options.memory ?? treeMemory,
    ...(timing?.lookEveryMs !== undefined && { lookEveryMs: timing.lookEveryMs }),
    clock,
    log,
  });
  const logins = keptLogins(MAX_REMEMBERED);
  const inUse = new Set<string>();
  /** Retired ones too, until they have ended. */
  const alive = new Set<Running>();
  let launching: Promise<Running> | undefined;
  /** The one that the next use gets. */
  let current: Running | undefined;
  let operations = 0;
  let closed = false;
  const last = new Map<string, { trace: TraceEvent[]; screenshot?: Uint8Array }>();

  async function launched(): Promise<Running> {
    const chromium = await launch(options.path, options.sandbox ?? true, clock);
    let made: Running | undefined;
    const running = await runningBrowser(chromium, {
      clock,
      log,
      logins,
      maxSessions: options.maxSessions,
      maxUses: options.maxUses ?? MAX_USES,
      timing: { ...TIMING, ...timing },
      // It may end before it is ours.
      onEnd: () => made && alive.delete(made),
    });
    if (chromium.browser.isConnected()) alive.add(running);
    made = running;
    if (closed) await running.end();
    return running;
  }

  /** The browser that serves; with `enter` it is reserved for a use. */
  async function serving(enter: boolean): Promise<Running> {
    for (let launches = 0; ;) {
      if (closed) throw new Error('it was closed');
      if (current && recycle.isDue(current)) current.retire();
      if (current && !current.retired && alive.has(current)) {
        if (enter) current.enter();
        return current;
      }
      if (launches === MAX_LAUNCHES) throw new Error('it ended as soon as it was launched');
      launches += 1;
      launching ??= launched().finally(() => (launching = undefined));
      current = await launching;
    }
  }

  function remember(creatorId: string, trace: TraceEvent[]): void {
    last.delete(creatorId);
    last.set(creatorId, { trace });
    const [oldest] = last.keys();
    if (last.size > MAX_REMEMBERED && oldest !== undefined) last.delete(oldest);
  }

  async function useOf<T>(
    browser: Running,
    creatorId: string,
    signal: AbortSignal,
    use: (session: Session) => Promise<T>,
  ): Promise<T> {
    const session = await browser.open(creatorId, () => saved.load(creatorId, signal)).catch(noBrowser);
    remember(creatorId, session.trace.events);
    try {
      return await browser.whileAlive(use(session), AFTER_THE_END_MS);
    } catch (error) {
      const seen = await verdict(error, browser, creatorId, session, { signal, clock, log });
      // It is closed with its browser, before anybody asks for a picture.
      const kept = last.get(creatorId);
      if (browser.retired && kept && browser.sessions.has(creatorId))
        await screenshotOf(session).then(
          png => (kept.screenshot = png),
          () => undefined,
        );
      throw seen;
    }
  }

  return {
    async start() {
      await serving(false);
    },

    async withSession(creatorId, signal, use) {
      if (inUse.has(creatorId)) throw new Interrupted("the creator's session is in use", RETRY_MS);
      inUse.add(creatorId);
      try {
        const browser = await serving(true).catch(noBrowser);
        operations += 1;
        try {
          return await useOf(browser, creatorId, signal, use);
        } finally {
          browser.release(creatorId);
          void recycle.look(browser);
        }
      } finally {
        inUse.delete(creatorId);
      }
    },

    async screenshot(creatorId) {
      const session = [...alive].map(({ sessions }) => sessions.get(creatorId)).find(Boolean);
      return session ? screenshotOf(session) : last.get(creatorId)?.screenshot;
    },

    trace: creatorId => last.get(creatorId)?.trace,

    health() {
      const ready = current && alive.has(current) && !current.retired;
      return {
        browser: ready ? 'running' : launching ? 'starting' : 'absent',
        sessions: [...alive].reduce((sum, { sessions }) => sum + sessions.size, 0),
        operations,
        ...(recycle.memoryBytes !== undefined && { memoryBytes: recycle.memoryBytes }),
      };
    },

    async close() {
      closed = true;
      await within(clock, CLOSE_TIMEOUT_MS, Promise.allSettled([launching]));
      await Promise.all([...alive].map(one => one.end()));
    },
  };
}

function noBrowser(error: unknown): never {
  throw new Interrupted(`no browser: ${firstLine(error)}`, RETRY_MS, { cause: error });
}
