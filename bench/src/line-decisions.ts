import { readFileSync } from 'node:fs';
import type { Redis } from 'iovalkey';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Tick } from '@huntaze/core/lua';
import { BATCH, LineCase } from './line-case.ts';
import { median, round, type Figure } from './figure.ts';

/** Ours and the peers' take turns, so that the machine's noise hits all; the ratio is taken within each round. */
const ROUNDS = 15;
/** Batches of ten in each turn. */
const BATCHES = 150;
const WAITING = 1_000;
const CREATORS = 20;
const AT_LEAST = { defers: 3, releases: 2 };
/** Longer than any round takes (s). */
const PEER_WINDOW_S = 3_600;

const BARE_DECISIONS = readFileSync(new URL('./bare-decisions.lua', import.meta.url), 'utf8');

/** What takes its turn in a round: prepares, and then does so many batches, each timed; what `after` does isn't. */
type Turn = () => Promise<{
  once: (batch: number) => Promise<void>;
  after?: (batch: number) => Promise<void>;
}>;

/** How long a batch takes (s), at the median: what the machine's other work takes from one of them isn't its own. */
async function secondsOf(turn: Turn): Promise<number> {
  const { once, after } = await turn();
  const times: number[] = [];
  for (let i = 0; i < BATCHES; i += 1) {
    const begun = performance.now();
    await once(i);
    times.push((performance.now() - begun) / 1_000);
    await after?.(i);
  }
  return median(times);
}

/** Decisions a second of each, round by round. */
async function inTurn<Name extends string>(turns: Record<Name, Turn>): Promise<Record<Name, number[]>> {
  const names = Object.keys(turns) as Name[];
  const speeds = Object.fromEntries(names.map(name => [name, [] as number[]])) as Record<Name, number[]>;
  for (const name of names) await secondsOf(turns[name]);
  for (let i = 0; i < ROUNDS; i += 1)
    for (const name of names) speeds[name].push(BATCH / (await secondsOf(turns[name])));
  return speeds;
}

/** Ten decisions of the peer, one after the other, as its users take them; all must come out as told. */
function consumeTen(redis: Redis, points: number, expected: boolean): Turn {
  const limiter = new RateLimiterRedis({
    storeClient: redis,
    points,
    duration: PEER_WINDOW_S,
    keyPrefix: `peer:${points}`,
  });
  const one = async () => {
    try {
      await limiter.consume('platform');
      return true;
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) return false;
      throw refusal;
    }
  };
  return async () => {
    // What it has of its window is used up, where it is to refuse.
    if (!expected) for (let i = 0; i < points; i += 1) await one();
    return {
      once: async () => {
        for (let i = 0; i < BATCH; i += 1)
          if ((await one()) !== expected) throw new Error('the peer has decided otherwise');
      },
    };
  };
}

/** A script that does nothing: what no call takes less than. */
const noOp =
  (redis: Redis): Turn =>
  async () => {
    const sha = (await redis.script('LOAD', 'return 1')) as string;
    return { once: async () => void (await redis.evalsha(sha, 1, 'key')) };
  };

/** Ten decisions in one call and nothing beside them: what no line takes less than. */
const bareDecisions =
  (redis: Redis): Turn =>
  async () => {
    const sha = (await redis.script('LOAD', BARE_DECISIONS)) as string;
    return {
      once: async i => {
        const ids = Array.from({ length: BATCH }, (_, k) => `op-${i}-${k}`);
        await redis.evalsha(sha, 1, 'bare', Date.now(), BATCH, 60_000, ...ids);
      },
    };
  };

const batches = (make: () => ReturnType<LineCase['known']>) => Array.from({ length: BATCHES }, make);

function deferring(line: LineCase): Turn {
  return () => {
    const prepared = batches(() => line.known());
    return Promise.resolve({ once: async i => void (await line.defer(prepared[i]!)) });
  };
}

/** They come for the first time, so their bodies are kept; the line grows. */
function enrolling(line: LineCase): Turn {
  return () => {
    const prepared = batches(() => line.arriving(BATCH));
    return Promise.resolve({ once: async i => line.settle(await line.defer(prepared[i]!)) });
  };
}

function releasing(line: LineCase): Turn {
  return () => {
    const prepared = batches(() => line.arriving(BATCH));
    let turn: Tick;
    return Promise.resolve({
      once: async i => {
        turn = await line.release(prepared[i]!);
        await line.settle(turn);
      },
      after: () => line.end(turn),
    });
  };
}

function figureOf(name: string, own: number[], peer: number[], limit: number[], atLeast?: number): Figure {
  const runs = own.map((speed, i) => round(speed / peer[i]!));
  return {
    name: `${name}, against rate-limiter-flexible's ten consume()`,
    unit: `times as many decisions a second (${round(median(own)).toLocaleString('en')}, ${round(median(peer)).toLocaleString('en')})`,
    ...(atLeast !== undefined && { bound: { atLeast } }),
    value: median(runs),
    runs,
    against: {
      name: 'ten decisions for each round trip of a script that does nothing',
      value: round(median(limit)),
      ratio: round(median(own.map((speed, i) => speed / limit[i]!))),
    },
  };
}

/**
 * Tells how to read the ratios. The peer's ten calls are ten times this and little else; on an idle machine it is mostly
 * the wait until the other process wakes (65 µs), on a busy one that falls away (22 µs), and only work is left.
 */
function roundTrip(speeds: number[]): Figure {
  const runs = speeds.map(speed => round((1_000_000 * BATCH) / speed));
  return { name: 'a script that does nothing', unit: 'µs', value: median(runs), runs };
}

/** Decisions a second, one invocation at a time, each of a batch of ten. */
export async function decisions(redis: Redis): Promise<Figure[]> {
  const waiting = new LineCase(redis, 'waiting', CREATORS);
  await waiting.fill(WAITING);
  const growing = new LineCase(redis, 'growing', CREATORS);
  await growing.fill(WAITING);
  const limit = noOp(redis);
  const defer = await inTurn({
    own: deferring(waiting),
    first: enrolling(growing),
    peer: consumeTen(redis, BATCH, false),
    limit,
    bare: bareDecisions(redis),
  });
  const open = new LineCase(redis, 'open', CREATORS);
  const release = await inTurn({
    own: releasing(open),
    peer: consumeTen(redis, 1_000_000_000, true),
    limit,
  });
  return [
    figureOf(
      `a tick that defers ten of ${WAITING} waiting`,
      defer.own,
      defer.peer,
      defer.limit,
      AT_LEAST.defers,
    ),
    figureOf(
      'a tick that puts ten new ones in line, and its settlement',
      defer.first,
      defer.peer,
      defer.limit,
    ),
    figureOf(
      'a tick that releases ten, and its settlement',
      release.own,
      release.peer,
      release.limit,
      AT_LEAST.releases,
    ),
    figureOf('ten bare decisions in one call', defer.bare, defer.peer, defer.limit),
    roundTrip([...defer.limit, ...release.limit]),
  ];
}
