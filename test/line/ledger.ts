import type { Arrival, Tick } from '@huntaze/core/lua';
import type { State } from '@huntaze/core/operations';
import { expect } from 'vitest';

/** What happened, without any idea of how the line works: what must hold of it whatever the model says. */
export class Ledger {
  /** The last release of each operation: when, and how many tokens it took. */
  readonly #spent = new Map<string, { line: string; at: number; weight: number }>();
  /** Told to wait, and not released since. */
  readonly #inLine = new Map<
    string,
    { creatorId: string; sequence: number; notAfter: number; isLarge: boolean }
  >();
  /** Released in this Redis, as far as it remembers. */
  readonly #released = new Set<string>();
  readonly #settled = new Set<string>();
  readonly #begun = new Set<string>();
  readonly #seen = new Set<string>();

  turn(
    now: number,
    rules: { limit: number; span: number },
    line: string,
    arrivals: (Arrival & { isLarge: boolean })[],
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
    arrivals.forEach(({ operationId, creatorId, sequence, notAfter = Infinity, isLarge }, i) => {
      if (turn.verdicts[i]!.is !== 'waiting' || this.#begun.has(operationId)) return;
      this.#inLine.set(operationId, { creatorId, sequence: Number(sequence), notAfter, isLarge });
    });
    if (turn.releases.length === 0) return;
    const inWindow = [...this.#spent.values()].filter(
      spent => spent.line === line && spent.at > now - rules.span,
    );
    const tokens = inWindow.reduce((sum, { weight }) => sum + Math.min(weight, rules.limit), 0);
    expect(tokens, 'tokens in one window').toBeLessThanOrEqual(rules.limit);
  }

  /** Whoever was in line before, and is not too large to be kept, or too late, goes before. */
  #checkOrder(now: number, id: string, creatorId: string, sequence: number): void {
    const overtaken = [...this.#inLine].filter(
      ([, other]) =>
        other.creatorId === creatorId && other.sequence < sequence && other.notAfter > now && !other.isLarge,
    );
    expect(
      overtaken.map(([other]) => other),
      `overtaken by ${id}`,
    ).toEqual([]);
  }

  wasReleased(id: string): boolean {
    return this.#spent.has(id);
  }

  settled(ids: string[]): void {
    for (const id of ids) {
      this.#inLine.delete(id);
      if (this.#released.has(id)) this.#settled.add(id);
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
