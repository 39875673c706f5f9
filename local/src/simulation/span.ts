import type { Scenario } from './scenario.ts';

/** How long a scenario takes at least: until the last request, or as long as the limit makes it (ms). */
export function expectedRun({
  operations,
  overMs,
  pattern,
  limit,
  creators,
  tasksAfterMs = 0,
}: Scenario): number {
  const lines = limit.scope === 'platform' ? 1 : creators;
  const atTheLimit = (operations / limit.limit / lines) * limit.windowMs;
  const silence = pattern === 'silence' ? 3_600_000 : 0;
  return Math.max(overMs, atTheLimit + silence) + tasksAfterMs + limit.windowMs;
}

/** What isn't over then won't be: four times that, and half a day for what waits in its backoff (ms). */
export function longestRun(scenario: Scenario): number {
  return 4 * expectedRun(scenario) + 12 * 3_600_000;
}
