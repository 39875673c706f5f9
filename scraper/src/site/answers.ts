import type { Clock } from '@huntaze/core/clock';
import { ClientFault, SiteFailure, Throttled } from '../outcome.ts';

/** The site has forgotten the session. */
export class SessionGone extends Error {
  override readonly name = 'SessionGone';
}

/** From the page's arrival until its own data is here. */
export const DATA_TIMEOUT_MS = 20_000;
/** What a 429 without a readable Retry-After stands for: the site's window. */
const DEFAULT_RETRY_AFTER_MS = 60_000;

/** Any answer: the browser's own, or one that we fetched for it. */
interface Answered {
  headers(): Record<string, string>;
}

/** A 429, and until when it holds. `Retry-After` is in seconds, or a date. */
export function throttled(response: Answered, path: string, clock: Clock): Throttled {
  const value = response.headers()['retry-after'] ?? '';
  const now = clock.now();
  const date = Date.parse(value);
  if (/^\d+$/.test(value)) return new Throttled(now + Number(value) * 1_000, path);
  return new Throttled(Number.isNaN(date) ? now + DEFAULT_RETRY_AFTER_MS : Math.max(now, date), path);
}

/** @throws SiteFailure for 5xx, ClientFault for all else that isn't 2xx */
export function expectWell(status: number, path: string): void {
  if (status >= 500) throw new SiteFailure(`${path} answered ${status}`, path, status);
  if (status < 200 || status >= 300) throw new ClientFault(`${path} answered ${status}`, path, status);
}

/**
 * The JSON of an answer that has come.
 * @param read reads its body
 * @throws SessionGone, and the errors of outcome.ts
 */
export async function readAnswer(
  response: Answered & { status(): number },
  path: string,
  clock: Clock,
  read: () => Promise<string>,
): Promise<unknown> {
  const status = response.status();
  if (status === 401) throw new SessionGone();
  if (status === 429) throw throttled(response, path, clock);
  expectWell(status, path);
  return parse(await read(), path, status);
}

function parse(body: string, path: string, status: number): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // A page that says the site is down, or half of an answer: that heals by itself, or the breaker opens. (The parser's
    // message would quote what is a person's.)
    throw new SiteFailure(`${path} answered ${status}, and that is not JSON`, path, status);
  }
}
