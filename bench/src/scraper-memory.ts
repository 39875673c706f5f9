import { round, type Figure } from './figure.ts';
import { residentMb } from './scraper-processes.ts';
import type { World } from './scraper-world.ts';

const OPERATIONS = 2_000;
/** Of these, while sessions, pages and compiled code settle. */
const WARM_UP = 400;
const SAMPLE_MS = 1_000;
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
  try {
    await world.run(OPERATIONS, undefined, count => {
      done = count;
      if (count % 500 === 0)
        say(`${count} of ${OPERATIONS} operations, ${round(samples.at(-1)?.mb ?? 0)} MB`);
    });
  } finally {
    clearInterval(timer);
  }
  const most = Math.max(...samples.map(({ mb }) => mb));
  const { slope, error } = trend(samples.filter(({ operations }) => operations >= WARM_UP));
  const [perThousand, standardError] = [slope * 1_000, error * 1_000];
  return [
    {
      name: `the most memory during ${OPERATIONS} operations, browser included`,
      unit: 'MB',
      bound: { atMost: AT_MOST_MB },
      value: round(most),
      runs: samples.map(({ mb }) => round(mb)),
    },
    {
      name: 'its growth',
      unit: `MB per 1,000 operations (standard error ${round(standardError)})`,
      bound: { atMost: round(Math.max(NOISE_MB, 2 * standardError)) },
      value: round(perThousand),
      runs: [round(perThousand)],
    },
  ];
}

/**
 * The line of least squares through the samples, and the standard error of its slope. Neighbouring samples resemble
 * each other (a collection of garbage shows in many), so that they count as fewer than they are.
 */
function trend(samples: Sample[]): { slope: number; error: number } {
  const n = samples.length;
  const mean = (of: (sample: Sample) => number) => samples.reduce((sum, one) => sum + of(one), 0) / n;
  const x = mean(({ operations }) => operations);
  const y = mean(({ mb }) => mb);
  const spread = samples.reduce((sum, { operations }) => sum + (operations - x) ** 2, 0);
  const slope = samples.reduce((sum, { operations, mb }) => sum + (operations - x) * (mb - y), 0) / spread;
  const rest = samples.map(({ operations, mb }) => mb - y - slope * (operations - x));
  const squares = rest.reduce((sum, r) => sum + r ** 2, 0);
  const likeness = Math.max(0, rest.slice(1).reduce((sum, r, i) => sum + r * rest[i]!, 0) / squares);
  const error = Math.sqrt(squares / (n - 2) / spread) * Math.sqrt((1 + likeness) / (1 - likeness));
  return { slope, error };
}
