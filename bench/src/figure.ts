/** One thing that was measured. */
export interface Figure {
  /** What, in the words of a table's row. */
  name: string;
  /** The median of the runs. */
  value: number;
  unit: string;
  /** Every run's value, in order. */
  runs: number[];
  /** What it has to reach. */
  bound?: { atLeast: number } | { atMost: number };
  /** What it is held against in the same run: a physical limit, or a peer. */
  against?: { name: string; value: number; ratio: number };
}

/** A group of measurements; its file in `bench/results/` has its name. */
export interface Bench {
  name: string;
  about: string;
  /** @param say told what is being measured, for whoever waits */
  run: (say: (line: string) => void) => Promise<Figure[]>;
}

/** Whether a figure reaches what it has to; true if it has to reach nothing. */
export function isReached({ value, bound }: Figure): boolean {
  if (bound === undefined) return true;
  return 'atLeast' in bound ? value >= bound.atLeast : value <= bound.atMost;
}

/** The middle value, the upper one of two. */
export function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** Measures a few times; the median counts. */
export async function medianOf(
  times: number,
  measure: () => Promise<number>,
): Promise<Pick<Figure, 'value' | 'runs'>> {
  const runs: number[] = [];
  for (let i = 0; i < times; i += 1) runs.push(round(await measure()));
  return { value: median(runs), runs };
}

/** Three digits that count; a measurement has no more. */
export function round(value: number): number {
  return Number(value.toPrecision(3));
}
