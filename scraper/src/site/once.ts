import { MAX_TRIES, type JournalEntry } from '../journal.ts';
import type { Operation } from '../operation.ts';
import { ClientFault, firstLine, Interrupted, OutcomeUnknown } from '../outcome.ts';
import { throttled } from './answers.ts';
import { ANSWER_TIMEOUT_MS, postOnce, type Answer, type Submission } from './post.ts';
import type { Visit } from './visit.ts';

/** From the journal's entry until the request has left, at most. */
const LEAVE_WITHIN_MS = 10_000;
/** For what the site may still do with a request after we have stopped waiting for its answer. */
const GRACE_MS = 15_000;
/** An effect whose answer didn't come is looked for after so long: by then it is mostly there. */
const LOOK_AFTER_MS = 5_000;

/** Something that changes the site, and takes place once. */
export interface Deed<T> extends Submission {
  /** How it is said that it didn't take place. */
  absent: string;
  /** Looks whether an earlier try took place: what came of it, or when (ms since the epoch) there was nothing of it. */
  look: (earlier: JournalEntry) => Promise<Seen<T>>;
  /** Makes the page ready for the click. Errors from here on the way to the click are the caller's own. */
  prepare: () => Promise<void>;
  /** What a look needs to know of the time before the try: the newest message then. */
  newestId: number | null;
  /** What the answer (JSON) to a request that was taken says; undefined where that is nothing we know. */
  confirmed: (answer: unknown) => T | undefined;
}

export type Seen<T> = { done: T } | { absentAtMs: number };

/**
 * Does something once. Before the click the try is noted in the journal; after it every error leads to a look, by
 * the operation's next attempt. Only what isn't there once the try can have no effect any more is tried again.
 * @param last the last try, as the journal has it; undefined if there was none
 * @throws OutcomeUnknown when it can't be told, and the errors of outcome.ts
 */
export async function once<T>(visit: Visit, deed: Deed<T>, last: JournalEntry | undefined): Promise<T> {
  const { operation, journal } = visit;
  const { effect, clock, signal } = operation;
  let earlier = last;
  for (;;) {
    if (earlier) {
      const seen = await deed.look(earlier);
      if ('done' in seen) return seen.done;
      expectNone(operation, deed, earlier, seen.absentAtMs);
    }
    await deed.prepare();
    const leaveByMs = clock.now() + LEAVE_WITHIN_MS;
    const entry = {
      n: (earlier?.n ?? 0) + 1,
      newestId: deed.newestId,
      deadlineMs: leaveByMs + ANSWER_TIMEOUT_MS + GRACE_MS,
    };
    effect.undecided = true;
    const there = await journal.note(operation, entry);
    signal.throwIfAborted();
    if (!there) return deliver(visit, deed, entry, leaveByMs);
    earlier = there;
  }
}

/** Returns if an earlier try surely had no effect and never will, and another may be made. */
function expectNone<T>(
  { effect, clock }: Operation,
  { data, absent }: Deed<T>,
  earlier: JournalEntry,
  absentAtMs: number,
): void {
  const { answered = 0 } = earlier;
  if (!isRefusal(answered) && absentAtMs < earlier.deadlineMs)
    throw new Interrupted(`tried before, ${absent} yet`, Math.max(0, earlier.deadlineMs - clock.now()));
  if (isTaken(answered)) throw new OutcomeUnknown(`the site answered ${answered}, and it is ${absent}`);
  effect.undecided = false;
  if (isRefusal(answered)) throw new ClientFault(`${data} answered ${answered}`, data, answered);
  if (earlier.n >= MAX_TRIES) throw new ClientFault(`tried ${earlier.n} times, and ${absent}`, data);
}

/**
 * Posts what is prepared and noted.
 * @throws Interrupted for everything but what the site has confirmed: it is to be looked for
 */
async function deliver<T>(visit: Visit, deed: Deed<T>, entry: JournalEntry, leaveByMs: number): Promise<T> {
  const { operation, journal } = visit;
  let answer: Answer;
  try {
    answer = await postOnce(visit, deed, leaveByMs);
  } catch (error) {
    operation.signal.throwIfAborted();
    throw new Interrupted(`sent, but not confirmed: ${firstLine(error)}`, LOOK_AFTER_MS, { cause: error });
  }
  const confirmed = isTaken(answer.status) ? deed.confirmed(parse(answer.body)) : undefined;
  if (confirmed !== undefined) return confirmed;
  const what = `${deed.data} answered ${answer.status}`;
  operation.log.warn('site error', {
    error: 'sent, but not confirmed',
    status: answer.status,
    url: deed.data,
    attempt: operation.attempt,
    correlation_id: operation.correlationId,
  });
  if (answer.status === 429) throw throttled(answer, deed.data, operation.clock);
  const refused = isRefusal(answer.status);
  if (refused || isTaken(answer.status)) await journal.answered(operation, entry, answer.status);
  if (refused) throw new Interrupted(what, 0);
  throw new Interrupted(`sent, but not confirmed: ${what}`, LOOK_AFTER_MS);
}

/** The site says that it has taken it. */
function isTaken(status: number): boolean {
  return status >= 200 && status < 300;
}

/** The site has read it and doesn't want it: 4xx, but for those that speak of the connection or the session. */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && ![401, 408, 425, 429].includes(status);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
