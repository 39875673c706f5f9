import type { Arrival, Lease } from '@huntaze/core/lua';
import { Memory, underWay, UNHEARD } from './model-memory.ts';
import {
  bySequence,
  freeAt,
  isLate,
  missedSince,
  rankOf,
  remove,
  room,
  type Creator,
  type Operation,
  type Reason,
  type Turn,
} from './model-state.ts';

// The line as the headers of core/lua describe it, for tests to compare with: plain arrays, everything sorted and
// summed anew whenever it is asked for, no Redis, no randomness. Times in ms.

const LONGEST_DEFERRAL = 900_000;
/** For one of which nothing is known. */
const PATIENCE = 30_000;
const ANOTHERS_TURN = 200;

type Verdict = { is: 'released' | 'gone' | 'stranger' } | { is: 'waiting'; dueAt: number; rank: number };

/** One Redis, and what the limiter does with it. */
export class Model extends Memory {
  settle(name: string, leaseId: string, ids: string[], staying: { operationId: string }[]): boolean {
    const line = this.line(name);
    for (const operation of ids.flatMap(id => this.operations.get(id) ?? [])) {
      const wasKnown = remove(line.released, operation);
      if (wasKnown || !['waiting', 'pending'].includes(operation.state)) continue;
      // Since it was released memory was lost, and its copy came again: it was sent nevertheless.
      const creator = this.creator(line, operation.creator);
      this.drop(creator, operation);
      creator.sent = Math.max(creator.sent, operation.sequence!);
      if (creator.held) creator.held.lookAt = 0;
      operation.state = 'forwarded';
    }
    for (const operation of staying.flatMap(({ operationId }) => this.operations.get(operationId) ?? [])) {
      const its = this.line(operation.line);
      const isReleased = operation.state === 'forwarded' && its.released.includes(operation);
      if (!operation.isBare || (operation.state !== 'waiting' && !isReleased)) continue;
      operation.isBare = false;
      const { held } = this.creator(its, operation.creator);
      if (held?.why === 'copy') held.lookAt = 0;
    }
    const mine = line.lease?.id === leaseId;
    if (mine) line.lease = undefined;
    return mine;
  }

  tick(name: string, lease: Lease, arrivals: (Arrival & { isLarge: boolean })[], now: number) {
    const { rules } = this;
    const line = this.line(name);
    const lost = this.memoryLost(now);
    if (lost > 0) line.shut = Math.max(line.shut, lost + Math.max(rules.span, lease.holdMs));
    line.shut = Math.max(line.shut, now + rules.span - (line.span ?? rules.span));
    line.span = rules.span;
    line.grants = line.grants.filter(({ at }) => at > now - rules.span);
    for (const [operation, until] of line.unfinished) if (until <= now) line.unfinished.delete(operation);
    const turn: Turn = {
      now,
      line,
      rules,
      lost,
      longPatience: LONGEST_DEFERRAL + lease.hiddenMs,
      opens: Math.max(line.shut, this.closedUntil(name), this.pausedUntil('*', now) ?? 0),
      mine: (line.lease?.until ?? 0) <= now,
      hand: new Set(),
      released: [],
      blocked: new Map(),
      isStuck: false,
    };
    for (const { operationId } of arrivals) {
      const known = this.operations.get(operationId);
      if (known && ['waiting', 'forwarded'].includes(known.state) && known.line === name)
        turn.hand.add(known.id);
    }
    this.#releaseAgain(turn);
    // Whoever awaits one that may be among the arrivals is looked at when they are in line.
    const isHere = ({ name: creator }: Creator) => arrivals.some(({ creatorId }) => creatorId === creator);
    for (const creator of line.creators.values()) {
      if (!creator.held || creator.held.lookAt > now) continue;
      if (creator.held.why !== 'predecessor' || !isHere(creator)) this.#lookAgain(turn, creator);
    }
    this.#releaseAgain(turn);
    this.#releaseNext(turn);
    const standings = arrivals.map(arrival => this.#arrive(turn, name, arrival));
    for (const { creatorId } of arrivals) {
      const creator = line.creators.get(creatorId);
      if (!creator || creator.waiting.length === 0) continue;
      if (creator.held || this.pausedUntil(creatorId, now) !== undefined) this.#lookAgain(turn, creator);
    }
    this.#releaseAgain(turn);
    this.#releaseNext(turn);
    if (turn.released.length > 0) line.lease = { id: lease.id, until: now + lease.holdMs };
    if (underWay(line) < rules.mostUnfinished) line.fullSince = undefined;
    else if (turn.released.length > 0) line.fullSince = now;
    else line.fullSince ??= now;
    const verdicts = arrivals.map(({ operationId }, i) => this.#verdict(turn, operationId, standings[i]!));
    return {
      released: turn.released.map(({ id }) => id),
      verdicts,
      staying: arrivals
        .filter(({ operationId, isLarge }, i) => {
          return verdicts[i]!.is === 'waiting' && this.operations.get(operationId)!.isBare && !isLarge;
        })
        .map(({ operationId }) => operationId),
      tokensRemaining: Math.max(0, room(turn)),
    };
  }

  #releaseAgain(turn: Turn): void {
    if (!turn.mine || turn.opens > turn.now) return;
    for (const operation of turn.line.released.slice()) {
      if (turn.released.includes(operation)) continue;
      if (operation.state !== 'forwarded' || operation.hasBegun) remove(turn.line.released, operation);
      else if (turn.blocked.has(operation.creator)) continue;
      else if (operation.isBare && !turn.hand.has(operation.id))
        turn.blocked.set(operation.creator, operation);
      else {
        const paid = turn.line.grants.filter(grant => grant.operation === operation).length;
        turn.isStuck = room(turn) + paid < Math.min(operation.weight, turn.rules.limit);
        if (turn.isStuck) return;
        this.#handOut(turn, operation);
      }
    }
  }

  #releaseNext(turn: Turn): void {
    const { line, rules, now } = turn;
    if (!turn.mine || turn.opens > now || turn.isStuck) return;
    while (room(turn) > 0 && underWay(line) < rules.mostUnfinished) {
      const creator = [...line.creators.values()]
        .filter(({ waiting, held }) => waiting.length > 0 && !held)
        .toSorted((a, b) => a.tag - b.tag || a.ticket - b.ticket)[0];
      if (!creator) return;
      const operation = this.#firstOf(turn, creator);
      if (!operation) continue;
      const obstacle = this.#obstacle(turn, creator, operation);
      if (obstacle) {
        this.hold(creator, obstacle.why, obstacle.until, now);
        continue;
      }
      // Nobody lighter overtakes.
      if (room(turn) < Math.min(operation.weight, rules.limit)) return;
      line.v = Math.max(line.v, creator.tag + 1);
      creator.tag += operation.weight;
      remove(creator.waiting, operation);
      creator.sent = Math.max(creator.sent, operation.sequence!);
      line.released.push(operation);
      this.#handOut(turn, operation);
    }
  }

