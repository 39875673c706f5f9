import type { Redis } from 'iovalkey';
import { BATCH, BODY_BYTES, LineCase } from './line-case.ts';
import { median, round, type Figure } from './figure.ts';

const FEW = { waiting: 1_000, creators: 100 };
const CROWD = { waiting: 1_000_000, creators: 100_000 };
const BACKLOG = { waiting: 100_000, creators: 20 };
const AT_MOST_SLOWER = 2;
const AT_MOST_BYTES = 1_024;
const ROUNDS = 15;
/** Ticks in each turn. */
const TICKS = 100;

async function usedMemory(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
}

/** Fills a line in a Redis that is as good as empty; says what each message takes beside its body. */
async function filled(
  redis: Redis,
  name: string,
  { waiting, creators }: typeof CROWD,
  say: (line: string) => void,
): Promise<{ line: LineCase; memory: Figure }> {
  const line = new LineCase(redis, name, creators);
  const before = await usedMemory(redis);
  await line.fill(waiting, say);
  const bytes = (await usedMemory(redis)) - before;
  const value = round(bytes / line.waiting - BODY_BYTES);
  const memory: Figure = {
    name: `memory a waiting message takes beside its body, ${waiting.toLocaleString('en')} of ${creators.toLocaleString('en')} creators`,
    unit: 'bytes',
    bound: { atMost: AT_MOST_BYTES },
    value,
    runs: [value],
    against: { name: 'its body', value: BODY_BYTES, ratio: round(value / BODY_BYTES) },
  };
  return { line, memory };
}

/** How long a tick takes (ms), at the median: what the machine's other work takes from one of them isn't its own. */
const TURNS = {
  defers: async (line: LineCase) => {
    const times: number[] = [];
    for (const batch of Array.from({ length: TICKS }, () => line.known())) {
      const begun = performance.now();
      await line.defer(batch);
      times.push(performance.now() - begun);
    }
    return median(times);
  },
  // Ten go and ten come: as many wait afterwards.
  releases: async (line: LineCase) => {
    const times: number[] = [];
    for (const batch of Array.from({ length: TICKS }, () => line.arriving(BATCH))) {
      const begun = performance.now();
      const released = await line.release(batch);
      times.push(performance.now() - begun);
      await line.settle(released);
      await line.end(released);
    }
    return median(times);
  },
};

/** A tick with a crowd in line against one with a few, in turn: the machine's noise hits both. */
async function slowdown(what: keyof typeof TURNS, few: LineCase, crowd: LineCase): Promise<Figure> {
  const times = { few: [] as number[], crowd: [] as number[] };
  for (let i = 0; i < ROUNDS; i += 1) {
    times.few.push(await TURNS[what](few));
    times.crowd.push(await TURNS[what](crowd));
  }
  const runs = times.crowd.map((time, i) => round(time / times.few[i]!));
  const [slow, fast] = [round(median(times.crowd) * 1_000), round(median(times.few) * 1_000)];
  const size = ({ waiting, creators }: typeof CROWD) =>
    `${waiting.toLocaleString('en')} of ${creators.toLocaleString('en')} creators`;
  return {
    name: `a tick that ${what} ten with ${size(CROWD)} waiting, against ${size(FEW)}`,
    unit: `times as long (${slow} µs, ${fast} µs)`,
    bound: { atMost: AT_MOST_SLOWER },
    value: median(runs),
    runs,
  };
}

/** What many waiting messages cost: time, and memory. */
export async function crowds(redis: Redis, say: (line: string) => void): Promise<Figure[]> {
  const crowd = await filled(redis, 'crowd', CROWD, say);
  const few = new LineCase(redis, 'few', FEW.creators);
  await few.fill(FEW.waiting);
  say('ticks among them');
  const slower = [await slowdown('defers', few, crowd.line), await slowdown('releases', few, crowd.line)];
  const backlog = await filled(redis, 'backlog', BACKLOG, say);
  return [...slower, crowd.memory, backlog.memory];
}
