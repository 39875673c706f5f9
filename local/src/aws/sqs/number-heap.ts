/** An item, the number it is ordered by, and a second number that decides between equal ones. */
export interface Entry<T> {
  readonly key: number;
  readonly stamp: number;
  readonly item: T;
  /** False once the item has been taken out. */
  alive: boolean;
}

/** Whether `a` comes before `b`. */
export function isBefore(a: Entry<unknown>, b: Entry<unknown>): boolean {
  return a.key < b.key || (a.key === b.key && a.stamp < b.stamp);
}

/** A binary heap of entries, the first on top. */
export class NumberHeap<T> {
  readonly #entries: Entry<T>[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** The first entry, left in place. */
  first(): Entry<T> | undefined {
    return this.#entries[0];
  }

  /** The entry at `index`, from 0 to below the size: in an order of the heap's own. */
  at(index: number): Entry<T> | undefined {
    return this.#entries[index];
  }

  push(entry: Entry<T>): void {
    let at = this.#entries.push(entry) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.#entries[above] as Entry<T>;
      if (!isBefore(entry, parent)) break;
      this.#entries[at] = parent;
      at = above;
    }
    this.#entries[at] = entry;
  }

  /** Takes the first entry out. */
  shift(): void {
    const entry = this.#entries.pop();
    if (entry === undefined || this.#entries.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let child = this.#entries[below];
      if (child === undefined) break;
      const right = this.#entries[below + 1];
      if (right !== undefined && isBefore(right, child)) {
        below += 1;
        child = right;
      }
      if (!isBefore(child, entry)) break;
      this.#entries[at] = child;
      at = below;
    }
    this.#entries[at] = entry;
  }

  /** Takes all entries out, in no particular order. */
  drain(): Entry<T>[] {
    return this.#entries.splice(0);
  }
}
