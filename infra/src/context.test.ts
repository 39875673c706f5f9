import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { API_CONTEXT, EXISTING_CONTEXT, INSTALLATIONS } from '../judges/synthesized.ts';
import { ContextError, readContext, VALUES } from './context.ts';

const names = Object.keys(VALUES) as (keyof typeof VALUES)[];

function fault(context: Record<string, unknown>): string {
  try {
    readContext(context);
  } catch (error) {
    expect(error).toBeInstanceOf(ContextError);
    const { message } = error as ContextError;
    expect(message).not.toContain('\n');
    return message;
  }
  throw new Error('it was taken');
}

/** What a value needs beside it, to be the only thing that may be wrong. */
function beside(name: keyof typeof VALUES, value: string): Record<string, string> {
  const rest = { ...API_CONTEXT, ...EXISTING_CONTEXT, publicSubnetIds: 'subnet-2a3b4c5d,subnet-3a4b5c6d' };
  if (name === 'alarmEmail') return { ...rest, topicArn: '', createTopic: 'true', [name]: value };
  if (name === 'createTopic') return { ...rest, topicArn: '', [name]: value };
  if (name === 'creators') return { ...rest, existingCreators: '', [name]: value };
  return { ...rest, [name]: value };
}

test('nothing need be told: prod, all of it new, the API elsewhere', () => {
  expect(readContext({})).toMatchObject({
    stage: 'prod',
    siteOrigin: 'https://onlyfans.com',
    redisEngine: 'valkey',
    createTopic: false,
    credentialsSecretPrefix: 'huntaze/onlyfans',
    creators: [],
    api: 'elsewhere',
  });
});

test.each(INSTALLATIONS)('%s is taken', (_, context) => {
  expect(() => readContext(context)).not.toThrow();
});

test('CDK’s own is passed over', () => {
  expect(() =>
    readContext({ '@aws-cdk/core:x': true, 'aws:cdk:y': 1, 'availability-zones:account=1': [] }),
  ).not.toThrow();
});

test.each(names)('%s: its example is taken', name => {
  expect(() => readContext(beside(name, VALUES[name].example))).not.toThrow();
});

