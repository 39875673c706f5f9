import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@huntaze/core/clock';
import type { Account } from './accounts.ts';
import { Outbox } from './chats.ts';
import { CodeForm } from './code-form.ts';
import { Drifts, type Drift } from './drift.ts';
import { Faults, type EffectFault, type Fault } from './faults.ts';
import { HeavyAssets, dressed } from './heavy.ts';
import { HTML, JAVASCRIPT, send } from './http.ts';
import type { SiteLogEntry } from './log.ts';
import { LoginForm } from './login-form.ts';
import { Memory } from './memory.ts';
import { Operations } from './operations.ts';
import { errorPage, homePage } from './pages.ts';
import { PASSWORD_DATA, PasswordForm } from './password-form.ts';
import { dataAt, fanAt } from './routes.ts';
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
  /** What goes wrong with a navigation of this account, where no fault was set up for whoever comes next. */
  faultOf?: (email: string) => Fault | undefined;
  /** The same of a request that would change something. */
  effectFaultOf?: (email: string) => EffectFault | undefined;
  /** Where a login leads: `/` unless a test wants another. */
  landing?: string;
  /** Where log, sessions, conversations and passwords are kept beyond the end of the process; absent: nowhere. */
  stateFile?: string;
  /** Every page under `/my/` carries a picture, a film, a sound and a font as well. */
  heavy?: boolean;
}

/** The target site, running. */
export interface Site {
  url: string;
  port: number;
  log(): SiteLogEntry[];
  /** Sets up a fault for the next navigations. */
  fault(fault: Fault): void;
  /** Changes the site's JSON; what is returned takes that back. */
  drift(drift: Drift): () => void;
  /** Sets up a fault for the next messages that are sent. */
  sendFault(fault: EffectFault): void;
  /** Sets up a fault for the next passwords that are changed. */
  passwordFault(fault: EffectFault): void;
  /** How many requests to send a message have arrived, whatever became of them. */
  sendsReceived(): number;
  /** How many requests to change a password have arrived, whatever became of them. */
  passwordsReceived(): number;
  /** How many logins were let in, and how many weren't. */
  logins(): { accepted: number; refused: number };
  /** From now on an account is asked for this code after its password; undefined: for none. */
  askCode(email: string, code: string | undefined): void;
  /** How often a code was asked for, and how many wrong ones came. */
  codes(): { asked: number; refused: number };
  /** The paths of pictures, films, sounds and fonts that were asked for (see `heavy`), in that order. */
  assetsRequested(): string[];
  /** Logs everybody out; logins that wait for a code are over, too. */
  dropSessions(): void;
  /** Cuts all connections and frees the port. */
  close(): Promise<void>;
}

/**
 * Starts the target site.
 * @throws StateError; the listener's own error (EADDRINUSE, EACCES) when the port can't be had
 */
export async function startSite(options: SiteOptions): Promise<Site> {
  const { clock } = options;
  const accounts = new Map(options.accounts.map(account => [account.email, account]));
  const faults = new Faults<Fault>(options.faultOf);
  const sendFaults = new Faults<EffectFault>(options.effectFaultOf);
  const passwordFaults = new Faults<EffectFault>(options.effectFaultOf);
  const memory = new Memory(find, options.stateFile);
  const { log } = memory;
  const codeForm = new CodeForm();
  const loginForm = new LoginForm(memory, find, options.landing ?? '/', codeForm);
  const drifts = new Drifts();
  const operations = new Operations(memory, clock, faults, drifts, options);
  const outbox = new Outbox(memory, clock, sendFaults);
  const passwordForm = new PasswordForm(memory, clock, passwordFaults);
  const assets = new HeavyAssets();
  const dress = (html: string) => dressed(options.heavy ?? false, html);
  for (const fault of options.faults ?? []) faults.add(fault);

  function find(email: string): Account | undefined {
    const account = accounts.get(email) ?? options.newcomer?.(email);
    if (account) accounts.set(email, account);
    return account;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://site');
    const { pathname } = url;
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    if (pathname.startsWith('/my/')) return operations.navigate(request, response, pathname, dress);
    if (request.method === 'GET' && dataAt(url)) return operations.serveData(request, response, url);
    const fan = fanAt(pathname);
    if (request.method === 'POST' && fan !== undefined) return outbox.post(request, response, pathname, fan);
    if (method === 'GET' && pathname.startsWith('/assets/')) return serveAsset(response, pathname);
    switch (`${method} ${pathname}`) {
      case `POST ${PASSWORD_DATA}`:
        return passwordForm.post(request, response);
      case 'POST /login':
        return loginForm.post(request, response);
      case 'GET /login':
        return loginForm.show(request, response);
      case 'GET /login/code':
        return codeForm.show(request, response);
      case 'POST /login/code':
        return codeForm.post(request, response, (...args) => loginForm.letIn(...args));
      case 'GET /':
        return send(response, 200, HTML, homePage(memory.session(request)?.account.email ?? null));
      case 'GET /__site/health':
        return send(response, 200, 'application/json', '{"ok":true}\n');
      case 'GET /__site/log':
        return send(response, 200, 'application/x-ndjson', log.toNdjson());
      default:
        send(response, 404, HTML, errorPage(404, 'Page not found'));
    }
  }

  function serveAsset(response: ServerResponse, path: string): void {
    const script = Object.hasOwn(SCRIPTS, path) ? SCRIPTS[path] : undefined;
    if (script !== undefined) {
      response.setHeader('cache-control', 'public, max-age=86400');
      return send(response, 200, JAVASCRIPT, script);
    }
    const asset = assets.at(path);
    if (asset) return send(response, 200, asset.type, asset.body);
    send(response, 404, HTML, errorPage(404, 'Page not found'));
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
    drift: drift => drifts.add(drift),
    sendFault: fault => sendFaults.add(fault),
    passwordFault: fault => passwordFaults.add(fault),
    sendsReceived: () => outbox.received,
    passwordsReceived: () => passwordForm.received,
    logins: () => ({ ...loginForm.counts }),
    askCode: (email, code) => codeForm.set(email, code),
    codes: () => ({ ...codeForm.counts }),
    assetsRequested: () => [...assets.requested],
    dropSessions: () => {
      memory.logOut(undefined);
      codeForm.end();
    },
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
