import type { Clock } from '@huntaze/core/clock';
import { StartError } from '../supervisor/errors.ts';

/** How long the API may take for a page (ms). */
const ANSWER_MS = 60_000;
/** So often a page is asked for that the API can't give just now, and as long it waits unless the API says how long (s). */
const TRIES = 5;
const PAUSE_SECONDS = 10;
const LONGEST_PAUSE_SECONDS = 60;

interface Page {
  seen: number;
  restored: number;
  unreadable: number;
  next?: string;
}

/** Whom to ask, and as whom. */
export interface Asking {
  api: string;
  token: string;
  clock: Clock;
  signal: AbortSignal;
  /** From 0 to 1, for jitter. */
  random: () => number;
}

/**
 * Asks the API for page after page, until all results are looked through.
 * @param say told how far it is
 * @throws StartError with one line, which says how to go on; the signal's reason
 */
export async function rebuild(
  asking: Asking,
  after: string | undefined,
  say: (line: string) => void,
): Promise<Omit<Page, 'next'>> {
  const sum = { seen: 0, restored: 0, unreadable: 0 };
  let cursor = after;
  do {
    const { next, ...page } = (await ask(asking, {
      ...(cursor !== undefined && { cursor }),
    })) as unknown as Page;
    sum.seen += page.seen;
    sum.restored += page.restored;
    sum.unreadable += page.unreadable;
    if (next !== undefined)
      say(`${sum.seen} results looked at, ${sum.restored} restored; --after ${next} goes on here`);
    cursor = next;
  } while (cursor !== undefined);
  return sum;
}

/** What the first page would bring, in sentences. @throws StartError with one line; the signal's reason */
export async function tryRebuild(asking: Asking, after: string | undefined): Promise<string[]> {
  const body = { ...(after !== undefined && { cursor: after }), dry_run: true };
  return (await ask(asking, body))['effect'] as string[];
}

async function ask(asking: Asking, body: { cursor?: string }): Promise<Record<string, unknown>> {
  const { api, token, clock, signal, random } = asking;
  const onward = body.cursor === undefined ? '' : `; --after ${body.cursor} goes on here`;
  for (let tries = 1; ; tries += 1) {
    const answer = await fetch(`${api}/api/onlyfans/rebuild`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw new StartError(
        `the API at ${api} does not answer (${(error as Error).message}): does it run? npm start, or --api URL${onward}`,
      );
    });
    const json = (await answer.json().catch(() => ({}))) as Record<string, unknown>;
    if (answer.ok) return json;
    const isForNow = answer.status === 429 || answer.status === 503;
    if (!isForNow || tries === TRIES)
      throw new StartError(
        `the API answered ${answer.status}: ${typeof json['detail'] === 'string' ? json['detail'] : ''}${onward}`,
      );
    const seconds = Number(answer.headers.get('retry-after')) || PAUSE_SECONDS;
    await clock.sleep(Math.min(LONGEST_PAUSE_SECONDS, seconds) * 1_000 * (1 + random() / 4), signal);
  }
}
