import { QUEUES } from '@huntaze/core/names';
import { audit, type Summary } from '../job/audit.ts';
import { doneAfterTheEnd, effectsTooMany, invertedAtSite, invertedInQueue } from './order.ts';
import type { LimitInForce, Passage, Pause, Scenario, Simulated } from './scenario.ts';
import {
  inLineMs,
  receivesByWait,
  untilDoneMs,
  waitedUnfairly,
  waitsOf,
  type ReceivesByWait,
  type Waits,
} from './waits.ts';
import { worstOf, type Worst } from './windows.ts';

/** Of all operations, of the creator that asked for most, and of the others; null where there is only one creator. */
interface WaitsByCreator {
  all: Waits;
  busiest_creator: Waits;
  other_creators: Waits | null;
}

export { broken } from './verdicts.ts';

/** What a simulation came to, as `--json` prints it. */
export interface Figures extends Summary {
  seed: number;
  /** What was done to it: nothing, or what kept the promises from being judged to the letter. */
  disturbed: boolean;
  cancelled: number;
  expired: number;
  /** Requests that the API couldn't take, or was told not to. */
  refused: number;
  /** Of these, what was done at the site all the same. */
  refused_but_done: number;
  /** By how many a window at the site is above the greatest limit in force within it. */
  above_limit: number;
  /** Navigations of operations that had ended, and attempts begun while they were paused. */
  done_after_the_end: number;
  begun_while_paused: number;
  /** Navigations while the site was closed. */
  at_site_while_closed: number;
  /** The limiter's half, counted at the workflows queue: as at the site, which has the scraper's share in it, too. */
  worst_window_forwarded: number;
  above_limit_forwarded: number;
  order_inversions_forwarded: number;
  goodput_forwarded: number | null;
  forwarded_while_paused: number;
  /** Messages in it beyond one for each operation. */
  forwarded_again: number;
  /** Messages that the limiter sent to it again, though the queue took them for one. */
  sent_again: number;
  receives_by_wait: ReceivesByWait[];
  /** Dead letters that nothing is wrong with. */
  healthy_dead_letters: number;
  /** From being accepted to the end. */
  waits_s: WaitsByCreator;
  /** From being accepted to the workflows queue. */
  waits_in_line_s: WaitsByCreator;
  waited_unfairly: number;
  most_waiting: number;
  invocations: number;
  invocations_killed: number;
  tasks_killed: number;
  redis_calls: number;
  /** By rule of the fault plan. */
  faults_injected: number[];
  /** How often Redis failed, and what operators did, by name. */
  redis_failures: Record<string, number>;
  operator_actions: Record<string, number>;
  /** How often Redis forgot everything, or something. */
  memory_lost: number;
  /** Until everything had ended (s). */
  simulated_s: number;
  /** Messages that were left in queues, dead-letter queues included. */
  left_in_queues: Record<string, number>;
  /** Why it didn't come to its end; null if it did. */
  stalled: string | null;
}

/** What was let go before a pause may come into the next queue, or to the site, so much later (ms). */
const ON_ITS_WAY_MS = 5_000;

/**
 * Counts what came of a simulation: at the site as a job's audit does, and at the workflows queue.
 * @param wallMs how long it took to simulate
 */
export function figuresOf(scenario: Scenario, simulated: Simulated, wallMs: number): Figures {
  const { passages, siteLog, forwarded, left } = simulated;
  const { limit, windowMs } = scenario.limit;
  const outcomes = passages.map(({ operationId, request, state, result, receives }) => ({
    operationId,
    creatorId: request.creator_id,
    kind: request.kind,
    state,
    attempts: result?.attempts ?? 0,
    receives,
    error: result?.error,
    result,
  }));
  const summary = audit(outcomes, [], siteLog, creatorId => creatorId, { limit, windowMs, wallMs });
  const isOneLine = scenario.limit.scope === 'platform';
  const isMemoryLost = simulated.memoryLostAtMs.length > 0;
  const limits = limitsOf(scenario, simulated);
  const pauses = asRemembered(simulated.pauses, simulated);
  const navigations = siteLog.filter(line => line.effect === undefined);
  const reached = navigations.map(line => ({ atMs: line.at_ms, creatorId: line.account ?? '' }));
  const atSite = worstOfLines(reached, { isOneLine, windowMs, limits });
  const inQueue = worstOfLines(forwarded, { isOneLine, windowMs, limits });
  const known = new Set(passages.map(({ operationId }) => operationId));
  const count = (state: string) => passages.filter(passage => passage.state === state).length;
  const deadLetters = left[QUEUES.workflowsDeadLetters] ?? 0;
  return {
    ...summary,
    // What no attempt explains says nothing where the count of attempts was lost with the memory.
    duplicated: Math.max(isMemoryLost ? 0 : summary.duplicated, effectsTooMany(siteLog)),
    order_inversions: invertedAtSite(passages, siteLog),
    worst_window: atSite.count,
    above_limit: atSite.above,
    // Of many lines, each with its own rate, one share says nothing.
    goodput: isOneLine ? summary.goodput : null,
    seed: scenario.seed,
    disturbed: isDisturbed(scenario, simulated),
    cancelled: count('cancelled'),
    expired: count('expired'),
    refused: simulated.refused,
    refused_but_done: new Set(
      navigations.filter(line => !known.has(line.operationId)).map(line => line.operationId),
    ).size,
    done_after_the_end: isMemoryLost ? 0 : doneAfterTheEnd(passages, siteLog, beginOf(simulated)),
    begun_while_paused: inPauses(simulated.begun, pauses, 0),
    at_site_while_closed: inPauses(reached, asRemembered(simulated.closures, simulated), ON_ITS_WAY_MS),
    worst_window_forwarded: inQueue.count,
    above_limit_forwarded: inQueue.above,
    order_inversions_forwarded: invertedInQueue(passages, forwarded),
    goodput_forwarded: isOneLine ? goodputOf(passages, scenario) : null,
    forwarded_while_paused: inPauses(forwarded, pauses, ON_ITS_WAY_MS),
    forwarded_again: forwarded.length - new Set(forwarded.map(({ operationId }) => operationId)).size,
    sent_again: simulated.sentAgain,
    receives_by_wait: receivesByWait(passages),
    healthy_dead_letters:
      (left[QUEUES.rateLimiterDeadLetters] ?? 0) + Math.max(0, deadLetters - summary.dead),
    waits_s: byCreator(passages, untilDoneMs),
    waits_in_line_s: byCreator(passages, inLineMs),
    waited_unfairly: waitedUnfairly(passages, scenario),
    most_waiting: Math.max(0, ...simulated.waiting.counts),
    invocations: simulated.invocations,
    invocations_killed: simulated.killed,
    tasks_killed: simulated.tasksKilled,
    redis_calls: simulated.redisCalls,
    faults_injected: simulated.injected,
    redis_failures: simulated.redisFailures,
    operator_actions: simulated.operatorActions,
    memory_lost: simulated.memoryLostAtMs.length,
    simulated_s: Math.round(simulated.simulatedMs / 1_000),
    left_in_queues: left,
    stalled: simulated.stalled ?? null,
  };
}

