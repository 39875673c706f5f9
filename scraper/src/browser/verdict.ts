import type { Clock } from '@huntaze/core/clock';
import type { Log } from '../log.ts';
import { Interrupted, NeedsLogin, SiteFailure, Throttled } from '../outcome.ts';
import type { Running } from './running.ts';
import { pageAnswers, type KeptSession } from './session.ts';

/** Until somebody tries again what the browser broke off. */
export const RETRY_MS = 2_000;
/** After something has failed: whether it was the browser. A busy machine answers in 50 ms. */
const ANSWER_WITHIN_MS = 5_000;

/**
 * The error of a use that failed, seen from the browser: what an operation takes for the site's fault may have been
 * a crash, or a browser that hangs. A session that can't be used any more is closed.
 */
export async function verdict(
  error: unknown,
  running: Running,
  creatorId: string,
  session: KeptSession,
  { signal, clock, log }: { signal: AbortSignal; clock: Clock; log: Log },
): Promise<unknown> {
  const { chromium } = running;
  const interrupted = (why: string) => new Interrupted(why, RETRY_MS, { cause: error });
  // The site has answered: that holds, whatever becomes of the browser.
  if (error instanceof Throttled && !signal.aborted) return error;
  if (!chromium.browser.isConnected()) return interrupted('the browser crashed');
  if (session.page.isClosed() || running.sessions.get(creatorId) !== session)
    return interrupted('the page crashed');
  if (signal.aborted) {
    // A page that was stopped halfway must not go on by itself.
    running.discard(creatorId, session);
    return error;
  }
  if (!(await chromium.answers(ANSWER_WITHIN_MS))) {
    if (chromium.browser.isConnected()) log.error('browser hangs', { pid: chromium.pid });
    await chromium.kill();
    return interrupted("the browser doesn't answer");
  }
  if (await pageAnswers(session, clock)) return error;
  running.discard(creatorId, session);
  // What such a page shows is nothing to ask a person about: it wasn't read.
  const path = URL.parse(session.page.url())?.pathname ?? '';
  return error instanceof NeedsLogin ? new SiteFailure(`${path} doesn't answer any more`, path) : error;
}
