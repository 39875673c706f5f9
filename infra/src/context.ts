import { flag } from '@huntaze/core/env';
import { isSafeId } from '@huntaze/core/ids';
import * as z from 'zod/mini';

/** A value of the context is missing, malformed, unknown, or contradicts another. One line that says what to give. */
export class ContextError extends Error {
  override readonly name = 'ContextError';
}

const list = z.pipe(
  z.string(),
  z.transform((text: string) =>
    text
      .split(',')
      .map(item => item.trim())
      .filter(item => item !== ''),
  ),
);
const listOf = (item: RegExp) => z.pipe(list, z.array(z.string().check(z.regex(item))).check(z.minLength(1)));
const arn = (service: string) =>
  z.string().check(z.regex(new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]*:\\d{12}:.+$`)));
/** As AWS makes them: eight digits once, 17 today. */
const id = (kind: string) => new RegExp(`^${kind}-[0-9a-f]{8}([0-9a-f]{9})?$`);
const CIDR = /^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/;
/** Queues by the kind that they must be. */
const fifoArn = arn('sqs').check(z.regex(/\.fifo$/));
const standardArn = arn('sqs').check(z.regex(/(?<!\.fifo)$/));
const creators = z.pipe(list, z.array(z.string().check(z.refine(isSafeId))).check(z.minLength(1)));

interface Value<S extends z.ZodMiniType> {
  schema: S;
  is: string;
  example: string;
}
const value = <S extends z.ZodMiniType>(schema: S, is: string, example: string): Value<S> => ({
  schema,
  is,
  example,
});

const QUEUE = 'arn:aws:sqs:eu-west-1:111122223333:huntaze';
const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

/** Everything that can be said of an installation, as `-c NAME=VALUE` or in cdk.json; all of it text. */
export const VALUES = {
  stage: value(z._default(z.enum(['dev', 'prod']), 'prod'), 'dev (small and cheap) or prod', 'dev'),
  siteOrigin: value(
    z._default(z.string().check(z.regex(/^https:\/\/[a-z0-9.-]+(:\d+)?$/)), 'https://onlyfans.com'),
    'where the site is: https, a host, no path',
    'https://onlyfans.com',
  ),

  vpcId: value(
    z.optional(z.string().check(z.regex(id('vpc')))),
    'a VPC that exists',
    'vpc-0a1b2c3d4e5f60718',
  ),
  vpcCidr: value(
    z.optional(z.string().check(z.regex(CIDR))),
    'its addresses: the API is open for them',
    '10.0.0.0/16',
  ),
  availabilityZones: value(
    z.optional(listOf(/^[a-z0-9-]+[a-z]$/)),
    'the zones of its subnets, in their order',
    'eu-west-1a,eu-west-1b',
  ),
  privateSubnetIds: value(
    z.optional(listOf(id('subnet'))),
    'its subnets that have a way out through a NAT, one for each zone',
    'subnet-0a1b2c3d,subnet-1a2b3c4d',
  ),
  privateRouteTableIds: value(
    z.optional(listOf(id('rtb'))),
    'their route tables, one for each: the endpoint of S3 is entered there',
    'rtb-0a1b2c3d,rtb-1a2b3c4d',
  ),
  publicSubnetIds: value(
    z.optional(listOf(id('subnet'))),
    'its subnets that are reached from outside, one for each zone: for the API’s load balancer',
    'subnet-2a3b4c5d,subnet-3a4b5c6d',
  ),
  createEndpoints: value(
    z.optional(flag),
    'of a VPC that exists: whether it gets endpoints from here (they answer for all that is in it), or has its own',
    'false',
  ),

  rateLimiterQueueArn: value(
    z.optional(standardArn),
    'a standard queue that exists',
    `${QUEUE}-rate-limiter-queue`,
  ),
  rateLimiterDlqArn: value(z.optional(standardArn), 'its dead-letter queue', `${QUEUE}-rate-limiter-dlq`),
  workflowsQueueArn: value(z.optional(fifoArn), 'a FIFO queue that exists', `${QUEUE}-hybrid-workflows.fifo`),
  workflowsDlqArn: value(z.optional(fifoArn), 'its dead-letter queue', `${QUEUE}-hybrid-workflows-dlq.fifo`),
  queueKeyArn: value(
    z.optional(arn('kms').check(z.regex(/:key\//))),
    'the KMS key of the queues that exist',
    KEY,
  ),

  redisEngine: value(
    z._default(z.enum(['valkey', 'redis']), 'valkey'),
    'what a new ElastiCache runs: valkey or redis',
    'redis',
  ),
  redisHost: value(
    z.optional(z.string().check(z.regex(/^[a-z0-9.-]+$/))),
    'the primary endpoint of a Redis that exists',
    'master.huntaze.abc123.euw1.cache.amazonaws.com',
  ),
  redisPort: value(z.optional(z.string().check(z.regex(/^\d{1,5}$/))), 'its port', '6379'),
  redisSecurityGroupId: value(
    z.optional(z.string().check(z.regex(id('sg')))),
    'its security group',
    'sg-0a1b2c3d4e5f60718',
  ),
  redisAuthSecretArn: value(
    z.optional(arn('secretsmanager').check(z.regex(/:secret:.+-[A-Za-z0-9]{6}$/))),
    'the secret with its AUTH token',
    'arn:aws:secretsmanager:eu-west-1:111122223333:secret:huntaze/redis-AbCdEf',
  ),
  redisAuthSecretKeyArn: value(
    z.optional(arn('kms').check(z.regex(/:key\//))),
    'the KMS key of that secret, unless it is AWS’s own',
    KEY,
  ),

  topicArn: value(
    z.optional(arn('sns')),
    'another topic than this account’s huntaze-cost-alerts',
    'arn:aws:sns:eu-west-1:111122223333:alerts',
  ),
  createTopic: value(
    z._default(flag, false),
    'true: huntaze-cost-alerts does not exist yet, and is made',
    'true',
  ),
  alarmEmail: value(
    z.optional(z.email()),
    'who is told by the topic that is made',
    'operator@agency.example',
  ),

  credentialsSecretPrefix: value(
    z._default(z.string().check(z.regex(/^[A-Za-z0-9_+=.@-]+(\/[A-Za-z0-9_+=.@-]+)*$/)), 'huntaze/onlyfans'),
    'what the names of the creators’ secrets begin with',
    'huntaze/onlyfans',
  ),
  creators: value(z._default(creators, []), 'creators for whom a secret is made, empty at first', 'ada,bea'),
  existingCreators: value(
    z._default(creators, []),
    'creators whose secrets exist under the prefix',
    'ada,bea',
  ),
  credentialsKeyArn: value(
    z.optional(arn('kms').check(z.regex(/:key\//))),
    'the KMS key of the creators’ secrets that exist, unless it is AWS’s own',
    KEY,
  ),

  api: value(
    z._default(z.enum(['service', 'elsewhere']), 'elsewhere'),
    'service: runs here, behind a load balancer; elsewhere: only its policy and environment',
    'service',
  ),
  certificateArn: value(
    z.optional(arn('acm')),
    'the certificate of the API’s domain',
    'arn:aws:acm:eu-west-1:111122223333:certificate/1234abcd-12ab-34cd-56ef-1234567890ab',
  ),
  apiTokenSha256: value(
    z.optional(z.string().check(z.regex(/^[0-9a-f]{64}$/))),
    'the SHA-256 of the API’s token in hex, of the token alone without a line break',
    '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  ),
  apiAllowedCidrs: value(
    z.optional(listOf(CIDR)),
    'who may reach the load balancer from outside; without it, it is reached from the VPC only',
    '203.0.113.0/24',
  ),
} satisfies Record<string, Value<z.ZodMiniType>>;

type Name = keyof typeof VALUES;
export type Context = { [N in Name]: z.output<(typeof VALUES)[N]['schema']> };

const flagOf = (name: Name) => `-c ${name}=${VALUES[name].example}`;

/** What must be given together with what: `when` holds, and `needs` are missing, or `excludes` are there. */
const RULES: {
  when: string;
  holds: (given: Partial<Context>) => boolean;
  needs?: Name[];
  excludes?: Name[];
}[] = [
  {
    when: 'vpcId is given',
    holds: ({ vpcId }) => vpcId !== undefined,
    needs: ['vpcCidr', 'createEndpoints', 'availabilityZones', 'privateSubnetIds', 'privateRouteTableIds'],
  },
  {
    when: 'vpcId is not given',
    holds: ({ vpcId }) => vpcId === undefined,
    excludes: [
      'vpcCidr',
      'createEndpoints',
      'availabilityZones',
      'privateSubnetIds',
      'privateRouteTableIds',
      'publicSubnetIds',
      'redisHost',
    ],
  },
  {
    when: 'vpcId and apiAllowedCidrs are given',
    holds: ({ vpcId, apiAllowedCidrs }) => vpcId !== undefined && apiAllowedCidrs !== undefined,
    needs: ['publicSubnetIds'],
  },
  pair('rateLimiterQueueArn', 'rateLimiterDlqArn'),
  pair('rateLimiterDlqArn', 'rateLimiterQueueArn'),
  pair('workflowsQueueArn', 'workflowsDlqArn'),
  pair('workflowsDlqArn', 'workflowsQueueArn'),
  {
    when: 'a queue exists',
    holds: ({ rateLimiterQueueArn, workflowsQueueArn }) => Boolean(rateLimiterQueueArn ?? workflowsQueueArn),
    needs: ['queueKeyArn'],
  },
  {
    when: 'no queue exists',
    holds: ({ rateLimiterQueueArn, workflowsQueueArn }) => !(rateLimiterQueueArn ?? workflowsQueueArn),
    excludes: ['queueKeyArn'],
  },
  {
    when: 'redisHost is given',
    holds: ({ redisHost }) => redisHost !== undefined,
    needs: ['redisSecurityGroupId', 'redisAuthSecretArn'],
  },
  {
    when: 'redisHost is not given',
    holds: ({ redisHost }) => redisHost === undefined,
    excludes: ['redisPort', 'redisSecurityGroupId', 'redisAuthSecretArn', 'redisAuthSecretKeyArn'],
  },
  {
    when: 'createTopic is true',
    holds: ({ createTopic }) => createTopic === true,
    excludes: ['topicArn'],
  },
  {
    when: 'createTopic is not true',
    holds: ({ createTopic }) => createTopic !== true,
    excludes: ['alarmEmail'],
  },
  {
    when: 'api is service',
    holds: ({ api }) => api === 'service',
    needs: ['certificateArn', 'apiTokenSha256'],
  },
  {
    when: 'api is elsewhere',
    holds: ({ api }) => api === 'elsewhere',
    excludes: ['certificateArn', 'apiTokenSha256', 'apiAllowedCidrs'],
  },
];

function pair(given: Name, needed: Name): (typeof RULES)[number] {
  return { when: `${given} is given`, holds: context => context[given] !== undefined, needs: [needed] };
}

/** Names of CDK's own: feature flags, look-ups, the CLI's notes. */
const isOfCdk = (name: string) => /[:@/]/.test(name);

/**
 * Reads what an installation is told.
 * @param source the app's context: ours beside CDK's own
 * @throws ContextError with one line that names what is wrong first, and an example
 */
export function readContext(source: Record<string, unknown>): Context {
  const unknown = Object.keys(source).find(name => !isOfCdk(name) && !Object.hasOwn(VALUES, name));
  if (unknown !== undefined)
    throw new ContextError(`context: ${unknown} is not known; known are ${Object.keys(VALUES).join(', ')}`);

  const given: Record<string, unknown> = {};
  for (const [name, { schema, is }] of Object.entries(VALUES)) {
    const raw = source[name];
    const parsed = z.safeParse(schema, raw === '' ? undefined : raw);
    if (!parsed.success)
      throw new ContextError(`context: ${name} must be ${is}, e.g. ${flagOf(name as Name)}`);
    given[name] = parsed.data;
  }
  const context = given as Context;

  for (const { when, holds, needs = [], excludes = [] } of RULES) {
    if (!holds(context)) continue;
    const missing = needs.find(name => context[name] === undefined);
    if (missing)
      throw new ContextError(
        `context: ${missing} is missing (${when}): ${VALUES[missing].is}, e.g. ${flagOf(missing)}`,
      );
    const superfluous = excludes.find(name => context[name] !== undefined);
    if (superfluous)
      throw new ContextError(
        `context: ${superfluous} contradicts the rest (${when}): leave it out, or give what belongs to it, e.g. ${flagOf(superfluous)}`,
      );
  }
  const { availabilityZones: zones } = context;
  for (const name of ['privateSubnetIds', 'privateRouteTableIds', 'publicSubnetIds'] as const)
    if (zones && context[name] && context[name].length !== zones.length)
      throw new ContextError(
        `context: ${name} must be one for each of availabilityZones (${zones.length}, not ${context[name].length}), e.g. ${flagOf(name)} ${flagOf('availabilityZones')}`,
      );
  const twoZones = context.api === 'service' || (context.stage === 'prod' && context.redisHost === undefined);
  if (zones && twoZones && new Set(zones).size < 2)
    throw new ContextError(
      `context: availabilityZones must be two at least, each once (a load balancer, and the Redis of prod, are in two), e.g. ${flagOf('availabilityZones')}`,
    );
  const { creators: made, existingCreators } = context;
  const twice = made.find(creator => existingCreators.includes(creator));
  if (twice !== undefined)
    throw new ContextError(
      `context: ${twice} is in creators and in existingCreators: its secret exists, or it does not, e.g. ${flagOf('creators')}`,
    );
  return context;
}
