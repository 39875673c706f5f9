import type { OperationRequest } from '@huntaze/core/operations';
import type { SeededRandom } from '../seeded-random.ts';

/** Who asks for how much, and when. */
export interface Workload {
  operations: number;
  creators: number;
  /** Over how long the requests arrive (ms); 0: all at once. */
  overMs: number;
  /** The share of all operations that belongs to one creator, who asks for them first, in one burst: 0 for all alike. */
  busiest: number;
}

/** One request, and when it is made: ms after the beginning. */
export interface Asked {
  atMs: number;
  request: OperationRequest;
}

/** How far the requests of a burst are apart. */
const BURST_EVERY_MS = 3;

const KINDS = ['profile.scrape', 'fans.scrape', 'message.send'] as const;

/** The requests of a workload in the order in which they are made. */
export function requestsOf(workload: Workload, random: SeededRandom): Asked[] {
  const { operations, creators, overMs, busiest } = workload;
  const ofTheBusiest = creators > 1 ? Math.round(operations * busiest) : 0;
  const asked: Asked[] = [];
  for (let i = 0; i < operations; i += 1) {
    const isBusiest = i < ofTheBusiest;
    const creator = isBusiest ? 1 : ofTheBusiest > 0 ? (i % (creators - 1)) + 2 : (i % creators) + 1;
    const atMs = isBusiest ? i * BURST_EVERY_MS : random.between(0, overMs);
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
