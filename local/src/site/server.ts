import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@huntaze/core/clock';
import type { Account } from './accounts.ts';
import { Outbox } from './chats.ts';
import { Faults, type Fault, type SendFault } from './faults.ts';
import { HTML, JAVASCRIPT, readText, send, sendJson } from './http.ts';
import { siteLimit } from './limit.ts';
import type { SiteLogEntry } from './log.ts';
import { Memory } from './memory.ts';
import { challengePage, errorPage, homePage, loginPage } from './pages.ts';
import { dataAt, fanAt, pageAt } from './routes.ts';
import { SCRIPTS } from './scripts.ts';

export interface SiteOptions {
  /** 0: any free port. Always on 127.0.0.1. */
  port: number;
  /** Operations (navigations to `/my/…`) the whole site admits in any window. */
  limit: number;
  windowMs: number;
  accounts: Account[];
  /** Asked for an address that isn't known: somebody may have signed up since the start. */
  newcomer?: (email: string) => Account | undefined;
  clock: Clock;
  /** What goes wrong from the start. */
  faults?: Fault[];
  /** Where a login leads: `/` unless a test wants another. */
  landing?: string;
  /** Where log, sessions and conversations are kept beyond the end of the process; absent: nowhere. */
  stateFile?: string;
}

/** The target site, running. */
export interface Site {
  url: string;
  port: number;
  log(): SiteLogEntry[];
  /** Sets up a fault for the next navigations. */
  fault(fault: Fault): void;
  /** Sets up a fault for the next messages that are sent. */
  sendFault(fault: SendFault): void;
  /** How many requests to send a message have arrived, whatever became of them. */
  sendsReceived(): number;
  /** Logs everybody out. */
  dropSessions(): void;
  /** Cuts all connections and frees the port. */
  close(): Promise<void>;
}

const MAX_FORM_BYTES = 16_384;

/**
 * Starts the target site.
 * @throws StateError; the listener's own error (EADDRINUSE, EACCES) when the port can't be had
 */
export async function startSite(options: SiteOptions): Promise<Site> {
  const { clock } = options;
  const accounts = new Map(options.accounts.map(account => [account.email, account]));
  const landing = options.landing ?? '/';
  const limit = siteLimit(options.limit, options.windowMs);
  const faults = new Faults<Fault>();
  const sendFaults = new Faults<SendFault>();
  const memory = new Memory(find, options.stateFile);
  const { log } = memory;
  const outbox = new Outbox(memory, clock, sendFaults);
  // The limit holds across a restart as well.
  for (const { effect, status, at_ms: at } of log.entries())
    if (effect === undefined && status !== 429) limit.count(at);
  for (const fault of options.faults ?? []) faults.add(fault);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://site');
    const { pathname } = url;
    const route = `${request.method === 'HEAD' ? 'GET' : request.method} ${pathname}`;
    if (pathname.startsWith('/my/')) return navigate(request, response, pathname);
    if (request.method === 'GET' && dataAt(url)) return serveData(request, response, url);
    const fan = fanAt(pathname);
    if (request.method === 'POST' && fan !== undefined) return outbox.post(request, response, pathname, fan);
    if (route === 'POST /login') return logIn(request, response);
    if (route === 'GET /login') return showLogin(request, response);
    if (route === 'GET /')
      return send(response, 200, HTML, homePage(memory.session(request)?.account.email ?? null));
    const script = request.method === 'GET' ? SCRIPTS[pathname] : undefined;
    if (script !== undefined) {
      response.setHeader('cache-control', 'public, max-age=86400');
      return send(response, 200, JAVASCRIPT, script);
    }
    if (route === 'GET /__site/health') return send(response, 200, 'application/json', '{"ok":true}\n');
    if (route === 'GET /__site/log') return send(response, 200, 'application/x-ndjson', log.toNdjson());
    send(response, 404, HTML, errorPage(404, 'Page not found'));
  }

  /** One operation: counted first, whatever becomes of it. */
  function navigate(request: IncomingMessage, response: ServerResponse, path: string): void {
    const now = clock.now();
    const room = limit.count(now);
    const fault = room.allowed ? faults.next() : undefined;
    let session = memory.session(request);
    if (fault?.kind === 'session-dropped') {
      if (session) memory.logOut(session.account);
      session = undefined;
    }
    const record = (status: number) =>
      memory.visited({
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
        if (session) session.nextData = { status: fault.status ?? 200, body: fault.body };
        break;
      case 'session-dropped':
      case undefined:
        break;
    }
    if (!session) {
      response.setHeader('location', '/login');
      return reply(302, '');
    }
    const page = pageAt(path, session.account);
    if (page === undefined) return reply(404, errorPage(404, 'Page not found'));
    if (request.method !== 'GET') return reply(405, errorPage(405, 'Method not allowed'));
    reply(200, page);
  }

  function serveData(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const session = memory.session(request);
    if (!session) return sendJson(response, 401, { error: { message: 'Please log in' } });
    const instead = session.nextData;
    delete session.nextData;
    const usual = dataAt(url)?.(session.account, memory.conversations);
    const { status, body } = instead ?? usual ?? { status: 404, body: {} };
    sendJson(response, status, body);
  }

  function showLogin(request: IncomingMessage, response: ServerResponse): void {
    if (!memory.session(request)) return send(response, 200, HTML, loginPage());
    response.setHeader('location', landing);
    send(response, 302, HTML, '');
  }

  function find(email: string): Account | undefined {
    const account = accounts.get(email) ?? options.newcomer?.(email);
    if (account) accounts.set(email, account);
    return account;
  }

  async function logIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readText(request, MAX_FORM_BYTES);
    if (text === undefined) {
      response.setHeader('connection', 'close');
      return send(response, 413, HTML, errorPage(413, 'Form too large'));
    }
    const form = new URLSearchParams(text);
    const account = find(form.get('email') ?? '');
    if (!account || account.password !== form.get('password'))
      return send(response, 401, HTML, loginPage('Wrong email or password'));
    response.setHeader('set-cookie', memory.logIn(account));
    response.setHeader('location', landing);
    send(response, 303, HTML, '');
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent || request.socket.destroyed) response.destroy();
      else send(response, 500, HTML, errorPage(500, error instanceof Error ? error.name : 'Error'));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    log: () => log.entries(),
    fault: fault => faults.add(fault),
    sendFault: fault => sendFaults.add(fault),
    sendsReceived: () => outbox.received,
    dropSessions: () => memory.logOut(undefined),
    close: () =>
      new Promise((resolve, reject) => {
        server.close(error => {
          memory.close();
          if (error) reject(error);
          else resolve();
        });
        server.closeAllConnections();
      }),
  };
}
