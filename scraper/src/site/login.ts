import { areEqual, type Credentials } from '../credentials.ts';
import { NeedsLogin } from '../outcome.ts';
import { giveCode } from './code.ts';
import { CODE, LOGIN } from './labels.ts';
import { follow } from './navigate.ts';
import { FORM_TIMEOUT_MS, giveBack, isIn, submit } from './submit.ts';
import { arrival, NAVIGATION_TIMEOUT_MS, type Login, type Visit } from './visit.ts';

const REFUSED = 'the site refused email or password';

/**
 * Logs the creator in, with the first of the given versions of the secret that the site takes. The form itself is
 * no operation, but what follows the click may lead to one: the slot is taken before the click, and carried to the
 * operation's own navigation if the login didn't use it up. A site that asks for a one-time code gets it from a person.
 * @throws NeedsLogin when the site refuses them all, wants to see a person, gets no code that it takes, or shows a page that we don't know
 */
export async function logIn(visit: Visit, versions = visit.passwords): Promise<Login> {
  visit.session.loggedIn = false;
  visit.login = undefined;
  const refused: Credentials[] = [];
  for (const version of versions) {
    const credentials = await visit.credentials(version);
    if (!credentials || refused.some(one => areEqual(one, credentials))) continue;
    // Somebody has given the creator another account since that version was made: it leads into the one before.
    if (version !== 'AWSCURRENT' && refused.some(({ email }) => email !== credentials.email)) continue;
    const login = await tryWith(visit, credentials);
    if (login) {
      visit.session.loggedIn = visit.unsaved = true;
      visit.login = login;
      return login;
    }
    refused.push(credentials);
  }
  throw new NeedsLogin(REFUSED);
}

/** One try; undefined if the site refuses it. */
async function tryWith(visit: Visit, credentials: Credentials): Promise<Login | undefined> {
  const { page, context } = visit.session;
  const { signal, clock } = visit.operation;
  // With an old cookie the site might send us on to a page that costs a slot.
  await context.clearCookies();
  const form = await follow(page, clock, () =>
    page.goto(visit.origin + LOGIN.path, {
      waitUntil: 'domcontentloaded',
      timeout: NAVIGATION_TIMEOUT_MS,
      signal,
    }),
  );
  await arrival(visit, LOGIN.path, form);
  await fillIn(visit, credentials.email, credentials.password);
  const { journey, landed } = await submit(visit, LOGIN);
  const login = { credentials, askedAtMs: journey.startedAtMs };
  if (isIn(landed)) return login;
  if (landed?.path === CODE.path) {
    await giveCode(visit);
    return login;
  }
  await giveBack(visit);
  return undefined;
}

async function fillIn(visit: Visit, email: string, password: string): Promise<void> {
  const { page } = visit.session;
  const { signal } = visit.operation;
  const options = { timeout: FORM_TIMEOUT_MS, signal };
  try {
    await page.getByLabel(LOGIN.email, { exact: true }).fill(email, options);
    await page.getByLabel(LOGIN.password, { exact: true }).fill(password, options);
  } catch {
    // The error would show what was typed.
    signal.throwIfAborted();
    throw new NeedsLogin(`${LOGIN.path} shows a page that isn't known`);
  }
}
