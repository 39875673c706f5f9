/** How long SQS remembers the id of a send or a receive, counted from the first of that id. */
const MEMORY_MS = 5 * 60_000;

export interface Remembered<T> {
  value: T;
  /** Milliseconds since the epoch. */
  forgetAt: number;
}

/** What is remembered for 5 minutes under a key. */
export class ShortMemory<T> {
  readonly #entries = new Map<string, Remembered<T>>();
  /** Keys by age; the ones before `#oldest` are forgotten. */
  #byAge: { key: string; forgetAt: number }[] = [];
  #oldest = 0;
  readonly #report: (key: string, entry: Remembered<T> | undefined) => void;

  /**
   * @param report told of each change
   * @param saved what was remembered before, the oldest first
   */
  constructor(
    report: (key: string, entry: Remembered<T> | undefined) => void,
    saved: Iterable<[key: string, entry: Remembered<T>]> = [],
  ) {
    this.#report = report;
    for (const [key, entry] of saved) this.#enter(key, entry);
  }

  /** What was first remembered under `key`, if that was less than 5 minutes ago. */
  find(key: string, now: number): T | undefined {
    this.#forget(now);
    return this.#entries.get(key)?.value;
  }

  /** Remembers `value` for 5 minutes from now. */
  remember(key: string, value: T, now: number): void {
    const entry = { value, forgetAt: now + MEMORY_MS };
    this.#enter(key, entry);
    this.#report(key, entry);
  }

  /** Puts another value under `key`, which is remembered no longer for it. */
  replace(key: string, value: T): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.value = value;
    this.#report(key, entry);
  }

  #enter(key: string, entry: Remembered<T>): void {
    this.#entries.set(key, entry);
    this.#byAge.push({ key, forgetAt: entry.forgetAt });
  }

  #forget(now: number): void {
    for (;;) {
      const oldest = this.#byAge[this.#oldest];
      if (oldest === undefined || oldest.forgetAt > now) break;
      // Remembered anew in the meantime, it stays.
      if ((this.#entries.get(oldest.key)?.forgetAt ?? Infinity) <= now) {
        this.#entries.delete(oldest.key);
        this.#report(oldest.key, undefined);
      }
      this.#oldest += 1;
    }
    if (this.#oldest > 1_000 && this.#oldest * 2 > this.#byAge.length) {
      this.#byAge = this.#byAge.slice(this.#oldest);
      this.#oldest = 0;
    }
  }
}
