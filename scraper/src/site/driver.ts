import type { Kind } from '@huntaze/core/operations';
import type { Browsers, Session } from '../browser.ts';
import type { ReadCredentials } from '../credentials.ts';
import type { Operation } from '../operation.ts';
import { NeedsLogin } from '../outcome.ts';
import { takeSlot, type SlotWindow } from '../slots.ts';
import type { Driver } from '../work.ts';
import { logIn } from './login.ts';
import { scrapeProfile } from './profile.ts';
import { SessionGone, type Visit } from './visit.ts';

/** How each kind of operation is done. A kind that isn't here is not supported by this version. */
const KINDS: Partial<Record<Kind, (visit: Visit) => Promise<unknown>>> = {
  'profile.scrape': scrapeProfile,
};

export interface SiteOptions {
  browsers: Browsers;
  /** The site's address; nothing is opened outside it. */
  origin: string;
  /** The window that holds for a creator. */
  slots: (creatorId: string) => SlotWindow;
  credentials: ReadCredentials;
}

/** Does operations at the site, in the creator's own browser session. */
export function siteDriver({ browsers, origin, slots, credentials }: SiteOptions): Driver {
  async function visitAs(session: Session, operation: Operation): Promise<unknown> {
    const act = KINDS[operation.body.kind];
    if (!act) throw new Error(`no code for ${operation.body.kind}`);
    const visit: Visit = {
      operation,
      session,
      origin: new URL(origin).origin,
      slot: () => takeSlot(slots(operation.creatorId), operation),
      credentials: () => credentials(operation.creatorId, operation.signal),
    };
    try {
      return await loggedIn(visit, act);
    } finally {
      await visit.carried?.unused();
    }
  }

  return {
    supports: kind => Object.hasOwn(KINDS, kind),
    run: operation =>
      browsers.withSession(operation.creatorId, operation.signal, session => visitAs(session, operation)),
    screenshot: creatorId => browsers.screenshot(creatorId),
  };
}

/** Runs `act` logged in; if the site has forgotten the session, once more with a new one. */
async function loggedIn<T>(visit: Visit, act: (visit: Visit) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    if (!visit.session.loggedIn) await logIn(visit);
    try {
      return await act(visit);
    } catch (error) {
      if (!(error instanceof SessionGone)) throw error;
      visit.session.loggedIn = false;
      if (tries === 2) throw new NeedsLogin('the site asks for a login right after one');
    }
  }
}
