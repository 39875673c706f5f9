import type { BuiltImages } from './build.ts';
import type { Trial } from './trial.ts';

/** One thing that was measured, as in `bench/results/`. */
export interface Figure {
  name: string;
  /** The median of the runs. */
  value: number;
  unit: 'MB' | 'ms';
  runs: number[];
  bound?: { atMost: number };
}

/** One thing that holds or doesn't. */
export interface Check {
  what: string;
  /** What was seen. */
  seen: string;
  holds: boolean;
}

/** What lies in an image, as its files tell. */
export interface Contents {
  /** Bytes of all files. */
  bytes: number;
  /** Debian's packages. */
  packages: number;
  /** Modules of npm, `name version`. */
  modules: string[];
  /** What only builds need, and is there all the same. */
  leftovers: string[];
  /** Libraries of the browser that the system in the image hasn't got; they came with the stand-in. */
  brought: string[];
}

type Both<T> = Record<'scraper' | 'api', T>;
const NAMES = ['scraper', 'api'] as const;

/** Megabytes of 1,000,000 bytes, uncompressed. */
const MOST_MB = { scraper: 900, api: 250 };
const MOST_START_MS = 5_000;
/** Next.js finishes what is under way at SIGTERM, and then ends with the signal's number. */
const GOOD_ENDS = { scraper: ['exit code 0'], api: ['exit code 0', 'exit code 143'] };

export function figuresOf(
  built: BuiltImages,
  contents: Both<Contents>,
  { lives, operation }: Trial,
): Figure[] {
  const ofMany = (name: string, unit: Figure['unit'], values: number[], most?: number): Figure => {
    const runs = values.map(value => Number(value.toPrecision(3)));
    const value = [...runs].sort((a, b) => a - b)[runs.length >> 1] ?? Number.NaN;
    return { name, value, unit, runs, ...(most !== undefined && { bound: { atMost: most } }) };
  };
  return [
    ...NAMES.flatMap(name => [
      ofMany(`${name}: its files`, 'MB', [contents[name].bytes / 1e6], MOST_MB[name]),
      ofMany(`${name}: its layers under gzip, which a task pulls`, 'MB', [built[name].compressedBytes / 1e6]),
    ]),
    ofMany(
      'scraper: from the container’s start to its first ReceiveMessage',
      'ms',
      startsOf(lives.scraper),
      MOST_START_MS,
    ),
    ofMany('api: from the container’s start to its first answer', 'ms', startsOf(lives.api), MOST_START_MS),
    ofMany(
      'scraper: from SIGTERM to its end',
      'ms',
      lives.scraper.map(({ stopMs }) => stopMs),
    ),
    ofMany(
      'api: from SIGTERM to its end',
      'ms',
      lives.api.map(({ stopMs }) => stopMs),
    ),
    ofMany('one profile.scrape through both containers', 'ms', [operation.ms]),
  ];
}

const startsOf = (lives: { startMs: number }[]) => lives.map(({ startMs }) => startMs);

export function checksOf(
  { browser }: BuiltImages,
  contents: Both<Contents>,
  { probed, operation, lives }: Trial,
  nodeVersion: string,
): Check[] {
  const each = (what: string, look: (name: 'scraper' | 'api') => [seen: string, holds: boolean]): Check[] =>
    NAMES.map(name => {
      const [seen, holds] = look(name);
      return { what: `${name}: ${what}`, seen, holds };
    });
  return [
    ...each('runs as user 1000 of group 1000', name => {
      const { uid, gid, groups } = probed[name];
      return [`${uid}:${gid}, groups ${groups.join(' ')}`, [uid, gid, ...groups].every(id => id === 1_000)];
    }),
    ...each('has no capability, and can get none', name => {
      const sets = [...new Set(probed[name].capabilities)];
      return [sets.join(' '), sets.length === 1 && /^0+$/.test(sets[0]!)];
    }),
    ...each('can write in /tmp, and in no other folder', name => {
      const { folders, written, refusals } = probed[name];
      return [
        `${written.join(' ')} of ${folders}, the others: ${refusals.join(', ')}`,
        written.join(' ') === '/tmp' && refusals.includes('EROFS'),
      ];
    }),
    ...each('can rewrite no file of its own', name => {
      const { rewritten } = probed[name];
      return [rewritten.join(' ') || 'none', rewritten.length === 0];
    }),
    ...each('has nothing in it that only builds need (npm, yarn, headers, apt’s lists)', name => {
      const { leftovers } = contents[name];
      return [leftovers.join(' ') || 'none', leftovers.length === 0];
    }),
    ...each('ends by itself at SIGTERM, each time', name => {
      const ends = [...new Set(lives[name].map(({ how }) => how))];
      return [ends.join(', '), ends.every(how => GOOD_ENDS[name].includes(how))];
    }),
    ...each('runs the Node that is tested with', name => [
      probed[name].node,
      probed[name].node === `v${nodeVersion}`,
    ]),
    {
      what: 'a browser of another version than Playwright’s stops the build',
      seen: browser.refusal,
      holds: browser.refusal.includes(browser.version),
    },
    {
      what: 'an operation goes in at the API, through the scraper, and its result lies in S3',
      seen: `${operation.state}; ${operation.result}`,
      holds: operation.state === 'succeeded',
    },
  ];
}

export const isReached = ({ value, bound }: Figure) => bound === undefined || value <= bound.atMost;
