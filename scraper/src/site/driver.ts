import type { Kind } from '@huntaze/core/operations';
import type { Browsers, Session } from '../browser.ts';
import type { ReadCredentials, SecretVersion } from '../credentials.ts';
import type { Journal } from '../journal.ts';
import { noCodes, type CodeDesk } from '../one-time-codes.ts';
import type { Operation } from '../operation.ts';
import { firstLine, NeedsLogin } from '../outcome.ts';
import { unsavedSessions, type SavedSessions } from '../saved-sessions.ts';
import { takeSlot, type SlotWindow } from '../slots.ts';
import type { Driver } from '../work.ts';
import { SessionGone } from './answers.ts';
import { scrapeChats } from './chats.ts';
import { scrapeEarnings } from './earnings.ts';
import { scrapeFans } from './fans.ts';
import { logIn } from './login.ts';
import { sendMessage } from './message.ts';
import { scrapePosts } from './posts.ts';
import { scrapeProfile } from './profile.ts';
import { rotateCredentials, rotationPasswords } from './rotate.ts';
import type { Visit } from './visit.ts';

/** How each kind of operation is done. */
const KINDS: Record<Kind, (visit: Visit) => Promise<unknown>> = {
  'message.send': sendMessage,
  'profile.scrape': scrapeProfile,
  'fans.scrape': scrapeFans,
  'earnings.scrape': scrapeEarnings,
  'posts.scrape': scrapePosts,
  'chats.scrape': scrapeChats,
  'credentials.rotate': rotateCredentials,
};

/** The pending version is in force where a rotation was interrupted after the site had taken it. */
const PASSWORDS: readonly SecretVersion[] = ['AWSCURRENT', 'AWSPENDING'];

export interface SiteOptions {
  browsers: Browsers;
  /** The site's address; nothing is opened outside it. */
  origin: string;
  /** The window that holds for a creator. */
  slots: (creatorId: string) => SlotWindow;
  credentials: ReadCredentials;
  journal: Journal;
  /** Who has one-time codes; absent: nobody. */
  codes?: CodeDesk;
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
  codes = noCodes,
  saved = unsavedSessions,
}: SiteOptions): Driver {
  async function visitAs(session: Session, operation: Operation): Promise<unknown> {
    const { kind } = operation.body;
    const visit: Visit = {
      operation,
      session,
      origin: new URL(origin).origin,
      slot: () => takeSlot(slots(operation.creatorId), operation),
      credentials: version => credentials(operation.creatorId, version, operation.signal),
      passwords: kind === 'credentials.rotate' ? rotationPasswords(operation) : PASSWORDS,
      codes,
      journal,
      unsaved: false,
    };
    try {
      return await loggedIn(visit, KINDS[kind], saved);
    } finally {
      await visit.carried?.unused();
    }
  }

  return {
    supports: kind => Object.hasOwn(KINDS, kind),
    run: operation =>
      browsers.withSession(operation.creatorId, operation.signal, session => visitAs(session, operation)),
    screenshot: creatorId => browsers.screenshot(creatorId),
    trace: creatorId => browsers.trace(creatorId),
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
    if (!session.loggedIn) await logIn(visit);
    try {
      return await act(visit);
    } catch (error) {
      if (!(error instanceof SessionGone)) throw error;
      session.loggedIn = false;
      await saved.forget(operation.creatorId);
      if (tries === 2) throw new NeedsLogin('the site asks for a login right after one');
    } finally {
      // Not before the operation: its slot was taken with the login, and is waiting.
      if (visit.unsaved && session.loggedIn) await keep(visit, saved);
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
