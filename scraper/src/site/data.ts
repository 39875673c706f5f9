import type { Page, Request, Response } from 'playwright-core';
import type { Clock } from '@huntaze/core/clock';
import { firstLine, SiteFailure } from '../outcome.ts';
import { DATA_TIMEOUT_MS, readAnswer } from './answers.ts';

/** What a page asks the site for by itself, watched. */
export interface PageData {
  /** Resolves once the page has asked; rejects when the page is gone. */
  asked: Promise<void>;
  /** The JSON that it is answered with. To be called after {@link asked}. */
  read(clock: Clock, signal: AbortSignal): Promise<unknown>;
  /** Watches no longer. */
  stop(): void;
}

/**
 * Watches for the first request of a page that is `wanted`, and its answer. By the page's events, which are there
 * anyway: Playwright's waits (`waitForRequest`, `request.response()`) capture a stack and tell its server besides.
 * @param path that is asked for, for messages
 */
export function watchData(page: Page, path: string, wanted: (request: Request) => boolean): PageData {
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<Response>();
  // Whoever waits for one of them hears of it; the other is nobody's concern then.
  asked.promise.catch(() => undefined);
  answered.promise.catch(() => undefined);
  let own: Request | undefined;

  const onRequest = (request: Request) => {
    if (own || !wanted(request)) return;
    own = request;
    asked.resolve();
  };
  const onResponse = (response: Response) => {
    if (own && response.request() === own) answered.resolve(response);
  };
  const onFailed = (request: Request) => {
    if (request !== own) return;
    answered.reject(new SiteFailure(`${path}: ${request.failure()?.errorText ?? 'no answer'}`, path));
  };
  const onGone = () => {
    const gone = new Error('the page is gone');
    asked.reject(gone);
    answered.reject(gone);
  };
  page.on('request', onRequest);
  page.on('response', onResponse);
  page.on('requestfailed', onFailed);
  page.on('crash', onGone);
  page.on('close', onGone);

  return {
    asked: asked.promise,
    async read(clock, signal) {
      const enough = new AbortController();
      const late = clock.sleep(DATA_TIMEOUT_MS, AbortSignal.any([signal, enough.signal])).then(() => {
        throw new SiteFailure(`${path}: no answer in time`, path);
      });
      late.catch(() => undefined);
      try {
        const response = await Promise.race([answered.promise, late]);
        return await readAnswer(response, path, clock, () =>
          Promise.race([response.text(), late]).catch((error: unknown) => {
            throw new SiteFailure(`${path} broke off: ${firstLine(error)}`, path, response.status());
          }),
        );
      } finally {
        enough.abort();
      }
    },
    stop() {
      page.off('request', onRequest);
      page.off('response', onResponse);
      page.off('requestfailed', onFailed);
      page.off('crash', onGone);
      page.off('close', onGone);
    },
  };
}
