import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { QUEUES } from '@huntaze/core/names';
import { BadFaultPlan, readFaultPlan, type FaultPlan } from '../aws/faults/plan.ts';
import type { Scenario } from '../simulation/scenario.ts';
import { StartError } from '../supervisor/errors.ts';
import { whyNot } from './job-arguments.ts';
import { numberOf } from './number-option.ts';

/** Every option: what it means, its default, and its bounds. */
const OPTIONS = {
  operations: { is: 'how many are asked for', default: '490', most: 1_000_000, whole: true },
  creators: { is: 'of how many creators', default: '20', most: 10_000, whole: true },
  minutes: {
    is: 'over how many minutes they are asked for; 0: all at once',
    default: '20',
    most: 43_200,
    orZero: true,
  },
  busiest: {
    is: 'the share of them that one creator asks for, in one burst; 0: all creators alike',
    default: '0.6122',
    most: 1,
    orZero: true,
  },
  limit: { is: 'operations allowed in any window', default: '10', most: 10_000, whole: true },
  window: { is: 'its length in seconds', default: '60', most: 86_400 },
  tasks: { is: 'scraper tasks', default: '1', most: 100, whole: true },
  lanes: { is: 'creators that one task works for at the same time', default: '4', most: 100, whole: true },
  pollers: {
    is: 'invocations of the limiter at the same time, at least 2',
    default: '2',
    most: 1_000,
    whole: true,
  },
  'page-seconds': { is: 'half of the site’s pages take less than this', default: '1', most: 60 },
  'site-failures': {
    is: 'the share of the site’s answers that are a 502',
    default: '0',
    most: 1,
    orZero: true,
  },
  'limiter-deaths': {
    is: 'the share of the limiter’s invocations that die at one of their first six calls',
    default: '0',
    most: 1,
    orZero: true,
  },
  'redis-failures': {
    is: 'how often Redis is out of reach, slow, empty, another, full, or its answers are lost',
    default: '0',
    most: 10_000,
    whole: true,
    orZero: true,
  },
  'task-deaths': {
    is: 'how many scraper tasks die; another takes the place of each',
    default: '0',
    most: 10_000,
    whole: true,
    orZero: true,
  },
  'tasks-after': {
    is: 'no scraper task is there for the first so many minutes',
    default: '0',
    most: 1_440,
    orZero: true,
  },
  operators: {
    is: 'how often an operator pauses, drains, cancels, halves the limit, or closes the site for a while',
    default: '0',
    most: 10_000,
    whole: true,
    orZero: true,
  },
  expiring: {
    is: 'the share of the operations that aren’t worth doing any more after seconds to half an hour',
    default: '0',
    most: 1,
    orZero: true,
  },
  seed: {
    is: 'decides everything that is random',
    default: '1',
    most: 4_294_967_295,
    whole: true,
    orZero: true,
  },
  seeds: { is: 'how many seeds are tried, one after the other', default: '1', most: 10_000, whole: true },
} as const;

/** Workloads by name: what the options are then, unless they are given. */
const SCENARIOS: Record<
  string,
  { is: string; options: Partial<Record<keyof typeof OPTIONS, string>>; pattern?: Scenario['pattern'] }
> = {
  noisy: { is: 'one creator asks for 300 at once, 19 others for 10 each in 20 minutes', options: {} },
  burst: {
    is: 'one creator asks for 600 at once',
    options: { operations: '600', creators: '1', minutes: '0' },
  },
  day: {
    is: 'a day at the limit: 14,400 of 20 creators',
    options: { operations: '14400', minutes: '1440', busiest: '0' },
  },
  edge: {
    is: 'in each window one early, the rest right before its end: 300 of 10 creators',
    options: { operations: '300', creators: '10', minutes: '30', busiest: '0' },
    pattern: 'edge',
  },
  silence: {
    is: 'a windowful, nothing for an hour, then 190 at once, of 10 creators',
    options: { operations: '200', creators: '10', minutes: '60', busiest: '0' },
    pattern: 'silence',
  },
};

/** What can be given without making another scenario of it. */
const HARMLESS: ReadonlySet<string> = new Set(['scenario', 'seed', 'seeds', 'json']);

const SCOPES = ['platform', 'creator'] as const;

/** What the command was asked to do. */
export interface SimulateArguments {
  scenario: Scenario;
  seeds: number;
  json: boolean;
  /** Whether the medians over several seeds have bounds: those of the noisy scenario as it is, without anything else. */
  judgesMedians: boolean;
}

