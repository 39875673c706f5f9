import type { Passage, SimulatedSiteLogEntry } from './scenario.ts';

/**
 * Operations that reached the site before one of their creator's that was accepted earlier was through: before its
 * first success, or, if it never succeeded, its last try.
 * @param passages in the order in which they were accepted
 */
export function invertedAtSite(passages: Passage[], siteLog: SimulatedSiteLogEntry[]): number {
  const first = new Map<string, number>();
  const through = new Map<string, number>();
  const hasSucceeded = new Set<string>();
  siteLog.forEach(({ operationId, effect, status }, index) => {
    if (effect !== undefined) return;
    if (!first.has(operationId)) first.set(operationId, index);
    if (hasSucceeded.has(operationId)) return;
    through.set(operationId, index);
    if (status < 300) hasSucceeded.add(operationId);
  });
  return countInverted(passages, ({ operationId }) => ({
    begins: first.get(operationId),
    ends: through.get(operationId),
  }));
}

/** Operations that came into the workflows queue before one of their creator's that was accepted earlier. */
export function invertedInQueue(passages: Passage[], forwarded: { operationId: string }[]): number {
  const first = new Map<string, number>();
  forwarded.forEach(({ operationId }, index) => {
    if (!first.has(operationId)) first.set(operationId, index);
  });
  return countInverted(passages, ({ operationId }) => {
    const at = first.get(operationId);
    return { begins: at, ends: at };
  });
}

function countInverted(
  passages: Passage[],
  placeOf: (passage: Passage) => { begins: number | undefined; ends: number | undefined },
): number {
  let inverted = 0;
  const throughBefore = new Map<string, number>();
  for (const passage of passages) {
    const { begins, ends } = placeOf(passage);
    if (begins === undefined || ends === undefined) continue;
    const creatorId = passage.request.creator_id;
    const before = throughBefore.get(creatorId) ?? -1;
    if (begins < before) inverted += 1;
    throughBefore.set(creatorId, Math.max(before, ends));
  }
  return inverted;
}

/** Effects beyond one for each operation. */
export function effectsTooMany(siteLog: SimulatedSiteLogEntry[]): number {
  const effects = siteLog.filter(line => line.effect !== undefined);
  return effects.length - new Set(effects.map(({ operationId }) => operationId)).size;
}

/** Navigations of operations that had ended by then. */
export function doneAfterTheEnd(
  passages: Passage[],
  siteLog: SimulatedSiteLogEntry[],
  beginMs: number,
): number {
  const endedAt = new Map(passages.map(({ operationId, endedAtMs = Infinity }) => [operationId, endedAtMs]));
  return siteLog.filter(
    ({ operationId, effect, at_ms }) =>
      effect === undefined && at_ms - beginMs > (endedAt.get(operationId) ?? Infinity),
  ).length;
}
