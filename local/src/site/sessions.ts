import type { IncomingMessage } from 'node:http';
import type { Account } from './accounts.ts';
import type { InsteadOfData } from './faults.ts';

const COOKIE = 'site_session';
/** More sessions than any run here opens; the oldest end first. */
const MAX_SESSIONS = 10_000;

/** One visitor who has logged in. */
export interface Session {
  token: string;
  account: Account;
  /** What a fault has put in the place of data that the open page loads. */
  insteadOfData?: InsteadOfData | undefined;
}

/** Who is logged in, by the cookie they carry. */
export class Sessions {
  readonly #byToken = new Map<string, Session>();

  /** The header that hands out a session's cookie. */
  static cookie(token: string): string {
    return `${COOKIE}=${token}; Path=/; HttpOnly; SameSite=Lax`;
  }

  begin(token: string, account: Account): void {
    this.#byToken.set(token, { token, account });
    if (this.#byToken.size > MAX_SESSIONS) this.#byToken.delete(this.#byToken.keys().next().value as string);
  }

  of(request: IncomingMessage): Session | undefined {
    const cookies = (request.headers.cookie ?? '').split(/;\s*/);
    const token = cookies.find(cookie => cookie.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
    return token === undefined ? undefined : this.#byToken.get(token);
  }

  /** Ends all sessions of the account with this address, or of everybody; but for one, where one is to stay. */
  end(email?: string, stays?: string): void {
    for (const [token, session] of this.#byToken)
      if ((email === undefined || session.account.email === email) && token !== stays)
        this.#byToken.delete(token);
  }
}
