import { setTimeout as after } from 'node:timers/promises';
import { PREFIXES, QUEUES } from '@huntaze/core/names';
import type { OperationRequest } from '@huntaze/core/operations';
import { round, type Bench, type Figure } from './figure.ts';
import { startUsageWorld, type UsageWorld } from './usage-world.ts';

/** All asked for at once, so that most of them wait: what waits is received, and logged, again and again. */
const OPERATIONS = 100;
const CREATORS = 5;
const LIMIT = 10;
const WINDOW_S = 6;
/** Far more than the windows that it takes (ms). */
const AT_MOST_MS = 180_000;
/** What follows an end: its message is deleted, its lines are written (ms). */
const REST_MS = 2_000;

/** As in `.ci/run` and beyond: one in four has an effect, all others read. */
function requestOf(n: number): OperationRequest {
  const creator_id = `creator-${(n % CREATORS) + 1}`;
  const requests = [
    { kind: 'profile.scrape', params: {} },
    { kind: 'fans.scrape', params: { max: 60 } },
    { kind: 'message.send', params: { fan_id: 'fan-1', text: `Number ${n}` } },
    { kind: 'chats.scrape', params: { max: 20 } },
  ] as const;
  return { creator_id, ...requests[Math.floor(n / CREATORS) % requests.length]! };
}

/** What is counted: each a rule of a plan of faults that never strikes (docs/local-aws.md). */
const COUNTED = {
  'limiter queue': { service: 'sqs', queue: QUEUES.rateLimiter },
  'limiter queue receives': { service: 'sqs', queue: QUEUES.rateLimiter, action: 'ReceiveMessage' },
  'workflows queue': { service: 'sqs', queue: QUEUES.workflows },
  puts: { service: 's3', action: 'PutObject' },
  gets: { service: 's3', action: 'GetObject' },
  secrets: { service: 'secretsmanager' },
} as const;
type Counts = Record<keyof typeof COUNTED, number>;

async function plan(world: UsageWorld, method: 'PUT' | 'GET', body?: object): Promise<Counts> {
  const answer = await fetch(`${world.awsUrl}/__local/faults`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`local AWS answered ${answer.status}`);
  const { rules } = (await answer.json()) as { rules: { name: keyof Counts; seen: number }[] };
  return Object.fromEntries(rules.map(({ name, seen }) => [name, seen])) as Counts;
}

const beginCounting = (world: UsageWorld) =>
  plan(world, 'PUT', {
    rules: Object.entries(COUNTED).map(([name, which]) => ({
      kind: 'error',
      probability: 0,
      name,
      ...which,
    })),
  });

async function ask(world: UsageWorld): Promise<void> {
  for (let n = 0; n < OPERATIONS; n += 1) {
    const answer = await fetch(`${world.apiUrl}/api/onlyfans/operations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${world.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(requestOf(n)),
    });
    if (answer.status !== 202) throw new Error(`the API answered ${answer.status}: ${await answer.text()}`);
  }
}

/** How often each message was received, as the API tells it, all together. */
async function receives(world: UsageWorld): Promise<number> {
  const answer = await fetch(`${world.apiUrl}/api/onlyfans/operations?limit=100`, {
    headers: { authorization: `Bearer ${world.token}` },
  });
  const { operations } = (await answer.json()) as { operations: { receives: number }[] };
  if (operations.length !== OPERATIONS) throw new Error(`${operations.length} operations are known`);
  return operations.reduce((sum, one) => sum + one.receives, 0);
}

/** Versions in the bucket under a prefix: how many, and their bytes. */
async function versions(world: UsageWorld, prefix: string): Promise<{ count: number; bytes: number }> {
  const answer = await fetch(`${world.awsUrl}/${world.bucket}?versions&prefix=${prefix}/`);
  const sizes = [...(await answer.text()).matchAll(/<Size>(\d+)<\/Size>/g)].map(([, size]) => Number(size));
  return { count: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

async function keepVersions(world: UsageWorld): Promise<void> {
  const answer = await fetch(`${world.awsUrl}/${world.bucket}?versioning`, {
    method: 'PUT',
    body: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
  });
  if (!answer.ok) throw new Error(`the bucket keeps no versions: ${await answer.text()}`);
}

async function measure(world: UsageWorld, over: Promise<void>): Promise<Figure[]> {
  await keepVersions(world);
  await beginCounting(world);
  await ask(world);
  await over;
  await after(REST_MS);
  const counts = await plan(world, 'GET');
  const received = await receives(world);
  const [results, journal, sessions] = await Promise.all([
    versions(world, PREFIXES.results),
    versions(world, PREFIXES.journal),
    versions(world, PREFIXES.sessions),
  ]);
  const { bytes, invocationsMs } = world.written;
  const figure = (name: string, unit: string, value: number): Figure => ({
    name,
    unit,
    value: round(value),
    runs: [round(value)],
  });
  const each = (value: number) => value / OPERATIONS;
  return [
    figure('receives by the limiter', 'per operation', each(received)),
    figure('invocations of the limiter', 'per receive', invocationsMs.length / received),
    figure(
      'an invocation of the limiter',
      'ms',
      invocationsMs.reduce((sum, ms) => sum + ms, 0) / invocationsMs.length,
    ),
    figure(
      'requests on the limiter’s queue, without polls',
      'per receive',
      (counts['limiter queue'] - counts['limiter queue receives']) / received,
    ),
    figure('polls of the limiter’s queue', 'per receive', counts['limiter queue receives'] / received),
    figure('requests on the workflows queue', 'per operation', each(counts['workflows queue'])),
    figure('objects put', 'per operation', each(counts.puts)),
    figure('objects read', 'per operation', each(counts.gets)),
    figure('a result', 'bytes', results.bytes / results.count),
    figure('journal', 'bytes per operation', each(journal.bytes)),
    figure('sessions saved', 'per creator', sessions.count / CREATORS),
    figure('requests for secrets', 'per creator', counts.secrets / CREATORS),
    figure('log of the limiter', 'bytes per receive', bytes.limiter / received),
    figure('log of the scraper', 'bytes per operation', each(bytes.scraper)),
    figure('log of the API', 'bytes per operation', each(bytes.api)),
  ];
}

/** What AWS counts and bills, counted here: requests, bytes, invocations. `npm run cost` reckons with it. */
export const usage: Bench = {
  name: 'usage',
  about: `what ${OPERATIONS} operations of ${CREATORS} creators, asked for at once, ask of AWS and write`,
  async run(say) {
    const enough = Promise.withResolvers<void>();
    const late = new AbortController();
    const creators = Array.from({ length: CREATORS }, (_, i) => `creator-${i + 1}`);
    let ended = 0;
    const world = await startUsageWorld(LIMIT, WINDOW_S, creators, () => {
      ended += 1;
      if (ended === OPERATIONS) enough.resolve();
    });
    try {
      say(`${OPERATIONS} operations, ${LIMIT} in ${WINDOW_S} s`);
      const tooLate = after(AT_MOST_MS, undefined, { signal: late.signal }).then(() => {
        throw new Error(`only ${ended} of ${OPERATIONS} operations have ended`);
      });
      tooLate.catch(() => undefined); // told by the race, or ended with it
      return await measure(world, Promise.race([enough.promise, tooLate]));
    } finally {
      late.abort();
      await world.stop();
    }
  },
};
