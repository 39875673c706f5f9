import { setTimeout as after } from 'node:timers/promises';
import { round, type Figure } from './figure.ts';
import type { World } from './scraper-world.ts';

const MINUTE_MS = 60_000;
const AT_MOST_IDLE = 4;
/** What was begun before has an end, and its effects (a poll that a last message has answered). */
const REST_MS = 2_000;
const OPERATIONS = 100;

/** Calls that were made while something was going on. */
interface Calls {
  aws: number;
  redis: number;
}

/** Calls to AWS and commands to Redis: of a task that has nothing to do, and of an operation. */
export async function calls(world: World, say: (line: string) => void): Promise<Figure[]> {
  const busy = await counted(world, () => world.run(OPERATIONS));
  say('a minute with nothing to do');
  await after(REST_MS);
  const idle = await counted(world, () => after(MINUTE_MS));
  const figure = (name: string, unit: string, value: number): Figure => ({
    name,
    unit,
    value,
    runs: [value],
  });
  return [
    {
      ...figure('requests to AWS with nothing to do', 'a minute', idle.aws),
      bound: { atMost: AT_MOST_IDLE },
    },
    figure('commands to Redis with nothing to do', 'a minute', idle.redis),
    figure('requests to AWS', 'per operation', round(busy.aws / OPERATIONS)),
    figure('commands to Redis', 'per operation', round(busy.redis / OPERATIONS)),
  ];
}

/** Local AWS counts the calls that a plan of faults applies to, also when none of them is ever struck. */
async function counted(world: World, during: () => Promise<unknown>): Promise<Calls> {
  const plan = async (method: string, body?: object) => {
    const answer = await fetch(`${world.awsUrl}/__local/faults`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`local AWS answered ${answer.status}`);
    return (await answer.json()) as { rules: { seen: number }[] };
  };
  await plan('PUT', { rules: [{ kind: 'error', probability: 0 }] });
  const before = await commands(world);
  await during();
  const redis = (await commands(world)) - before;
  const { rules } = await plan('GET');
  await plan('DELETE');
  return { aws: rules[0]!.seen, redis };
}

/**
 * Commands that clients have sent to Redis. Statistics hold what scripts call, too, but scripts only call what no
 * client of ours sends by itself; the bench's own INFO is left out.
 */
async function commands({ redis }: World): Promise<number> {
  let sum = 0;
  for (const [, command = '', count] of (await redis.info('commandstats')).matchAll(
    /^cmdstat_([^:]+):calls=(\d+)/gm,
  ))
    if (/^(eval|evalsha|script\|load|ping|client\|\w+|hello|auth|select|subscribe)$/.test(command))
      sum += Number(count);
  return sum;
}
