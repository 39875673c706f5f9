import type { EndedAs } from './results.ts';

/** What became of one attempt at an operation; the kind says what happens next. */
export type Outcome =
  /** Recorded, its message deleted. */
  | { kind: 'succeeded'; data: unknown }
  /** It has ended in an earlier attempt: its result is there, and what comes after that is done again. */
  | { kind: 'ended_before'; as: EndedAs }
  /** The site is too busy for us: kept, not again before `untilMs`. Counts nothing. */
  | { kind: 'throttled'; untilMs: number; error: string }
  /** Nobody's fault at the site (a stop, a crashed browser, Redis out of reach): kept. Counts nothing. */
  | { kind: 'interrupted'; retryInMs: number; error: string }
  /** Somebody else may have the message by now: hands off everything. */
  | { kind: 'lease_lost'; error: string }
  /** The site failed: kept and counted, with a growing delay, until it is dead. */
  | { kind: 'site_error'; error: string }
  /** It can't succeed, however often it is tried: recorded as failed, its message deleted. */
  | { kind: 'client_error'; error: string }
  /** It may have taken effect, and that can't be found out: recorded, deleted, and a person is asked. */
  | { kind: 'outcome_unknown'; error: string }
  /** A person has to look at the account: kept, with a long delay. Counts nothing. */
  | { kind: 'needs_login'; error: string }
  /** The site is not what we know any more: kept, and its kind paused for everybody, once that is sure. */
  | { kind: 'site_changed'; page: string; fields: readonly string[]; error: string };

/** 429: the site names the time from which it listens again (ms since the epoch). */
export class Throttled extends Error {
  override readonly name = 'Throttled';
  readonly untilMs: number;
  readonly path: string;
  constructor(untilMs: number, path: string) {
    super(`${path} answered 429`);
    this.untilMs = untilMs;
    this.path = path;
  }
}

/** An answer of the site's, or none, that an operation can't go on with. */
abstract class Unwell extends Error {
  /** The path that was asked for, without query. */
  readonly path: string;
  /** Undefined when there was no answer. */
  readonly status: number | undefined;
  constructor(message: string, path: string, status?: number) {
    super(message);
    this.path = path;
    this.status = status;
  }
}

/** 5xx, a broken connection, no answer in time: worth another try within the same attempt. */
export class SiteFailure extends Unwell {
  override readonly name = 'SiteFailure';
}

/** 4xx other than 429: trying again changes nothing. */
export class ClientFault extends Unwell {
  override readonly name = 'ClientFault';
}

/**
 * The site has answered well, but what it answers, or the page that it shows, isn't what we know: no operation of this
 * kind can be done until somebody has looked. Its message names fields and types, never a value: those are a person's.
 */
export class SiteChanged extends Error {
  override readonly name = 'SiteChanged';
  /** The path of it, with ids as `{name}`. */
  readonly page: string;
  /** Names of what doesn't fit. */
  readonly fields: readonly string[];
  constructor(message: string, page: string, fields: readonly string[]) {
    super(message);
    this.page = page;
    this.fields = fields;
  }
}

/** The site refuses the credentials or wants to see a person. Never worked around. */
export class NeedsLogin extends Error {
  override readonly name = 'NeedsLogin';
}

/** Whether the effect took place can't be found out: only a person can say what to do. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
}

/** Something of ours failed, or stopped. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly retryInMs: number;
  constructor(message: string, retryInMs: number, options?: ErrorOptions) {
    super(message, options);
    this.retryInMs = retryInMs;
  }
}

/** The message's visibility ended, or couldn't be extended in time: it is not ours any more. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** After something of ours was out of reach: long enough to recover, short enough not to be noticed. */
export const INTERRUPTED_RETRY_MS = 15_000;

/** The outcome that an error stands for. What nobody foresaw counts as a failure, so that it ends some day. */
export function outcomeOf(error: unknown): Exclude<Outcome, { kind: 'succeeded' | 'ended_before' }> {
  if (error instanceof Throttled) return { kind: 'throttled', untilMs: error.untilMs, error: error.message };
  if (error instanceof Interrupted)
    return { kind: 'interrupted', retryInMs: error.retryInMs, error: error.message };
  if (error instanceof LeaseLost) return { kind: 'lease_lost', error: error.message };
  if (error instanceof ClientFault) return { kind: 'client_error', error: error.message };
  if (error instanceof NeedsLogin) return { kind: 'needs_login', error: error.message };
  if (error instanceof OutcomeUnknown) return { kind: 'outcome_unknown', error: error.message };
  if (error instanceof SiteFailure) return { kind: 'site_error', error: error.message };
  if (error instanceof SiteChanged)
    return { kind: 'site_changed', page: error.page, fields: error.fields, error: error.message };
  return { kind: 'site_error', error: `unexpected: ${firstLine(error)}` };
}

/**
 * The first line of an error's message. Playwright appends a log of its calls, and with it the values that
 * were typed, passwords among them: only the first line may go into logs and results.
 */
export function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split('\n', 1)[0] ?? '').slice(0, 300);
}
