import type { ShownCreator } from '../creators/describe.ts';
import type { Role } from '../identity/roles.ts';
import type { ShownLimits } from '../limits/limits.ts';
import type { ShownOperation } from '../operations/describe.ts';
import type { ShownOverview } from '../overview/describe.ts';
import type { ShownMinute } from '../overview/history.ts';

/** What the console reads of the API's answers: what the API's own schemas say. Times are ISO 8601. */

/** GET /api/session */
export interface Who {
  token_id: string;
  role: Role;
  creators: 'all' | string[];
}

/** How something is going: well, at work, waiting, or in need of a person. */
export type Tone = ShownOverview['verdict']['tone'];

export type Creator = ShownCreator;
export type CreatorState = ShownCreator['state'];
export type Operation = ShownOperation;
export type Overview = ShownOverview;
export type Minute = ShownMinute;
export type Limits = ShownLimits;
export type LimitValues = ShownLimits['in_force'];

/** GET /api/onlyfans/operations */
export interface OperationPage {
  operations: Operation[];
  next?: string;
}

/** GET /api/onlyfans/history */
export interface History {
  minutes: Minute[];
}

/** A dead letter. */
export interface Letter {
  id: string;
  queue: 'limiter' | 'scraper';
  operation_id?: string;
  creator_id?: string;
  kind?: string;
  cause: string;
  attempts?: number;
  last_error?: string;
  sent_at: string;
}

/** GET /api/onlyfans/dead-letters */
export interface LetterPage {
  letters: Letter[];
  total: number;
  /** False: there are others that can't be seen yet. */
  is_complete: boolean;
  causes: { cause: string; count: number }[];
}

/** What became of dead letters that were acted on. */
export interface LettersEnded {
  done: { id: string; operation_id?: string }[];
  failed: { id: string; why: string }[];
  is_complete: boolean;
}

/** One thing that somebody did. */
export interface Action {
  at: string;
  token_id: string;
  action: string;
  on: string;
  outcome: 'begun' | 'done' | 'failed';
  before?: unknown;
  after?: unknown;
  error?: string;
}

/** GET /api/audit, of one day (UTC). */
export interface Audit {
  actions: Action[];
}

/** A token, without itself. */
export interface Token {
  id: string;
  created_at: string;
  name: string;
  role: Role;
  creators: 'all' | string[];
  expires_at?: string;
}

/** GET /api/webhook: of the token that asks. */
export interface Webhook {
  url: string;
  since: string;
}

/** One of GET /api/webhook/deliveries: what could not be told. */
export interface Delivery {
  /** Also the delivery's own id. */
  operation_id: string;
  creator_id: string;
  kind: string;
  operation_state: string;
  token_id: string;
  state: 'waiting' | 'dead';
  due_at?: string;
  dead_since?: string;
  tries: number;
  last?: { at: string; status?: number; why: string };
}

/** What an act that is only tried (`dry_run`) would do, in sentences. */
export interface Effect {
  effect: string[];
}
