import { backoffMs, BETWEEN_ATTEMPTS, whilePausedMs } from './backoff.ts';
import type { Gate } from './gate.ts';
import type { Disposition } from './lane.ts';
import type { Ledger } from './ledger.ts';
import type { Log } from './log.ts';
import type { Effect, Navigation, OperationIds } from './operation.ts';
import type { Metrics } from './metrics.ts';
import { firstLine, INTERRUPTED_RETRY_MS, type Outcome } from './outcome.ts';
import type { Held, WorkQueue } from './queue.ts';
import type { EndedAs, Result, Results } from './results.ts';
import type { SiteState } from './site-state.ts';
import type { Clock } from '@huntaze/core/clock';
import { check, operationRequest, type OperationRequest } from '@huntaze/core/operations';

export interface SettlePorts {
  queue: WorkQueue;
  ledger: Ledger;
  results: Results;
  site: SiteState;
  gate: Gate;
  metrics: Pick<Metrics, 'siteChanged'>;
  clock: Clock;
  /** Failures after which an operation is dead. */
  maxFailures: number;
  /** From 0 to below 1. */
  random: () => number;
}

/** An attempt that is over. */
export interface Attempt {
  ids: OperationIds;
  message: Held;
  log: Log;
  attempts: number;
  /** Before this attempt. */
  failures: number;
  startedAtMs: number;
  navigations: Navigation[];
  effect: Effect;
  /** Pages of the site whose answers were what we know. */
  fits: ReadonlySet<string>;
  /** The page as it is now (PNG), if one is open. */
  screenshot: () => Promise<Uint8Array | undefined>;
  /** What happened on it last. */
  trace: () => readonly unknown[] | undefined;
}

/** Where the pause for a failed login could not be noted: a wrong password tried often locks an account (ms). */
const UNNOTED_LOGIN_RETRY_MS = 15 * 60_000;
/** The only kind that may begin while the site doesn't let its creator in: its success says that it does. */
const MENDS_LOGIN = 'credentials.rotate';

/**
 * Does what follows from an outcome. What ends an operation is done in this order: result, ledger, queue. A
 * crash in between repeats a step, and never leaves an ended operation without its result.
 * @throws whatever a port throws: the message then stays, and the operation is tried or settled again
 */
export async function settle(ports: SettlePorts, attempt: Attempt, outcome: Outcome): Promise<Disposition> {
  const { operationId } = attempt.ids;
  const now = ports.clock.now();
  const { effect } = attempt;
  switch (outcome.kind) {
    case 'succeeded':
      await ports.results.put(resultOf(ports, attempt, { status: 'succeeded', data: outcome.data }));
      await ports.ledger.end({ operationId, state: 'succeeded', fits: [...attempt.fits] });
      if (attempt.ids.kind === MENDS_LOGIN) await letIn(ports, attempt);
      return remove(ports, attempt);
    case 'ended_before':
      return finish(ports, attempt, outcome.as);
    case 'client_error':
      if (effect.undecided) return ask(ports, attempt, outcome.error);
      await putFailure(ports, attempt, 'failed', outcome.error);
      await ports.ledger.end({ operationId, state: 'failed', error: outcome.error });
      return remove(ports, attempt);
    case 'site_error':
      return failed(ports, attempt, outcome.error);
    case 'site_changed':
      return changed(ports, attempt, outcome);
    case 'outcome_unknown':
      return ask(ports, attempt, outcome.error);
    case 'throttled':
      await refused(ports, attempt, outcome.untilMs);
      return keep(ports, attempt, outcome.error, { retryInMs: Math.max(0, outcome.untilMs - now) });
    case 'needs_login': {
      const isNoted = await pauseForLogin(ports, attempt, outcome.error);
      const retryInMs = isNoted
        ? whilePausedMs({ sinceMs: now, untilMs: undefined }, now)
        : UNNOTED_LOGIN_RETRY_MS;
      return keep(ports, attempt, outcome.error, { retryInMs });
    }
    case 'interrupted':
      return keep(ports, attempt, outcome.error, { retryInMs: outcome.retryInMs });
    case 'lease_lost':
      return { kind: 'lost' };
  }
}

