import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';

/** One number that the estimate reckons with, and where it comes from. */
export interface Factor {
  is: string;
  value: number;
  unit: string;
  /** A command of this repository, an address, or "assumed" and why. */
  from: string;
}

const results = z.object({ figures: z.array(z.object({ name: z.string(), value: z.number() })) });

/** A figure that `npm run bench -- BENCH` has written to `bench/results/`. */
function measured(bench: string, name: string, is: string, unit: string): Factor {
  const file = new URL(`../../bench/results/${bench}.json`, import.meta.url);
  const { figures } = z.parse(results, JSON.parse(readFileSync(file, 'utf8')));
  const figure = figures.find(one => one.name === name);
  if (figure === undefined) throw new Error(`bench/results/${bench}.json has no figure "${name}"`);
  return { is, value: figure.value, unit, from: `\`npm run bench -- ${bench}\`` };
}
const known = (is: string, value: number, unit: string, from: string): Factor => ({ is, value, unit, from });

const SQS_AND_LAMBDA = 'https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html';
const INSIGHTS =
  'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-enhanced-observability-metrics-ECS.html';

/** Everything that isn't in the template and isn't a price. What is measured was measured on one machine, without AWS. */
export const FACTORS = {
  hours: known('a month', 730, 'hours', 'AWS’s own calculator: 8,760 hours a year'),

  receives: known(
    'receives by the limiter',
    3.12,
    'per operation',
    '`npm run simulate`: its most uneven workload; at most 2.5 in `--scenario day --creators 200`, 1 where nobody waits',
  ),
  invocations: known(
    'invocations of the limiter',
    1,
    'per receive',
    '`npm run simulate -- --scenario day --creators 200`: 36,505 for 36,504',
  ),
  invocationMs: measured('usage', 'an invocation of the limiter', 'an invocation of the limiter', 'ms'),
  limiterRequests: measured(
    'usage',
    'requests on the limiter’s queue, without polls',
    'requests on the limiter’s queue beside its polls',
    'per receive',
  ),
  workflowsRequests: measured(
    'usage',
    'requests on the workflows queue',
    'requests on the workflows queue',
    'per operation',
  ),
  pollers: known('polls of an event source at once, also with nothing to do', 5, 'pollers', SQS_AND_LAMBDA),
  pollsPerMinute: known('polls of each', 3, 'a minute', 'long polling for 20 s'),
  taskPolls: measured(
    'scraper',
    'requests to AWS with nothing to do',
    'polls of a task of the scraper with nothing to do',
    'a minute',
  ),
  standInMs: known('an invocation of the stand-in', 1_000, 'ms', 'assumed: three calls to AWS'),

  puts: measured('usage', 'objects put', 'objects put', 'per operation'),
  gets: measured('usage', 'objects read', 'objects read by the scraper', 'per operation'),
  reads: known('objects read by whoever asked', 1, 'per operation', 'assumed: each result once'),
  resultBytes: measured('usage', 'a result', 'a result', 'bytes'),
  journalBytes: measured('usage', 'journal', 'journal', 'bytes per operation'),
  accessLogBytes: known('a line of an access log', 600, 'bytes', 'assumed: S3’s lines with two long names'),
  trailFiles: known(
    'files of the audit trail',
    288 + 24,
    'a day',
    'https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html (about every 5 minutes, and a digest an hour)',
  ),

  logins: known(
    'logins of a creator',
    1,
    'a day',
    'assumed: its session is kept, and the site ends it once a day',
  ),
  secretReads: known(
    'secrets read by processes that start',
    50,
    'a day',
    'assumed: functions and tasks that begin',
  ),
  sealings: known(
    'requests to KMS for a creator’s session',
    2,
    'per login',
    '`scraper/src/sealer.ts`: one to seal, one to open',
  ),
  bucketKeyShare: known(
    'requests to KMS for objects under a bucket key',
    0.01,
    'per object',
    'https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html ("up to 99 percent" fewer)',
  ),
  trailEventBytes: known('an event of the audit trail', 1_500, 'bytes', 'assumed'),

  limiterLogBytes: measured('usage', 'log of the limiter', 'log of the limiter', 'bytes per receive'),
  scraperLogBytes: measured('usage', 'log of the scraper', 'log of the scraper', 'bytes per operation'),
  apiLogBytes: measured('usage', 'log of the API', 'log of the API', 'bytes per operation'),
  functionLogBytes: known(
    'lines that Lambda adds',
    330,
    'bytes per invocation',
    'assumed: START, END and REPORT',
  ),
  flowLogBytes: known(
    'what is turned away from a public address',
    1_000_000,
    'bytes a day',
    'assumed: some 10,000 lines',
  ),
  firewallLogBytes: known('a request in the firewall’s log', 1_500, 'bytes', 'assumed'),
  compression: known(
    'logs that are kept, of what was taken in',
    0.15,
    'bytes per byte',
    'https://aws.amazon.com/cloudwatch/pricing/ (its examples)',
  ),

  looks: known(
    'looks at an operation through the API',
    10,
    'per operation',
    'assumed: one a minute, and the console',
  ),
  connectionsPerUnit: known(
    'new connections of one capacity unit',
    25,
    'a second',
    'https://aws.amazon.com/elasticloadbalancing/pricing/',
  ),
  requestBytes: known('a request to AWS through an endpoint', 2_000, 'bytes', 'assumed'),
  ledgerBytes: known('an operation in Redis', 816, 'bytes', '`npm run bench -- line`'),
  ledgerDays: known('an operation stays in Redis', 15, 'days', '`core/lua/lib/record.lua`'),

  insightsCluster: known('metrics of Container Insights of a cluster', 26, 'metrics', INSIGHTS),
  insightsService: known('those of a service', 5, 'metrics', INSIGHTS),
  insightsServiceRunning: known('and of one in which tasks run', 24, 'metrics', INSIGHTS),
  insightsFamily: known('those of a kind of task', 24, 'metrics', INSIGHTS),
  insightsTask: known('those of a task', 48, 'metrics', INSIGHTS),
} satisfies Record<string, Factor>;

/** What may be said otherwise on the command line: the page is the site's, and nobody here knows it. */
export const PAGE_MEGABYTES: Factor = known(
  'what the browser loads from the site',
  1,
  'MB per operation',
  'assumed: the median page without pictures and fonts is 0.7 MB (https://almanac.httparchive.org/en/2024/page-weight), and the site’s data; `--page-megabytes`',
);

export const value = (name: keyof typeof FACTORS): number => FACTORS[name].value;
export const DAYS_A_MONTH = value('hours') / 24;
