import type { OperationRequest } from '@huntaze/core/operations';
import type { SeededRandom } from '../seeded-random.ts';

/** Who asks for how much, and when. */
export interface Workload {
  operations: number;
  creators: number;
  /** Over how long the requests arrive (ms); 0: all at once. */
  overMs: number;
  /** The share of all operations that belongs to one creator, who sends them first and fast: 0 for all alike. */
  busiest: number;
}

/** One request, and when it is made: ms after the beginning. */
export interface Asked {
  atMs: number;
  request: OperationRequest;
}

const KINDS = ['profile.scrape', 'fans.scrape', 'message.send'] as const;

/** The requests of a workload in the order in which they are made. */
export function requestsOf(workload: Workload, random: SeededRandom): Asked[] {
  const { operations, creators, overMs, busiest } = workload;
  const ofTheBusiest = creators > 1 ? Math.round(operations * busiest) : 0;
  const asked: Asked[] = [];
  for (let i = 0; i < operations; i += 1) {
    const isBusiest = i < ofTheBusiest;
    const creator = isBusiest ? 1 : ofTheBusiest > 0 ? random.integer(2, creators + 1) : (i % creators) + 1;
    // The busiest one's come as a burst, in the first tenth of the time.
    const atMs = isBusiest ? random.between(0, overMs / 10) : random.between(0, overMs);
    asked.push({ atMs, request: requestOf(`creator-${creator}`, random) });
  }
  return asked.sort((a, b) => a.atMs - b.atMs);
}

function requestOf(creator_id: string, random: SeededRandom): OperationRequest {
  const kind = KINDS[random.integer(0, KINDS.length)] ?? 'profile.scrape';
  return kind === 'message.send'
    ? { kind, creator_id, params: { fan_id: 'fan-1', text: 'Thank you!' } }
    : { kind, creator_id, params: {} };
}
