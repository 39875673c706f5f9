import type { Clock } from '@huntaze/core/clock';
import type { Request } from 'playwright-core';
import { ClientFault, firstLine, SiteFailure, Throttled } from '../outcome.ts';

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

/** The JSON that a request is answered with, within the time that a page's data may take. */
export async function readJson(
  request: Request,
  path: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<unknown> {
  const enough = new AbortController();
  const late = clock.sleep(DATA_TIMEOUT_MS, AbortSignal.any([signal, enough.signal])).then(() => {
    throw new SiteFailure(`${path}: no answer in time`, path);
  });
  try {
    const response = await Promise.race([request.response(), late]);
    if (!response) throw new SiteFailure(`${path}: ${request.failure()?.errorText ?? 'no answer'}`, path);
    const status = response.status();
    if (status === 401) throw new SessionGone();
    if (status === 429) throw throttled(response, path, clock);
    expectWell(status, path);
    const body = await Promise.race([response.text(), late]).catch((error: unknown) => {
      throw new SiteFailure(`${path} broke off: ${firstLine(error)}`, path, status);
    });
    return parse(body, path, status);
  } finally {
    enough.abort();
    await late.catch(() => undefined);
  }
}

function parse(body: string, path: string, status: number): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // The parser's message would quote what is a person's.
    throw new ClientFault(`${path} is not JSON`, path, status);
  }
}
