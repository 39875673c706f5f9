/** What a test can make go wrong with the next navigations to `/my/…`. */
export type Fault = {
  /** How many navigations it strikes (1 if absent). */
  times?: number;
} & (
  | { kind: 'status'; status: number; body?: string }
  /** Refused, although the limit isn't reached. */
  | { kind: 'throttled'; retryAfterSeconds: number }
  /** The page is served, and its data comes as `body` instead. */
  | { kind: 'data'; body: unknown; status?: number }
  /** The account's sessions end just before the navigation. */
  | { kind: 'session-dropped' }
  /** A page that asks whether a person is there. */
  | { kind: 'challenge'; status?: number }
  /** The connection is cut before any answer. */
  | { kind: 'cut' }
  /** No answer ever comes. */
  | { kind: 'silence' }
);

/** What a test can make go wrong with the next messages that are sent. */
export interface SendFault {
  /** How many it strikes (1 if absent). */
  times?: number;
  /** Whether the message takes effect all the same. */
  takesEffect: boolean;
  /** Nothing happens before this has come to pass. */
  after?: Promise<void>;
  /** What is answered; `usual`: as if nothing had gone wrong. */
  answer: 'usual' | 'cut' | 'silence' | { status: number; body?: unknown; retryAfterSeconds?: number };
}

/** Faults in the order in which they were set up; each strikes its number of times and is gone. */
export class Faults<T extends { times?: number }> {
  readonly #queue: { fault: T; left: number }[] = [];

  add(fault: T): void {
    this.#queue.push({ fault, left: fault.times ?? 1 });
  }

  /** The fault that strikes now, if any. */
  next(): T | undefined {
    const head = this.#queue[0];
    if (!head) return undefined;
    head.left -= 1;
    if (head.left <= 0) this.#queue.shift();
    return head.fault;
  }
}