function isDisturbed(scenario: Scenario, { injected }: Simulated): boolean {
  const {
    limiterDeaths,
    redisFailures = 0,
    taskDeaths = 0,
    operatorActions = 0,
    tasksAfterMs = 0,
  } = scenario;
  return limiterDeaths + redisFailures + taskDeaths + operatorActions + tasksAfterMs + injected.length > 0;
}

function beginOf({ limits }: Simulated): number {
  return limits[0]?.fromMs ?? 0;
}

/** The limits in force; where the memory was lost, what an operator had set may have been lost with it. */
function limitsOf({ limit }: Scenario, { limits, memoryLostAtMs }: Simulated): LimitInForce[] {
  const afterLosses = memoryLostAtMs.map(fromMs => ({ fromMs, limit: limit.limit }));
  return [...limits, ...afterLosses].sort((a, b) => a.fromMs - b.fromMs);
}

/** Pauses as far as they can have been remembered. */
function asRemembered(pauses: Pause[], { memoryLostAtMs }: Simulated): Pause[] {
  return pauses.map(pause => {
    const lostAt = memoryLostAtMs.find(time => time >= pause.fromMs) ?? Infinity;
    return { ...pause, untilMs: Math.min(pause.untilMs, lostAt) };
  });
}

function inPauses(events: { atMs: number; creatorId: string }[], pauses: Pause[], graceMs: number): number {
  return events.filter(({ atMs, creatorId }) =>
    pauses.some(
      ({ who, fromMs, untilMs }) =>
        (who === '*' || who === creatorId) && atMs > fromMs + graceMs && atMs < untilMs,
    ),
  ).length;
}

/** The worst of each line: the platform's, or every creator's own. */
function worstOfLines(
  events: { atMs: number; creatorId: string }[],
  job: { isOneLine: boolean; windowMs: number; limits: LimitInForce[] },
): Worst {
  const lines = job.isOneLine ? [events] : Map.groupBy(events, ({ creatorId }) => creatorId).values();
  const each = [...lines].map(line =>
    worstOf(
      line.map(({ atMs }) => atMs),
      job.windowMs,
      job.limits,
    ),
  );
  return {
    count: Math.max(0, ...each.map(({ count }) => count)),
    above: Math.max(0, ...each.map(({ above }) => above)),
  };
}

/** (⌈n/limit⌉ − 1) · window / (last − first) at the workflows queue; null within one window. */
function goodputOf(passages: Passage[], { limit: { limit, windowMs } }: Scenario): number | null {
  const times = passages.flatMap(({ forwardedAtMs }) => forwardedAtMs ?? []);
  const windows = Math.ceil(times.length / limit) - 1;
  const span = times.reduce((a, b) => Math.max(a, b), 0) - times.reduce((a, b) => Math.min(a, b), Infinity);
  return windows < 1 || span <= 0 ? null : Math.round(((windows * windowMs) / span) * 10_000) / 10_000;
}

function byCreator(passages: Passage[], wait: (passage: Passage) => number | undefined): WaitsByCreator {
  const busiest = busiestOf(passages);
  const [own, others] = [true, false].map(is =>
    passages.filter(({ request }) => (request.creator_id === busiest) === is),
  ) as [Passage[], Passage[]];
  return {
    all: waitsOf(passages, wait),
    busiest_creator: waitsOf(own, wait),
    other_creators: others.length === 0 ? null : waitsOf(others, wait),
  };
}

function busiestOf(passages: Passage[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { request } of passages)
    counts.set(request.creator_id, (counts.get(request.creator_id) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}
