import { median, round, type Figure } from './figure.ts';
import { startPeers } from './scraper-peers.ts';
import { processorTime, signalTree } from './scraper-processes.ts';
import { SCRAPED, type Scraped, type World } from './scraper-world.ts';

/** As often as this each contender comes after each other one: what one leaves to do may strike the next. */
const ROUNDS = 18;
const OPERATIONS = 160;
/** Rounds in which a peer's code is compiled and its pages settle; ours has done thousands of operations by then. */
const WARM_UP = 4;
/** At the beginning and at the end of a round fewer than four are under way. */
const EDGE = 20;
const AT_LEAST = { bare: 0.9, crawlee: 1.8 };
const BARE = 'bare Playwright with a page kept per creator';

interface Contender {
  pid: number;
  run: (operations: number, scraped: readonly Scraped[]) => Promise<number[]>;
}

/** What one round took: operations a second, and processor time per operation by who used it (ms). */
interface Lap {
  perSecond: number;
  processor: Record<string, number>;
}

/** Operations a second, the peers in turn in each round; ratios are of the same round. */
export async function rounds(world: World, say: (line: string) => void): Promise<Figure[]> {
  const { bare, crawlee, stop } = await startPeers(world, say);
  const contenders = { ours: { pid: world.pids.scraper, run: world.run }, bare, crawlee };
  try {
    for (const [name, { run }] of Object.entries(contenders)) {
      say(`warming up ${name}`);
      for (let i = 0; i < WARM_UP; i += 1) await run(OPERATIONS, SCRAPED);
    }
    const mixed = await race(world, contenders, SCRAPED, say);
    say('the lightest of these pages alone, against bare Playwright');
    const lightest = await race(world, { ours: contenders.ours, bare }, SCRAPED.slice(0, 1), say);
    return [
      {
        name: 'profile, fans, posts and chats in turn, 8 creators, 4 at a time',
        unit: 'operations/s',
        value: round(median(speeds(mixed.ours))),
        runs: speeds(mixed.ours).map(round),
      },
      { ...ratio(mixed.ours, mixed.bare, BARE), bound: { atLeast: AT_LEAST.bare } },
      {
        ...ratio(mixed.ours, mixed.crawlee, "Crawlee's PlaywrightCrawler"),
        bound: { atLeast: AT_LEAST.crawlee },
      },
      ...Object.entries(mixed).map(([name, own]) => processorFigure(name, own)),
      // Where a page takes next to nothing, what is ours counts most.
      {
        ...ratio(lightest.ours, lightest.bare, `${BARE}, where all are profile.scrape`),
        bound: { atLeast: AT_LEAST.bare },
      },
    ];
  } finally {
    await stop();
  }
}

/**
 * Several rounds, each contender once in each, in another order every time. Whoever hasn't its turn stands still: the
 * browser of one that nobody bounds would collect its garbage meanwhile, and pay for it with the others' time.
 */
async function race<Name extends string>(
  world: World,
  contenders: Record<Name, Contender>,
  scraped: readonly Scraped[],
  say: (line: string) => void,
): Promise<Record<Name, Lap[]>> {
  const names = Object.keys(contenders) as Name[];
  const orders = permutations(names);
  const laps = Object.fromEntries(names.map(name => [name, [] as Lap[]])) as Record<Name, Lap[]>;
  try {
    for (const name of names) signalTree(contenders[name].pid, 'SIGSTOP');
    for (let i = 0; i < ROUNDS; i += 1) {
      for (const name of orders[i % orders.length]!) {
        signalTree(contenders[name].pid, 'SIGCONT');
        laps[name].push(await lap(world, contenders[name], scraped));
        signalTree(contenders[name].pid, 'SIGSTOP');
      }
      const last = names.map(name => `${name} ${round(laps[name].at(-1)!.perSecond)}/s`);
      say(`round ${i + 1} of ${ROUNDS}: ${last.join(', ')}`);
    }
    return laps;
  } finally {
    for (const name of names) signalTree(contenders[name].pid, 'SIGCONT');
  }
}

function permutations<T>(of: readonly T[]): T[][] {
  if (of.length === 0) return [[]];
  return of.flatMap((one, i) => permutations(of.toSpliced(i, 1)).map(rest => [one, ...rest]));
}

const speeds = (laps: Lap[]) => laps.map(({ perSecond }) => perSecond);

function ratio(ours: Lap[], peers: Lap[], name: string): Figure {
  const runs = ours.map(({ perSecond }, i) => round(perSecond / peers[i]!.perSecond));
  const value = median(runs);
  return {
    name: `of ${name}`,
    unit: 'times',
    value,
    runs,
    against: { name: 'its operations a second', value: round(median(speeds(peers))), ratio: value },
  };
}

async function lap(world: World, { pid, run }: Contender, scraped: readonly Scraped[]): Promise<Lap> {
  const spent = () => {
    const { itself, started } = processorTime(pid);
    const of = (other: number) => processorTime(other).itself;
    const { redis, aws, site } = world.pids;
    return { node: itself, browser: started, site: of(site), aws: of(aws), redis: of(redis) };
  };
  const before = spent();
  const ends = await run(OPERATIONS, scraped);
  const after = Object.entries(spent());
  const middle = ends.slice(EDGE, -EDGE);
  return {
    perSecond: (middle.length - 1) / ((middle.at(-1)! - middle[0]!) / 1_000),
    processor: Object.fromEntries(
      after.map(([who, ms]) => [who, (ms - before[who as keyof typeof before]) / OPERATIONS]),
    ),
  };
}

function processorFigure(name: string, laps: Lap[]): Figure {
  const sums = laps.map(({ processor }) => round(Object.values(processor).reduce((a, b) => a + b, 0)));
  const shares = Object.keys(laps[0]!.processor).map(
    who => `${who} ${round(median(laps.map(({ processor }) => processor[who]!)))}`,
  );
  return {
    name: `processor time of an operation, ${name}`,
    unit: `ms (${shares.join(', ')})`,
    value: median(sums),
    runs: sums,
  };
}
