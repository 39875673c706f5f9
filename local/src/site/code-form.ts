import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Account } from './accounts.ts';
import { HTML, readText, send } from './http.ts';
import { codePage, errorPage } from './pages.ts';

const COOKIE = 'site_login';
const MAX_FORM_BYTES = 16_384;
/** Wrong codes after which a login has to begin anew. */
const MAX_WRONG = 5;
/** Logins that wait for their code at a time; the oldest are given up. */
const MAX_BEGUN = 1_000;

/** A login whose password was right. */
interface Begun {
  account: Account;
  wrong: number;
}

/** The page that asks for a one-time code after the password, and what is typed into it. */
export class CodeForm {
  /** How often a code was asked for, and how often a wrong one was given. */
  readonly counts = { asked: 0, refused: 0 };
  readonly #begun = new Map<string, Begun>();
  /** What a test has set since the start, by the account's address. */
  readonly #set = new Map<string, string | undefined>();

  /** From now on the account is asked for this code; undefined: for none. */
  set(email: string, code: string | undefined): void {
    this.#set.set(email, code);
  }

  isAskedOf(account: Account): boolean {
    return this.#codeOf(account) !== undefined;
  }

  /** Sends a visitor whose password was right to the page. */
  ask(response: ServerResponse, account: Account): void {
    this.counts.asked += 1;
    const token = randomUUID();
    this.#begun.set(token, { account, wrong: 0 });
    if (this.#begun.size > MAX_BEGUN) this.#begun.delete(this.#begun.keys().next().value as string);
    response.setHeader('set-cookie', `${COOKIE}=${token}; Path=/login; HttpOnly; SameSite=Lax`);
    redirect(response, '/login/code');
  }

  /** Every login that waits for its code has to begin anew. */
  end(): void {
    this.#begun.clear();
  }

  show(request: IncomingMessage, response: ServerResponse): void {
    if (this.#of(request)) return send(response, 200, HTML, codePage());
    redirect(response, '/login');
  }

  /** @param letIn begins the account's session, and answers */
  async post(
    request: IncomingMessage,
    response: ServerResponse,
    letIn: (response: ServerResponse, account: Account) => void,
  ): Promise<void> {
    const text = await readText(request, MAX_FORM_BYTES);
    if (text === undefined) {
      response.setHeader('connection', 'close');
      return send(response, 413, HTML, errorPage(413, 'Form too large'));
    }
    const begun = this.#of(request);
    if (!begun) return redirect(response, '/login');
    const { token, login } = begun;
    if (new URLSearchParams(text).get('code') === this.#codeOf(login.account)) {
      this.#begun.delete(token);
      response.appendHeader('set-cookie', `${COOKIE}=; Path=/login; Max-Age=0`);
      return letIn(response, login.account);
    }
    this.counts.refused += 1;
    login.wrong += 1;
    if (login.wrong < MAX_WRONG) return send(response, 401, HTML, codePage('Wrong code'));
    this.#begun.delete(token);
    redirect(response, '/login');
  }

  #codeOf({ email, code }: Account): string | undefined {
    return this.#set.has(email) ? this.#set.get(email) : code;
  }

  #of(request: IncomingMessage): { token: string; login: Begun } | undefined {
    const cookies = (request.headers.cookie ?? '').split(/;\s*/);
    const token = cookies.find(cookie => cookie.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1) ?? '';
    const login = this.#begun.get(token);
    return login && { token, login };
  }
}

function redirect(response: ServerResponse, path: string): void {
  response.setHeader('location', path);
  send(response, 303, HTML, '');
}
