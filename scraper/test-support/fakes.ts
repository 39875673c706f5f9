import type { Drift, StartedAttempt, Tried } from '@huntaze/core/lua';
import type { State } from '@huntaze/core/operations';
import type { Breaker } from '../src/breaker.ts';
import type { Metrics } from '../src/metrics.ts';
import type { Journal } from '../src/journal.ts';
import type { AttemptEnd } from '@huntaze/core/lua';
import type { Ledger } from '../src/ledger.ts';
import type { Fields, Log } from '../src/log.ts';
import type { OperationIds } from '../src/operation.ts';
import type { DeadLetterReason, Held, VisibilityChange, WorkQueue } from '../src/queue.ts';
import type { EndedAs, Result, Results } from '../src/results.ts';
import type { SiteState } from '../src/site-state.ts';
import type { SlotWindow } from '../src/slots.ts';

/** A message as SQS lends it. */
export function held(id: string, group: string, receivedAtMs: number, body = '{}'): Held {
  return { id, receiptHandle: `handle-${id}`, group, body, attributes: {}, receivedAtMs, receives: 1 };
}

/** The body of a `profile.scrape`, as the API writes it. */
export function profileBody(overrides: Record<string, unknown> = {}): string {
  return JSON.stringify({
    operation_id: 'op-1',
    kind: 'profile.scrape',
    creator_id: 'ada',
    params: {},
    requested_at: '2026-01-31T12:00:00Z',
    correlation_id: 'corr-1',
    ...overrides,
  });
}

/** A queue in memory that lends what it is told to, and remembers what it was asked. */
export class FakeQueue implements WorkQueue {
  readonly removed: string[] = [];
  /** Every visibility asked for: message id and seconds. */
  readonly visibility: [string, number][] = [];
  readonly deadLetters: ({ message: Held } & DeadLetterReason)[] = [];
  polls = 0;
  /** Ids that SQS no longer knows as ours. */
  readonly lost = new Set<string>();
  /** While set, every call but receive rejects with it. */
  down: Error | undefined;
  #waiting: { resolve: (messages: Held[]) => void; reject: (error: Error) => void } | undefined;

  receive(signal: AbortSignal): Promise<Held[]> {
    this.polls += 1;
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      signal.addEventListener('abort', () => reject(new Error('aborted')));
    });
  }

  get polling(): boolean {
    return this.#waiting !== undefined;
  }

  deliver(...messages: Held[]): void {
    this.#answer().resolve(messages);
  }

  failPoll(): void {
    this.#answer().reject(new Error('connection reset'));
  }

  #answer() {
    const waiting = this.#waiting;
    if (!waiting) throw new Error('nobody polls');
    this.#waiting = undefined;
    return waiting;
  }

  async remove(message: Held): Promise<void> {
    if (this.down) throw this.down;
    this.removed.push(message.id);
  }

  async changeVisibility(changes: VisibilityChange[]) {
    if (this.down) throw this.down;
    for (const { message, seconds } of changes) this.visibility.push([message.id, seconds]);
    const lost = changes.map(({ message }) => message).filter(({ id }) => this.lost.has(id));
    return { lost, failed: [] };
  }

  async deadLetter(message: Held, why: DeadLetterReason): Promise<void> {
    if (this.down) throw this.down;
    this.deadLetters.push({ message, ...why });
  }
}

/** A log in memory. */
export class FakeLog implements Log {
  readonly lines: ({ level: string; message: string } & Fields)[] = [];
  info = (message: string, fields: Fields) => this.#add('info', message, fields);
  warn = (message: string, fields: Fields) => this.#add('warn', message, fields);
  error = (message: string, fields: Fields) => this.#add('error', message, fields);

  #add(level: string, message: string, fields: Fields): void {
    this.lines.push({ ...fields, level, message });
  }

  of(message: string) {
    return this.lines.filter(line => line.message === message);
  }
}

/** The record of one operation in memory, in the order of what was noted. */
export class FakeLedger implements Ledger {
  state: State = 'forwarded';
  attempts = 0;
  failures = 0;
  tried: Tried | undefined;
  /** An attempt began and hasn't ended. */
  unended = false;
  /** Redis has a record of it. */
  known = true;
  /** When its first attempt began, if Redis knows. */
  begunAtMs: number | undefined;
  readonly ends: AttemptEnd[] = [];
  /** The creator is paused. */
  paused: StartedAttempt['paused'];
  /** Until when the site's window is closed. */
  closedUntilMs: number | undefined;
  /** While set, every call rejects with it. */
  down: Error | undefined;

