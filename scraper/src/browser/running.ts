import type { Clock } from '@huntaze/core/clock';
import type { Log } from '../log.ts';
import { firstLine } from '../outcome.ts';
import type { StorageState } from '../saved-sessions.ts';
import { within } from './deadline.ts';
import type { Chromium } from './launch.ts';
import type { Logins } from './logins.ts';
import { closeOthers, collectGarbage, loginOf, openSession, type KeptSession } from './session.ts';
import { refuseUnwanted } from './unwanted.ts';

/** How often a browser in use is asked whether it still answers, and how long it may take. */
const PULSE_EVERY_MS = 10_000;
const PULSE_WITHIN_MS = 15_000;
/** What is still in use so long after a browser was retired is broken off. */
const RETIRED_WITHIN_MS = 600_000;
/** Until a browser that was launched has taken its first orders. */
const STARTING_WITHIN_MS = 10_000;
/** Until a context and a page are there. A busy machine takes a second. */
const OPENING_WITHIN_MS = 60_000;
/** Until the sessions of a browser that nobody uses have told their logins. */
const CLOSING_WITHIN_MS = 10_000;
/** Until the pages of a browser have collected their garbage: one whose script never ends doesn't. */
const COLLECTING_WITHIN_MS = 5_000;
/** Uses without media or fonts after which requests aren't looked at any more. */
const QUIET_USES = 50;

export interface Timing {
  pulseEveryMs: number;
  pulseWithinMs: number;
  retiredWithinMs: number;
}
export const TIMING: Timing = {
  pulseEveryMs: PULSE_EVERY_MS,
  pulseWithinMs: PULSE_WITHIN_MS,
  retiredWithinMs: RETIRED_WITHIN_MS,
};

/** A browser with the sessions in it. */
export interface Running {
  readonly chromium: Chromium;
  /** In the order of their last use. */
  readonly sessions: ReadonlyMap<string, KeptSession>;
  /** Uses that have begun. */
  readonly operations: number;
  readonly retired: boolean;
  /** Reserves it for a use: it isn't closed before {@link release}. */
  enter(): void;
  /** The creator's session, opened if need be. Only after {@link enter}, and one use of a creator at a time. */
  open(creatorId: string, load: () => Promise<StorageState | undefined>): Promise<KeptSession>;
  /**
   * What `work` comes to. Calls to a browser that has ended are rejected, mostly; one that was under way just then may
   * never be heard of again (a page that was being opened, for one), so `graceMs` after the browser's end it is given up.
   * @throws what `work` throws; an Error when it is given up
   */
  whileAlive<T>(work: Promise<T>, graceMs: number): Promise<T>;
  release(creatorId: string): void;
  /** Closes a session; its login is lost, unless `keepLogin`. */
  discard(creatorId: string, session: KeptSession, keepLogin?: boolean): void;
  /** Has every page give back what earlier documents have left. Never rejects. */
  collectGarbage(): Promise<void>;
  /** Closes sessions that aren't in use, longest unused first, `count` at most; says how many. */
  closeIdle(count: number): number;
  /** No further use: idle sessions are closed now, those in use when they end, and then the browser. */
  retire(): void;
  /** Closes it, whoever uses it. Never rejects. */
  end(): Promise<void>;
}

export interface RunningOptions {
  clock: Clock;
  log: Log;
  logins: Logins;
  /** Sessions kept open at most; those in use are never closed. */
  maxSessions: number;
  /** Uses after which a session is replaced by a new one with the same login. */
  maxUses: number;
  timing: Timing;
  /** Told once, when it has ended, for whatever reason. */
  onEnd: () => void;
}

