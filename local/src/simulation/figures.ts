import { QUEUES } from '@huntaze/core/names';
import { audit, worstWindow, type Summary } from '../job/audit.ts';
import type { Passage, Scenario, Simulated } from './scenario.ts';

/** How long operations waited from being accepted to their end: the median, what 95 of 100 stay below, the longest (s). */
export interface Waits {
  p50: number;
  p95: number;
  longest: number;
}

/** What a simulation came to, as `--json` prints it. */
export interface Figures extends Summary {
  seed: number;
  /** Whether the limiter was killed now and then, or the queues misbehaved. */
  disturbed: boolean;
  /** Requests that the API couldn't take. */
  refused: number;
  /** The most messages that came into the workflows queue in any window. */
  worst_window_forwarded: number;
  waits_s: { all: Waits; busiest_creator: Waits; other_creators: Waits | null };
  most_waiting: number;
  invocations: number;
  invocations_killed: number;
  redis_calls: number;
  /** By rule of the fault plan. */
  faults_injected: number[];
  /** Until everything had ended (s). */
  simulated_s: number;
  /** Messages that were left in queues, dead-letter queues included. */
  left_in_queues: Record<string, number>;
  /** Why it didn't come to its end; null if it did. */
  stalled: string | null;
}

/**
 * Counts what came of a simulation, at the site as a job's audit does.
 * @param wallMs how long it took to simulate
 */
export function figuresOf(scenario: Scenario, simulated: Simulated, wallMs: number): Figures {
  const { passages, siteLog } = simulated;
  const { limit, windowMs } = scenario.limit;
  const outcomes = passages.map(({ operationId, request, state, result }) => ({
    operationId,
    creatorId: request.creator_id,
    kind: request.kind,
    state,
    attempts: result?.attempts ?? 0,
    receives: simulated.receives / Math.max(1, passages.length),
    error: result?.error,
    result,
  }));
  const summary = audit(outcomes, [], siteLog, creatorId => creatorId, { limit, windowMs, wallMs });
  const isOneLine = scenario.limit.scope === 'platform';
  /** The most in any window, of each line: the platform's, or every creator's own. */
  const worst = (events: { atMs: number; creatorId: string }[]) => {
    const lines = isOneLine ? [events] : Map.groupBy(events, ({ creatorId }) => creatorId).values();
    const times = (line: typeof events) => line.map(({ atMs }) => atMs).sort((a, b) => a - b);
    return Math.max(0, ...[...lines].map(line => worstWindow(times(line), windowMs)));
  };
  const navigations = siteLog.filter(line => line.effect === undefined);
  const busiest = busiestOf(passages);
  const others = passages.filter(({ request }) => request.creator_id !== busiest);
  return {
    ...summary,
    worst_window: worst(navigations.map(line => ({ atMs: line.at_ms, creatorId: line.account ?? '' }))),
    // Of many lines, each with its own rate, one share says nothing.
    goodput: isOneLine ? summary.goodput : null,
    seed: scenario.seed,
    disturbed: scenario.limiterDeaths > 0 || simulated.injected.length > 0,
    refused: simulated.refused,
    worst_window_forwarded: worst(simulated.forwarded),
    waits_s: {
      all: waitsOf(passages),
      busiest_creator: waitsOf(passages.filter(({ request }) => request.creator_id === busiest)),
      other_creators: others.length === 0 ? null : waitsOf(others),
    },
    most_waiting: Math.max(0, ...simulated.waiting.counts),
    invocations: simulated.invocations,
    invocations_killed: simulated.killed,
    redis_calls: simulated.redisCalls,
    faults_injected: simulated.injected,
    simulated_s: Math.round(simulated.simulatedMs / 1_000),
    left_in_queues: simulated.left,
    stalled: simulated.stalled ?? null,
  };
}

/**
 * What of the promises was not kept, in words; nothing if all were. What is left in the queues, and how much comes
 * into the workflows queue in a window, is judged only where nothing disturbed: a copy that came back is still hidden
 * then, and a send that was repeated came late.
 */
export function broken(figures: Figures): string[] {
  const { requested, succeeded, failed, dead, lost, limit, left_in_queues: left } = figures;
  const deadLetters = left[QUEUES.workflowsDeadLetters] ?? 0;
  const checks: [isBroken: boolean, what: string][] = [
    [figures.stalled !== null, `it did not come to its end: ${figures.stalled}`],
    [requested === 0, 'nothing was accepted'],
    [lost > 0, `${lost} lost`],
    [figures.duplicated > 0, `${figures.duplicated} duplicated`],
    [figures.order_inversions > 0, `${figures.order_inversions} out of order`],
    [figures.worst_window > limit, `${figures.worst_window} at the site in a window of ${limit}`],
    [succeeded + failed + dead !== requested, 'not everything has ended as it should'],
    [deadLetters !== dead, `${dead} dead, and ${deadLetters} dead letters`],
    [(left[QUEUES.rateLimiterDeadLetters] ?? 0) > 0, 'dead letters of the limiter'],
  ];
  if (!figures.disturbed) {
    const forwarded = figures.worst_window_forwarded;
    const behind = (left[QUEUES.rateLimiter] ?? 0) + (left[QUEUES.workflows] ?? 0);
    checks.push([forwarded > limit, `${forwarded} let through in a window of ${limit}`]);
    checks.push([behind > 0, `${behind} messages left behind`]);
  }
  return checks.filter(([isBroken]) => isBroken).map(([, what]) => what);
}

function busiestOf(passages: Passage[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { request } of passages)
    counts.set(request.creator_id, (counts.get(request.creator_id) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

function waitsOf(passages: Passage[]): Waits {
  const waits = passages
    .flatMap(({ acceptedAtMs, endedAtMs }) => (endedAtMs === undefined ? [] : endedAtMs - acceptedAtMs))
    .sort((a, b) => a - b);
  // The nearest rank: that many of them waited no longer.
  const at = (share: number) =>
    Math.round((waits[Math.max(0, Math.ceil(waits.length * share) - 1)] ?? 0) / 100) / 10;
  return { p50: at(0.5), p95: at(0.95), longest: at(1) };
}
