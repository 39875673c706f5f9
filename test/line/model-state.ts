import type { State } from '@huntaze/core/operations';

// What the model of the line keeps, and what can be read off it.

export interface Operation {
  id: string;
  creator: string;
  kind: string;
  line: string;
  state: State;
  sequence: number | undefined;
  follows: number | undefined;
  weight: number;
  notAfter: number | undefined;
  /** Its body is not kept: it is too large, or nobody has brought it yet. */
  isBare: boolean;
  /** The scraper has tried it. */
  hasBegun: boolean;
  key: string | undefined;
  /** How often it was asked for while it was pending, and which of these have given it up. */
  asks: number;
  gaveUp: Set<number>;
}

/** What every wait is called, besides that for a token. */
export type Reason = 'paused' | 'predecessor' | 'copy';

export interface Creator {
  name: string;
  /** Of its next turn. */
  tag: number;
  ticket: number;
  /** The highest sequence that went, or ended without. */
  sent: number;
  waiting: Operation[];
  held: { why: Reason; since: number; lookAt: number } | undefined;
}

export interface Line {
  v: number;
  tickets: number;
  grants: { operation: Operation; at: number }[];
  creators: Map<string, Creator>;
  /** Not confirmed, in the order of release. */
  released: Operation[];
  /** Until when each counts. */
  unfinished: Map<Operation, number>;
  lease: { id: string; until: number } | undefined;
  shut: number;
  span: number | undefined;
  fullSince: number | undefined;
}

/** What one call of the tick goes by. */
export interface Turn {
  now: number;
  line: Line;
  rules: Rules;
  opens: number;
  mine: boolean;
  lost: number;
  longPatience: number;
  /** Operations whose copies are in the caller's hands. */
  hand: Set<string>;
  released: Operation[];
  /** Creators whose earlier release must go first, and can't. */
  blocked: Map<string, Operation>;
  isStuck: boolean;
}

export interface Rules {
  limit: number;
  span: number;
  window: number;
  mostUnfinished: number;
  weights: Record<string, number>;
}

export const bySequence = (a: Operation, b: Operation) =>
  (a.sequence ?? 0) - (b.sequence ?? 0) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
const unitsOf = (operations: Operation[]) => operations.reduce((sum, { weight }) => sum + weight, 0);
export const remove = <T>(list: T[], item: T) =>
  list.includes(item) && list.splice(list.indexOf(item), 1).length > 0;

export function getOr<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  if (!map.has(key)) map.set(key, make());
  return map.get(key)!;
}

export function missedSince({ held }: Creator, why: Reason, now: number): number {
  return held?.why === why ? held.since : now;
}

export function isLate({ now }: Turn, { notAfter }: Operation): boolean {
  return notAfter !== undefined && notAfter <= now;
}

export function room({ line, rules }: Turn): number {
  return rules.limit - line.grants.length;
}

/** When the token comes free that whoever has `rank` tokens before it takes: every token is taken when it is free. */
export function freeAt(line: Line, { limit, span }: Rules, rank: number, now: number): number {
  const spent = line.grants.map(({ at }) => at + span).toSorted((a, b) => a - b);
  const free = Array<number>(Math.max(0, limit - spent.length)).fill(now);
  // Above a limit that was lowered the first that come back are nobody's.
  const tokens = [...free, ...spent.slice(Math.max(0, spent.length - limit))];
  return tokens[rank % limit]! + Math.floor(rank / limit) * span;
}

/** How many turns come before those of an operation; who is held comes after all of the same tag. */
export function rankOf(line: Line, operation: Operation): number | undefined {
  const creator = line.creators.get(operation.creator);
  if (!creator?.waiting.includes(operation)) return undefined;
  const sorted = creator.waiting.toSorted(bySequence);
  const before = unitsOf(sorted.slice(0, sorted.indexOf(operation)));
  const tag = creator.held ? Math.max(line.v, creator.tag) + before : creator.tag + before;
  const others = [...line.creators.values()].filter(other => other !== creator && !other.held);
  return before + others.reduce((sum, other) => sum + turnsBefore(other, tag, creator), 0);
}

function turnsBefore(other: Creator, tag: number, { ticket, held }: Creator): number {
  const tags = Array.from({ length: unitsOf(other.waiting) }, (_, i) => other.tag + i);
  return tags.filter(t => t < tag || (t === tag && (held !== undefined || other.ticket < ticket))).length;
}
