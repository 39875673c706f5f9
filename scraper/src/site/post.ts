import type { Page, Route } from 'playwright-core';
import { firstLine, SiteFailure } from '../outcome.ts';
import { plain, type Draft } from './conversation.ts';
import { MESSAGE_FORM, type DataPage } from './labels.ts';
import type { Visit } from './visit.ts';

const FILL_TIMEOUT_MS = 10_000;
/** Until the answer to a message that was posted. */
export const ANSWER_TIMEOUT_MS = 20_000;
const LEAVE_TIMEOUT_MS = 5_000;

/** Takes away what guards the conversation that a page posted to last. */
const unguard = new WeakMap<Page, () => Promise<void>>();

/** What the site said to a message that was posted. */
export interface Answer {
  status: number;
  body: string;
  headers(): Record<string, string>;
}

/**
 * Fills in the message form of the open conversation.
 * @throws SiteFailure when there is none, or it doesn't take what is written into it
 */
export async function fillIn(visit: Visit, { path }: DataPage, draft: Draft): Promise<void> {
  const { page } = visit.session;
  const { signal } = visit.operation;
  const options = { timeout: FILL_TIMEOUT_MS, signal };
  const field = (label: string) => page.getByRole('textbox', { name: label, exact: true });
  let taken: string;
  try {
    await field(MESSAGE_FORM.text).fill(draft.text, options);
    if (draft.price !== undefined) await field(MESSAGE_FORM.price).fill(String(draft.price), options);
    if (draft.media_ids?.length) await field(MESSAGE_FORM.media).fill(draft.media_ids.join(', '), options);
    taken = await field(MESSAGE_FORM.text).inputValue(options);
  } catch {
    // The error would show what was typed.
    signal.throwIfAborted();
    throw new SiteFailure(`${path} has no form for this message`, path);
  }
  if (plain(taken) !== plain(draft.text))
    throw new SiteFailure(`${path} doesn't take this text as it is`, path);
}

/**
 * Presses "Send" and returns the site's answer. The page posts the message, but it is we who carry it: over a
 * connection that was used before, Chromium repeats a request by itself when no answer comes, a POST as well, and
 * the site has two messages. Ours goes out once. Whatever else the page would post there is refused for as long as
 * it stays, after the answer as well, and after anything but an answer it is left.
 * @param leaveByMs the message doesn't leave after this time (ms since the epoch)
 * @throws whatever stands between us and an answer: the message may have been sent
 */
export async function postOnce(visit: Visit, target: DataPage, leaveByMs: number): Promise<Answer> {
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
  const guarded = (url: URL) => url.origin === visit.origin && url.pathname === target.data;

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
    const button = page.getByRole('button', { name: MESSAGE_FORM.submit, exact: true });
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
