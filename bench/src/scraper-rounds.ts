import { median, round, type Figure } from './figure.ts';
import type { Round } from './scraper-peer.ts';
import { startPeers } from './scraper-peers.ts';
import { processorTime } from './scraper-processes.ts';
import type { World } from './scraper-world.ts';

const ROUNDS = 5;
const OPERATIONS = 160;
/** At the beginning and at the end of a round fewer than four are under way. */
const EDGE = 20;
const AT_LEAST = { bare: 0.9, crawlee: 1.8 };

interface Contender {
  pid: number;
  run: Round;
}

/** What one round took: operations a second, and processor time per operation by who used it (ms). */
interface Lap {
  perSecond: number;
  processor: Record<string, number>;
}

/** Operations a second, the peers in turn in each round; ratios are of the same round. */
export async function rounds(world: World, say: (line: string) => void): Promise<Figure[]> {
  const { bare, crawlee, stop } = await startPeers(world, say);
  const contenders: Record<string, Contender> = {
    ours: { pid: world.pids.scraper, run: world.run },
    bare,
    crawlee,
  };
  const laps: Record<string, Lap[]> = { ours: [], bare: [], crawlee: [] };
  try {
    for (const [name, contender] of Object.entries(contenders)) {
      say(`warming up ${name}`);
      await lap(world, contender);
    }
    for (let i = 0; i < ROUNDS; i += 1) {
      const order = Object.keys(contenders);
      for (const name of [...order.slice(i % 3), ...order.slice(0, i % 3)])
        laps[name]!.push(await lap(world, contenders[name]!));
      const last = Object.entries(laps).map(([name, all]) => `${name} ${round(all.at(-1)!.perSecond)}/s`);
      say(`round ${i + 1} of ${ROUNDS}: ${last.join(', ')}`);
    }
  } finally {
    await stop();
  }
  const speeds = (name: string) => laps[name]!.map(({ perSecond }) => perSecond);
  const ratio = (peer: 'bare' | 'crawlee', name: string): Figure => {
    const runs = speeds('ours').map((speed, i) => round(speed / speeds(peer)[i]!));
    const value = median(runs);
    return {
      name: `of ${name}`,
      unit: 'times',
      bound: { atLeast: AT_LEAST[peer] },
      value,
      runs,
      against: { name: 'its operations a second', value: round(median(speeds(peer))), ratio: value },
    };
  };
  return [
    {
      name: `profile.scrape, 8 creators, 4 at a time`,
      unit: 'operations/s',
      value: round(median(speeds('ours'))),
      runs: speeds('ours').map(round),
    },
    ratio('bare', 'bare Playwright with a page kept per creator'),
    ratio('crawlee', "Crawlee's PlaywrightCrawler"),
    ...Object.entries(laps).map(([name, own]) => processorFigure(name, own)),
  ];
}

async function lap(world: World, { pid, run }: Contender): Promise<Lap> {
  const spent = () => {
    const { itself, started } = processorTime(pid);
    const of = (other: number) => processorTime(other).itself;
    const { redis, aws, site } = world.pids;
    return { node: itself, browser: started, site: of(site), aws: of(aws), redis: of(redis) };
  };
  const before = spent();
  const ends = await run(OPERATIONS);
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