  #handOut(turn: Turn, operation: Operation): void {
    const { line, now } = turn;
    line.grants = line.grants.filter(grant => grant.operation !== operation);
    line.grants.push(...Array.from({ length: operation.weight }, () => ({ operation, at: now })));
    line.unfinished.set(operation, now + UNHEARD);
    operation.state = 'forwarded';
    turn.released.push(operation);
  }

  /** The first that is still worth doing and has not begun; what isn't takes no turn. */
  #firstOf(turn: Turn, creator: Creator): Operation | undefined {
    for (const operation of creator.waiting.toSorted(bySequence)) {
      if (operation.state === 'waiting' && !isLate(turn, operation)) return operation;
      if (operation.state === 'waiting') this.#expire(turn, operation);
      else {
        creator.sent = Math.max(creator.sent, operation.sequence!);
        this.drop(creator, operation);
      }
    }
    return undefined;
  }

  #expire({ line }: Turn, operation: Operation): void {
    operation.state = 'expired';
    this.drop(this.creator(line, operation.creator), operation);
    this.awaitNoMore(operation);
  }

  #obstacle(turn: Turn, creator: Creator, first: Operation): { why: Reason; until: number } | undefined {
    const paused = this.pausedUntil(creator.name, turn.now, first.kind);
    if (paused !== undefined) return { why: 'paused', until: paused };
    const awaited = this.#awaits(turn, creator, first);
    if (awaited !== undefined) return { why: 'predecessor', until: awaited };
    if (!turn.blocked.has(creator.name) && (!first.isBare || turn.hand.has(first.id))) return undefined;
    return { why: 'copy', until: missedSince(creator, 'copy', turn.now) + turn.longPatience };
  }

  #awaits({ now, lost, longPatience }: Turn, creator: Creator, first: Operation): number | undefined {
    const { follows, sequence } = first;
    if (follows !== undefined && creator.sent >= follows) return undefined;
    const missed = missedSince(creator, 'predecessor', now);
    if ([...this.sequences(this.expected, creator.name)].some(expected => expected < sequence!)) {
      if (missed + longPatience > now) return missed + longPatience;
      this.awaitNoneBefore(first);
    }
    if (follows !== undefined && this.sequences(this.voided, creator.name).has(follows)) return undefined;
    if (follows === undefined) return undefined;
    if (lost > 0 && lost + longPatience > now) return lost + longPatience;
    if (missed + PATIENCE > now) return missed + PATIENCE;
    creator.sent = follows;
    return undefined;
  }

  #lookAgain(turn: Turn, creator: Creator): void {
    // Whose copy is missing is known only to whoever may release.
    if (creator.held?.why === 'copy' && (!turn.mine || turn.opens > turn.now)) return;
    const first = this.#firstOf(turn, creator);
    if (!first) return;
    const obstacle = this.#obstacle(turn, creator, first);
    if (!obstacle) {
      creator.held = undefined;
      creator.tag = Math.max(turn.line.v, creator.tag);
    } else if (obstacle.until > turn.now) this.hold(creator, obstacle.why, obstacle.until, turn.now);
    else this.#loseSight(turn, creator, turn.blocked.get(creator.name) ?? first);
  }

  /** The message of a bare operation has vanished: should it come after all, it comes anew. */
  #loseSight(turn: Turn, creator: Creator, operation: Operation): void {
    operation.state = 'pending';
    if (!remove(turn.line.released, operation)) this.drop(creator, operation);
    turn.blocked.delete(creator.name);
    // The next one is awaited for as long again.
    if (creator.held) creator.held.since = turn.now;
    if (creator.held) this.#lookAgain(turn, creator);
  }

  #arrive(
    turn: Turn,
    name: string,
    arrival: Arrival & { isLarge: boolean },
  ): 'gone' | 'stranger' | 'waiting' {
    const { line } = turn;
    const known = this.operations.get(arrival.operationId);
    if (known && known.creator !== arrival.creatorId) return 'stranger';
    const isReleased = known?.state === 'forwarded' && line.released.includes(known);
    if (known && known.state !== 'pending' && known.state !== 'waiting' && !isReleased) return 'gone';
    if (known?.state === 'waiting' && isLate(turn, known)) {
      this.#expire(turn, known);
      return 'gone';
    }
    turn.hand.add(arrival.operationId);
    if (known && known.state !== 'pending') {
      return 'waiting';
    }
    const sequence = Number(arrival.sequence);
    if (known) this.sequences(this.expected, known.creator).delete(sequence);
    const operation: Operation = Object.assign(
      known ?? ({ key: undefined, asks: 1, gaveUp: new Set<number>(), hasBegun: false } as Operation),
      {
        id: arrival.operationId,
        creator: arrival.creatorId,
        kind: arrival.kind,
        line: name,
        state: 'waiting' as const,
        sequence,
        follows: arrival.follows === undefined ? undefined : Number(arrival.follows),
        weight: this.weightOf(arrival.kind),
        notAfter: arrival.notAfter,
        isBare: true,
      },
    );
    this.operations.set(operation.id, operation);
    if (isLate(turn, operation)) {
      this.#expire(turn, operation);
      return 'gone';
    }
    const creator = this.creator(line, operation.creator);
    if (creator.waiting.length === 0) {
      creator.ticket = ++line.tickets;
      creator.tag = Math.max(line.v, creator.tag);
    }
    creator.waiting.push(operation);
    return 'waiting';
  }

  #verdict(turn: Turn, id: string, standing: 'gone' | 'stranger' | 'waiting'): Verdict {
    if (standing !== 'waiting') return { is: standing };
    const operation = this.operations.get(id)!;
    if (turn.released.includes(operation)) return { is: 'released' };
    if (operation.state !== 'waiting' && operation.state !== 'forwarded') return { is: 'gone' };
    const rank = rankOf(turn.line, operation);
    const due = rank === undefined ? this.#dueInRelease(turn) : this.#due(turn, operation, rank);
    return { is: 'waiting', dueAt: Math.min(Math.floor(due), turn.now + LONGEST_DEFERRAL), rank: rank ?? 0 };
  }

  #dueInRelease({ now, opens, mine, line, rules }: Turn): number {
    const over = mine
      ? Math.max(now + 1_000, freeAt(line, rules, 0, now))
      : Math.min(line.lease!.until, now + ANOTHERS_TURN);
    return Math.max(opens, over, now + 1);
  }

  #due({ now, opens, mine, line, rules }: Turn, operation: Operation, rank: number): number {
    const { held } = this.creator(line, operation.creator);
    const last = rank + Math.min(operation.weight, rules.limit) - 1;
    const times = [opens, now + 1, freeAt(line, rules, last, now)];
    if (!mine) times.push(Math.min(line.lease!.until, now + ANOTHERS_TURN));
    if (underWay(line) >= rules.mostUnfinished) {
      const pace = ((rank + 1) * rules.window) / rules.limit;
      times.push(now + Math.max(rules.span, pace, (now - line.fullSince!) / 4));
    }
    if (held?.why === 'paused') times.push(Infinity);
    if (held?.why === 'predecessor')
      times.push(Math.min(held.lookAt, now + Math.max(PATIENCE, now - held.since)));
    return Math.max(now + 1, Math.min(Math.max(...times), operation.notAfter ?? Infinity));
  }
}
