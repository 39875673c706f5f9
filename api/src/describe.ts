import type { OperationRecord } from '@huntaze/core/lua';
import { resultKey } from '@huntaze/core/names';

/** A record as the API shows it: times as ISO 8601, nothing that only the pipeline needs. */
export function describe(record: OperationRecord): Record<string, unknown> {
  return {
    operation_id: record.id,
    creator_id: record.creator,
    kind: record.kind,
    state: record.state,
    ...(record.position === undefined
      ? {}
      : { position: record.position, expected_at: iso(record.expected_at) }),
    ...(record.waits_for === undefined ? {} : { waits_for: record.waits_for, until: iso(record.until) }),
    ...(record.retry_at === undefined ? {} : { retry_at: iso(record.retry_at) }),
    receives: record.receives ?? 0,
    attempts: record.attempts,
    failures: record.failures,
    ...(record.error === undefined ? {} : { error: record.error }),
    ...(record.state === 'succeeded' ? { result: resultKey(record.creator, record.id) } : {}),
    at: Object.fromEntries(Object.entries(record.at).map(([state, time]) => [state, iso(time)])),
  };
}

/** ISO 8601 of a time in ms since the epoch. */
export function iso(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}
