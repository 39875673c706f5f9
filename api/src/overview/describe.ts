import { KINDS } from '@huntaze/core/operations';
import * as z from 'zod/mini';
import { shownCreator } from '../creators/describe.ts';

const time = z.iso.datetime();

/** How everything is, in one sentence; why, where there is more to say; and what to do next, where a person is needed. */
const shownVerdict = z.strictObject({
  /** All is well | at work | waits | a person is needed, or something is broken. */
  tone: z.enum(['good', 'busy', 'wait', 'bad']),
  sentence: z.string(),
  cause: z.optional(z.string()),
  action: z.optional(z.strictObject({ label: z.string(), href: z.string() })),
});
export type ShownVerdict = z.infer<typeof shownVerdict>;

const byCause = z.array(z.strictObject({ cause: z.string(), count: z.int() }));

/** GET /api/onlyfans/overview. */
export const shownOverview = z.strictObject({
  now: time,
  verdict: shownVerdict,
  flow: z.strictObject({
    /** Accepted, and not in line yet; in line; let through, and not confirmed; in the next queue; at work. */
    queued: z.int(),
    waiting: z.int(),
    released: z.int(),
    workflows: z.int(),
    running: z.int(),
    ended_hour: z.strictObject({ succeeded: z.int(), failed: z.int() }),
  }),
  /** Of the platform's line; where each creator has its own, of the one that is used most. */
  limiter: z.strictObject({
    limit: z.int(),
    window_s: z.number(),
    used: z.int(),
    next_slot_at: z.optional(time),
    worst_24h: z.int(),
  }),
  breaker: z.strictObject({
    state: z.enum(['closed', 'open', 'half_open']),
    until: z.optional(time),
    why: z.optional(z.string()),
  }),
  /** The scraper's tasks, those that have something in hand, and how many operations that is. */
  tasks: z.strictObject({ alive: z.int(), busy: z.int(), in_hand: z.int() }),
  /** Those that need somebody first. */
  creators: z.array(shownCreator),
  kinds_paused: z.array(z.strictObject({ kind: z.enum(KINDS), why: z.string(), since: time })),
  /** Absent: they can't be had just now. */
  dead_letters: z.optional(z.strictObject({ total: z.int(), causes: byCause })),
  alarms: z.optional(
    z.array(z.strictObject({ name: z.string(), state: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']) })),
  ),
  /** How many things wait for a person. */
  needs_person: z.int(),
});
export type ShownOverview = z.infer<typeof shownOverview>;
