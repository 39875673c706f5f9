import { parseArgs } from 'node:util';
import { numberOf } from '@huntaze/local/cli/number-option';
import { StartError } from '@huntaze/local/supervisor/errors';
import { MAX_TASKS } from '../src/scraper.ts';
import type { Question } from './estimate.ts';
import { PAGE_MEGABYTES } from './factors.ts';
import { REGIONS, type Region } from './prices.ts';

export interface CostArguments {
  json: boolean;
  /** As `npm run synth` takes it. */
  context: Record<string, string>;
  question: Question;
}

const NUMBERS = {
  'operations-per-day': {
    is: 'operations asked for a day; 14,400 at the site’s limit',
    most: 1_000_000,
    orZero: true,
  },
  creators: { is: 'of how many creators: each has a secret', most: 1_000, whole: true, orZero: true },
  tasks: { is: 'tasks of the scraper, on average over the month (1)', most: MAX_TASKS },
  'spot-share': {
    is: 'the share of those beyond the first that Spot gives; the rest is On-Demand (1)',
    most: 1,
    orZero: true,
  },
  'page-megabytes': {
    is: `${PAGE_MEGABYTES.is}, in MB an operation (${PAGE_MEGABYTES.value})`,
    most: 1_000,
    orZero: true,
  },
} as const;
type NumberName = keyof typeof NUMBERS;

/** The command's help, a line an option. */
export function usage(): string {
  const rows: [string, string][] = [
    ...Object.entries(NUMBERS).map(([name, { is }]): [string, string] => [`--${name} N`, is]),
    [
      '-c NAME=VALUE',
      'what the installation is told, as for npm run synth; as often as needed (docs/deploy.md)',
    ],
    ['--region NAME', `${REGIONS.join(' or ')} (${REGIONS[0]})`],
    ['--second-trail', 'the account has an audit trail already, so that this one is paid for by the event'],
    ['--json', 'print everything as one JSON object'],
  ];
  const width = Math.max(...rows.map(([option]) => option.length));
  return [
    'usage: npm run cost -- --operations-per-day N --creators N [-c NAME=VALUE …] [--OPTION …]',
    '',
    ...rows.map(([option, is]) => `  ${option.padEnd(width)}  ${is}`),
    '',
    'A month’s cost of the stack as it would be deployed, item by item, and what each choice changes. No account and no',
    'network is needed: prices are those of infra/cost/prices.ts, each with its date. docs/cost.md has three examples.',
  ].join('\n');
}

/**
 * Reads the command line; undefined if help was asked for.
 * @throws StartError with one line that says what is wrong
 */
export function readCostArguments(argv: string[]): CostArguments | undefined {
  const values = parse(argv);
  if (values.help === true) return undefined;
  const number = (name: NumberName): number | undefined => {
    const { is: _, ...bounds } = NUMBERS[name];
    const text = values[name];
    return text === undefined ? undefined : numberOf(`--${name}`, text, bounds);
  };
  const operationsPerDay = number('operations-per-day');
  if (operationsPerDay === undefined)
    throw new StartError(
      '--operations-per-day is missing: how many are asked for, e.g. --operations-per-day 2000',
    );
  const { context, creators } = withCreators(contextOf(values.context ?? []), number('creators'));
  return {
    json: values.json === true,
    context,
    question: {
      region: regionOf(values.region ?? REGIONS[0]),
      operationsPerDay,
      creators,
      pageMegabytes: number('page-megabytes') ?? PAGE_MEGABYTES.value,
      hasOtherTrail: values['second-trail'] === true,
      tasks: { scraper: number('tasks'), spotShare: number('spot-share') ?? 1 },
    },
  };
}

function regionOf(name: string): Region {
  const region = REGIONS.find(known => known === name);
  if (region === undefined)
    throw new StartError(
      `--region must be ${REGIONS.join(' or ')} (others have no prices here), not "${name}"`,
    );
  return region;
}

function contextOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map(pair => {
      const middle = pair.indexOf('=');
      if (middle < 1) throw new StartError(`-c must be NAME=VALUE, e.g. -c stage=dev, not "${pair}"`);
      return [pair.slice(0, middle), pair.slice(middle + 1)];
    }),
  );
}

/** Creators have secrets in the template: those that are named, or as many as are asked for. */
function withCreators(
  context: Record<string, string>,
  count: number | undefined,
): { context: Record<string, string>; creators: number } {
  const named = ['creators', 'existingCreators'].flatMap(name =>
    (context[name] ?? '').split(',').filter(creator => creator.trim() !== ''),
  );
  if (named.length > 0) {
    if (count !== undefined && count !== named.length)
      throw new StartError(
        `--creators says ${count}, but -c names ${named.length}: leave one of the two out`,
      );
    return { context, creators: named.length };
  }
  if (count === undefined)
    throw new StartError('--creators is missing: how many there are, e.g. --creators 20');
  const names = Array.from({ length: count }, (_, i) => `creator-${i + 1}`);
  return { context: count === 0 ? context : { ...context, creators: names.join(',') }, creators: count };
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      options: {
        'operations-per-day': { type: 'string' },
        creators: { type: 'string' },
        tasks: { type: 'string' },
        'spot-share': { type: 'string' },
        'page-megabytes': { type: 'string' },
        context: { type: 'string', short: 'c', multiple: true },
        region: { type: 'string' },
        'second-trail': { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    const line = error instanceof Error ? error.message.split(/[.\n]/)[0] : String(error);
    throw new StartError(`${line}; npm run cost -- --help shows what there is`);
  }
}
