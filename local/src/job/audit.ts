import type { Kind, State } from '@huntaze/core/operations';
import type { SiteLogEntry } from '../site/log.ts';

/** A navigation as the scraper saw it, noted in the operation's result. */
interface Navigation {
  path: string;
  started_at_ms: number;
  answered_at_ms: number;
  status: number;
}

/** One operation of a job, when all is over. */
export interface Outcome {
  operationId: string;
  creatorId: string;
  kind: Kind;
  /** Undefined if the pipeline doesn't know it any more. */
  state: State | undefined;
  attempts: number;
  receives: number;
  error: string | undefined;
  /** The result object of the bucket; undefined if there is none. */
  result: { status?: string; site?: { navigations?: Navigation[] } } | undefined;
}

/** What an operation may have done at the site. */
type Done = Pick<Outcome, 'creatorId' | 'kind' | 'attempts'>;

/** What a job came to, counted at the site. */
export interface Summary {
  requested: number;
  succeeded: number;
  failed: number;
  dead: number;
  /** Neither ended nor, if succeeded, with a result. */
  lost: number;
  /** What took effect at the site beyond once for each operation. */
  duplicated: number;
  /** Neighbours of one creator that reached the site in another order than they were accepted in. */
  order_inversions: number;
  /** The most navigations in any window; those that were refused count as well. */
  worst_window: number;
  limit: number;
  window_s: number;
  /** (⌈n/limit⌉ − 1) · window / (last − first): the share of the permitted rate that was used; null within one window. */
  goodput: number | null;
  receives_per_message: number;
  wall_s: number;
}

/** The kinds that change something at the site, once each. */
const SIDE_EFFECTS: ReadonlySet<Kind> = new Set<Kind>(['message.send', 'credentials.rotate']);

/** How far the clocks of site and scraper may be apart when a log line is matched with an attempt (ms). */
const CLOCK_SLACK_MS = 5;

/**
 * Holds what the operations say against what the site has logged.
 * @param outcomes in the order in which the operations were accepted
 * @param others operations that somebody else asked for meanwhile: what they did at the site is theirs
 * @param accountOf the site's account of a creator
 */
export function audit(
  outcomes: Outcome[],
  others: Done[],
  log: SiteLogEntry[],
  accountOf: (creatorId: string) => string,
  job: { limit: number; windowMs: number; wallMs: number },
): Summary {
  const navigations = log.filter(line => line.effect === undefined);
  const times = navigations.map(line => line.at_ms).sort((a, b) => a - b);
  const count = (state: State) => outcomes.filter(outcome => outcome.state === state).length;
  const found = outcomes.filter(isAccountedFor).length;
  return {
    requested: outcomes.length,
    succeeded: count('succeeded'),
    failed: count('failed'),
    dead: count('dead'),
    lost: outcomes.length - found,
    duplicated: duplicates(outcomes, others, log, accountOf),
    order_inversions: inversions(outcomes, navigations, accountOf),
    worst_window: worstWindow(times, job.windowMs),
    limit: job.limit,
    window_s: job.windowMs / 1_000,
    goodput: goodput(outcomes.length + others.length, times, job),
    receives_per_message: round(
      outcomes.reduce((sum, outcome) => sum + outcome.receives, 0) / Math.max(1, outcomes.length),
    ),
    wall_s: round(job.wallMs / 1_000),
  };
}

function isAccountedFor(outcome: Outcome): boolean {
  switch (outcome.state) {
    case 'succeeded':
      return outcome.result?.status === 'succeeded';
    case 'failed':
    case 'dead':
    case 'expired':
    case 'cancelled':
    case 'outcome_unknown':
      return true;
    default:
      return false;
  }
}

/** The most of `times` (sorted, ms) in any half-open window. */
export function worstWindow(times: number[], windowMs: number): number {
  let worst = 0;
  let start = 0;
  times.forEach((time, end) => {
    while (time - times[start]! >= windowMs) start++;
    worst = Math.max(worst, end - start + 1);
  });
  return worst;
}

function goodput(count: number, times: number[], job: { limit: number; windowMs: number }): number | null {
  const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const windows = Math.ceil(count / job.limit) - 1;
  return windows < 1 || span <= 0 ? null : round((windows * job.windowMs) / span);
}

/**
 * The answered navigations of an account that no attempt explains, and the effects beyond one per operation.
 * An attempt that was cut short may be repeated: a page read twice is no effect. What isn't told by anybody is.
 */
function duplicates(
  outcomes: Outcome[],
  others: Done[],
  log: SiteLogEntry[],
  accountOf: (creatorId: string) => string,
): number {
  let total = 0;
  for (const [creatorId, own] of Map.groupBy(outcomes, outcome => outcome.creatorId)) {
    const lines = log.filter(line => line.account === accountOf(creatorId));
    const answered = lines.filter(line => line.effect === undefined && line.status < 300).length;
    const done: Done[] = [...own, ...others.filter(other => other.creatorId === creatorId)];
    const attempts = done.reduce((sum, one) => sum + one.attempts, 0);
    total += Math.max(0, answered - attempts) + surplusEffects(lines, done);
  }
  return total;
}

/**
 * Effects beyond one per operation of their kind, so that a message that went out twice isn't made up for by a
 * rotation that had no effect. A site may name its effects otherwise: those are counted against what is left.
 */
function surplusEffects(lines: SiteLogEntry[], done: Done[]): number {
  // An effect is one whatever was answered: a message can be out, and its answer an error.
  const effects = lines.flatMap(line => line.effect ?? []);
  let surplus = 0;
  let named = 0;
  let left = 0;
  for (const kind of SIDE_EFFECTS) {
    const seen = effects.filter(effect => effect.split(' ', 1)[0] === kind).length;
    const asked = done.filter(one => one.kind === kind).length;
    named += seen;
    surplus += Math.max(0, seen - asked);
    left += Math.max(0, asked - seen);
  }
  return surplus + Math.max(0, effects.length - named - left);
}

/** Per creator: neighbours in the order of the site's log whose acceptance was the other way round. */
function inversions(
  outcomes: Outcome[],
  navigations: SiteLogEntry[],
  accountOf: (creatorId: string) => string,
): number {
  let total = 0;
  for (const [creatorId, own] of Map.groupBy(outcomes, outcome => outcome.creatorId)) {
    const lines = navigations.filter(line => line.account === accountOf(creatorId));
    const reached = own.map(outcome => lines.find(line => belongsTo(outcome, line))?.at_ms);
    const seen = reached.filter(time => time !== undefined);
    total += seen.filter((time, index) => index > 0 && time < seen[index - 1]!).length;
  }
  return total;
}

function belongsTo(outcome: Outcome, line: SiteLogEntry): boolean {
  return (outcome.result?.site?.navigations ?? []).some(
    navigation =>
      navigation.path === line.path &&
      line.at_ms >= navigation.started_at_ms - CLOCK_SLACK_MS &&
      line.at_ms <= navigation.answered_at_ms + CLOCK_SLACK_MS,
  );
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