  async start(_ids: OperationIds) {
    if (this.down) throw this.down;
    const before = !this.known ? undefined : this.unended ? 'running' : this.state;
    this.unended = this.known = true;
    if (this.state === 'forwarded') this.attempts += 1;
    const state: State = this.state === 'forwarded' ? 'running' : this.state;
    const { attempts, failures, tried, paused, closedUntilMs, begunAtMs } = this;
    const isSure = before !== undefined;
    return { state, attempts, failures, before, tried, paused, closedUntilMs, isSure, begunAtMs };
  }

  async note(_ids: OperationIds, tried: Tried) {
    if (this.down) throw this.down;
    this.tried = tried;
    return true;
  }

  async end(end: AttemptEnd): Promise<void> {
    if (this.down) throw this.down;
    this.ends.push(end);
    this.unended = false;
    this.state = end.state;
    if (end.countFailure) this.failures += 1;
  }
}

/** Results in memory. */
export class FakeResults implements Results {
  readonly results: Result[] = [];
  readonly screenshots: Uint8Array[] = [];
  readonly traces: (readonly unknown[])[] = [];
  /** Results that were there before. */
  readonly ends = new Map<string, EndedAs>();
  down: Error | undefined;

  async ended({ operationId }: OperationIds) {
    if (this.down) throw this.down;
    const there = this.results.findLast(result => result.operation_id === operationId)?.status;
    return this.ends.get(operationId) ?? there;
  }

  async put(result: Result): Promise<void> {
    if (this.down) throw this.down;
    this.results.push(result);
  }

  async putScreenshot(_ids: OperationIds, png: Uint8Array): Promise<void> {
    if (this.down) throw this.down;
    this.screenshots.push(png);
  }

  async putTrace(_ids: OperationIds, trace: readonly unknown[]): Promise<void> {
    if (this.down) throw this.down;
    this.traces.push(trace);
  }
}

/** A window that grants at once unless it is told to refuse, and remembers what became of its slots. */
export class FakeSlots implements SlotWindow {
  readonly events: string[] = [];
  /** Grants are refused with this retry time (ms), for so many calls. */
  refusals: number[] = [];
  down: Error | undefined;
  readonly waiters: string[] = [];
  /** Every slot is the probe of a breaker. */
  probes = false;
  /** Called at every request for a slot. */
  onTake: (() => void) | undefined;

  async take(waiter: string) {
    this.onTake?.();
    if (this.down) throw this.down;
    if (!this.waiters.includes(waiter)) this.waiters.push(waiter);
    const retryInMs = this.refusals.shift();
    if (retryInMs !== undefined) return { granted: false as const, retryInMs };
    this.events.push(`granted ${this.waiters.indexOf(waiter) + 1}`);
    return { granted: true as const, isProbe: this.probes };
  }

  async answer(waiter: string): Promise<void> {
    if (this.down) throw this.down;
    this.events.push(`answered ${this.waiters.indexOf(waiter) + 1}`);
  }

  async giveBack(waiter: string): Promise<void> {
    if (this.down) throw this.down;
    this.events.push(`unused ${this.waiters.indexOf(waiter) + 1}`);
  }
}

/** The journal where no effect is tried. */
export const noJournal: Journal = {
  last: () => Promise.reject(new Error('the journal was asked')),
  note: () => Promise.reject(new Error('the journal was asked')),
  answered: () => Promise.reject(new Error('the journal was asked')),
};

/** What the tasks tell one another about the site, in memory, in the order in which it was told. */
export class FakeSiteState implements SiteState {
  readonly told: unknown[][] = [];
  /** What every call that returns a time returns (ms since the epoch). */
  untilMs = 0;
  down: Error | undefined;

  refused = async (creatorId: string, untilMs: number) => this.#tell('refused', creatorId, untilMs);
  needsLogin = async (creatorId: string, why: string) => void this.#tell('needs login', creatorId, why);
  letsIn = async (creatorId: string) => void this.#tell('lets in', creatorId);
  openBreaker = async (creatorId: string, why: string) => this.#tell('breaker opened', creatorId, why);
  /** What is made of an answer that doesn't fit. */
  drift: Drift = 'doubted';
  changed = async ({ page, fields }: Parameters<SiteState['changed']>[0]) => {
    this.#tell('changed', page, ...fields);
    return this.drift;
  };
  endProbe = async (holder: string, isWell: boolean) => void this.#tell('probe ended', holder, isWell);

  #tell(...what: unknown[]): number {
    if (this.down) throw this.down;
    this.told.push(what);
    return this.untilMs;
  }
}

/** A breaker that never opens. */
export const noBreaker: Breaker = {
  answered: () => Promise.resolve(),
  failed: () => Promise.resolve(false),
  undecided: () => Promise.resolve(),
};

/** Measurements that nobody looks at. */
export const noMetrics: Metrics = {
  ended: () => undefined,
  throttled: () => undefined,
  breaker: () => undefined,
  siteChanged: () => undefined,
  slot: () => undefined,
};
