import type { Clock } from '@huntaze/core/clock';
import { UnreadableMessage } from '@huntaze/core/envelope';
import { isEnded } from '@huntaze/core/operations';
import { whileClosedMs, whilePausedMs } from './backoff.ts';
import type { Breaker } from './breaker.ts';
import { entryOf } from './journal.ts';
import type { Disposition, Work } from './lane.ts';
import { AnothersOperation } from './ledger.ts';
import { withFields, type Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import {
  readBody,
  readIds,
  type Effect,
  type Navigation,
  type Operation,
  type OperationIds,
} from './operation.ts';
import { firstLine, INTERRUPTED_RETRY_MS, outcomeOf, type Outcome } from './outcome.ts';
import { perform } from './perform.ts';
import type { Held } from './queue.ts';
import { settle, type SettlePorts } from './settle.ts';

/** Whoever can do operations at the site. */
export interface Driver {
  /** Whether this version can do operations of this kind. */
  supports(kind: string): boolean;
  /** Does the operation; resolves to its data, rejects with an error of outcome.ts. */
  run(operation: Operation): Promise<unknown>;
  /** The creator's page as it is now (PNG); undefined when none is open. */
  screenshot(creatorId: string): Promise<Uint8Array | undefined>;
  /** What happened on the creator's page last; undefined when nobody remembers. Without a word of anybody's. */
  trace(creatorId: string): readonly unknown[] | undefined;
}

export interface WorkPorts extends SettlePorts {
  driver: Driver;
  breaker: Breaker;
  metrics: Metrics;
  log: Log;
  clock: Clock;
}

/**
 * Makes one attempt at a message, from reading it to settling what became of it.
 * @param working aborts every attempt when the process can't wait any longer
 */
export function worker(ports: WorkPorts, working: AbortSignal): Work {
  const { ledger, log: rootLog } = ports;

  return async (message, lease) => {
    let ids: OperationIds;
    try {
      ids = readIds(message);
    } catch (error) {
      if (error instanceof UnreadableMessage) return refuse(ports, message, error.message);
      throw error;
    }
    const log = withFields(rootLog, {
      message_id: message.id,
      creator_id: ids.creatorId,
      operation_id: ids.operationId,
      kind: ids.kind,
    });
    try {
      const { state, attempts, failures, before, tried, paused, closedUntilMs, isSure, begunAtMs } =
        await ledger.start(ids);
      if (isEnded(state)) {
        log.info('already ended', { state });
        await ports.queue.remove(message);
        return { kind: 'done' };
      }
      ports.gate.closedUntil(closedUntilMs);
      const now = ports.clock.now();
      if (paused || closedUntilMs !== undefined) {
        const retryInMs = paused ? whilePausedMs(paused, now) : whileClosedMs(closedUntilMs, now);
        log.info(paused ? 'paused' : 'site closed', { retry_in_ms: retryInMs });
        return { kind: 'retry', retryInMs };
      }
      const effect = {
        tried: tried && entryOf(tried),
        presumed:
          message.receives > 1 && (before === undefined || before === 'running')
            ? { sinceMs: isSure ? begunAtMs : undefined }
            : undefined,
        undecided: tried !== undefined,
      };
      return await attempt(
        ports,
        { message, ids, attempts, failures, effect, log, isNew: isSure && message.receives === 1 },
        AbortSignal.any([lease, working]),
      );
    } catch (error) {
      if (error instanceof AnothersOperation) return refuse(ports, message, error.message);
      throw error;
    }
  };
}

interface Started {
  message: Held;
  ids: OperationIds;
  attempts: number;
  failures: number;
  effect: Effect;
  log: Log;
  /** It surely hasn't ended in an attempt before. */
  isNew: boolean;
}

async function attempt(ports: WorkPorts, started: Started, signal: AbortSignal): Promise<Disposition> {
  const { clock, metrics } = ports;
  const { message, ids, attempts, effect, log } = started;
  const startedAtMs = clock.now();
  const navigations: Navigation[] = [];
  const fits = new Set<string>();
  let atSite = false;
  const over = {
    ...started,
    startedAtMs,
    navigations,
    fits,
    // Of an operation that never came to the site the page shows nothing: it is an earlier one's.
    screenshot: async () => (atSite ? ports.driver.screenshot(ids.creatorId) : undefined),
    trace: () => (atSite ? ports.driver.trace(ids.creatorId) : undefined),
  };
  const operation = {
    ...ids,
    message,
    attempt: attempts,
    startedAtMs,
    signal,
    clock,
    log,
    effect,
    navigations,
    fits,
    probe: undefined,
  };
  const drive = (running: Operation) => {
    atSite = true;
    return ports.driver.run(running);
  };
  let outcome = (!started.isNew && (await endedBefore(ports, ids, signal))) || undefined;
  outcome ??= await execute(ports, operation, drive);
  let disposition: Disposition;
  try {
    disposition = await settle(ports, over, outcome);
  } catch (error) {
    outcome = {
      kind: 'interrupted',
      retryInMs: INTERRUPTED_RETRY_MS,
      error: `${outcome.kind}, but not settled: ${firstLine(error)}`,
    };
    disposition = await settle(ports, over, outcome);
  }
  const success =
    outcome.kind === 'succeeded' || (outcome.kind === 'ended_before' && outcome.as === 'succeeded');
  const durationMs = clock.now() - startedAtMs;
  log.info('attempt over', {
    success,
    outcome: outcome.kind,
    error: 'error' in outcome ? outcome.error : undefined,
    duration_ms: durationMs,
    attempt: attempts,
    correlation_id: ids.correlationId,
    ...(disposition.kind === 'retry' && { retry_in_ms: disposition.retryInMs }),
  });
  if (disposition.kind === 'done' && outcome.kind !== 'ended_before') metrics.ended(success, durationMs);
  if (outcome.kind === 'throttled') metrics.throttled();
  return disposition;
}

/** Its result outlives Redis and both queues: what has one is not done again. */
async function endedBefore(
  { results }: WorkPorts,
  ids: OperationIds,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  try {
    const as = await results.ended(ids, signal);
    return as && { kind: 'ended_before', as };
  } catch (error) {
    if (signal.aborted) return outcomeOf(signal.reason);
    const why = `nobody can say whether it has ended: ${firstLine(error)}`;
    return { kind: 'interrupted', retryInMs: INTERRUPTED_RETRY_MS, error: why };
  }
}

async function execute(
  { driver, breaker, random }: WorkPorts,
  operation: Omit<Operation, 'body'>,
  drive: Driver['run'],
): Promise<Outcome> {
  const read = readBody(operation.message);
  if (!read.ok) return { kind: 'client_error', error: read.error };
  if (!driver.supports(read.body.kind))
    return { kind: 'client_error', error: `kind ${read.body.kind} is not supported by this version` };
  return perform({ ...operation, body: read.body }, drive, breaker, random);
}

/** Nothing can be recorded under the ids of such a message: it goes to the people who look at dead letters. */
async function refuse({ queue, log }: WorkPorts, message: Held, reason: string): Promise<Disposition> {
  await queue.deadLetter(message, { reason });
  log.error('dead-lettered', { message_id: message.id, success: false, error: reason });
  await queue.remove(message);
  return { kind: 'done' };
}
