import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { INSTALLATIONS } from '../judges/synthesized.ts';
import { estimate, fixedLines } from './estimate.ts';
import { DAYS_A_MONTH, value } from './factors.ts';
import { PRICED } from './fixed.ts';
import { FREE } from './free.ts';
import { changed, resourcesOf, synthesize, without, type Template } from './template.ts';
import { QUESTION, STORED_TEMPLATES, stored } from './test-templates.ts';
import { workLines } from './work.ts';

/** With those that are never stored: a subscription comes with an address only. */
const WITH_MAIL = synthesize({ stage: 'dev', createTopic: 'true', alarmEmail: 'operator@agency.example' });
const ALL: [name: string, template: Template][] = [
  ...STORED_TEMPLATES,
  ...INSTALLATIONS.map(([name, context]): [string, Template] => [name, synthesize(context)]),
  ['with mail', WITH_MAIL],
];

describe('every resource of an installation', () => {
  test.each(ALL)('%s: has a price, or a reason to have none', (_, template) => {
    expect(Object.keys(template.Resources).length).toBeGreaterThan(80);
    expect(() => estimate(template, QUESTION)).not.toThrow();
  });

  test('nothing is priced, or known to be free, that there never is', () => {
    const there = new Set(
      ALL.flatMap(([, { Resources }]) => Object.values(Resources).map(({ Type }) => Type)),
    );
    expect([...Object.keys(PRICED), ...Object.keys(FREE)].filter(type => !there.has(type))).toEqual([]);
    expect(Object.keys(PRICED).filter(type => type in FREE)).toEqual([]);
  });

  test('the template that is made here is the one that is deployed', () => {
    expect(synthesize({}).Resources).toMatchObject(
      Object.fromEntries(
        Object.entries(stored('prod.json').Resources).map(([id, { Type }]) => [id, { Type }]),
      ),
    );
  });
});

describe('the estimate', () => {
  const prod = stored('prod.json');
  const total = (operationsPerDay: number, creators = 20, template = prod) =>
    estimate(template, { ...QUESTION, operationsPerDay, creators }).total;

  test('never falls with what is asked for, in any installation', () => {
    const asked = fc.integer({ min: 0, max: 14_400 });
    const many = fc.integer({ min: 0, max: 200 });
    for (const [, template] of STORED_TEMPLATES)
      fc.assert(
        fc.property(asked, asked, many, many, (one, other, some, others) => {
          const less = total(Math.min(one, other), Math.min(some, others), template);
          const more = total(Math.max(one, other), Math.max(some, others), template);
          expect(more).toBeGreaterThanOrEqual(less);
        }),
      );
    expect(total(14_400)).toBeGreaterThan(total(0) + 10);
  });

  test('a creator more is a secret more, and its logins', () => {
    const month = (creators: number) =>
      total(
        2_000,
        creators,
        synthesize({ creators: Array.from({ length: creators }, (_, i) => `creator-${i}`).join(',') }),
      );
    const [one, two, five] = [month(1), month(2), month(5)];
    expect(two - one).toBeGreaterThan(0.4);
    expect(two - one).toBeLessThan(0.41);
    expect(five - one).toBeCloseTo(4 * (two - one), 6);
  });

  test('is the sum of its lines; what is always there needs no work', () => {
    const { lines, total: all, always, per1000 } = estimate(prod, QUESTION);
    expect(lines.reduce((sum, { usd }) => sum + usd, 0)).toBeCloseTo(all, 6);
    expect(always).toBeCloseTo(estimate(prod, { ...QUESTION, operationsPerDay: 0 }).always, 6);
    expect(per1000).toBeCloseTo(all / ((2_000 * DAYS_A_MONTH) / 1_000), 6);
    expect(estimate(prod, { ...QUESTION, operationsPerDay: 0 }).per1000).toBeUndefined();
  });

  test('knows the regions apart', () => {
    const nats = ({ lines }: ReturnType<typeof estimate>) =>
      lines.find(({ price }) => price === 'natHour')!.usd;
    expect(nats(estimate(prod, QUESTION))).toBeCloseTo(70.08, 6);
    expect(nats(estimate(prod, { ...QUESTION, region: 'us-east-1' }))).toBeCloseTo(65.7, 6);
  });
});

