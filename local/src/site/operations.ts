import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@huntaze/core/clock';
import type { Drifts } from './drift.ts';
import { insteadOfData, type Fault, type Faults } from './faults.ts';
import { HTML, send, sendJson } from './http.ts';
import { siteLimit, type SiteLimit } from './limit.ts';
import type { Memory } from './memory.ts';
import { challengePage, errorPage } from './pages.ts';
import { dataAt, pageAt } from './routes.ts';

/** The pages under `/my/`, counted against the site's limit, and their data; with what a test makes go wrong. */
export class Operations {
  readonly #memory: Memory;
  readonly #clock: Clock;
  readonly #faults: Faults<Fault>;
  readonly #drifts: Drifts;
  readonly #limit: SiteLimit;

  constructor(
    memory: Memory,
    clock: Clock,
    faults: Faults<Fault>,
    drifts: Drifts,
    { limit, windowMs }: { limit: number; windowMs: number },
  ) {
    this.#memory = memory;
    this.#clock = clock;
    this.#faults = faults;
    this.#drifts = drifts;
    this.#limit = siteLimit(limit, windowMs);
    // The limit holds across a restart as well.
    for (const { effect, status, at_ms: at } of memory.log.entries())
      if (effect === undefined && status !== 429) this.#limit.count(at);
  }

  /**
   * One operation: counted first, whatever becomes of it.
   * @param dress what is done to a page before it is served
   */
  navigate(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    dress: (html: string) => string,
  ): void {
    const now = this.#clock.now();
    const room = this.#limit.count(now);
    let session = this.#memory.session(request);
    const fault = room.allowed ? this.#faults.next(session?.account.email) : undefined;
    if (fault?.kind === 'session-dropped') {
      if (session) this.#memory.logOut(session.account);
      session = undefined;
    }
    const record = (status: number) =>
      this.#memory.visited({
        at_ms: now,
        account: session?.account.email ?? null,
        method: request.method ?? 'GET',
        path,
        status,
      });
    const reply = (status: number, html: string) => {
      record(status);
      send(response, status, HTML, html);
    };

    if (!room.allowed) {
      response.setHeader('retry-after', String(Math.ceil(room.retryInMs / 1_000)));
      return reply(429, errorPage(429, 'Too many requests'));
    }
    switch (fault?.kind) {
      case 'status':
        return reply(fault.status, fault.body ?? errorPage(fault.status, 'Something went wrong'));
      case 'throttled':
        response.setHeader('retry-after', String(fault.retryAfterSeconds));
        return reply(429, errorPage(429, 'Too many requests'));
      case 'challenge':
        return reply(fault.status ?? 200, challengePage());
      case 'cut':
      case 'silence':
        // Nothing was answered: 0 in the log, as browsers' own tools show it.
        record(0);
        if (fault.kind === 'cut') request.socket.destroy();
        return undefined;
      case 'data':
      case 'data-silence':
      case 'data-cut':
      case 'session-dropped':
      case undefined:
        break;
    }
    if (!session) {
      response.setHeader('location', '/login');
      return reply(302, '');
    }
    session.insteadOfData = insteadOfData(fault);
    const page = pageAt(path, session.account);
    if (page === undefined) return reply(404, errorPage(404, 'Page not found'));
    if (request.method !== 'GET') return reply(405, errorPage(405, 'Method not allowed'));
    reply(200, dress(page));
  }

  /** What a page loads by itself; no operation. */
  serveData(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const session = this.#memory.session(request);
    if (!session) return sendJson(response, 401, { error: { message: 'Please log in' } });
    const { status, body: usual } = dataAt(url)?.(session.account, this.#memory) ?? { status: 404, body: {} };
    const body = status === 200 ? this.#drifts.applied(url.pathname, session.account.email, usual) : usual;
    const instead = session.insteadOfData;
    if (!instead || instead.left > 0) {
      if (instead) instead.left -= 1;
      return sendJson(response, status, body);
    }
    delete session.insteadOfData;
    if (instead.answer === 'silence') return;
    if (instead.answer === 'cut') return cutMidway(response, JSON.stringify(body));
    sendJson(response, instead.answer.status, instead.answer.body);
  }
}

/** Half of it, and then the end of the connection. */
function cutMidway(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.write(body.slice(0, Math.ceil(body.length / 2)), () => response.destroy());
}
