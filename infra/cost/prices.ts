/** The regions that are priced; the first is the one of docs/deploy.md. */
export const REGIONS = ['eu-west-1', 'us-east-1'] as const;
export type Region = (typeof REGIONS)[number];

/** What one unit costs, before taxes and discounts, and who says so. */
interface Rate {
  usd: number;
  /** When it was published, or read by whoever has kept it (ISO date; of a year only, its first day). */
  asOf: string;
  source: string;
  /** Where the list itself wasn't at hand, but a bill: what was paid for how much. */
  bill?: string;
  /** Set where neither was: how it was derived. */
  unsourced?: string;
}

export interface Price {
  /** One of what: "NAT gateway hour". */
  per: string;
  rates: Record<Region, Rate>;
}

/** AWS’s price list of one service; `version` is its publication. */
const list = (service: string, region: Region, version = 'current') =>
  `https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/${service}/${version}/${region}/index.json`;
const page = (path: string) => `https://aws.amazon.com/${path}`;

/** By the price list of each region. */
function listed(
  per: string,
  service: string,
  eu: [usd: number, asOf: string, version?: string],
  us: [usd: number, asOf: string],
): Price {
  return {
    per,
    rates: {
      'eu-west-1': { usd: eu[0], asOf: eu[1], source: list(service, 'eu-west-1', eu[2]) },
      'us-east-1': { usd: us[0], asOf: us[1], source: list(service, 'us-east-1') },
    },
  };
}

/** The same, but Ireland’s by what somebody was billed. */
function billed(price: Price, bill: string): Price {
  return { ...price, rates: { ...price.rates, 'eu-west-1': { ...price.rates['eu-west-1'], bill } } };
}

/** By a page of AWS’s that names one price for both. */
function everywhere(per: string, usd: number, asOf: string, path: string): Price {
  const rate = { usd, asOf, source: page(path) };
  return { per, rates: { 'eu-west-1': rate, 'us-east-1': rate } };
}

/** Valkey costs four fifths of Redis OSS on every type that the list has for both (us-east-1, 2026-10-02). */
const OF_REDIS = 0.8;
/** What Ireland costs where Virginia costs 1, for RDS’s node of this kind (db.t4g.micro: $0.017 and $0.016). */
const IRELAND = 17 / 16;

function cacheNode(type: string, engine: 'valkey' | 'redis', virginiaUsd: number): Price {
  const share = engine === 'valkey' ? OF_REDIS : 1;
  const rounded = (usd: number) => Number((usd * share).toFixed(4));
  return {
    per: `hour of a ${type} with ${engine}`,
    rates: {
      'eu-west-1': {
        usd: rounded(virginiaUsd * IRELAND),
        asOf: '2026-10-02',
        source: list('AmazonElastiCache', 'eu-west-1'),
        unsourced:
          'us-east-1’s price, and 17/16 of it: so much more RDS’s node of this kind costs in Ireland',
      },
      'us-east-1': {
        usd: rounded(virginiaUsd),
        asOf: '2026-10-02',
        source: list('AmazonElastiCache', 'us-east-1'),
      },
    },
  };
}

/** Spot's price moves with supply and demand: this is how it stood on that day. */
function spot(per: string, euUsd: number, usUsd: number): Price {
  const at = { asOf: '2026-09-28', source: 'https://dftu77xade0tc.cloudfront.net/fargate-spot-prices.json' };
  return { per, rates: { 'eu-west-1': { usd: euUsd, ...at }, 'us-east-1': { usd: usUsd, ...at } } };
}

