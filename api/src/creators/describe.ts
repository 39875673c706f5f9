import type { CreatorRecord, HaltRecord } from '@huntaze/core/lua';
import * as z from 'zod/mini';
import { iso } from '../operations/describe.ts';

const time = z.iso.datetime();

/**
 * How a creator stands, the most serious first. `limited`: its turn comes; `waiting`: for an operation before it, or its
 * message; `ready`: at work; `idle`: there is nothing to do.
 */
export const CREATOR_STATES = [
  'needs_login',
  'outcome_unknown',
  'erasing',
  'paused',
  'refused',
  'draining',
  'backing_off',
  'waiting',
  'limited',
  'ready',
  'idle',
] as const;
type CreatorState = (typeof CREATOR_STATES)[number];

/** A creator, as the API shows it. */
export const shownCreator = z.strictObject({
  creator_id: z.string(),
  state: z.enum(CREATOR_STATES),
  /** Why, where there is more to say, and until when, where that is known. */
  why: z.optional(z.string()),
  until: z.optional(time),
  /** Accepted, and not in line yet; in line; let through, and not begun; at work. */
  pending: z.int(),
  waiting: z.int(),
  forwarded: z.int(),
  running: z.int(),
  /** The first of those in line. */
  head: z.optional(
    z.strictObject({
      operation_id: z.string(),
      kind: z.string(),
      since: z.optional(time),
      waits_for: z.optional(z.string()),
      expected_at: z.optional(time),
    }),
  ),
  /** When the turn of the last in line is expected. */
  last_expected_at: z.optional(time),
  /** How many operations there are whose outcome a person is to settle. */
  outcome_unknown: z.int(),
});
export type ShownCreator = z.infer<typeof shownCreator>;

const MODES: Record<HaltRecord['mode'], CreatorState> = {
  login: 'needs_login',
  erasing: 'erasing',
  paused: 'paused',
  refused: 'refused',
  draining: 'draining',
};

interface Standing {
  state: CreatorState;
  why?: string | undefined;
  untilMs?: number | undefined;
}

/** Everything that is to be said of how a creator stands. */
function standings(record: CreatorRecord): Standing[] {
  const { halts = [], unknown, retry_at, error, head, waiting, forwarded, running, pending } = record;
  const found: Standing[] = halts.map(({ mode, reason, until }) => ({
    state: MODES[mode],
    why: reason,
    untilMs: until,
  }));
  if (unknown.length > 0)
    found.push({
      state: 'outcome_unknown',
      why: `whether ${unknown.length === 1 ? 'an operation' : `${unknown.length} operations`} took effect is for a person to say`,
    });
  if (retry_at !== undefined) found.push({ state: 'backing_off', why: error, untilMs: retry_at });
  if (waiting > 0 && (head?.waits_for === 'predecessor' || head?.waits_for === 'copy'))
    found.push({
      state: 'waiting',
      why:
        head.waits_for === 'copy' ? 'its message is to come again' : 'the operation before has not been seen',
      untilMs: head.until,
    });
  if (waiting > 0) found.push({ state: 'limited', untilMs: head?.expected_at });
  if (forwarded + running + pending > 0) found.push({ state: 'ready' });
  return found;
}

/** A creator as the API shows it: of all that holds it up, the most serious. */
export function describeCreator(record: CreatorRecord): ShownCreator {
  const rank = ({ state }: Standing) => CREATOR_STATES.indexOf(state);
  const [first = { state: 'idle' as const }] = standings(record).toSorted((a, b) => rank(a) - rank(b));
  const { state, why, untilMs }: Standing = first;
  const { head, last_expected_at } = record;
  return {
    creator_id: record.creator,
    state,
    ...(why !== undefined && { why }),
    ...(untilMs !== undefined && { until: iso(untilMs) }),
    pending: record.pending,
    waiting: record.waiting,
    forwarded: record.forwarded,
    running: record.running,
    ...(head !== undefined && {
      head: {
        operation_id: head.id,
        kind: head.kind,
        ...(head.since !== undefined && { since: iso(head.since) }),
        ...(head.waits_for !== undefined && { waits_for: head.waits_for }),
        ...(head.expected_at !== undefined && { expected_at: iso(head.expected_at) }),
      },
    }),
    ...(last_expected_at !== undefined && { last_expected_at: iso(last_expected_at) }),
    outcome_unknown: record.unknown.length,
  };
}
