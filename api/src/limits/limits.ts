import { changeRules, readOverview, type LineRecord, type RuleChanges, type Rules } from '@huntaze/core/lua';
import * as z from 'zod/mini';
import type { Api } from '../compose.ts';
import { fromLine } from '../http/from-line.ts';
import { iso } from '../operations/describe.ts';

const time = z.iso.datetime();
const weights = z.record(z.string(), z.int());

/** Limits, as an operator sets them and as they are in force. */
const rules = z.strictObject({
  limit: z.int(),
  window_s: z.number(),
  most_unfinished: z.int(),
  most_waiting: z.int(),
  most_waiting_of_creator: z.int(),
  weights,
});

/** One line, and its window at the site. */
const shownLine = z.strictObject({
  line: z.string(),
  /** Tokens that are out, and slots at the site that are taken, of `limit` each. */
  granted: z.int(),
  used: z.int(),
  next_slot_at: z.optional(time),
  /** The most that the site has answered in any window that ended in the last 24 hours; and by the hour. */
  worst_24h: z.int(),
  hours: z.array(z.strictObject({ at: time, most: z.int(), limit: z.int() })),
});
export type ShownLine = z.infer<typeof shownLine>;

export const shownLimits = z.strictObject({
  scope: z.enum(['platform', 'creator']),
  in_force: rules,
  /** What an operator has set; the rest is as the environment has it. */
  set: z.partial(rules),
  lines: z.array(shownLine),
});
export type ShownLimits = z.infer<typeof shownLimits>;

/** So many lines are shown, where each creator has its own. */
const MOST_LINES = 100;

type Asks = Pick<Api, 'redis' | 'limit'>;

/** The lines there are: one for the site, or one for each of some creators. */
export function linesOf({ limit }: Pick<Api, 'limit'>, creatorIds: readonly string[]): string[] {
  if (limit.scope === 'platform') return ['platform'];
  return creatorIds.slice(0, MOST_LINES).map(creatorId => `creator-${creatorId}`);
}

/**
 * The limits, and what of them is used.
 * @throws Refusal 503
 */
export async function limits(api: Asks, creatorIds: readonly string[], now: number): Promise<ShownLimits> {
  const inForce = await fromLine(changeRules(api.redis, api.limit));
  const { lines } = await fromLine(readOverview(api.redis, api.limit, linesOf(api, creatorIds)));
  const { scope } = api.limit;
  return {
    scope,
    in_force: describeRules(inForce),
    set: describeSet(inForce.set),
    lines: lines.map(line => describeLine(line, inForce.limit, now)),
  };
}

const HOUR_MS = 3_600_000;
const HOURS = 24;

export function describeLine(
  { line, granted, slots, next_slot_at, worst = [] }: LineRecord,
  limit: number,
  now: number,
): ShownLine {
  const last = Math.floor(now / HOUR_MS);
  const known = new Map(worst.map(one => [one.hour, one]));
  // An hour of which nothing is known is one in which nobody was at the site.
  const hours = Array.from({ length: HOURS }, (_, i) => last - HOURS + 1 + i).map(
    hour => known.get(hour) ?? { hour, most: 0, limit },
  );
  return {
    line,
    granted,
    used: slots,
    next_slot_at: iso(next_slot_at),
    worst_24h: Math.max(...hours.map(({ most }) => most)),
    hours: hours.map(({ hour, most, limit: its }) => ({ at: iso(hour * HOUR_MS), most, limit: its })),
  };
}

export function describeRules(given: Rules): z.infer<typeof rules> {
  return {
    limit: given.limit,
    window_s: given.windowMs / 1_000,
    most_unfinished: given.mostUnfinished,
    most_waiting: given.mostWaiting,
    most_waiting_of_creator: given.mostWaitingOfCreator,
    weights: given.weights,
  };
}

function describeSet(set: RuleChanges): ShownLimits['set'] {
  const { limit, windowMs, mostUnfinished, mostWaiting, mostWaitingOfCreator } = set;
  const named = {
    limit,
    window_s: typeof windowMs === 'number' ? windowMs / 1_000 : undefined,
    most_unfinished: mostUnfinished,
    most_waiting: mostWaiting,
    most_waiting_of_creator: mostWaitingOfCreator,
    weights: set.weights,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}
