/**
 * Random numbers that a seed decides: the same seed, the same numbers. SplitMix (Steele, Lea and Flood, 2014) in
 * 32 bits, with the finalizer of MurmurHash3: fast, and good enough for chaos.
 */
export class SeededRandom {
  readonly #seed: number;
  #state: number;

  constructor(seed: number | string) {
    this.#seed = typeof seed === 'number' ? seed >>> 0 : hashed(seed);
    this.#state = this.#seed;
  }

  /** From 0 to below 1. */
  readonly next = (): number => {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 4_294_967_296;
  };

  /** A whole number from `from` to below `to`. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from));
  }

  between(from: number, to: number): number {
    return from + this.next() * (to - from);
  }

  /** Log-normal: most near the median, a few far above it, as the times of networks and sites are. */
  around(median: number, spread: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
    return median * Math.exp(spread * normal);
  }

  /** The stream of that name under this seed, whatever was drawn before: nobody shifts another's numbers. */
  fork(name: string): SeededRandom {
    return new SeededRandom(`${this.#seed}:${name}`);
  }
}

/** FNV-1a. */
function hashed(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