/** The site failed: it is tried again later, until it has used up its failures. */
async function failed(ports: SettlePorts, attempt: Attempt, error: string): Promise<Disposition> {
  if (attempt.failures + 1 >= ports.maxFailures)
    return (attempt.effect.undecided ? ask : bury)(ports, attempt, error);
  return keep(ports, attempt, error, {
    retryInMs: backoffMs(BETWEEN_ATTEMPTS, attempt.failures + 1, ports.random()),
    countFailure: true,
  });
}

/**
 * The site isn't what we know. Where that is sure the kind is paused, once, and the operation waits with all others of
 * it, as after any pause; also one whose effect was tried: it is looked for when its turn comes again, and never
 * repeated before. Until it is sure, this one is the site's failure like any other.
 */
async function changed(
  ports: SettlePorts,
  attempt: Attempt,
  { page, fields, error }: Extract<Outcome, { kind: 'site_changed' }>,
): Promise<Disposition> {
  const { ids, log, attempts } = attempt;
  const { operationId, creatorId, kind } = ids;
  const now = ports.clock.now();
  const sighting = { kind, page, creatorId, operationId, attempt: attempts, why: error, fields };
  const drift = await ports.site.changed(sighting).catch((thrown: unknown) => {
    // Nobody else hears of it; the next one that sees it says it again.
    log.error('change of the site not noted', { error: firstLine(thrown) });
    return 'unheard' as const;
  });
  switch (drift) {
    case 'doubted':
      return failed(ports, attempt, error);
    case 'outdated':
    case 'unheard':
      return keep(ports, attempt, error, { retryInMs: INTERRUPTED_RETRY_MS });
    case 'pauses':
      log.error('site changed', { error });
      ports.metrics.siteChanged();
      break;
    case 'paused':
      break;
  }
  return keep(ports, attempt, error, {
    retryInMs: whilePausedMs({ sinceMs: now, untilMs: undefined }, now),
  });
}

/** Whoever wrote its result didn't come to the steps after it, or Redis has forgotten them. */
async function finish(ports: SettlePorts, attempt: Attempt, as: EndedAs): Promise<Disposition> {
  // One dead letter too many is deleted when it is redriven.
  if (as === 'dead')
    await ports.queue.deadLetter(attempt.message, { reason: 'dead, and its message came again' });
  await ports.ledger.end({ operationId: attempt.ids.operationId, state: as });
  return remove(ports, attempt);
}

/** All tasks and the limiter learn that the site wants nothing of this creator, and nothing at all for a while. */
async function refused({ site, gate }: SettlePorts, { ids, log }: Attempt, untilMs: number): Promise<void> {
  try {
    gate.closedUntil(await site.refused(ids.creatorId, untilMs));
  } catch (thrown) {
    // The message waits all the same, and the next one that is refused says it again.
    log.error('refusal not noted', { error: firstLine(thrown) });
  }
}

/** Nothing of the creator begins until a person has looked. False: that could not be noted. */
async function pauseForLogin({ site }: SettlePorts, { ids, log }: Attempt, why: string): Promise<boolean> {
  try {
    await site.needsLogin(ids.creatorId, why);
    log.error('creator needs login', { error: why });
    return true;
  } catch (thrown) {
    log.error('pause not noted', { error: firstLine(thrown) });
    return false;
  }
}

async function letIn({ site }: SettlePorts, { ids, log }: Attempt): Promise<void> {
  try {
    await site.letsIn(ids.creatorId);
  } catch (thrown) {
    log.warn('pause for login not ended', { error: firstLine(thrown) });
  }
}