/** The rates of one region, for lookups. All prices are those of the first tier: no tier ends below what is asked here. */
export const PRICES = {
  natHour: listed(
    'NAT gateway hour',
    'AmazonEC2',
    [0.048, '2026-09-25', '20260925174521'],
    [0.045, '2026-09-28'],
  ),
  natGb: listed(
    'GB through a NAT gateway',
    'AmazonEC2',
    [0.048, '2026-09-25', '20260925174521'],
    [0.045, '2026-09-28'],
  ),
  addressHour: listed(
    'hour of a public IPv4 address',
    'AmazonVPC',
    [0.005, '2026-09-17', '20260917190528'],
    [0.005, '2026-09-28'],
  ),
  endpointHour: billed(
    listed(
      'hour of an interface endpoint in one zone',
      'AmazonVPC',
      [0.011, '2026-07-17'],
      [0.01, '2025-10-28'],
    ),
    '$42.24 for 3,840 hours',
  ),
  endpointGb: everywhere('GB through an interface endpoint', 0.01, '2025-10-28', 'privatelink/pricing/'),

  cpuHour: listed(
    'vCPU hour of Fargate on arm64',
    'AmazonECS',
    [0.03238, '2026-09-11', '20260911124425'],
    [0.03238, '2026-09-11'],
  ),
  memoryHour: listed(
    'GB hour of Fargate on arm64',
    'AmazonECS',
    [0.00356, '2026-09-11', '20260911124425'],
    [0.00356, '2026-09-11'],
  ),
  spotCpuHour: spot('vCPU hour of Fargate Spot on arm64', 0.00979124, 0.01030969),
  spotMemoryHour: spot('GB hour of Fargate Spot on arm64', 0.00107649, 0.00113349),

  valkeyMicroHour: cacheNode('cache.t4g.micro', 'valkey', 0.016),
  valkeySmallHour: cacheNode('cache.t4g.small', 'valkey', 0.032),
  valkeyMediumHour: cacheNode('cache.t4g.medium', 'valkey', 0.065),
  redisMicroHour: cacheNode('cache.t4g.micro', 'redis', 0.016),
  redisSmallHour: cacheNode('cache.t4g.small', 'redis', 0.032),
  redisMediumHour: cacheNode('cache.t4g.medium', 'redis', 0.065),
  backupGb: everywhere('GB of Redis’s snapshots a month', 0.085, '2026-10-01', 'elasticache/pricing/'),

  balancerHour: billed(
    listed('load balancer hour', 'AWSELB', [0.0252, '2026-07-31'], [0.0225, '2026-10-02']),
    '$15.00 for 595 hours',
  ),
  capacityHour: listed(
    'load balancer capacity unit hour',
    'AWSELB',
    [0.008, '2026-09-11', '20260911124544'],
    [0.008, '2026-09-11'],
  ),
  webAcl: everywhere('web ACL a month', 5, '2026-01-01', 'waf/pricing/'),
  webAclRule: everywhere('rule of a web ACL a month', 1, '2026-01-01', 'waf/pricing/'),
  webAclRequest: everywhere('request to a web ACL', 0.6e-6, '2026-01-01', 'waf/pricing/'),

  insightsMetric: everywhere(
    'metric of Container Insights a month',
    0.07,
    '2026-10-09',
    'cloudwatch/pricing/',
  ),
  metric: listed(
    'metric of our own a month',
    'AmazonCloudWatch',
    [0.3, '2026-09-22', '20260922021715'],
    [0.3, '2026-10-09'],
  ),
  alarm: listed(
    'metric of an alarm a month',
    'AmazonCloudWatch',
    [0.1, '2026-09-22', '20260922021715'],
    [0.1, '2026-08-10'],
  ),
  compositeAlarm: everywhere('composite alarm a month', 0.5, '2026-10-01', 'cloudwatch/pricing/'),
  dashboard: everywhere('dashboard a month', 3, '2026-06-13', 'cloudwatch/pricing/'),
  logGb: listed(
    'GB of logs taken in',
    'AmazonCloudWatch',
    [0.57, '2026-09-22', '20260922021715'],
    [0.5, '2026-08-10'],
  ),
  logKeptGb: listed(
    'GB of logs kept a month',
    'AmazonCloudWatch',
    [0.03, '2026-09-22', '20260922021715'],
    [0.03, '2026-08-10'],
  ),

  key: everywhere('KMS key a month', 1, '2026-03-14', 'kms/pricing/'),
  keyRequest: everywhere('request to KMS', 0.03 / 10_000, '2026-03-14', 'kms/pricing/'),
  secret: listed(
    'secret a month',
    'AWSSecretsManager',
    [0.4, '2026-09-11', '20260911124610'],
    [0.4, '2026-08-10'],
  ),
  secretRequest: listed(
    'request to Secrets Manager',
    'AWSSecretsManager',
    [5e-6, '2026-09-11', '20260911124610'],
    [5e-6, '2026-09-11'],
  ),
  trailEvent: everywhere('event in a second trail', 2 / 100_000, '2025-07-01', 'cloudtrail/pricing/'),

  queueRequest: listed(
    'request to a standard queue',
    'AWSQueueService',
    [0.4e-6, '2026-09-11'],
    [0.4e-6, '2026-09-11'],
  ),
  fifoRequest: listed(
    'request to a FIFO queue',
    'AWSQueueService',
    [0.5e-6, '2026-09-11'],
    [0.5e-6, '2026-09-11'],
  ),
  invocation: listed(
    'invocation of a function',
    'AWSLambda',
    [0.2e-6, '2026-10-01', '20261001184746'],
    [0.2e-6, '2026-10-01'],
  ),
  functionGbSecond: listed(
    'GB second of a function on arm64',
    'AWSLambda',
    [13.3334e-6, '2026-10-01', '20261001184746'],
    [13.3334e-6, '2026-10-01'],
  ),
  put: listed('object put', 'AmazonS3', [5e-6, '2026-09-28', '20260928230416'], [5e-6, '2026-09-28']),
  get: listed('object read', 'AmazonS3', [0.4e-6, '2026-09-28', '20260928230416'], [0.4e-6, '2026-09-28']),
  objectGb: listed(
    'GB of objects kept a month',
    'AmazonS3',
    [0.023, '2026-09-28', '20260928230416'],
    [0.023, '2026-09-28'],
  ),
} satisfies Record<string, Price>;

export type PriceName = keyof typeof PRICES;

/** The first and the last day of what the prices of a region were read from. */
export function datesOf(region: Region): { first: string; last: string } {
  const dates = Object.values<Price>(PRICES)
    .map(({ rates }) => rates[region])
    .filter(({ unsourced }) => unsourced === undefined)
    .map(({ asOf }) => asOf)
    .toSorted();
  return { first: dates[0]!, last: dates.at(-1)! };
}
