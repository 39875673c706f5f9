import { MAX_USES } from '@huntaze/scraper/browser';
import { round, type Figure } from './figure.ts';
import { browserOf, residentMb } from './scraper-processes.ts';
import { CREATORS, type World } from './scraper-world.ts';

/**
 * Every session is replaced after so many uses, and the creators take turns: after so many operations all of them were,
 * and what Playwright keeps of each begins anew. Within a generation memory rises and falls, so that what grows is told
 * by comparing two at the same points; a line through part of one says what one likes.
 */
const GENERATION = CREATORS * MAX_USES;
/** The last two are compared. Until then Node's heap grows to the size that it keeps, by less in each generation. */
const GENERATIONS = 5;
const OPERATIONS = GENERATIONS * GENERATION;
/** Points of a generation: of each, the mean of its samples, over more than one collection of garbage. */
const POINTS = 8;
const SAMPLE_MS = 500;
const AT_MOST_MB = 1_200;
/** Below this growth (MB per 1,000 operations) a task at the site's pace, 10 a minute, stays below 1.2 GB for two days. */
const NOISE_MB = 10;

interface Sample {
  /** Since the beginning. */
  operations: number;
  mb: number;
}

/** Memory of the scraper and its browser while it works: the most, and whether it grows. */
export async function memory(world: World, say: (line: string) => void): Promise<Figure[]> {
  const samples: Sample[] = [];
  let done = 0;
  const timer = setInterval(() => {
    samples.push({ operations: done, mb: residentMb(world.pids.scraper) });
  }, SAMPLE_MS);
  const browser = browserOf(world.pids.scraper).pid;
  try {
    await world.run(OPERATIONS, undefined, count => {
      done = count;
      if (count % 500 === 0)
        say(`${count} of ${OPERATIONS} operations, ${round(samples.at(-1)?.mb ?? 0)} MB`);
    });
  } finally {
    clearInterval(timer);
  }
  if (browserOf(world.pids.scraper).pid !== browser)
    throw new Error('the browser was replaced meanwhile: growth can not be told');
  const most = Math.max(...samples.map(({ mb }) => mb));
  const { value, error, runs } = growth(samples);
  return [
    {
      name: `the most memory during ${OPERATIONS} operations, browser included`,
      unit: 'MB',
      bound: { atMost: AT_MOST_MB },
      value: round(most),
      runs: samples.map(({ mb }) => round(mb)),
    },
    {
      name: `its growth from one generation of sessions (${GENERATION} operations) to the next`,
      unit: 'MB per 1,000 operations (runs: at the same points of both)',
      bound: { atMost: NOISE_MB },
      value: round(value),
      runs: runs.map(round),
    },
    {
      name: 'the standard error of that',
      unit: 'MB per 1,000 operations',
      bound: { atMost: NOISE_MB },
      value: round(error),
      runs: [round(error)],
    },
  ];
}

/** By how much memory grows per 1,000 operations, between the last two generations. */
function growth(samples: Sample[]): { value: number; error: number; runs: number[] } {
  const width = GENERATION / POINTS;
  const mean = (values: number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
  const at = (generation: number, point: number) => {
    const from = generation * GENERATION + point * width;
    return mean(
      samples.filter(({ operations }) => operations >= from && operations < from + width).map(({ mb }) => mb),
    );
  };
  const runs = Array.from(
    { length: POINTS },
    (_, point) => ((at(GENERATIONS - 1, point) - at(GENERATIONS - 2, point)) / GENERATION) * 1_000,
  );
  const value = mean(runs);
  const squares = runs.reduce((sum, one) => sum + (one - value) ** 2, 0);
  return { value, error: Math.sqrt(squares / (POINTS - 1) / POINTS), runs };
}
