import type { ShownOperation } from '../operations/describe.ts';
import type { Role } from '../identity/roles.ts';

/** What the console reads of the API's answers. Times are ISO 8601, spans in seconds where they end in `_s`. */

/** GET /api/session */
export interface Who {
  token_id: string;
  role: Role;
  creators: 'all' | string[];
}

/** How something is going: well, at work, waiting, or in need of a person. */
export type Tone = 'good' | 'busy' | 'wait' | 'bad';

export type CreatorState =
  | 'ready'
  | 'idle'
  | 'limited'
  | 'waiting'
  | 'backing_off'
  | 'paused'
  | 'draining'
  | 'erasing'
  | 'needs_login'
  | 'refused'
  | 'outcome_unknown';

/** GET /api/onlyfans/creators/{id}, and one of GET /api/onlyfans/creators. */
export interface Creator {
  creator_id: string;
  state: CreatorState;
  why?: string;
  until?: string;
  pending: number;
  waiting: number;
  forwarded: number;
  running: number;
  /** The operation that is next, and what it waits for. */
  head?: { operation_id: string; kind: string; since: string; waits_for?: string; expected_at?: string };
  last_expected_at?: string;
  outcome_unknown: number;
}

/** An operation, as a list and its own page have it. */
export interface Operation extends ShownOperation {
  tries?: { started_at: string; ended_at?: string; error?: string }[];
  /** The operation that it repeats. */
  of?: string;
}

/** GET /api/onlyfans/operations */
export interface OperationPage {
  operations: Operation[];
  next?: string;
}

/** GET /api/onlyfans/overview */
export interface Overview {
  now: string;
  verdict: { tone: Tone; sentence: string; cause?: string; action?: { label: string; href: string } };
  flow: {
    queued: number;
    waiting: number;
    released: number;
    workflows: number;
    running: number;
    ended_hour: { succeeded: number; failed: number };
  };
  limiter: { limit: number; window_s: number; used: number; next_slot_at?: string; worst_24h: number };
  breaker: { state: 'closed' | 'open' | 'half_open'; until?: string; why?: string };
  tasks: { alive: number; busy: number };
  creators: Creator[];
  kinds_paused: { kind: string; why: string; since: string }[];
  dead_letters: { total: number; causes: { cause: string; count: number }[] };
  alarms: { name: string; state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' }[];
  needs_person: number;
}

/** One minute of GET /api/onlyfans/history; averages are of what ended in it. */
export interface Minute {
  at: string;
  navigations: number;
  released: number;
  succeeded: number;
  failed: number;
  waiting: number;
  waited_ms?: number;
  duration_ms?: number;
}

/** GET /api/onlyfans/history */
export interface History {
  minutes: Minute[];
}

/** What can be set of the limits. */
export interface LimitValues {
  limit: number;
  window_s: number;
  most_unfinished: number;
  most_waiting: number;
  most_waiting_of_creator: number;
  weights: Record<string, number>;
}

/** GET /api/onlyfans/limits */
export interface Limits {
  scope: 'platform' | 'creator';
  in_force: LimitValues;
  /** What an operator has set; everything else is as the environment has it. */
  set: { [K in keyof LimitValues]?: LimitValues[K] | null };
  lines: {
    line: string;
    used: number;
    granted: number;
    next_slot_at?: string;
    worst_24h: number;
    hours: { at: string; most: number }[];
  }[];
}

/** What an act that is only tried (`dry_run`) would do, in sentences. */
export interface Effect {
  effect: string[];
}
