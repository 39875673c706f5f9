import { systemClock, type Clock } from '@huntaze/core/clock';
import type { S3Client } from '@aws-sdk/client-s3';
import { browsers, type Browsers } from '../src/browser.ts';
import type { Credentials, SecretVersion } from '../src/credentials.ts';
import { gate } from '../src/gate.ts';
import { s3Journal } from '../src/journal.ts';
import type { CodeDesk } from '../src/one-time-codes.ts';
import type { SavedSessions, StorageState } from '../src/saved-sessions.ts';
import { siteDriver } from '../src/site/driver.ts';
import { worker } from '../src/work.ts';
import { account } from '../../local/src/site/accounts.ts';
import { startSite, type Site, type SiteOptions } from '../../local/src/site/server.ts';
import { chromiumPath } from './chromium.ts';
import {
  FakeLedger,
  FakeLog,
  FakeQueue,
  FakeResults,
  FakeSiteState,
  FakeSlots,
  held,
  noBreaker,
  noMetrics,
  profileBody,
} from './fakes.ts';

export const ADA = account('ada@example.com', 'correct horse');

/** The machine's clock, which a test can put forward. */
class ShiftedClock implements Clock {
  shiftMs = 0;
  now(): number {
    return systemClock.now() + this.shiftMs;
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal);
  }
}

/** Sessions that were made without the browser, since most tests are about what comes after a login. */
const sessions = new Map<string, StorageState>();

export function openBrowsers(log: FakeLog, saved?: Pick<SavedSessions, 'load'>): Browsers {
  return browsers({
    path: chromiumPath(),
    maxSessions: 3,
    clock: systemClock,
    log,
    saved: saved ?? { load: async creatorId => sessions.get(creatorId) },
  });
}

async function logIn(site: Site): Promise<StorageState> {
  const answer = await fetch(`${site.url}/login`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ email: ADA.email, password: ADA.password }),
  });
  const [name, value] = (answer.headers.get('set-cookie') ?? '').split(/[=;]/) as [string, string];
  const cookie = { name, value, domain: '127.0.0.1', path: '/', expires: -1 };
  return { cookies: [{ ...cookie, httpOnly: true, secure: false, sameSite: 'Lax' }], origins: [] };
}

let creators = 0;

/** A site of its own and a creator of its own; operations are worked on as in the real process. */
export async function startAtSite(
  firstChromium: Browsers,
  s3: S3Client,
  log: FakeLog,
  options: Partial<SiteOptions> = {},
  saved?: SavedSessions,
  /** Which versions its secret has; absent: the right ones, whichever is asked for. */
  readSecret?: (version: SecretVersion) => Credentials | undefined,
  /** Who has its one-time codes; absent: nobody. */
  codesFor?: (siteState: FakeSiteState) => CodeDesk,
) {
  const clock = new ShiftedClock();
  const site: Site = await startSite({
    port: 0,
    limit: 100,
    windowMs: 60_000,
    accounts: [ADA],
    clock,
    ...options,
  });
  creators += 1;
  const creatorId = `creator-${creators}`;
  if (!saved) sessions.set(creatorId, await logIn(site));
  const slots = new FakeSlots();
  const results = new FakeResults();
  const queue = new FakeQueue();
  const ledgers = new Map<string, FakeLedger>();
  const ledgerOf = (id: string) => {
    const ledger = ledgers.get(id) ?? new FakeLedger();
    ledgers.set(id, ledger);
    return ledger;
  };
  const journal = s3Journal(s3, 'results', {
    note: (ids, tried) => ledgerOf(ids.operationId).note(ids, tried),
  });
  const siteState = new FakeSiteState();
  const codes = codesFor?.(siteState);
  let logins = 0;
  const driverOf = (chromium: Browsers) =>
    siteDriver({
      browsers: chromium,
      origin: site.url,
      slots: () => slots,
      credentials: async (_, version) => {
        logins += 1;
        return readSecret ? readSecret(version) : ADA;
      },
      journal,
      ...(codes && { codes }),
      ...(saved && { saved }),
    });
  let driver = driverOf(firstChromium);
  const lease = new AbortController();
  const common = {
    queue,
    results,
    clock,
    log,
    maxFailures: 2,
    metrics: noMetrics,
    breaker: noBreaker,
    site: siteState,
    gate: gate(),
  };

  /** An operation, and one attempt at it after the other. */
  function operation(operationId: string, kind: string, params: Record<string, unknown>) {
    const id = `${creatorId}-${operationId}`;
    const body = profileBody({
      operation_id: id,
      creator_id: creatorId,
      kind,
      params,
      requested_at: new Date(clock.now()).toISOString(),
    });
    let receives = 0;
    return {
      id,
      get ledger() {
        return ledgerOf(id);
      },
      /** Redis forgets it. */
      forget: () => ledgers.set(id, Object.assign(new FakeLedger(), { known: false })),
      attempt: (again: { receives?: number; lease?: AbortSignal } = {}) => {
        receives = again.receives ?? receives + 1;
        const work = worker(
          { ...common, driver, ledger: ledgerOf(id), random: () => 0 },
          new AbortController().signal,
        );
        return work({ ...held('m1', creatorId, clock.now(), body), receives }, again.lease ?? lease.signal);
      },
      result: () => results.results.findLast(result => result.operation_id === id),
    };
  }
  const effects = () => site.log().filter(entry => entry.effect !== undefined);
  const navigations = () => site.log().filter(entry => entry.effect === undefined);
  return {
    site,
    siteState,
    clock,
    slots,
    results,
    queue,
    creatorId,
    operation,
    effects,
    navigations,
    /** How often somebody has logged in. */
    logins: () => logins,
    /** Goes on with another browser. */
    use: (chromium: Browsers) => (driver = driverOf(chromium)),
  };
}
