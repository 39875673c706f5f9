import type { Arrival, Tick } from '@huntaze/core/lua';
import type { State } from '@huntaze/core/operations';
import { expect } from 'vitest';

interface Waiting {
  creatorId: string;
  sequence: number;
  notAfter: number;
  /** Its body was brought, so that any invocation can send it on. */
  isKept: boolean;
  seenAt: number;
}

/** What happened, without any idea of how the line works: what must hold of it whatever the model says. */
export class Ledger {
  /** The last release of each operation: when, and how many tokens it took. */
  readonly #spent = new Map<string, { line: string; at: number; weight: number }>();
  /** Told to wait, and not released since. */
  readonly #inLine = new Map<string, Waiting>();
  /** Released in this Redis, as far as it remembers. */
  readonly #released = new Set<string>();
  readonly #settled = new Set<string>();
  readonly #begun = new Set<string>();
  readonly #seen = new Set<string>();
  readonly #vanishesAfterMs: number;

  /** @param vanishesAfterMs the longest that the queue can hide a copy */
  constructor(vanishesAfterMs: number) {
    this.#vanishesAfterMs = vanishesAfterMs;
  }

  turn(
    now: number,
    rules: { limit: number; span: number },
    line: string,
    arrivals: Arrival[],
    turn: Tick,
    weightOf: (id: string) => number,
  ): void {
    arrivals.forEach(({ operationId }, i) => {
      const { is } = turn.verdicts[i]!;
      if (is === 'waiting' || is === 'released') this.#seen.add(operationId);
      if (is === 'gone') this.#inLine.delete(operationId);
    });
    for (const { operationId, creatorId, sequence } of turn.releases) {
      expect(this.#settled, `${operationId} goes again after it was settled`).not.toContain(operationId);
      expect(this.#begun, `${operationId} goes again after it has begun`).not.toContain(operationId);
      this.#inLine.delete(operationId);
      this.#released.add(operationId);
      const isFirst = !this.#spent.has(operationId);
      this.#spent.set(operationId, { line, at: now, weight: weightOf(operationId) });
      if (isFirst) this.#checkOrder(now, operationId, creatorId, Number(sequence));
    }
    arrivals.forEach(({ operationId, creatorId, sequence, notAfter = Infinity }, i) => {
      if (turn.verdicts[i]!.is !== 'waiting' || this.#begun.has(operationId)) return;
      const isKept = this.#inLine.get(operationId)?.isKept ?? false;
      const waiting = { creatorId, sequence: Number(sequence), notAfter, isKept, seenAt: now };
      this.#inLine.set(operationId, waiting);
    });
    if (turn.releases.length === 0) return;
    const inWindow = [...this.#spent.values()].filter(
      spent => spent.line === line && spent.at > now - rules.span,
    );
    const tokens = inWindow.reduce((sum, { weight }) => sum + Math.min(weight, rules.limit), 0);
    expect(tokens, 'tokens in one window').toBeLessThanOrEqual(rules.limit);
  }

  /** Whoever was in line before goes before, but what is too late, or has vanished: its copy was not seen for so long. */
  #checkOrder(now: number, id: string, creatorId: string, sequence: number): void {
    const overtaken = [...this.#inLine].filter(
      ([, other]) =>
        other.creatorId === creatorId &&
        other.sequence < sequence &&
        other.notAfter > now &&
        (other.isKept || now < other.seenAt + this.#vanishesAfterMs),
    );
    expect(
      overtaken.map(([other]) => other),
      `overtaken by ${id}`,
    ).toEqual([]);
  }

  wasReleased(id: string): boolean {
    return this.#spent.has(id);
  }

  settled(now: number, ids: string[], staying: { operationId: string }[]): void {
    for (const id of ids) {
      this.#inLine.delete(id);
      if (this.#released.has(id)) this.#settled.add(id);
    }
    for (const { operationId } of staying) {
      const waiting = this.#inLine.get(operationId);
      // One that has vanished comes anew, if at all.
      if (waiting && now < waiting.seenAt + this.#vanishesAfterMs) waiting.isKept = true;
    }
  }

  begun(id: string, state: State): void {
    if (state === 'running') this.#begun.add(id);
    this.#inLine.delete(id);
  }

  withdrawn(id: string): void {
    this.#inLine.delete(id);
  }

  /** Redis was emptied: whom it let go it can't know; the window it must keep nevertheless. */
  forget(): void {
    for (const set of [this.#released, this.#settled, this.#begun, this.#seen, this.#inLine]) set.clear();
  }

  /** At the end nothing that was put in line waits, and nothing has disappeared. */
  close(stateOf: (id: string) => State | undefined): void {
    const ended = new Set(['forwarded', 'running', 'succeeded', 'failed', 'expired', 'cancelled']);
    const missing = [...this.#seen].filter(id => !ended.has(stateOf(id) ?? 'unknown'));
    expect(missing, 'disappeared').toEqual([]);
  }
}
