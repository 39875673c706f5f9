import {
  accept,
  changeRules,
  readOperation,
  settle,
  tick,
  type Accepted,
  type Arrival,
  type RuleChanges,
  type ScopedLimit,
  type Tick,
} from '@huntaze/core/lua';
import { useRedis } from '../support/redis.ts';

export const LIMIT = { limit: 10, windowMs: 60_000, scope: 'platform' } as const;
/** When a token comes back: a window, and the guard. */
export const SPAN = 60_250;
export const T0 = 1_800_000_000_000;
/** An invocation's, and the queue's that it takes its messages from. */
export const TIMES = { holdMs: 31_000, hiddenMs: 120_000 };

export function arrival(creatorId: string, sequence: number, more: Partial<Arrival> = {}): Arrival {
  const operationId = more.operationId ?? `${creatorId}-${sequence}`;
  return {
    operationId,
    creatorId,
    kind: 'profile.scrape',
    sequence: String(sequence),
    follows: undefined,
    notAfter: undefined,
    messageId: `copy-of-${operationId}`,
    receiptHandle: `handle-of-${operationId}`,
    receives: 1,
    body: `{"operation_id":"${operationId}"}`,
    attributes: '{}',
    ...more,
  };
}

/** So many arrivals of a creator, with sequences from `from` on. */
export const burst = (creatorId: string, count: number, from = 1): Arrival[] =>
  Array.from({ length: count }, (_, i) => arrival(creatorId, from + i));

/** The message of an operation that was accepted. */
export const message = (place: Accepted, more: Partial<Arrival> = {}): Arrival => {
  const { operationId, follows } = place;
  return arrival('ada', Number(place.sequence), { operationId, follows, ...more });
};

export const ids = (turn: { releases: { operationId: string }[] }): string[] =>
  turn.releases.map(release => release.operationId);

interface Call {
  lease: string;
  limit: ScopedLimit;
  name: string;
}

/** A line on a Redis of its own, and what the limiter and the API do with it. */
export function useLine() {
  const redis = useRedis();
  let leases = 0;

  /** A tick that takes a lease of its own, or a named one, and is not settled. */
  const turn = (
    arrivals: Arrival[],
    now: number,
    { lease = `lease-${++leases}`, limit = LIMIT, name = 'platform' }: Partial<Call> = {},
  ) => tick(redis.client, name, limit, { id: lease, ...TIMES }, arrivals, now);

  /** One invocation at `now` in which all that is released is confirmed by SQS. */
  const invoke = async (
    arrivals: Arrival[],
    now: number,
    limit: ScopedLimit = LIMIT,
    name = 'platform',
  ): Promise<Tick> => {
    const lease = `lease-${++leases}`;
    const released = await turn(arrivals, now, { lease, limit, name });
    await settle(redis.client, name, lease, { forwarded: ids(released), staying: released.staying });
    return released;
  };

  /** An operation of ada's as the API accepts it; the key is its own unless another is given. */
  const accepted = async (
    operationId: string,
    now: number,
    key = operationId,
    fingerprint = 'f',
  ): Promise<Accepted> => {
    const operation = { operationId, creatorId: 'ada', kind: 'k' };
    const acceptance = await accept(redis.client, LIMIT, operation, { key, fingerprint }, now);
    if (acceptance.is !== 'accepted') throw new Error(acceptance.is);
    return acceptance.place;
  };

  const read = (id: string, now: number) => readOperation(redis.client, LIMIT, id, now);
  const change = (changes: RuleChanges) => changeRules(redis.client, LIMIT, changes);
  return { redis, turn, invoke, accepted, read, change };
}
