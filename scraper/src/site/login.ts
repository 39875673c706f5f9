import { areEqual, type Credentials } from '../credentials.ts';
import { ClientFault, NeedsLogin } from '../outcome.ts';
import { LOGIN, OPERATIONS } from './labels.ts';
import { follow, isRedirect, type Hop, type Journey } from './navigate.ts';
import { arrival, NAVIGATION_TIMEOUT_MS, note, type Login, type Visit } from './visit.ts';

const REFUSED = 'the site refused email or password';
const FORM_TIMEOUT_MS = 10_000;
/** Between the answer and the page that shows it. */
const COMMIT_TIMEOUT_MS = 2_000;

/**
 * Logs the creator in, with the first of the given versions of the secret that the site takes. The form itself is
 * no operation, but what follows the click may lead to one: the slot is taken before the click, and carried to the
 * operation's own navigation if the login didn't use it up.
 * @throws NeedsLogin when the site refuses them all, wants to see a person, or shows a page that we don't know
 */
export async function logIn(visit: Visit, versions = visit.passwords): Promise<Login> {
  visit.session.loggedIn = false;
  visit.login = undefined;
  const refused: Credentials[] = [];
  for (const version of versions) {
    const credentials = await visit.credentials(version);
    if (!credentials || refused.some(one => areEqual(one, credentials))) continue;
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
  const { journey, landed } = await submit(visit);
  if (landed && landed.path !== LOGIN.path && landed.status !== 401)
    return { credentials, askedAtMs: journey.startedAtMs };
  // Until another try has come so far, it would be held for too long.
  await visit.carried?.unused();
  visit.carried = undefined;
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

/** Presses the button; `landed` is undefined where the login's own address answers that it won't have it. */
async function submit(visit: Visit): Promise<{ journey: Journey; landed: Hop | undefined }> {
  const { page } = visit.session;
  const { signal, clock } = visit.operation;
  const slot = visit.carried ?? (await visit.slot());
  visit.carried = undefined;
  const leaving = new AbortController();
  const watch = {
    signal: AbortSignal.any([signal, leaving.signal]),
    timeout: NAVIGATION_TIMEOUT_MS,
  };
  const shown = page
    .waitForEvent('framenavigated', { ...watch, predicate: frame => frame === page.mainFrame() })
    .catch(() => undefined);
  const journey = await follow(page, clock, async arrived => {
    const late = clock.sleep(NAVIGATION_TIMEOUT_MS, watch.signal).then(() => {
      throw new Error(`no answer within ${NAVIGATION_TIMEOUT_MS} ms`);
    });
    const button = page.getByRole('button', { name: LOGIN.submit, exact: true });
    await Promise.race([Promise.all([arrived, button.click({ timeout: FORM_TIMEOUT_MS, signal })]), late]);
    // A page may send us on by itself once it runs, and that counts too.
    await Promise.race([shown, clock.sleep(COMMIT_TIMEOUT_MS, watch.signal)]);
    await page.waitForLoadState('load', { timeout: FORM_TIMEOUT_MS, signal });
  });
  leaving.abort();
  note(visit, journey);
  const last = journey.hops.at(-1);
  const known = last && !isRedirect(last.status) && !signal.aborted;
  if (known && !journey.hops.some(hop => hop.path.startsWith(OPERATIONS))) visit.carried = slot;
  else await slot.answered();
  signal.throwIfAborted();

  // What came after the answer (a page that loads for ever) doesn't matter here.
  const landed = await arrival(visit, LOGIN.path, last ? { ...journey, error: undefined } : journey).catch(
    (error: unknown) => {
      if (error instanceof ClientFault && error.path === LOGIN.path) return undefined;
      throw error;
    },
  );
  return { journey, landed };
}