/** Takes care of a browser that was launched: its sessions, its pulse, its end. */
export async function runningBrowser(chromium: Chromium, options: RunningOptions): Promise<Running> {
  const { clock, log, logins, maxSessions, maxUses, timing } = options;
  const sessions = new Map<string, KeptSession>();
  const inUse = new Set<string>();
  /** Sessions that are being closed: their logins are on the way. */
  const closing = new Set<Promise<void>>();
  const over = new AbortController();
  let entered = 0;
  let operations = 0;
  let retired = false;
  let ending: Promise<void> | undefined;

  chromium.browser.on('disconnected', () => {
    over.abort();
    sessions.clear();
    options.onEnd();
  });
  const refusing = refuseUnwanted(chromium.devtools, QUIET_USES, error => {
    if (!over.signal.aborted) log.warn('media not refused', { error: firstLine(error) });
  });
  const unwanted = await whileAlive(inTime(STARTING_WITHIN_MS, refusing), 0).catch(async (error: unknown) => {
    await chromium.end();
    throw error;
  });
  void watch();

  /** Calls to a browser that hangs never return, so somebody else must notice. */
  async function watch(): Promise<void> {
    while (await slept(timing.pulseEveryMs))
      if (entered > 0 && !(await chromium.answers(timing.pulseWithinMs)) && !over.signal.aborted) {
        log.error('browser hangs', { pid: chromium.pid });
        return chromium.kill();
      }
  }

  /** Whether the browser is still there after `ms`. */
  function slept(ms: number): Promise<boolean> {
    return clock.sleep(ms, over.signal).then(
      () => true,
      () => false,
    );
  }

  function discard(creatorId: string, session: KeptSession, keepLogin = false): void {
    if (sessions.get(creatorId) === session) sessions.delete(creatorId);
    const login = keepLogin ? loginOf(session, clock) : Promise.resolve(undefined);
    if (keepLogin && session.loggedIn) logins.put(creatorId, login);
    const closed = login
      .then(() => session.context.close())
      .catch((error: unknown) => {
        log.warn('session not closed', { creator_id: creatorId, error: firstLine(error) });
      })
      .finally(() => closing.delete(closed));
    closing.add(closed);
  }

  function closeIdle(count: number): number {
    const idle = [...sessions].filter(([creatorId]) => !inUse.has(creatorId)).slice(0, Math.max(0, count));
    for (const [creatorId, session] of idle) discard(creatorId, session, true);
    return idle.length;
  }

  async function whileAlive<T>(work: Promise<T>, graceMs: number): Promise<T> {
    const settled = new AbortController();
    const gone = new Promise<never>((_, reject) => {
      const giveUp = () => {
        const after = clock.sleep(graceMs, settled.signal);
        after.then(
          () => reject(new Error('the browser has ended')),
          () => undefined,
        );
      };
      if (over.signal.aborted) giveUp();
      else over.signal.addEventListener('abort', giveUp, { once: true, signal: settled.signal });
    });
    work.catch(() => undefined);
    try {
      return await Promise.race([work, gone]);
    } finally {
      settled.abort();
    }
  }

  async function fresh(
    creatorId: string,
    load: () => Promise<StorageState | undefined>,
  ): Promise<KeptSession> {
    const login = (await logins.take(creatorId)) ?? (await load());
    const opening = openSession(chromium.browser, clock, login);
    const session = await whileAlive(inTime(OPENING_WITHIN_MS, opening), 0).catch((error: unknown) => {
      // One that comes too late is closed again.
      opening.then(({ context }) => context.close()).catch(() => undefined);
      if (login) logins.put(creatorId, Promise.resolve(login));
      throw error;
    });
    // Calls to a crashed page may never end; closing its context ends them.
    session.page.on('crash', () => discard(creatorId, session));
    session.page.on('request', request => unwanted.asked(request));
    return session;
  }

  /** @throws when nothing has come in time */
  async function inTime<T>(ms: number, coming: Promise<T & object>): Promise<T & object> {
    const come = await within(clock, ms, coming);
    if (come) return come;
    throw new Error(`it has answered nothing for ${ms / 1_000} s`);
  }

  /** Nobody uses it any more. */
  async function leave(): Promise<void> {
    await within(clock, CLOSING_WITHIN_MS, Promise.all(closing));
    return end();
  }

  function end(): Promise<void> {
    ending ??= chromium.end();
    return ending;
  }

  return {
    chromium,
    sessions,
    get operations() {
      return operations;
    },
    get retired() {
      return retired;
    },
    enter() {
      entered += 1;
      operations += 1;
    },
    async open(creatorId, load) {
      inUse.add(creatorId);
      const kept = sessions.get(creatorId);
      if (kept && kept.uses >= maxUses) discard(creatorId, kept, true);
      const session = sessions.get(creatorId) ?? (await fresh(creatorId, load));
      // The one used last stands last.
      sessions.delete(creatorId);
      sessions.set(creatorId, session);
      closeIdle(sessions.size - maxSessions);
      session.uses += 1;
      session.trace.begin();
      unwanted.used();
      return session;
    },
    whileAlive,
    release(creatorId) {
      entered -= 1;
      inUse.delete(creatorId);
      const session = sessions.get(creatorId);
      if (session) closeOthers(session);
      if (!retired) return;
      if (session) discard(creatorId, session, true);
      if (entered === 0) void leave();
    },
    discard,
    async collectGarbage() {
      await within(clock, COLLECTING_WITHIN_MS, Promise.all([...sessions.values()].map(collectGarbage)));
    },
    closeIdle,
    retire() {
      if (retired) return;
      retired = true;
      closeIdle(sessions.size);
      if (entered === 0) void leave();
      else void slept(timing.retiredWithinMs).then(still => (still ? end() : undefined));
    },
    end,
  };
}
