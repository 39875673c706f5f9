import type { Arrival, Limit, RuleChanges, Voided } from '@huntaze/core/lua';
import type { State } from '@huntaze/core/operations';
import {
  bySequence,
  getOr,
  remove,
  type Creator,
  type Line,
  type Operation,
  type Reason,
  type Rules,
} from './model-state.ts';

/** How much later than a window a token comes back. */
const GUARD = 250;
/** So long after memory was lost something of a creator may be still to be found. */
const FORGOTTEN = 20 * 60_000;
/** After the last sign of life. */
export const UNHEARD = 3_600_000;
/** What counts until so much later isn't under way. */
const ASIDE = 1e15;
/** How many of those that are forwarded and not ended are under way. */
export const underWay = ({ unfinished }: Line) =>
  [...unfinished.values()].filter(until => until < ASIDE).length;
const ENDED = new Set<State>(['succeeded', 'failed', 'dead', 'expired', 'cancelled', 'outcome_unknown']);

/** One Redis: all that it knows, and what the API, operators and the scraper do with it. */
export class Memory {
  readonly operations = new Map<string, Operation>();
  readonly #lines = new Map<string, Line>();
  readonly #halts = new Map<string, { mode: 'paused' | 'draining'; until: number }>();
  /** Whom the site doesn't let in, and whom it has refused until when. */
  readonly #logins = new Set<string>();
  readonly #refused = new Map<string, number>();
  /** Whom it has refused at all: an operator's word doesn't undo that. */
  readonly #refusals = new Map<string, number>();
  /** Kinds that are paused, and since when. */
  readonly #kinds = new Map<string, number>();
  /** The operation of a paused kind, let through before, behind which a creator's others wait; and since when its kind is. */
  readonly #behind = new Map<string, { operation: Operation; since: number }>();
  protected readonly closed = new Map<string, number>();
  protected readonly expected = new Map<string, Set<number>>();
  protected readonly voided = new Map<string, Set<number>>();
  readonly #accepted = new Map<string, number>();
  readonly #keys = new Map<string, { id: string; fingerprint: string }>();
  readonly #changes: { limit?: number; window?: number; mostUnfinished?: number } = {};
  readonly #weights: Record<string, number> = {};
  /** Since when its memory is in doubt (0: it is whole), and what was said of that before. */
  #home: { since: number; before: number; isKnown: boolean } | undefined = {
    since: 0,
    before: 0,
    isKnown: true,
  };
  readonly #limit: Limit;

  constructor(limit: Limit) {
    this.#limit = limit;
  }

  // What is in force.

  changeRules({ limit, windowMs, mostUnfinished, weights = {} }: RuleChanges): void {
    const changes = { limit, window: windowMs, mostUnfinished };
    for (const [name, value] of Object.entries(changes) as [
      keyof typeof changes,
      number | null | undefined,
    ][]) {
      if (value === null) delete this.#changes[name];
      else if (value !== undefined) this.#changes[name] = value;
    }
    for (const [kind, weight] of Object.entries(weights)) {
      if (weight === null) delete this.#weights[kind];
      else this.#weights[kind] = weight;
    }
  }

  get rules(): Rules {
    const limit = this.#changes.limit ?? this.#limit.limit;
    const window = this.#changes.window ?? this.#limit.windowMs;
    const mostUnfinished = this.#changes.mostUnfinished ?? this.#limit.mostUnfinished ?? 20 * limit;
    return { limit, window, span: window + GUARD, mostUnfinished, weights: this.#weights };
  }

  protected weightOf(kind: string): number {
    return Math.min(this.#weights[kind] ?? 1, this.rules.limit);
  }

  line(name: string): Line {
    return getOr(this.#lines, name, () => ({
      v: 0,
      tickets: 0,
      grants: [],
      creators: new Map(),
      released: [],
      unfinished: new Map(),
      lease: undefined,
      shut: 0,
      span: undefined,
      fullSince: undefined,
    }));
  }

  protected creator(line: Line, name: string): Creator {
    const fresh = () => ({ name, tag: 0, ticket: 0, sent: 0, waiting: [], held: undefined });
    return getOr(line.creators, name, fresh);
  }

  protected sequences(of: Map<string, Set<number>>, creator: string): Set<number> {
    return getOr(of, creator, () => new Set());
  }

  protected memoryLost(now: number): number {
    if (!this.#home?.isKnown) this.#home = { since: now, before: this.#home?.since ?? now, isKnown: true };
    return this.#home.since;
  }

  /** Another Redis, with everything in it, or with all but the note of which one it is. */
  moveHome(note: 'kept' | 'gone'): void {
    if (note === 'gone') this.#home = undefined;
    else if (this.#home) this.#home.isKnown = false;
  }

  /** An empty Redis. */
  forget(): void {
    const all = [this.operations, this.#lines, this.#halts, this.closed, this.expected, this.voided];
    for (const map of [
      ...all,
      this.#logins,
      this.#refused,
      this.#refusals,
      this.#accepted,
      this.#keys,
      this.#kinds,
      this.#behind,
    ])
      map.clear();
    this.changeRules({ limit: null, windowMs: null, mostUnfinished: null });
    for (const kind of Object.keys(this.#weights)) delete this.#weights[kind];
    this.#home = undefined;
  }

  found(what: 'new' | 'same', now: number): boolean {
    if ((what === 'same') !== (this.#home !== undefined)) return false;
    this.memoryLost(now);
    this.#home!.since = what === 'same' ? this.#home!.before : 0;
    return true;
  }

  // Accepting.

  accept(
    {
      operationId: id,
      creatorId: creator,
      kind,
      notAfter,
    }: Pick<Arrival, 'operationId' | 'creatorId' | 'kind' | 'notAfter'>,
    line: string,
    key: { key: string; fingerprint: string } | undefined,
    now: number,
  ): { is: 'key taken' | 'draining' } | { is: 'accepted'; operation: Operation } {
    const used = key && this.#keys.get(key.key);
    const earlier = used && this.operations.get(used.id);
    if (earlier) {
      if (used.fingerprint !== key.fingerprint) return { is: 'key taken' };
      if (earlier.state === 'pending') earlier.asks += 1;
      return { is: 'accepted', operation: earlier };
    }
    if ([creator, '*'].some(who => this.#halt(who, now) === 'draining')) return { is: 'draining' };
    const last = this.#accepted.get(creator);
    const lost = this.memoryLost(now);
    const isForgotten = lost > 0 && now < lost + FORGOTTEN;
    const sequence = Math.max(now * 1_000, (last ?? 0) + 1);
    this.#accepted.set(creator, sequence);
    this.sequences(this.expected, creator).add(sequence);
    const operation = {
      id,
      creator,
      kind,
      line,
      state: 'pending' as const,
      sequence,
      follows: last ?? (isForgotten ? sequence - 1 : undefined),
      weight: this.weightOf(kind),
      notAfter,
      isBare: false,
      hasBegun: false,
      key: key?.key,
      asks: 1,
      gaveUp: new Set<number>(),
    };
    this.operations.set(id, operation);
    if (key) this.#keys.set(key.key, { id, fingerprint: key.fingerprint });
    return { is: 'accepted', operation };
  }

  voidOperation(id: string, ask: number, now: number): Voided {
    const operation = this.operations.get(id);
    if (operation === undefined) return 'unknown';
    if (operation.state === 'cancelled') return 'withdrawn';
    if (operation.state !== 'pending') return 'stands';
    const isGivenUpBefore = operation.gaveUp.has(ask);
    if (isGivenUpBefore || operation.gaveUp.add(ask).size !== operation.asks) return 'asked again';
    if (operation.key) this.#keys.delete(operation.key);
    this.#withdraw(operation, now);
    return 'withdrawn';
  }

  // An operator's word.

  #halt(who: string, now: number): 'paused' | 'draining' | undefined {
    const halt = this.#halts.get(who);
    return halt && halt.until > now ? halt.mode : undefined;
  }

  /** Until when it is paused, or what is of this kind; undefined: it isn't. */
  protected pausedUntil(who: string, now: number, kind?: string): number | undefined {
    const before = this.#behind.get(who)?.operation;
    const isBehind = before && !ENDED.has(before.state) && this.#kinds.has(before.kind);
    const until = Math.max(
      isBehind || (kind !== undefined && this.#kinds.has(kind)) ? Infinity : 0,
      this.#halt(who, now) === 'paused' ? this.#halts.get(who)!.until : 0,
      this.#logins.has(who) ? Infinity : 0,
      this.#refused.get(who) ?? 0,
    );
    return until > now ? until : undefined;
  }

  pause(
    line: string,
    who: string,
    until: number | undefined,
    now: number,
    mode: 'paused' | 'login' | 'refused' = 'paused',
  ): void {
    if (mode === 'paused') this.#halts.set(who, { mode, until: until ?? Infinity });
    else if (mode === 'login') this.#logins.add(who);
    else this.#refused.set(who, until!);
    const creator = this.line(line).creators.get(who);
    if (creator && creator.waiting.length > 0) this.hold(creator, 'paused', until ?? Infinity, now);
  }

  pauseKind(kind: string, now: number): boolean {
    const isNew = !this.#kinds.has(kind);
    if (isNew) this.#kinds.set(kind, now);
    return isNew;
  }

  resumeKind(kind: string, now: number): boolean {
    const wasPaused = this.#kinds.delete(kind);
    for (const { held } of wasPaused ? this.line('platform').creators.values() : [])
      if (held?.lookAt === Infinity) held.lookAt = now;
    return wasPaused;
  }

  drain(line: string, who: string, until: number | undefined, now: number): void {
    this.#halts.set(who, { mode: 'draining', until: until ?? Infinity });
    this.#lookSoon(line, who, now);
  }

  resume(line: string, who: string, now: number): boolean {
    this.#lookSoon(line, who, now);
    const ends = [this.#refused.get(who) ?? 0, this.#halts.get(who)?.until ?? 0];
    this.#refused.delete(who);
    this.#halts.delete(who);
    return Math.max(...ends) > now;
  }

  letIn(line: string, who: string, now: number): boolean {
    this.#lookSoon(line, who, now);
    return this.#logins.delete(who);
  }

  /** The site has answered 429. Returns until when its window is closed for that line. */
  refuse(line: string, who: string, until: number, now: number): number {
    const close = (which: string, time: number) =>
      this.closed.set(which, Math.max(time, this.closed.get(which) ?? 0));
    if (until > now) {
      this.pause(line, who, until, now, 'refused');
      close(line, Math.min(until, now + this.rules.window));
      const earlier = this.#refusals.get(who) ?? 0;
      this.#refusals.set(who, Math.max(until, earlier));
      const times = [...this.#refusals.values()].filter(time => time > now).toSorted((a, b) => b - a);
      if (times.length > 1) close('*', Math.min(until, times[1]!));
    }
    return Math.max(now, this.closedUntil(line));
  }

  /** Until when the site's window is closed for a line; 0: it is open. */
  protected closedUntil(line: string): number {
    return Math.max(this.closed.get(line) ?? 0, this.closed.get('*') ?? 0);
  }

  closeSite(until: number, line = '*'): void {
    this.closed.set(line, until);
  }

  cancel(id: string, now: number): { is: string; state?: State } {
    const operation = this.operations.get(id);
    if (!operation) return { is: 'unknown' };
    if (!['pending', 'waiting', 'forwarded'].includes(operation.state))
      return { is: 'too late', state: operation.state };
    this.#withdraw(operation, now);
    return { is: 'cancelled' };
  }

  skipHead(lineName: string, name: string, named: string | undefined, now: number) {
    const line = this.line(lineName);
    const creator = this.creator(line, name);
    const forwarded = [...line.unfinished.keys()]
      .filter(o => o.creator === name && !ENDED.has(o.state))
      .toSorted(bySequence);
    const first = forwarded[0] ?? creator.waiting.toSorted(bySequence)[0];
    if (!first) return { is: 'nothing', operationId: undefined };
    if (named !== undefined && named !== first.id) return { is: 'another', operationId: first.id };
    if (!forwarded[0] && creator.held?.why === 'predecessor') {
      this.awaitNoneBefore(first);
      creator.sent = Math.max(creator.sent, first.follows ?? 0);
      first.follows ??= 0;
      creator.held.lookAt = now;
      return { is: 'awaited', operationId: first.id };
    }
    if (first.state === 'running') return { is: 'begun', operationId: first.id };
    this.#withdraw(first, now);
    return { is: 'cancelled', operationId: first.id };
  }

  protected awaitNoneBefore(operation: Operation): void {
    const expected = this.sequences(this.expected, operation.creator);
    for (const sequence of expected) if (sequence < operation.sequence!) expected.delete(sequence);
  }

  #lookSoon(line: string, who: string, now: number): void {
    const held = this.line(line).creators.get(who)?.held;
    if (held) held.lookAt = now;
  }

  #withdraw(operation: Operation, now: number): void {
    const line = this.line(operation.line);
    const creator = this.creator(line, operation.creator);
    if (operation.state === 'waiting') this.drop(creator, operation);
    remove(line.released, operation);
    line.unfinished.delete(operation);
    this.awaitNoMore(operation);
    if (creator.held) creator.held.lookAt = now;
    operation.state = 'cancelled';
  }

  // The scraper.

  startAttempt(
    {
      operationId: id,
      creatorId: creator,
      kind,
      notAfter,
    }: Pick<Arrival, 'operationId' | 'creatorId' | 'kind' | 'notAfter'>,
    line: string,
    now: number,
  ): State {
    // Whoever begins notices it, as every tick does.
    this.memoryLost(now);
    const known = this.operations.get(id);
    const operation: Operation = known ?? {
      id,
      creator,
      kind,
      line,
      state: 'forwarded',
      sequence: undefined,
      follows: undefined,
      weight: 1,
      notAfter,
      isBare: false,
      hasBegun: false,
      key: undefined,
      asks: 1,
      gaveUp: new Set<number>(),
    };
    if (ENDED.has(operation.state)) return operation.state;
    this.operations.set(id, operation);
    operation.notAfter ??= notAfter;
    const { unfinished } = this.line(operation.line);
    if (operation.notAfter !== undefined && operation.notAfter <= now && known?.state !== 'running') {
      unfinished.delete(operation);
      return (operation.state = 'expired');
    }
    unfinished.set(operation, now + UNHEARD);
    const isPaused =
      this.pausedUntil('*', now) !== undefined ||
      this.pausedUntil(creator, now, operation.kind) !== undefined;
    const isHalted = isPaused || this.closedUntil(operation.line) > now;
    if (isHalted && operation.state !== 'running') operation.state = 'forwarded';
    if (isHalted && this.#kinds.has(operation.kind)) this.#setAside(operation, now);
    if (isHalted) return operation.state;
    operation.hasBegun = true;
    return (operation.state = 'running');
  }

  /** It, and the first time what its creator has forwarded, is not under way; but for what may be at work. */
  #setAside(operation: Operation, now: number): void {
    const line = this.line(operation.line);
    const since = this.#kinds.get(operation.kind)!;
    const known = this.#behind.get(operation.creator);
    const isKnown = known?.operation === operation && known.since === since;
    this.#behind.set(operation.creator, { operation, since });
    for (const [one, until] of line.unfinished) {
      if (one.state !== 'forwarded' || one.creator !== operation.creator) continue;
      if (one === operation || (!isKnown && until < ASIDE)) line.unfinished.set(one, ASIDE + now + UNHEARD);
    }
  }

  endAttempt(id: string, state: State, retryAt: number | undefined, now: number): void {
    const operation = this.operations.get(id)!;
    if (ENDED.has(operation.state)) return;
    operation.state = state;
    const { unfinished } = this.line(operation.line);
    if (ENDED.has(state)) unfinished.delete(operation);
    else unfinished.set(operation, Math.max(now, retryAt ?? now) + UNHEARD);
  }

  /** As people see it: what SQS has not confirmed still waits. */
  stateOf(id: string): State | undefined {
    const operation = this.operations.get(id);
    if (operation?.state !== 'forwarded') return operation?.state;
    return this.line(operation.line).released.includes(operation) ? 'waiting' : 'forwarded';
  }

  protected awaitNoMore({ creator, sequence }: Operation): void {
    if (sequence === undefined) return;
    this.sequences(this.expected, creator).delete(sequence);
    this.sequences(this.voided, creator).add(sequence);
  }

  /** It goes without its turn, which is given back: the tag of the creator's next one stays. */
  protected drop(creator: Creator, operation: Operation): void {
    remove(creator.waiting, operation);
    if (creator.waiting.length === 0) creator.held = undefined;
  }

  protected hold(creator: Creator, why: Reason, lookAt: number, now: number): void {
    creator.held = { why, since: creator.held?.why === why ? creator.held.since : now, lookAt };
  }
}
