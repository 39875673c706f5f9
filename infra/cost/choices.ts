import { MAX_TASKS } from '../src/scraper.ts';
import { estimate, type Question } from './estimate.ts';
import { scraperTasks } from './fixed.ts';
import { installationOf } from './installation.ts';
import { REGIONS } from './prices.ts';
import {
  at,
  changed,
  listAt,
  numberAt,
  refersTo,
  resourcesOf,
  synthesize,
  without,
  type Template,
} from './template.ts';

/** One thing decided otherwise. */
export interface Choice {
  what: string;
  /** What a month costs then, beyond what it costs now (US dollars). */
  difference: number;
}

/** What an API here needs to be told; neither changes a price. */
const API = {
  api: 'service',
  certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/1234abcd-12ab-34cd-56ef-1234567890ab',
  apiTokenSha256: '0'.repeat(64),
};
const LARGER: Record<string, string> = {
  'cache.t4g.micro': 'cache.t4g.small',
  'cache.t4g.small': 'cache.t4g.medium',
};
/** Requirement 8.4 names these, and S3, whose endpoint is free. */
const REQUIRED_ENDPOINTS = /\.(sqs|secretsmanager)$/;
const HEAVY_PAGE_MEGABYTES = 5;
/** What rounds to nothing changes nothing ($). */
const CENT = 0.005;

type Variant = [what: string, template: Template, question: Question] | undefined;

/** What a month would cost if one thing were decided otherwise: each evaluated as the installation itself is. */
export function choices(
  context: Readonly<Record<string, string>>,
  template: Template,
  question: Question,
): Choice[] {
  const now = estimate(template, question).total;
  const variants: Variant[] = [
    ...ofStack(context, question),
    ...ofNetwork(template, question),
    ...ofRedis(context, template, question),
    ...ofTasks(template, question),
    ...ofUse(template, question),
  ];
  return variants
    .filter(variant => variant !== undefined)
    .map(([what, other, asked]) => ({ what, difference: estimate(other, asked).total - now }))
    .filter(({ difference }) => Math.abs(difference) >= CENT);
}

function ofStack(context: Readonly<Record<string, string>>, question: Question): Variant[] {
  const isDev = context['stage'] === 'dev';
  const isHere = context['api'] === 'service';
  const { api: _, certificateArn: __, apiTokenSha256: ___, apiAllowedCidrs: ____, ...elsewhere } = context;
  return [
    [
      isDev ? '`prod` instead of `dev`' : '`dev` instead of `prod`',
      synthesize({ ...context, stage: isDev ? 'prod' : 'dev' }),
      question,
    ],
    isHere
      ? ['the API elsewhere (what it costs there isn’t counted)', synthesize(elsewhere), question]
      : ['the API here, behind a load balancer and a firewall', synthesize({ ...context, ...API }), question],
  ];
}

function ofNetwork(template: Template, question: Question): Variant[] {
  const nats = resourcesOf(template, 'AWS::EC2::NatGateway');
  const endpoints = resourcesOf(template, 'AWS::EC2::VPCEndpoint').filter(
    ([, one]) => at(one, 'VpcEndpointType') === 'Interface',
  );
  const serviceOf = (one: (typeof endpoints)[number][1]) => {
    const joined = at(one, 'ServiceName', 'Fn::Join', 1) as unknown[] | undefined;
    return String(joined?.at(-1) ?? at(one, 'ServiceName'));
  };
  const beside = endpoints.filter(([, one]) => !REQUIRED_ENDPOINTS.test(serviceOf(one)));
  const [id, nat] = nats.at(-1) ?? [];
  const wide = endpoints.filter(([, one]) => listAt(one, 'SubnetIds').length > 1);
  return [
    nats.length > 1
      ? [
          `${nats.length - 1} NAT gateway instead of ${nats.length}: its zone is every task’s way out`,
          without(template, [id!, refersTo(at(nat!, 'AllocationId'))!]),
          question,
        ]
      : undefined,
    // Without a NAT, functions reach what they need through nothing else.
    beside.length > 0 && installationOf(template).isBehindNat
      ? [
          'only the endpoints of requirement 8.4 (SQS, Secrets Manager, S3): the rest through the NAT',
          without(
            template,
            beside.map(([endpoint]) => endpoint),
          ),
          question,
        ]
      : undefined,
    wide.length > 0
      ? [
          'the endpoints in one zone instead of two',
          wide.reduce(
            (one, [endpoint, resource]) =>
              changed(one, endpoint, { SubnetIds: listAt(resource, 'SubnetIds').slice(0, 1) }),
            template,
          ),
          question,
        ]
      : undefined,
  ];
}

function ofRedis(
  context: Readonly<Record<string, string>>,
  template: Template,
  question: Question,
): Variant[] {
  const [group] = resourcesOf(template, 'AWS::ElastiCache::ReplicationGroup');
  if (!group) return [];
  const [id, resource] = group;
  const other = at(resource, 'Engine') === 'valkey' ? 'redis' : 'valkey';
  const larger = LARGER[String(at(resource, 'CacheNodeType'))];
  return [
    [
      other === 'redis' ? 'Redis OSS instead of Valkey' : 'Valkey instead of Redis OSS',
      synthesize({ ...context, redisEngine: other }),
      question,
    ],
    larger === undefined
      ? undefined
      : [`a larger Redis (${larger})`, changed(template, id, { CacheNodeType: larger }), question],
    numberAt(resource, 'ReplicasPerNodeGroup') > 0
      ? [
          'one node of Redis instead of two: nobody takes over',
          changed(template, id, { ReplicasPerNodeGroup: 0 }),
          question,
        ]
      : undefined,
  ];
}

function ofTasks(template: Template, question: Question): Variant[] {
  const now = scraperTasks(template, question.tasks);
  const tasks = (scraper: number, spotShare: number) => ({ ...question, tasks: { scraper, spotShare } });
  if (now >= MAX_TASKS) return [];
  return [
    ['one more task of the scraper all month, on Spot', template, tasks(now + 1, 1)],
    ['one more task all month, On-Demand (no Spot to be had)', template, tasks(now + 1, 0)],
    [`${MAX_TASKS} tasks all month, on Spot`, template, tasks(MAX_TASKS, 1)],
    [`${MAX_TASKS} tasks all month, On-Demand`, template, tasks(MAX_TASKS, 0)],
  ];
}

function ofUse(template: Template, question: Question): Variant[] {
  const { region } = question;
  return [
    ...REGIONS.filter(other => other !== region).map((other): Variant => [
      `${other} instead of ${region}`,
      template,
      { ...question, region: other },
    ]),
    [
      `pages of ${HEAVY_PAGE_MEGABYTES} MB instead of ${question.pageMegabytes}`,
      template,
      { ...question, pageMegabytes: HEAVY_PAGE_MEGABYTES },
    ],
    question.hasOtherTrail
      ? undefined
      : ['the account has an audit trail already', template, { ...question, hasOtherTrail: true }],
  ];
}
