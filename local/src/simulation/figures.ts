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
  const busiest = busiestOf(passages);
  const others = passages.filter(({ request }) => request.creator_id !== busiest);
  return {
    ...summary,
    seed: scenario.seed,
    refused: simulated.refused,
    worst_window_forwarded: worstWindow(
      [...simulated.forwardedAtMs].sort((a, b) => a - b),
      windowMs,
    ),
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

/** Whether everything that is promised was kept. */
export function isKept(figures: Figures): boolean {
  const { requested, succeeded, failed, dead, lost, duplicated, order_inversions, worst_window } = figures;
  return (
    figures.stalled === null &&
    lost === 0 &&
    duplicated === 0 &&
    order_inversions === 0 &&
    worst_window <= figures.limit &&
    succeeded + failed + dead === requested
  );
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
  const at = (share: number) =>
    Math.round((waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0) / 100) / 10;
  return { p50: at(0.5), p95: at(0.95), longest: at(1) };
}
