import type { IncomingMessage } from 'node:http';
import { randomUUID } from 'node:crypto';
import type { Account } from './accounts.ts';
import { Conversations, type Draft, type Message } from './conversations.ts';
import { SiteLog, type SiteLogEntry } from './log.ts';
import { digestOf, Passwords } from './passwords.ts';
import { Sessions, type Session } from './sessions.ts';
import { noFile, openEvents, type EventFile, type SiteEvent } from './state.ts';

/** All that the site remembers: who is logged in, what was written, what happened. */
export class Memory {
  readonly conversations = new Conversations();
  readonly passwords = new Passwords();
  readonly log = new SiteLog();
  readonly #sessions = new Sessions();
  readonly #find: (email: string) => Account | undefined;
  readonly #file: EventFile;

  /**
   * @param stateFile where it is kept beyond the end of the process; undefined: nowhere
   * @throws StateError
   */
  constructor(find: (email: string) => Account | undefined, stateFile: string | undefined) {
    this.#find = find;
    const { events, file } = stateFile === undefined ? { events: [], file: noFile } : openEvents(stateFile);
    this.#file = file;
    for (const event of events) this.#apply(event);
  }

  /** Begins a session; returns the header that hands out its cookie. */
  logIn(account: Account): string {
    const token = randomUUID();
    this.#record({ event: 'login', token, account: account.email });
    return Sessions.cookie(token);
  }

  /** Ends all sessions of an account, or of everybody. */
  logOut(account: Account | undefined): void {
    this.#record({ event: 'logout', account: account?.email ?? null });
  }

  session(request: IncomingMessage): Session | undefined {
    return this.#sessions.of(request);
  }

  visited(entry: SiteLogEntry): void {
    this.#record({ event: 'visit', entry });
  }

  /** A message takes effect: it is in its conversation, and in the log with the status that is answered. */
  sent(account: Account, fan: string, draft: Draft, entry: SiteLogEntry): Message {
    const message = this.conversations.compose(account, draft, entry.at_ms);
    const effect = `message.send ${fan} #${message.id}`;
    this.#record({ event: 'message', account: account.email, fan, message, entry: { ...entry, effect } });
    return message;
  }

  /** A new password takes effect, and is in the log with the status that is answered. */
  passwordChanged({ account, token }: Session, password: string, entry: SiteLogEntry): void {
    this.#record({
      event: 'password',
      account: account.email,
      digest: digestOf(account.email, password),
      token,
      entry: { ...entry, effect: 'credentials.rotate' },
    });
  }

  close(): void {
    this.#file.close();
  }

  #record(event: SiteEvent): void {
    this.#file.append(event);
    this.#apply(event);
  }

  #apply(event: SiteEvent): void {
    switch (event.event) {
      case 'login': {
        const account = this.#find(event.account);
        if (account) this.#sessions.begin(event.token, account);
        return;
      }
      case 'logout':
        return this.#sessions.end(event.account ?? undefined);
      case 'visit':
        return this.log.add(event.entry);
      case 'message':
        this.conversations.add(event.account, event.fan, event.message);
        return this.log.add(event.entry);
      case 'password':
        this.passwords.change(event.account, event.digest, new Date(event.entry.at_ms).toISOString());
        this.#sessions.end(event.account, event.token);
        return this.log.add(event.entry);
    }
  }
}
