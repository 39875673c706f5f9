import type { Kind } from '@huntaze/core/operations';
import type { Browsers, Session } from '../browser.ts';
import type { ReadCredentials } from '../credentials.ts';
import type { Journal } from '../journal.ts';
import type { Operation } from '../operation.ts';
import { firstLine, NeedsLogin } from '../outcome.ts';
import { unsavedSessions, type SavedSessions } from '../saved-sessions.ts';
import { takeSlot, type SlotWindow } from '../slots.ts';
import type { Driver } from '../work.ts';
import { SessionGone } from './answers.ts';
import { scrapeFans } from './fans.ts';
import { logIn } from './login.ts';
import { sendMessage } from './message.ts';
import { scrapeProfile } from './profile.ts';
import type { Visit } from './visit.ts';

/** How each kind of operation is done. A kind that isn't here is not supported by this version. */
const KINDS: Partial<Record<Kind, (visit: Visit) => Promise<unknown>>> = {
  'profile.scrape': scrapeProfile,
  'fans.scrape': scrapeFans,
  'message.send': sendMessage,
};

export interface SiteOptions {
  browsers: Browsers;
  /** The site's address; nothing is opened outside it. */
  origin: string;
  /** The window that holds for a creator. */
  slots: (creatorId: string) => SlotWindow;
  credentials: ReadCredentials;
  journal: Journal;
  /** Where logins are kept; absent: nowhere. */
  saved?: SavedSessions;
}

/** Does operations at the site, in the creator's own browser session. */
export function siteDriver({
  browsers,
  origin,
  slots,
  credentials,
  journal,
  saved = unsavedSessions,
}: SiteOptions): Driver {
  async function visitAs(session: Session, operation: Operation): Promise<unknown> {
    const act = KINDS[operation.body.kind];
    if (!act) throw new Error(`no code for ${operation.body.kind}`);
    const visit: Visit = {
      operation,
      session,
      origin: new URL(origin).origin,
      slot: () => takeSlot(slots(operation.creatorId), operation),
      credentials: () => credentials(operation.creatorId, operation.signal),
      journal,
    };
    try {
      return await loggedIn(visit, act, saved);
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
async function loggedIn<T>(
  visit: Visit,
  act: (visit: Visit) => Promise<T>,
  saved: SavedSessions,
): Promise<T> {
  const { session, operation } = visit;
  for (let tries = 1; ; tries += 1) {
    const isNew = !session.loggedIn;
    if (isNew) await logIn(visit);
    try {
      return await act(visit);
    } catch (error) {
      if (!(error instanceof SessionGone)) throw error;
      session.loggedIn = false;
      await saved.forget(operation.creatorId);
      if (tries === 2) throw new NeedsLogin('the site asks for a login right after one');
    } finally {
      // Not before the operation: its slot was taken with the login, and is waiting.
      if (isNew && session.loggedIn) await keep(visit, saved);
    }
  }
}

async function keep({ session, operation }: Visit, saved: SavedSessions): Promise<void> {
  try {
    await saved.save(operation.creatorId, await session.context.storageState());
  } catch (error) {
    // The browser is gone, and with it the session.
    operation.log.warn('session not saved', { error: firstLine(error) });
  }
}
