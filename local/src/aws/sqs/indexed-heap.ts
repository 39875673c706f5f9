/**
 * A binary heap that knows where each of its items is, so that any of them can be taken out or moved
 * in logarithmic time. Every index of a queue is one of these: no operation scans.
 */
export class IndexedHeap<T> {
  readonly #items: T[] = [];
  readonly #positions = new Map<T, number>();
  readonly #isBefore: (a: T, b: T) => boolean;

  /** @param isBefore a strict order; it may read only what is changed together with {@link reorder} */
  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The first item, left in place. */
  peek(): T | undefined {
    return this.#items[0];
  }

  has(item: T): boolean {
    return this.#positions.has(item);
  }

  push(item: T): void {
    this.#items.push(item);
    this.#rise(this.#items.length - 1, item);
  }

  /** Takes the first item out. */
  pop(): T | undefined {
    const first = this.#items[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** Takes `item` out; says whether it was there. */
  remove(item: T): boolean {
    const position = this.#positions.get(item);
    if (position === undefined) return false;
    this.#positions.delete(item);
    const last = this.#items.pop() as T;
    if (last !== item) this.#settle(position, last);
    return true;
  }

  /** Finds the new place of an item whose order has changed. */
  reorder(item: T): void {
    const position = this.#positions.get(item);
    if (position !== undefined) this.#settle(position, item);
  }

  #settle(position: number, item: T): void {
    const parent = this.#items[(position - 1) >> 1];
    if (position > 0 && parent !== undefined && this.#isBefore(item, parent)) this.#rise(position, item);
    else this.#sink(position, item);
  }

  #rise(from: number, item: T): void {
    let position = from;
    while (position > 0) {
      const above = (position - 1) >> 1;
      const parent = this.#items[above] as T;
      if (!this.#isBefore(item, parent)) break;
      this.#place(position, parent);
      position = above;
    }
    this.#place(position, item);
  }

  #sink(from: number, item: T): void {
    let position = from;
    for (;;) {
      let below = 2 * position + 1;
      let child = this.#items[below];
      if (child === undefined) break;
      const right = this.#items[below + 1];
      if (right !== undefined && this.#isBefore(right, child)) {
        below += 1;
        child = right;
      }
      if (!this.#isBefore(child, item)) break;
      this.#place(position, child);
      position = below;
    }
    this.#place(position, item);
  }

  #place(position: number, item: T): void {
    this.#items[position] = item;
    this.#positions.set(item, position);
  }
}
