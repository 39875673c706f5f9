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
  /**
   * When they arrive; absent: at any time in `overMs`. What exposes a window that isn't exact: `edge`, in each window
   * one early and the rest right before its end; `silence`, a windowful, then nothing for an hour, then all at once.
   */
  pattern?: 'edge' | 'silence' | undefined;
  /** The share of all operations that aren't worth doing any more some time after they were asked for. */
  expiring?: number | undefined;
  limit: { limit: number; windowMs: number };
}

/** One request, and when it is made: ms after the beginning. */
export interface Asked {
  atMs: number;
  request: OperationRequest;
  /** For how long it is worth doing (ms); undefined: for ever. */
  worthForMs: number | undefined;
}

/** How far the requests of a burst are apart. */
const BURST_EVERY_MS = 3;
const SILENCE_MS = 3_600_000;
/** How much after the beginning of a window, or before its end, at most (ms). */
const EDGE_MS = 1_500;
/** For how long something is worth doing that isn't for ever (ms, from and to). */
const WORTH_FOR_MS = [10_000, 1_800_000] as const;

const KINDS = ['profile.scrape', 'fans.scrape', 'message.send'] as const;

/** The requests of a workload in the order in which they are made. */
export function requestsOf(workload: Workload, random: SeededRandom): Asked[] {
  const { operations, creators, busiest, expiring = 0 } = workload;
  const ofTheBusiest = creators > 1 ? Math.round(operations * busiest) : 0;
  const asked: Asked[] = [];
  for (let i = 0; i < operations; i += 1) {
    const isBusiest = i < ofTheBusiest;
    const creator = isBusiest ? 1 : ofTheBusiest > 0 ? (i % (creators - 1)) + 2 : (i % creators) + 1;
    const atMs = isBusiest ? i * BURST_EVERY_MS : timeOf(i, workload, random);
    const request = requestOf(`creator-${creator}`, random);
    const isExpiring = expiring > 0 && random.next() < expiring;
    asked.push({ atMs, request, worthForMs: isExpiring ? random.between(...WORTH_FOR_MS) : undefined });
  }
  return asked.sort((a, b) => a.atMs - b.atMs);
}

function timeOf(i: number, { pattern, overMs, limit }: Workload, random: SeededRandom): number {
  switch (pattern) {
    case 'edge': {
      const begins = Math.floor(i / limit.limit) * limit.windowMs;
      const offMs = random.between(0, EDGE_MS);
      return i % limit.limit === 0 ? begins + offMs : begins + limit.windowMs - offMs;
    }
    case 'silence':
      return i < limit.limit ? i * BURST_EVERY_MS : SILENCE_MS + i * BURST_EVERY_MS;
    default:
      return random.between(0, overMs);
  }
}

function requestOf(creator_id: string, random: SeededRandom): OperationRequest {
  const kind = KINDS[random.integer(0, KINDS.length)] ?? 'profile.scrape';
  return kind === 'message.send'
    ? { kind, creator_id, params: { fan_id: 'fan-1', text: 'Thank you!' } }
    : { kind, creator_id, params: {} };
}