describe('what is malformed stops it, with a line that names it and an example', () => {
  test.each(names)('%s', name => {
    const message = fault(beside(name, '{"no such": thing}'));
    expect(message).toContain(`context: ${name} must be ${VALUES[name].is}`);
    expect(message).toContain(`e.g. -c ${name}=${VALUES[name].example}`);
  });

  test.each([
    ['creators', 'ada,../bea'],
    ['creators', 'ada/bea'],
    ['siteOrigin', 'http://onlyfans.com'],
    ['siteOrigin', 'https://onlyfans.com/my'],
    ['workflowsQueueArn', 'arn:aws:sqs:eu-west-1:111122223333:standard'],
    ['rateLimiterQueueArn', 'arn:aws:sqs:eu-west-1:111122223333:queue.fifo'],
    ['apiTokenSha256', 'the token itself'],
    ['apiAllowedCidrs', '203.0.113.0'],
    ['redisAuthSecretArn', 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:huntaze/redis'],
    ['stage', 'staging'],
    ['createTopic', 'yes'],
    ['vpcId', 7],
  ])('%s: %j', (name, value) => {
    expect(fault({ ...beside(name as 'vpcId', ''), [name]: value })).toMatch(
      new RegExp(`^context: ${name} must be .*e\\.g\\. -c ${name}=`),
    );
  });
});

test.each(['certificatArn', 'constructor', '__proto'])('%s is not known, and what is known is told', name => {
  expect(fault({ [name]: 'x' })).toMatch(
    new RegExp(`^context: ${name} is not known; known are stage, .*apiAllowedCidrs$`),
  );
});

describe('what is missing, or contradicts the rest', () => {
  const without = (context: Record<string, string>, ...left: string[]) =>
    Object.fromEntries(Object.entries(context).filter(([name]) => !left.includes(name)));

  test.each([
    ['vpcCidr', without(EXISTING_CONTEXT, 'vpcCidr')],
    ['createEndpoints', without(EXISTING_CONTEXT, 'createEndpoints')],
    ['availabilityZones', without(EXISTING_CONTEXT, 'availabilityZones')],
    ['privateSubnetIds', without(EXISTING_CONTEXT, 'privateSubnetIds')],
    ['privateRouteTableIds', without(EXISTING_CONTEXT, 'privateRouteTableIds')],
    ['rateLimiterDlqArn', without(EXISTING_CONTEXT, 'rateLimiterDlqArn')],
    ['rateLimiterQueueArn', without(EXISTING_CONTEXT, 'rateLimiterQueueArn')],
    ['workflowsDlqArn', without(EXISTING_CONTEXT, 'workflowsDlqArn')],
    ['workflowsQueueArn', without(EXISTING_CONTEXT, 'workflowsQueueArn')],
    ['queueKeyArn', without(EXISTING_CONTEXT, 'queueKeyArn')],
    ['redisSecurityGroupId', without(EXISTING_CONTEXT, 'redisSecurityGroupId')],
    ['redisAuthSecretArn', without(EXISTING_CONTEXT, 'redisAuthSecretArn')],
    ['certificateArn', without(API_CONTEXT, 'certificateArn')],
    ['apiTokenSha256', without(API_CONTEXT, 'apiTokenSha256')],
    ['publicSubnetIds', { ...EXISTING_CONTEXT, ...API_CONTEXT, apiAllowedCidrs: '203.0.113.0/24' }],
  ])('%s is missing', (name, context) => {
    expect(fault(context)).toMatch(
      new RegExp(`^context: ${name} is missing \\(.+\\): .+, e\\.g\\. -c ${name}=`),
    );
  });

  test.each([
    ['vpcCidr', { vpcCidr: '10.0.0.0/16' }],
    ['createEndpoints', { createEndpoints: 'false' }],
    ['privateSubnetIds', { privateSubnetIds: 'subnet-0a1b2c3d' }],
    ['redisHost', { redisHost: 'a.example' }],
    ['redisPort', { redisPort: '6379' }],
    ['queueKeyArn', { queueKeyArn: EXISTING_CONTEXT.queueKeyArn }],
    ['topicArn', { topicArn: EXISTING_CONTEXT.topicArn, createTopic: 'true' }],
    ['alarmEmail', { alarmEmail: 'a@b.example' }],
    ['certificateArn', { certificateArn: API_CONTEXT.certificateArn }],
    ['apiAllowedCidrs', { apiAllowedCidrs: '203.0.113.0/24' }],
  ])('%s contradicts the rest', (name, context) => {
    expect(fault(context)).toMatch(
      new RegExp(`^context: ${name} contradicts the rest \\(.+\\): .*e\\.g\\. -c ${name}=`),
    );
  });

  test('not one subnet for each zone', () => {
    expect(fault({ ...EXISTING_CONTEXT, privateSubnetIds: 'subnet-0a1b2c3d' })).toBe(
      'context: privateSubnetIds must be one for each of availabilityZones (2, not 1), e.g. -c privateSubnetIds=subnet-0a1b2c3d,subnet-1a2b3c4d -c availabilityZones=eu-west-1a,eu-west-1b',
    );
  });

  test('a creator whose secret both exists and does not', () => {
    expect(fault({ creators: 'ada,bea', existingCreators: 'bea' })).toMatch(
      /^context: bea is in creators and in existingCreators/,
    );
  });

  test('one zone, where two are needed', () => {
    const one = {
      availabilityZones: 'eu-west-1a',
      privateSubnetIds: 'subnet-0a1b2c3d',
      privateRouteTableIds: 'rtb-0a1b2c3d',
    };
    const redis = ['redisHost', 'redisSecurityGroupId', 'redisAuthSecretArn'];
    expect(() => readContext({ ...EXISTING_CONTEXT, ...one })).not.toThrow();
    const told = /^context: availabilityZones must be two at least, .*e\.g\. -c availabilityZones=/;
    expect(fault({ ...without(EXISTING_CONTEXT, ...redis), ...one })).toMatch(told);
    expect(fault({ ...EXISTING_CONTEXT, ...one, ...API_CONTEXT })).toMatch(told);
  });
});

test('docs/deploy.md has them all', () => {
  const text = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8');
  const [, table = ''] = text.split(/<!-- \/?context -->\n/);
  const rows = names.map(name => `| \`${name}\` | ${VALUES[name].is} | \`${VALUES[name].example}\` |\n`);
  expect(table).toBe(['| `-c` | is | for example |\n|---|---|---|\n', ...rows].join(''));
});
