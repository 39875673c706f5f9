import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Account } from './accounts.ts';
import { HTML, readText, send } from './http.ts';
import type { Memory } from './memory.ts';
import type { CodeForm } from './code-form.ts';
import { errorPage, loginPage } from './pages.ts';

const MAX_FORM_BYTES = 16_384;

/** The login form, and what is typed into it. */
export class LoginForm {
  /** How many were let in, and how many weren't. */
  readonly counts = { accepted: 0, refused: 0 };
  readonly #memory: Memory;
  readonly #find: (email: string) => Account | undefined;
  readonly #landing: string;
  readonly #codes: CodeForm;

  /**
   * @param landing where a login leads
   * @param codes what is asked after the password
   */
  constructor(
    memory: Memory,
    find: (email: string) => Account | undefined,
    landing: string,
    codes: CodeForm,
  ) {
    this.#memory = memory;
    this.#find = find;
    this.#landing = landing;
    this.#codes = codes;
  }

  /** Who is logged in already is sent on. */
  show(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#memory.session(request)) return send(response, 200, HTML, loginPage());
    response.setHeader('location', this.#landing);
    send(response, 302, HTML, '');
  }

  async post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readText(request, MAX_FORM_BYTES);
    if (text === undefined) {
      response.setHeader('connection', 'close');
      return send(response, 413, HTML, errorPage(413, 'Form too large'));
    }
    const form = new URLSearchParams(text);
    const account = this.#find(form.get('email') ?? '');
    if (!account || !this.#memory.passwords.isRight(account, form.get('password') ?? '')) {
      this.counts.refused += 1;
      return send(response, 401, HTML, loginPage('Wrong email or password'));
    }
    if (this.#codes.isAskedOf(account)) return this.#codes.ask(response, account);
    this.letIn(response, account);
  }

  /** The account's session begins, and the visitor is sent on. */
  letIn(response: ServerResponse, account: Account): void {
    this.counts.accepted += 1;
    response.appendHeader('set-cookie', this.#memory.logIn(account));
    response.setHeader('location', this.#landing);
    send(response, 303, HTML, '');
  }
}
