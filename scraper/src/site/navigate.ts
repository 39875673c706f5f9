import type { Clock } from '@huntaze/core/clock';
import type { Page, Response } from 'playwright-core';

/** One answer on the way of a navigation: the last one is the page, the ones before are redirects. */
export interface Hop {
  path: string;
  origin: string;
  status: number;
  startedAtMs: number;
  answeredAtMs: number;
  response: Response;
}

/** A navigation that is over: its hops, and the error with which the browser gave up, if it did. */
export interface Journey {
  hops: Hop[];
  startedAtMs: number;
  endedAtMs: number;
  error?: unknown;
}

/**
 * Does something that makes the page navigate, and notes every answer on the way. The answers count, not what
 * the call says of them: Chromium shows its own error page for an empty 500, and the call rejects.
 * `act` resolves once the page has arrived; `arrived` tells it when the first answer that is no redirect has come.
 */
export async function follow(
  page: Page,
  clock: Clock,
  act: (arrived: Promise<void>) => Promise<unknown>,
): Promise<Journey> {
  const hops: Hop[] = [];
  const arrived = Promise.withResolvers<void>();
  const startedAtMs = clock.now();
  const onResponse = (response: Response) => {
    if (!response.request().isNavigationRequest() || response.frame() !== page.mainFrame()) return;
    const { pathname: path, origin } = new URL(response.url());
    const status = response.status();
    const since = hops.at(-1)?.answeredAtMs ?? startedAtMs;
    hops.push({ path, origin, status, startedAtMs: since, answeredAtMs: clock.now(), response });
    if (!isRedirect(status)) arrived.resolve();
  };
  page.on('response', onResponse);
  try {
    await act(arrived.promise);
    return { hops, startedAtMs, endedAtMs: clock.now() };
  } catch (error) {
    return { hops, startedAtMs, endedAtMs: clock.now(), error };
  } finally {
    page.off('response', onResponse);
  }
}

/** Whether more is to come after an answer of this status. */
export function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}
