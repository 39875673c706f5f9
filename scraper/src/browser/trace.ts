import type { ConsoleMessage, Page, Request } from 'playwright-core';
import type { Clock } from '@huntaze/core/clock';

/**
 * What happened on a page, in the order in which it began. Never a body, a header, a query, or a text that the page
 * wrote: all of these may be a person's words, or a secret.
 */
export type TraceEvent = { at_ms: number } & (
  | {
      event: 'request';
      method: string;
      /** Only where it isn't the page's own. */
      origin?: string;
      path: string;
      /** `document`, `script`, `fetch`, … */
      type: string;
      /** Absent: no answer came. */
      status?: number;
      /** Until the answer, or until it failed. */
      ms?: number;
      /** As Chromium names it: `net::ERR_…`. */
      error?: string;
    }
  | { event: 'navigation'; path: string }
  | { event: 'console_error'; path: string; line: number }
  | { event: 'page_error'; name: string }
  | { event: 'dialog'; type: string }
  | { event: 'crash' }
);

/** The page of a session, watched; what is kept is the use under way, or the last one. */
export interface Recorder {
  readonly events: TraceEvent[];
  /** Another use begins. */
  begin(): void;
}

const MAX_EVENTS = 200;
const MAX_LENGTH = 200;
/** An error's name may be anything that a page's script has chosen. */
const ERROR_NAME = /^[A-Z][A-Za-z]{0,39}$/;
const NET_ERROR = /^net::[A-Z0-9_]{1,60}$/;

/** Begins to watch a page; the listeners go with it. */
export function record(page: Page, clock: Clock): Recorder {
  let events: TraceEvent[] = [];
  let requests = new WeakMap<Request, Extract<TraceEvent, { event: 'request' }>>();
  function add<T extends TraceEvent>(event: T): T {
    if (events.length === MAX_EVENTS) events.shift();
    events.push(event);
    return event;
  }

  page.on('request', request => {
    const { origin, path } = where(request.url());
    const elsewhere = !request.isNavigationRequest() && origin !== where(page.url()).origin;
    const asked = add({
      at_ms: clock.now(),
      event: 'request' as const,
      method: request.method(),
      ...(elsewhere && { origin }),
      path,
      type: request.resourceType(),
    });
    requests.set(request, asked);
  });
  page.on('response', response => {
    const asked = requests.get(response.request());
    if (asked) Object.assign(asked, { status: response.status(), ms: clock.now() - asked.at_ms });
  });
  page.on('requestfailed', request => {
    const asked = requests.get(request);
    const error = request.failure()?.errorText ?? '';
    if (asked)
      Object.assign(asked, {
        ms: clock.now() - asked.at_ms,
        error: NET_ERROR.test(error) ? error : 'failed',
      });
  });
  page.on('framenavigated', frame => {
    if (frame === page.mainFrame())
      add({ at_ms: clock.now(), event: 'navigation', path: where(frame.url()).path });
  });
  page.on('console', (message: ConsoleMessage) => {
    if (message.type() !== 'error') return;
    const { url, lineNumber } = message.location();
    add({ at_ms: clock.now(), event: 'console_error', path: where(url).path, line: lineNumber });
  });
  page.on('pageerror', ({ name }) => {
    add({ at_ms: clock.now(), event: 'page_error', name: ERROR_NAME.test(name) ? name : 'Error' });
  });
  page.on('dialog', dialog => {
    add({ at_ms: clock.now(), event: 'dialog', type: dialog.type() });
    // With a listener it is ours to answer: as Playwright does without one. The page may be gone meanwhile.
    (dialog.type() === 'beforeunload' ? dialog.accept() : dialog.dismiss()).catch(() => undefined);
  });
  page.on('crash', () => add({ at_ms: clock.now(), event: 'crash' }));

  return {
    get events() {
      return events;
    },
    begin() {
      events = [];
      requests = new WeakMap();
    },
  };
}

/** An address without query and fragment. Of `data:` and the like only the scheme: the rest is content. */
function where(address: string): { origin: string; path: string } {
  const url = URL.parse(address);
  if (!url) return { origin: '', path: '' };
  if (!/^https?:$/.test(url.protocol)) return { origin: url.protocol, path: url.protocol };
  return { origin: url.origin.slice(0, MAX_LENGTH), path: url.pathname.slice(0, MAX_LENGTH) };
}
