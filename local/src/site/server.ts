import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@huntaze/core/clock';
import type { Account } from './accounts.ts';
import { Faults, type Fault } from './faults.ts';
import { siteLimit } from './limit.ts';
import { SiteLog, type SiteLogEntry } from './log.ts';
import { challengePage, dataPage, errorPage, homePage, loginPage, PAGE_SCRIPT } from './pages.ts';
import { Sessions, type Session } from './sessions.ts';

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
}

/** The target site, running. */
export interface Site {
  url: string;
  port: number;
  log(): SiteLogEntry[];
  /** Sets up a fault for the next navigations. */
  fault(fault: Fault): void;
  /** Logs everybody out. */
  dropSessions(): void;
  /** Cuts all connections and frees the port. */
  close(): Promise<void>;
}

const MAX_FORM_BYTES = 16_384;
const HTML = 'text/html; charset=utf-8';

/** Every page under `/my/` that this site has, with the data it loads. */
const PAGES: Record<string, { title: string; source: string }> = {
  '/my/profile': { title: 'Profile', source: '/api2/v2/users/me' },
};

/** The data behind the pages: path to what it answers for an account. */
const DATA: Record<string, (account: Account) => unknown> = {
  '/api2/v2/users/me': account => account.profile,
};

/**
 * Starts the target site.
 * @throws the listener's own error (EADDRINUSE, EACCES) when the port can't be had
 */
export async function startSite(options: SiteOptions): Promise<Site> {
  const { clock } = options;
  const accounts = new Map(options.accounts.map(account => [account.email, account]));
  const landing = options.landing ?? '/';
  const limit = siteLimit(options.limit, options.windowMs);
  const sessions = new Sessions();
  const faults = new Faults();
  const log = new SiteLog();
  for (const fault of options.faults ?? []) faults.add(fault);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://site');
    const route = `${request.method === 'HEAD' ? 'GET' : request.method} ${pathname}`;
    if (pathname.startsWith('/my/')) return navigate(request, response, pathname);
    const data = DATA[pathname];
    if (request.method === 'GET' && data) return serveData(sessions.of(request), data, response);
    if (route === 'POST /login') return logIn(request, response);
    if (route === 'GET /login') return showLogin(request, response);
    if (route === 'GET /')
      return send(response, 200, HTML, homePage(sessions.of(request)?.account.email ?? null));
    if (route === 'GET /assets/page.js') {
      response.setHeader('cache-control', 'public, max-age=86400');
      return send(response, 200, 'text/javascript; charset=utf-8', PAGE_SCRIPT);
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
    let session = sessions.of(request);
    if (fault?.kind === 'session-dropped') {
      sessions.end(session?.account);
      session = undefined;
    }
    const record = (status: number) =>
      log.add({
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
    const page = PAGES[path];
    if (!page) return reply(404, errorPage(404, 'Page not found'));
    if (request.method !== 'GET') return reply(405, errorPage(405, 'Method not allowed'));
    reply(200, dataPage(page.title, page.source));
  }

  function serveData(
    session: Session | undefined,
    data: (account: Account) => unknown,
    response: ServerResponse,
  ): void {
    if (!session) return sendJson(response, 401, { error: { message: 'Please log in' } });
    const instead = session.nextData;
    delete session.nextData;
    sendJson(response, instead?.status ?? 200, instead ? instead.body : data(session.account));
  }

  function showLogin(request: IncomingMessage, response: ServerResponse): void {
    if (!sessions.of(request)) return send(response, 200, HTML, loginPage());
    response.setHeader('location', landing);
    send(response, 302, HTML, '');
  }

  function find(email: string): Account | undefined {
    const account = accounts.get(email) ?? options.newcomer?.(email);
    if (account) accounts.set(email, account);
    return account;
  }

  async function logIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = await readForm(request);
    if (!form) {
      response.setHeader('connection', 'close');
      return send(response, 413, HTML, errorPage(413, 'Form too large'));
    }
    const account = find(form.get('email') ?? '');
    if (!account || account.password !== form.get('password'))
      return send(response, 401, HTML, loginPage('Wrong email or password'));
    response.setHeader('set-cookie', sessions.begin(account));
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
    dropSessions: () => sessions.end(),
    close: () =>
      new Promise((resolve, reject) => {
        server.close(error => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  if (!response.hasHeader('cache-control')) response.setHeader('cache-control', 'no-store');
  response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' }).end(body);
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, 'application/json', JSON.stringify(body));
}

/** The posted form; undefined when it is larger than a login can be, or doesn't say how large it is. */
async function readForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const length = Number(request.headers['content-length'] ?? Number.NaN);
  if (!(length <= MAX_FORM_BYTES)) return undefined;
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return new URLSearchParams(text);
}
