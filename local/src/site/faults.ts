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

/** Faults in the order in which they were set up; each strikes its number of times and is gone. */
export class Faults {
  readonly #queue: { fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#queue.push({ fault, left: fault.times ?? 1 });
  }

  /** The fault that strikes this navigation, if any. */
  next(): Fault | undefined {
    const head = this.#queue[0];
    if (!head) return undefined;
    head.left -= 1;
    if (head.left <= 0) this.#queue.shift();
    return head.fault;
  }
}