/** The command's help, a line an option. */
export function usage(): string {
  const width = Math.max(...Object.keys(OPTIONS).map(name => name.length));
  return [
    'usage: npm run simulate -- [--OPTION VALUE ...] [--json]',
    '',
    `  --${'scenario'.padEnd(width)}  sets the options below that aren't given:`,
    ...Object.entries(SCENARIOS).map(([name, { is }]) => `  ${''.padEnd(width + 2)}    ${name}: ${is}`),
    ...Object.entries(OPTIONS).map(
      ([name, { is, default: value }]) => `  --${name.padEnd(width)}  ${is} (${value})`,
    ),
    `  --${'scope'.padEnd(width)}  one limit for the platform, or one for each creator (platform)`,
    `  --${'faults'.padEnd(width)}  a file with a plan of faults at the queues, as in docs/local-aws.md`,
    `  --${'json'.padEnd(width)}  print the figures as one JSON object a seed`,
    '',
    'Several seeds end with a summary. The exit code is 1 if a promise was not kept: something lost, twice, out of order,',
    'above the limit, unfair, begun though paused, or dead-lettered though healthy. In the noisy scenario as it stands the',
    'medians over at least 100 seeds have bounds, too: goodput, receives of a message, and what quiet creators wait.',
  ].join('\n');
}

/**
 * Reads the command line; undefined if help was asked for.
 * @throws StartError with one line that says what is wrong
 */
export function readSimulateArguments(argv: string[]): SimulateArguments | undefined {
  const values = parse(argv);
  if (values.help === true) return undefined;
  const asked = String(values.scenario ?? 'noisy');
  const scenario = scenarioOf(asked);
  const option = (name: keyof typeof OPTIONS) => {
    const { default: value, ...bounds } = OPTIONS[name];
    return numberOf(`--${name}`, String(values[name] ?? scenario.options[name] ?? value), bounds);
  };
  const scope = SCOPES.find(known => known === (values.scope ?? 'platform'));
  if (scope === undefined)
    throw new StartError(`--scope must be platform or creator, not "${String(values.scope)}"`);
  const pollers = option('pollers');
  if (pollers < 2) throw new StartError('--pollers must be at least 2, as on AWS');
  return {
    json: values.json === true,
    seeds: option('seeds'),
    judgesMedians: asked === 'noisy' && Object.keys(values).every(given => HARMLESS.has(given)),
    scenario: {
      seed: option('seed'),
      operations: option('operations'),
      creators: option('creators'),
      overMs: option('minutes') * 60_000,
      busiest: option('busiest'),
      pattern: scenario.pattern,
      expiring: option('expiring'),
      limit: { scope, limit: option('limit'), windowMs: option('window') * 1_000 },
      tasks: option('tasks'),
      concurrency: option('lanes'),
      pollers,
      secondsPerPage: option('page-seconds'),
      siteFailures: option('site-failures'),
      limiterDeaths: option('limiter-deaths'),
      redisFailures: option('redis-failures'),
      taskDeaths: option('task-deaths'),
      tasksAfterMs: option('tasks-after') * 60_000,
      operatorActions: option('operators'),
      faults: typeof values.faults === 'string' ? faultsIn(values.faults) : undefined,
    },
  };
}

function scenarioOf(name: string) {
  const scenario = Object.hasOwn(SCENARIOS, name) ? SCENARIOS[name] : undefined;
  if (scenario === undefined)
    throw new StartError(`--scenario must be ${Object.keys(SCENARIOS).join(', ')}, not "${name}"`);
  return scenario;
}

function faultsIn(file: string): FaultPlan {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartError(`--faults ${file} can't be read: ${whyNot(error)}`);
  }
  try {
    const plan = readFaultPlan(JSON.parse(content));
    plan.rules.forEach(({ service, queue }, i) => {
      if (service !== undefined && service !== 'sqs')
        throw new BadFaultPlan(`rules.${i}.service: a simulation has queues only`);
      if (queue !== undefined && !(Object.values(QUEUES) as string[]).includes(queue))
        throw new BadFaultPlan(
          `rules.${i}.queue: there is no ${queue}, but ${Object.values(QUEUES).join(', ')}`,
        );
    });
    return plan;
  } catch (error) {
    if (error instanceof BadFaultPlan) throw new StartError(`--faults ${file}: ${error.message}`);
    throw new StartError(`--faults ${file} is not JSON`);
  }
}

function parse(argv: string[]): Record<string, string | boolean | undefined> {
  const names = Object.keys(OPTIONS).map(name => [name, { type: 'string' }] as const);
  try {
    return parseArgs({
      args: argv,
      options: {
        ...Object.fromEntries(names),
        scenario: { type: 'string' },
        scope: { type: 'string' },
        faults: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    const line = error instanceof Error ? error.message.split(/[.\n]/)[0] : String(error);
    throw new StartError(`${line}; npm run simulate -- --help shows what there is`);
  }
}
