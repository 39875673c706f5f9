import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { choices } from './choices.ts';
import { estimate, fixedLines } from './estimate.ts';
import { FACTORS, PAGE_MEGABYTES, type Factor } from './factors.ts';
import { PRICES, REGIONS, type Price } from './prices.ts';
import { of, QUESTION, STORED_TEMPLATES } from './test-templates.ts';

const TODAY = '2026-11-30';

test.each(Object.entries<Price>(PRICES))(
  '%s: in every region, with its date and its source',
  (_, { per, rates }) => {
    expect(per).toMatch(/^[A-Za-zK]/);
    for (const region of REGIONS) {
      const { usd, asOf, source } = rates[region];
      expect(usd).toBeGreaterThan(0);
      expect(asOf).toMatch(/^202[56]-\d\d-\d\d$/);
      expect(asOf <= TODAY).toBe(true);
      expect(source).toMatch(
        /^https:\/\/(aws\.amazon\.com|pricing\.us-east-1\.amazonaws\.com|dftu77xade0tc\.cloudfront\.net)\//,
      );
    }
  },
);

test('only Redis’s nodes in Ireland have a price that was not found', () => {
  const unsourced = Object.entries<Price>(PRICES).flatMap(([name, { rates }]) =>
    REGIONS.filter(region => rates[region].unsourced !== undefined).map(region => `${region} ${name}`),
  );
  expect(unsourced.map(one => one.replace(/(valkey|redis)\w+Hour$/, 'node'))).toEqual(
    Array<string>(6).fill('eu-west-1 node'),
  );
});

test('every price is used', () => {
  const node = (CacheNodeType: string, Engine: string) =>
    fixedLines(
      of({
        R: [
          'AWS::ElastiCache::ReplicationGroup',
          { NumNodeGroups: 1, ReplicasPerNodeGroup: 0, CacheNodeType, Engine },
        ],
      }),
      QUESTION.tasks,
    );
  const nodes = ['micro', 'small', 'medium'].flatMap(size =>
    ['valkey', 'redis'].flatMap(engine => node(`cache.t4g.${size}`, engine)),
  );
  const asked = { ...QUESTION, hasOtherTrail: true, tasks: { scraper: 2, spotShare: 0.5 } };
  const used = new Set(
    [...STORED_TEMPLATES.flatMap(([, template]) => estimate(template, asked).lines), ...nodes].map(
      ({ price }) => price as string,
    ),
  );
  expect(Object.keys(PRICES).filter(name => !used.has(name))).toEqual([]);
});

test('every factor says where it is from, and its command exists', () => {
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    scripts: Record<string, string>;
  };
  for (const { from, value, is } of [PAGE_MEGABYTES, ...Object.values<Factor>(FACTORS)]) {
    expect(value, is).toBeGreaterThan(0);
    expect(from, is).toMatch(/^(`npm run |https:\/\/|assumed: .{10}|`[a-z]+\/|.*(AWS|polling))|assumed$/);
    for (const [, command] of from.matchAll(/`npm run ([a-z]+)/g))
      expect(scripts, is).toHaveProperty(command!);
  }
});

test('a choice is what the variant costs beyond what there is', () => {
  const prod = STORED_TEMPLATES.find(([name]) => name === 'prod.json')![1];
  const difference = (start: string, question = QUESTION) =>
    choices({}, prod, question).find(({ what }) => what.startsWith(start))?.difference;
  // A gateway, its address, and what the address turns away.
  expect(difference('1 NAT gateway instead of 2')).toBeCloseTo(-730 * (0.048 + 0.005), 1);
  expect(difference('only the endpoints of requirement 8.4')).toBeCloseTo(-5 * 2 * 730 * 0.011, 6);
  expect(difference('the endpoints in one zone')).toBeCloseTo(-7 * 730 * 0.011, 6);
  expect(difference('Redis OSS instead of Valkey')).toBeCloseTo(2 * 730 * (0.034 - 0.0272), 6);
  expect(difference('one node of Redis')).toBeCloseTo(-730 * 0.0272, 6);
  expect(difference('`dev` instead')).toBeLessThan(-150);
  expect(difference('the API here')).toBeGreaterThan(18);
  const [spot, onDemand] = [
    difference('one more task of the scraper'),
    difference('one more task all month'),
  ];
  expect(spot).toBeGreaterThan(0);
  expect(onDemand! - spot!).toBeCloseTo(730 * (0.03238 - 0.00979124 + 2 * (0.00356 - 0.00107649)), 6);
  expect(difference('us-east-1 instead of eu-west-1')).toBeLessThan(0);
});

test('choices that there are not aren’t offered', () => {
  const whats = (template: string, context: Record<string, string>, question = QUESTION) =>
    choices(context, STORED_TEMPLATES.find(([name]) => name === template)![1], question)
      .map(({ what }) => what)
      .join('\n');
  const dev = whats('dev-with-api.json', { stage: 'dev' });
  expect(dev).toContain('`prod` instead of `dev`');
  for (const absent of ['NAT gateway', 'only the endpoints', 'in one zone', 'one node of Redis'])
    expect(dev).not.toContain(absent);
  const full = { ...QUESTION, hasOtherTrail: true, tasks: { scraper: 10, spotShare: 1 } };
  const busy = whats('prod.json', {}, full);
  for (const absent of ['more task', 'audit trail already']) expect(busy).not.toContain(absent);
});
