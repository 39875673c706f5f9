import { broken, type Figures } from './figures.ts';

/** A bound of the line's on its own, over several seeds, and what was measured: kept or not. */
interface Bound {
  what: string;
  value: number;
  /** In words: "at least 99 %". */
  bound: string;
  isKept: boolean;
}

/** What several seeds came to: the worst of what must never be, and the medians of what should be. */
export interface Summary {
  seeds: number;
  /** Seeds that did not keep every promise. */
  seeds_not_kept: number;
  worst_window: number;
  worst_window_forwarded: number;
  lost: number;
  duplicated: number;
  order_inversions: number;
  order_inversions_forwarded: number;
  healthy_dead_letters: number;
  /** Medians over the seeds. */
  goodput: number | null;
  goodput_forwarded: number | null;
  /** By how long a message waited: the mean of each seed. */
  receives_by_wait: { under_minutes: number; median: number; seeds: number }[];
  /** What creators other than the busiest wait in the line (s). */
  quiet_p95_s: number | null;
  quiet_longest_s: number | null;
  bounds: Bound[];
}

const LEAST_GOODPUT = 0.99;
/** Receives of what waits less than the first 15 minutes, and how many more for each further 15. */
const MOST_RECEIVES = 4;
const MOST_RECEIVES_MORE = 2;
const STEP_MINUTES = 15;
const LONGEST_QUIET_P95_S = 200;

/** @param judgesMedians whether the medians have bounds: they were measured for the noisy scenario, undisturbed */
export function summaryOf(all: Figures[], judgesMedians: boolean): Summary {
  const sum = (of: (figures: Figures) => number) => all.reduce((total, figures) => total + of(figures), 0);
  const most = (of: (figures: Figures) => number) => Math.max(0, ...all.map(of));
  const steps = all.flatMap(({ receives_by_wait: byWait }) => byWait.map(step => step.under_minutes));
  const summary = {
    seeds: all.length,
    seeds_not_kept: sum(figures => (broken(figures).length > 0 ? 1 : 0)),
    worst_window: most(figures => figures.worst_window),
    worst_window_forwarded: most(figures => figures.worst_window_forwarded),
    lost: sum(figures => figures.lost),
    duplicated: sum(figures => figures.duplicated),
    order_inversions: sum(figures => figures.order_inversions),
    order_inversions_forwarded: sum(figures => figures.order_inversions_forwarded),
    healthy_dead_letters: sum(figures => figures.healthy_dead_letters),
    goodput: medianOf(all.map(figures => figures.goodput)),
    goodput_forwarded: medianOf(all.map(figures => figures.goodput_forwarded)),
    receives_by_wait: [...new Set(steps)]
      .sort((a, b) => a - b)
      .map(under => {
        const means = all.flatMap(
          ({ receives_by_wait: byWait }) => byWait.find(step => step.under_minutes === under)?.mean ?? [],
        );
        return { under_minutes: under, median: medianOf(means) ?? 0, seeds: means.length };
      }),
    quiet_p95_s: medianOf(all.map(({ waits_in_line_s: waits }) => waits.other_creators?.p95)),
    quiet_longest_s: medianOf(all.map(({ waits_in_line_s: waits }) => waits.other_creators?.longest)),
  };
  return {
    ...summary,
    bounds: [...promises(summary, all[0]?.limit ?? 0), ...(judgesMedians ? medians(summary) : [])],
  };
}

function promises(summary: Omit<Summary, 'bounds'>, limit: number): Bound[] {
  const none = (what: string, value: number) => ({ what, value, bound: 'none', isKept: value === 0 });
  return [
    {
      what: 'worst window at the site',
      value: summary.worst_window,
      bound: `at most ${limit}`,
      isKept: summary.worst_window <= limit,
    },
    none('lost', summary.lost),
    none('out of order', summary.order_inversions + summary.order_inversions_forwarded),
    none('healthy dead letters', summary.healthy_dead_letters),
    none('seeds with a promise that was not kept', summary.seeds_not_kept),
  ];
}

function medians(summary: Omit<Summary, 'bounds'>): Bound[] {
  const goodput = summary.goodput_forwarded ?? 0;
  const quiet = summary.quiet_p95_s ?? 0;
  return [
    {
      what: 'goodput into the workflows queue',
      value: goodput,
      bound: `at least ${LEAST_GOODPUT}`,
      isKept: goodput >= LEAST_GOODPUT,
    },
    ...summary.receives_by_wait.map(({ under_minutes: under, median }) => {
      const bound = MOST_RECEIVES + (under / STEP_MINUTES - 1) * MOST_RECEIVES_MORE;
      const what = `receives of what waits under ${under} min`;
      return { what, value: median, bound: `at most ${bound}`, isKept: median <= bound };
    }),
    {
      what: 'quiet creators’ p95 in the line (s)',
      value: quiet,
      bound: `at most ${LONGEST_QUIET_P95_S}`,
      isKept: quiet <= LONGEST_QUIET_P95_S,
    },
  ];
}

/** The summary for a person: a line a bound. */
export function summaryLines(summary: Summary): string[] {
  const width = Math.max(...summary.bounds.map(({ what }) => what.length));
  const isAllKept = summary.bounds.every(({ isKept }) => isKept);
  return [
    `${summary.seeds} seeds${isAllKept ? ', every bound kept' : ', not every bound kept'}:`,
    ...summary.bounds.map(
      ({ what, value, bound, isKept }) =>
        `  ${isKept ? '✓ kept    ' : '✗ not kept'}  ${what.padEnd(width)}  ${value} (${bound})`,
    ),
  ];
}

function medianOf(values: (number | null | undefined)[]): number | null {
  const sorted = values.filter(value => typeof value === 'number').sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? null : Math.round(((low + high) / 2) * 10_000) / 10_000;
}
