import type { Locator, Page, Route } from 'playwright-core';
import { firstLine, SiteFailure } from '../outcome.ts';
import type { DataPage } from './labels.ts';
import { expectThere } from './there.ts';
import type { Visit } from './visit.ts';

export const FILL_TIMEOUT_MS = 10_000;
/** Until the answer to what was posted. */
export const ANSWER_TIMEOUT_MS = 20_000;
const LEAVE_TIMEOUT_MS = 5_000;

/** Takes away what guards the address that a page posted to last. */
const unguard = new WeakMap<Page, () => Promise<void>>();

/** What the site said to what was posted. */
export interface Answer {
  status: number;
  body: string;
  headers(): Record<string, string>;
}

/** What is posted by pressing a button. */
export interface Submission {
  /** The path that the page posts to. */
  data: string;
  /** The button's label. */
  submit: string;
}

/** A form of the open page: what is written into its boxes, and the button that sends it. */
export interface Filling {
  boxes: { name: string; box: Locator; text: string }[];
  submit: string;
}

/**
 * Writes into boxes of the open page, and sees that its button is there; it isn't pressed.
 * @throws SiteChanged when one of them isn't on the page, SiteFailure when it can't be written into
 */
export async function fillIn(visit: Visit, page: DataPage, { boxes, submit }: Filling): Promise<void> {
  const { signal } = visit.operation;
  const options = { timeout: FILL_TIMEOUT_MS, signal };
  for (const { name, box, text } of boxes) {
    try {
      await box.fill(text, options);
    } catch {
      // The error would show what was typed.
      signal.throwIfAborted();
      await expectThere(visit, page, `text box "${name}"`, box);
      throw new SiteFailure(`${page.path} has no form for this`, page.path);
    }
  }
  const button = visit.session.page.getByRole('button', { name: submit, exact: true });
  try {
    await button.waitFor({ state: 'attached', ...options });
  } catch {
    signal.throwIfAborted();
    await expectThere(visit, page, `button "${submit}"`, button);
    throw new SiteFailure(`${page.path} has no form for this`, page.path);
  }
}

/**
 * Presses a button and returns the site's answer. The page posts, but it is we who carry the request: over a
 * connection that was used before, Chromium repeats a request by itself when no answer comes, a POST as well, and
 * the site has two of it. Ours goes out once. Whatever else the page would post there is refused for as long as
 * it stays, after the answer as well, and after anything but an answer it is left.
 * @param leaveByMs the request doesn't leave after this time (ms since the epoch)
 * @throws whatever stands between us and an answer: it may have taken effect
 */
export async function postOnce(
  visit: Visit,
  { data, submit }: Submission,
  leaveByMs: number,
): Promise<Answer> {
  const { page } = visit.session;
  const { signal, clock } = visit.operation;
  const posted = Promise.withResolvers<Answer>();
  posted.promise.catch(() => undefined);
  let carried = false;

  async function carry(route: Route): Promise<void> {
    if (route.request().method() !== 'POST') return route.fallback();
    if (carried || signal.aborted || clock.now() >= leaveByMs) return route.abort();
    carried = true;
    const response = await route.fetch({ maxRedirects: 0, maxRetries: 0, timeout: ANSWER_TIMEOUT_MS });
    posted.resolve({
      status: response.status(),
      body: await response.text(),
      headers: () => response.headers(),
    });
    await route.fulfill({ response });
  }
  const guard = async (route: Route) => {
    try {
      await carry(route);
    } catch (error) {
      posted.reject(error);
      // The page may be gone with its route.
      await route.abort().catch(() => undefined);
    }
  };
  const guarded = (url: URL) => url.origin === visit.origin && url.pathname === data;

  const over = new AbortController();
  const watch = AbortSignal.any([signal, over.signal]);
  await page.route(guarded, guard);
  // The page has been opened anew since then.
  await unguard.get(page)?.();
  unguard.set(page, () => page.unroute(guarded, guard));
  let answered = false;
  try {
    const waitMs = Math.max(1, leaveByMs - clock.now());
    const late = clock.sleep(waitMs + ANSWER_TIMEOUT_MS, watch).then(() => {
      throw new Error('no answer in time');
    });
    const button = page.getByRole('button', { name: submit, exact: true });
    const pressed = button.click({ timeout: waitMs, signal: watch }).then(() => posted.promise);
    const answer = await Promise.race([posted.promise, pressed, late]);
    answered = true;
    return answer;
  } finally {
    over.abort();
    if (!answered) await leave(visit);
  }
}

async function leave(visit: Visit): Promise<void> {
  try {
    await visit.session.page.goto('about:blank', { timeout: LEAVE_TIMEOUT_MS });
  } catch (error) {
    // It keeps its guard, and its next navigation ends it.
    visit.operation.log.warn('page not left', { error: firstLine(error) });
  }
}
