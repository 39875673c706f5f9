/**
 * What a test can make go wrong with the next navigations to `/my/…`. Where it strikes the data, `request` says
 * which of the page's requests for data (1, the first, if absent): a list has one for each press of its button.
 */
export type Fault = {
  /** How many navigations it strikes (1 if absent). */
  times?: number;
} & (
  | { kind: 'status'; status: number; body?: string }
  /** Refused, although the limit isn't reached. */
  | { kind: 'throttled'; retryAfterSeconds: number }
  /** The page is served, and its data comes as `body` instead. */
  | { kind: 'data'; body: unknown; status?: number; request?: number }
  /** The page is served, and its data never comes. */
  | { kind: 'data-silence'; request?: number }
  /** The page is served, and the connection is cut in the middle of its data. */
  | { kind: 'data-cut'; request?: number }
  /** The account's sessions end just before the navigation. */
  | { kind: 'session-dropped' }
  /** A page that asks whether a person is there. */
  | { kind: 'challenge'; status?: number }
  /** The connection is cut before any answer. */
  | { kind: 'cut' }
  /** No answer ever comes. */
  | { kind: 'silence' }
);

/** What a page's data is replaced with, once `left` more requests for data have been answered as usual. */
export interface InsteadOfData {
  left: number;
  answer: 'cut' | 'silence' | { status: number; body: unknown };
}

/** What a fault does to the data of the page that it strikes; undefined where that isn't its business. */
export function insteadOfData(fault: Fault | undefined): InsteadOfData | undefined {
  switch (fault?.kind) {
    case 'data':
      return {
        left: (fault.request ?? 1) - 1,
        answer: { status: fault.status ?? 200, body: fault.body },
      };
    case 'data-silence':
      return { left: (fault.request ?? 1) - 1, answer: 'silence' };
    case 'data-cut':
      return { left: (fault.request ?? 1) - 1, answer: 'cut' };
    default:
      return undefined;
  }
}

/** What a test can make go wrong with the next requests that would change something. */
export interface EffectFault {
  /** How many it strikes (1 if absent). */
  times?: number;
  /** Whether the request takes effect all the same. */
  takesEffect: boolean;
  /** Nothing happens before this has come to pass. */
  after?: Promise<void>;
  /** What is answered; `usual`: as if nothing had gone wrong. */
  answer: 'usual' | 'cut' | 'silence' | { status: number; body?: unknown; retryAfterSeconds?: number };
}

/** Faults in the order in which they were set up; each strikes its number of times and is gone. */
export class Faults<T extends { times?: number }> {
  readonly #queue: { fault: T; left: number }[] = [];
  readonly #ofAccount: (email: string) => T | undefined;

  /** @param ofAccount asked where none was set up: what strikes a request of this account */
  constructor(ofAccount: (email: string) => T | undefined = () => undefined) {
    this.#ofAccount = ofAccount;
  }

  add(fault: T): void {
    this.#queue.push({ fault, left: fault.times ?? 1 });
  }

  /** The fault that strikes now, if any. `email`: of the account that asks, if it is logged in. */
  next(email: string | undefined): T | undefined {
    const head = this.#queue[0];
    if (!head) return email === undefined ? undefined : this.#ofAccount(email);
    head.left -= 1;
    if (head.left <= 0) this.#queue.shift();
    return head.fault;
  }
}
