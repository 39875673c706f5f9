import { ClientFault } from '../outcome.ts';
import { CODE, LOGIN, OPERATIONS } from './labels.ts';
import { follow, isRedirect, type Hop, type Journey } from './navigate.ts';
import { arrival, NAVIGATION_TIMEOUT_MS, note, type Visit } from './visit.ts';

export const FORM_TIMEOUT_MS = 10_000;
/** Between the answer and the page that shows it. */
const COMMIT_TIMEOUT_MS = 2_000;

/**
 * Presses the button of a form that belongs to a login. What follows may be an operation: a slot is taken before, and
 * carried if it wasn't used up. `landed` is undefined where the form's own address answers that it won't have it.
 */
export async function submit(
  visit: Visit,
  form: { path: string; submit: string },
): Promise<{ journey: Journey; landed: Hop | undefined }> {
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
    const button = page.getByRole('button', { name: form.submit, exact: true });
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
  const landed = await arrival(visit, form.path, last ? { ...journey, error: undefined } : journey).catch(
    (error: unknown) => {
      if (error instanceof ClientFault && error.path === form.path) return undefined;
      throw error;
    },
  );
  return { journey, landed };
}

/** Whether a login has led into the site. */
export function isIn(landed: Hop | undefined): boolean {
  const isForm = landed?.path === LOGIN.path || landed?.path === CODE.path;
  return landed !== undefined && !isForm && landed.status !== 401;
}

/** Gives back the slot that is carried: until the next try has come so far, it would be held for too long. */
export async function giveBack(visit: Visit): Promise<void> {
  await visit.carried?.unused();
  visit.carried = undefined;
}
