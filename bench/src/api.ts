import { median, round, type Bench, type Figure } from './figure.ts';
import { startApiWorld, type ApiWorld } from './api-world.ts';
import { load } from './http-load.ts';
import { processorTime } from './scraper-processes.ts';

const ROUNDS = 14;
const WARM_UP = 3;
/** Of each contender in each round. */
const OPERATIONS = 2_000;
const CONNECTIONS = 16;
const CREATORS = 20;
const AT_LEAST = 0.6;
const PATH = '/api/onlyfans/operations';

/** What one contender took: operations a second, and processor time of an operation by process (ms). */
interface Lap {
  perSecond: number;
  processor: Record<string, number>;
}
type Who = 'api' | 'bare';

async function lap(world: ApiWorld, who: Who): Promise<Lap> {
  await world.empty();
  const spent = () =>
    Object.fromEntries(
      Object.entries({ server: world.pids[who], aws: world.pids.aws, redis: world.pids.redis }).map(
        ([name, pid]) => [name, processorTime(pid).itself],
      ),
    );
  const before = spent();
  const perSecond = await load(world.ports[who], {
    count: OPERATIONS,
    connections: CONNECTIONS,
    status: 202,
    next: i => ({
      path: PATH,
      token: world.tokens[i % world.tokens.length]!,
      body: JSON.stringify({
        kind: 'message.send',
        creator_id: `creator-${i % CREATORS}`,
        params: { fan_id: `fan-${i}`, text: `hello ${i}, thank you for subscribing` },
      }),
    }),
  });
  const processor = Object.entries(spent()).map(([name, ms]) => [name, (ms - before[name]!) / OPERATIONS]);
  return { perSecond, processor: Object.fromEntries(processor) as Record<string, number> };
}

function processorFigure(name: string, laps: Lap[]): Figure {
  const shares = Object.keys(laps[0]!.processor).map(
    who => `${who} ${round(median(laps.map(({ processor }) => processor[who]!)))}`,
  );
  const runs = laps.map(({ processor }) => round(processor['server']!));
  return {
    name: `processor time of a request, ${name}`,
    unit: `ms (${shares.join(', ')})`,
    value: median(runs),
    runs,
  };
}

/** What accepting costs. */
export const api: Bench = {
  name: 'api',
  about: `accepted operations a second, ${CONNECTIONS} connections; the built server, a real Redis, local AWS at the wire`,
  async run(say) {
    const world = await startApiWorld(say);
    const laps: Record<Who, Lap[]> = { api: [], bare: [] };
    try {
      for (let i = -WARM_UP; i < ROUNDS; i += 1) {
        const order: Who[] = i % 2 === 0 ? ['api', 'bare'] : ['bare', 'api'];
        const now = { api: await lap(world, order[0]!), bare: await lap(world, order[1]!) };
        const by = order[0] === 'api' ? now : { api: now.bare, bare: now.api };
        say(`round ${i + 1}: ours ${round(by.api.perSecond)}/s, bare ${round(by.bare.perSecond)}/s`);
        if (i < 0) continue;
        laps.api.push(by.api);
        laps.bare.push(by.bare);
      }
    } finally {
      await world.stop();
    }
    const ratios = laps.api.map(({ perSecond }, i) => round(perSecond / laps.bare[i]!.perSecond));
    const speeds = laps.api.map(({ perSecond }) => round(perSecond));
    const bare = round(median(laps.bare.map(({ perSecond }) => perSecond)));
    return [
      { name: 'operations accepted', unit: 'operations/s', value: median(speeds), runs: speeds },
      {
        name: 'of a bare route handler that checks the same body by the same schema',
        unit: 'times',
        value: median(ratios),
        runs: ratios,
        bound: { atLeast: AT_LEAST },
        against: { name: 'its requests a second', value: bare, ratio: median(ratios) },
      },
      processorFigure('ours', laps.api),
      processorFigure('bare', laps.bare),
    ];
  },
};
