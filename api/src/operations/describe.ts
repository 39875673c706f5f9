import type { OperationRecord } from '@huntaze/core/lua';
import { KINDS, STATES, type State } from '@huntaze/core/operations';
import * as z from 'zod/mini';

const time = z.iso.datetime();

/** What an operation can wait for, for whoever writes a client. */
const WAITS_FOR = [
  'As long as it is pending or waiting: `turn`',
  '`predecessor`: one of its creator’s before it, which has not been seen yet',
  '`message`: its own, of which nothing was seen for 30 s; the server may have ended before it sent it. Ask again under its Idempotency-Key, or cancel it and ask anew; otherwise it is done should the message come, and its creator’s next ones wait for it for up to 17 minutes',
  '`copy`: its message, which is not kept in the line, to come again',
  '`paused`, `erasing`, `login`, `refused`: its creator, by an operator, for good, until somebody looks at its login, by the site',
  '`line_paused`, `site_closed`, `unfinished`, `lost_memory`: what holds for everybody',
].join('; ');

/** One operation, as the API shows it. */
export const shownOperation = z.strictObject({
  operation_id: z.string(),
  creator_id: z.string(),
  kind: z.enum(KINDS),
  state: z.enum(STATES),
  /** While it waits: 1 is next; and when its token is expected. */
  position: z.optional(z.int()),
  expected_at: z.optional(time),
  /** What it waits for, and until when at most, where that is known. */
  waits_for: z.optional(z.string().check(z.describe(WAITS_FOR))),
  until: z.optional(time),
  not_after: z.optional(time),
  retry_at: z.optional(time),
  receives: z.int(),
  attempts: z.int(),
  failures: z.int(),
  error: z.optional(z.string()),
  /** Its last attempts, the oldest first. */
  tries: z.optional(
    z.array(z.strictObject({ started_at: time, ended_at: z.optional(time), error: z.optional(z.string()) })),
  ),
  /** The operation that it repeats. */
  of: z.optional(z.string()),
  /** Where its result is read, once it has one. */
  result: z.optional(z.string()),
  /** When each state was entered first. */
  at: z.partialRecord(z.enum(STATES), time),
});
export type ShownOperation = z.infer<typeof shownOperation>;

/** Those that the scraper has ended. */
const HAVE_RESULTS: ReadonlySet<State> = new Set<State>(['succeeded', 'failed', 'dead', 'outcome_unknown']);

/** A record as the API shows it: times as ISO 8601, nothing that only the pipeline needs. */
export function describe(record: OperationRecord): ShownOperation {
  return {
    operation_id: record.id,
    creator_id: record.creator,
    kind: record.kind as ShownOperation['kind'],
    state: record.state,
    ...(record.position !== undefined && { position: record.position }),
    ...times({
      expected_at: record.expected_at,
      until: record.until,
      not_after: record.not_after,
      retry_at: record.retry_at,
    }),
    ...(record.waits_for !== undefined && { waits_for: record.waits_for }),
    receives: record.receives ?? 0,
    attempts: record.attempts,
    failures: record.failures,
    ...(record.error !== undefined && { error: record.error }),
    ...(record.tries !== undefined && { tries: record.tries.map(describeTry) }),
    ...(record.of !== undefined && { of: record.of }),
    ...(HAVE_RESULTS.has(record.state) && { result: `/api/onlyfans/operations/${record.id}/result` }),
    at: times(record.at),
  };
}

function describeTry([started, ended, error]: NonNullable<OperationRecord['tries']>[number]) {
  return {
    started_at: iso(started),
    ...(ended > 0 && { ended_at: iso(ended) }),
    ...(error !== '' && { error }),
  };
}

function times<K extends string>(given: Partial<Record<K, number | undefined>>): Partial<Record<K, string>> {
  const entries = Object.entries<number | undefined>(given).flatMap(([name, ms]) =>
    ms === undefined ? [] : [[name, iso(ms)]],
  );
  return Object.fromEntries(entries) as Partial<Record<K, string>>;
}

/** ISO 8601 of a time in ms since the epoch. */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