/** The message stays; `retryInMs` is in the ledger too, so that everybody can see until when. */
async function keep(
  { ledger, clock }: SettlePorts,
  { ids, log }: Attempt,
  error: string,
  { retryInMs, countFailure = false }: { retryInMs: number; countFailure?: boolean },
): Promise<Disposition> {
  const end = { operationId: ids.operationId, error, countFailure, retryAt: clock.now() + retryInMs };
  try {
    await ledger.end({ ...end, state: 'forwarded' });
  } catch (thrown) {
    // The delay must hold all the same; what is lost is a failure's count, or a line in the console.
    log.error('attempt not recorded', { error: firstLine(thrown) });
  }
  return { kind: 'retry', retryInMs };
}

/** Whether it took effect can't be told: it ends, so that the creator's next one can go on, and a person decides. */
async function ask(ports: SettlePorts, attempt: Attempt, error: string): Promise<Disposition> {
  await putFailure(ports, attempt, 'outcome_unknown', error);
  await ports.ledger.end({ operationId: attempt.ids.operationId, state: 'outcome_unknown', error });
  attempt.log.error('outcome unknown', { error });
  return remove(ports, attempt);
}

/** The operation has used up its failures. */
async function bury(ports: SettlePorts, attempt: Attempt, error: string): Promise<Disposition> {
  const reason = `${attempt.failures + 1} failures, the last one: ${error}`;
  await putFailure(ports, attempt, 'dead', error);
  await ports.queue.deadLetter(attempt.message, {
    reason,
    tried: { attempts: attempt.attempts, lastError: error },
  });
  await ports.ledger.end({
    operationId: attempt.ids.operationId,
    state: 'dead',
    error,
    countFailure: true,
  });
  attempt.log.error('dead-lettered', { error: reason });
  return remove(ports, attempt);
}

async function putFailure(
  ports: SettlePorts,
  attempt: Attempt,
  status: Exclude<EndedAs, 'succeeded'>,
  error: string,
): Promise<void> {
  try {
    const trace = attempt.trace();
    if (trace) await ports.results.putTrace(attempt.ids, trace);
    const png = await attempt.screenshot();
    if (png) await ports.results.putScreenshot(attempt.ids, png);
  } catch (thrown) {
    // They help, but the operation doesn't depend on them.
    attempt.log.warn('no trace or screenshot', { error: firstLine(thrown) });
  }
  const request = requestIn(attempt.message.body);
  await ports.results.put(resultOf(ports, attempt, { status, error, ...(request && { request }) }));
}

/** What was asked for, by a body that can be read as one. */
function requestIn(body: string): OperationRequest | undefined {
  const parsed = JSON.parse(body) as Record<string, unknown>;
  const { kind, creator_id, params, not_after } = parsed;
  const checked = check(operationRequest, {
    kind,
    creator_id,
    params,
    ...(not_after !== undefined && { not_after }),
  });
  return checked.ok ? checked.value : undefined;
}

/** Deletes the message. If that fails it comes again, and is deleted then, because its operation has ended. */
async function remove({ queue }: SettlePorts, { message, log }: Attempt): Promise<Disposition> {
  try {
    await queue.remove(message);
    return { kind: 'done' };
  } catch (thrown) {
    log.warn('message not deleted', { error: firstLine(thrown) });
    return { kind: 'retry', retryInMs: 0 };
  }
}

function resultOf(
  { clock }: SettlePorts,
  { ids, attempts, startedAtMs, navigations }: Attempt,
  end: Pick<Result, 'status' | 'data' | 'error' | 'request'>,
): Result {
  return {
    operation_id: ids.operationId,
    creator_id: ids.creatorId,
    kind: ids.kind,
    correlation_id: ids.correlationId,
    started_at: new Date(startedAtMs).toISOString(),
    finished_at: new Date(clock.now()).toISOString(),
    attempts,
    site: { navigations },
    ...end,
  };
}