describe('the work', () => {
  const prod = stored('prod.json');
  const DEMAND = { ...QUESTION, tasks: 1 };
  const quantity = (template: Template, price: string, demand = DEMAND) =>
    workLines(template, demand)
      .filter(line => line.price === price)
      .reduce((sum, line) => sum + line.quantity, 0);
  const operations = 2_000 * DAYS_A_MONTH;

  test('requests on the limiter’s queue: each receive, its poll, and five idle pollers', () => {
    const idle = 5 * 3 * 60 * 730;
    expect(quantity(prod, 'queueRequest')).toBeCloseTo(
      operations * value('receives') * (value('limiterRequests') + 1) + idle,
      3,
    );
  });

  test('a page goes through the NAT once, and through none where tasks have addresses', () => {
    expect(quantity(prod, 'natGb', { ...DEMAND, pageMegabytes: 2 })).toBeCloseTo((operations * 2) / 1_000, 6);
    expect(quantity(stored('dev-with-api.json'), 'natGb')).toBe(0);
    // The VPC exists, and so does its NAT: its hours aren't ours, but these bytes are.
    expect(quantity(stored('prod-on-what-exists.json'), 'natGb')).toBeGreaterThan(0);
  });

  test('results are kept as long as the bucket says', () => {
    const [id, bucket] = resourcesOf(prod, 'AWS::S3::Bucket').find(([, { Properties }]) =>
      JSON.stringify(Properties).includes('results/'),
    )!;
    const shorter = JSON.parse(
      JSON.stringify(bucket.Properties).replace(
        '"ExpirationInDays":400,"Prefix":"results/"',
        '"ExpirationInDays":100,"Prefix":"results/"',
      ),
    ) as Record<string, unknown>;
    const saved = quantity(prod, 'objectGb') - quantity(changed(prod, id, shorter), 'objectGb');
    expect(saved).toBeCloseTo((300 * 2_000 * value('resultBytes')) / 1e9, 6);
  });

  test('logs are kept as long as their group says', () => {
    const shorter = resourcesOf(prod, 'AWS::Logs::LogGroup').reduce(
      (template, [id]) => changed(template, id, { RetentionInDays: 45 }),
      prod,
    );
    expect(quantity(shorter, 'logKeptGb')).toBeCloseTo(quantity(prod, 'logKeptGb') / 2, 9);
    expect(quantity(shorter, 'logGb')).toBeCloseTo(quantity(prod, 'logGb'), 9);
  });

  test('a data key that serves half as long is asked for twice as often', () => {
    const queues = resourcesOf(prod, 'AWS::SQS::Queue').filter(
      ([, { Properties }]) => Properties?.['KmsDataKeyReusePeriodSeconds'] === 3_600,
    );
    const brief = queues.reduce(
      (template, [id]) => changed(template, id, { KmsDataKeyReusePeriodSeconds: 1_800 }),
      prod,
    );
    // Two queues, two for the producer and one for the consumer, an hour.
    expect(quantity(brief, 'keyRequest') - quantity(prod, 'keyRequest')).toBeCloseTo(2 * 3 * 730, 6);
  });

  test('one snapshot is free', () => {
    const [id] = resourcesOf(prod, 'AWS::ElastiCache::ReplicationGroup')[0]!;
    expect(quantity(changed(prod, id, { SnapshotRetentionLimit: 1 }), 'backupGb')).toBe(0);
    expect(quantity(prod, 'backupGb')).toBeCloseTo((14 * 2_000 * 15 * 816) / 1e9, 6);
  });

  test('a second trail, and a load balancer, are paid for only where there is one', () => {
    expect(quantity(prod, 'trailEvent')).toBe(0);
    expect(quantity(prod, 'trailEvent', { ...DEMAND, hasOtherTrail: true })).toBeGreaterThan(8_000);
    expect(quantity(prod, 'webAclRequest')).toBe(0);
    expect(quantity(stored('dev-with-api.json'), 'webAclRequest')).toBeCloseTo(operations * 11, 6);
  });

  test('more tasks poll more', () => {
    const polls = (tasks: number) => quantity(prod, 'fifoRequest', { ...DEMAND, tasks });
    expect(polls(3) - polls(1)).toBeCloseTo(2 * value('taskPolls') * 60 * 730, 3);
  });

  test('a log group of which nobody says how much is written to it is an error', () => {
    const [id] = resourcesOf(prod, 'AWS::Logs::LogGroup')[0]!;
    const other = changed(prod, id, { LogGroupName: '/huntaze/new' });
    expect(() => workLines(other, DEMAND)).toThrow('the log group /huntaze/new');
  });

  test('without the limiter there is nothing to reckon with', () => {
    const limiter = resourcesOf(prod, 'AWS::Lambda::Function').find(
      ([, { Properties }]) => Properties?.['FunctionName'] === 'huntaze-rate-limiter',
    )!;
    expect(() => workLines(without(prod, [limiter[0]]), DEMAND)).toThrow('no function huntaze-rate-limiter');
  });
});

test('no line is negative, and each has a price', () => {
  for (const [, template] of ALL)
    for (const { quantity } of [
      ...fixedLines(template, QUESTION.tasks),
      ...workLines(template, { ...QUESTION, tasks: 1 }),
    ])
      expect(quantity).toBeGreaterThanOrEqual(0);
});
