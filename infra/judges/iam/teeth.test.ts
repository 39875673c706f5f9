import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Template } from '../synthesized.ts';
import { onAnything, statementsIn, unknownActions, unknownKeys } from './documents.ts';
import { Installation } from './installation.ts';
import { judge, judgeService, unused } from './judge.ts';
import { isAsItShouldBe } from './rows.ts';
import { servicesOf } from './services.ts';
import { subjectsOf } from './subjects/all.ts';
import { thingsOf } from './things.ts';

// What the judge notices: one permission is changed, and it says which.

type Statement = Record<string, unknown>;

const stored = readFileSync(new URL('../stored/prod.json', import.meta.url), 'utf8');

/** The installation with one statement changed: the first of those whose resource's logical id begins so that fits. */
function changed(resource: string, fits: (statement: Statement) => boolean, change: (it: Statement) => void) {
  const template = JSON.parse(stored) as Template;
  const statement = Object.entries(template.Resources)
    .filter(([id]) => id.startsWith(resource))
    .flatMap(([id, one]) => statementsIn({ Resources: { [id]: one } }))
    .find(fits);
  if (!statement) throw new Error(`${resource} has no such statement`);
  change(statement);
  return new Installation({}, template);
}

const named = (sid: string) => (statement: Statement) => statement['Sid'] === sid;
const ofService = (name: string) => (statement: Statement) =>
  JSON.stringify(statement['Principal'] ?? '').includes(name);

function subjectOf(it: Installation, who: string) {
  return subjectsOf(it, thingsOf(it)).find(subject => subject.who === who)!;
}

/** What becomes of calls otherwise than their rows say. */
async function unexpected(it: Installation, who: string): Promise<string[]> {
  const subject = subjectOf(it, who);
  const found: string[] = [];
  for (const row of subject.rows)
    for (const { result, action } of await judge(it, subject, row))
      if (!isAsItShouldBe(row.verdict, result)) found.push(`${row.verdict} ${action}: ${result}`);
  return [...new Set(found)].sort();
}

async function unexpectedOfService(it: Installation, who: string): Promise<string[]> {
  const { principal, rows } = servicesOf(it, thingsOf(it)).find(service => service.who === who)!;
  const found: string[] = [];
  for (const row of rows)
    for (const { result, action } of await judgeService(it, principal, row))
      if (!isAsItShouldBe(row.verdict, result)) found.push(`${row.verdict} ${action}: ${result}`);
  return [...new Set(found)].sort();
}

const LIMITER = 'LimiterFunctionRoleDefaultPolicy';
const SCRAPER = 'ScraperTaskTaskRoleDefaultPolicy';

test('nothing is unexpected of what is as it should be', async () => {
  const it = new Installation({}, JSON.parse(stored) as Template);
  expect(await unexpected(it, 'the limiter')).toEqual([]);
  expect(await unexpected(it, 'the scraper')).toEqual([]);
});

describe('whoever erases', () => {
  const ERASER = 'EraserPolicy';

  test('may delete only what is a creator’s', async () => {
    const it = changed(ERASER, named('Objects'), one => (one['Resource'] = '*'));
    expect(await unexpected(it, 'whoever erases')).toEqual([
      'may not s3:DeleteObject: allowed',
      'may not s3:DeleteObjectVersion: allowed',
    ]);
  });

  test('may not read what it deletes', async () => {
    const it = changed(ERASER, named('Objects'), one => (one['Action'] = ['s3:*']));
    expect(await unexpected(it, 'whoever erases')).toEqual([
      'may not s3:GetObject: allowed',
      'may not s3:GetObjectVersion: allowed',
      'may not s3:PutObject: allowed',
    ]);
  });

  test('may not take from the queues that are worked on', async () => {
    const it = changed(ERASER, named('DeadLetters'), one => (one['Resource'] = 'arn:aws:sqs:*:*:huntaze-*'));
    expect(await unexpected(it, 'whoever erases')).toContain('may not sqs:ReceiveMessage: allowed');
  });
});

describe('a role', () => {
  test('that may send to any queue', async () => {
    const it = changed(LIMITER, named('Requirement8x1Forward'), one => (one['Resource'] = '*'));
    expect(await unexpected(it, 'the limiter')).toEqual(['may not sqs:SendMessage: allowed']);
    expect(await onAnything(subjectOf(it, 'the limiter').role.policies())).toContain('sqs:SendMessage');
  });

  test('that lacks a data key', async () => {
    const it = changed(LIMITER, named('Requirement8x3QueueKey'), one => (one['Action'] = 'kms:Decrypt'));
    expect(await unexpected(it, 'the limiter')).toEqual(['may kms:GenerateDataKey: nobody allows it']);
  });

  test('that may use a key by hand', async () => {
    const it = changed(LIMITER, named('Requirement8x3QueueKey'), one => delete one['Condition']);
    expect(await unexpected(it, 'the limiter')).toEqual([
      'may not kms:Decrypt: allowed',
      'may not kms:GenerateDataKey: allowed',
    ]);
  });

  test('whose code may make network interfaces', async () => {
    const it = changed(
      LIMITER,
      named('NetworkInterfacesNotByCode'),
      one => (one['Action'] = 'ec2:DescribeSubnets'),
    );
    expect(await unexpected(it, 'the limiter')).toContain('must not ec2:CreateNetworkInterface: allowed');
  });

  test('that may write anywhere in the bucket', async () => {
    const it = changed(SCRAPER, named('Requirement8x2Results'), one => {
      one['Resource'] = {
        'Fn::Join': [
          '',
          [(one['Resource'] as { 'Fn::Join': [string, unknown[]] }[])[0]!['Fn::Join'][1][0], '/*'],
        ],
      };
    });
    expect(await unexpected(it, 'the scraper')).toEqual(['may not s3:PutObject: allowed']);
  });

  test('that may open sessions under any name, or none', async () => {
    const it = changed(SCRAPER, named('SealedSessions'), one => delete one['Condition']);
    expect(await unexpected(it, 'the scraper')).toEqual([
      'may not kms:Decrypt: allowed',
      'may not kms:GenerateDataKey: allowed',
    ]);
  });

  test('with a permission that no row has', async () => {
    const it = changed(
      SCRAPER,
      named('NotFound'),
      one => (one['Action'] = ['s3:ListBucket', 's3:GetBucketTagging']),
    );
    const subject = subjectOf(it, 'the scraper');
    const rows = subject.rows.filter(({ verdict }) => verdict === 'may');
    const answers = (await Promise.all(rows.map(row => judge(it, subject, row)))).flat();
    expect(unused(subject.role.policies(), answers)).toEqual([
      `NotFound: s3:GetBucketTagging on ${thingsOf(it).buckets.results}`,
    ]);
  });

  test('with a policy of AWS’s, of which the template knows only the name', () => {
    const template = JSON.parse(stored) as Template;
    const id = Object.keys(template.Resources).find(name => name.startsWith('LimiterFunctionRole'));
    const arn = 'arn:aws:iam::aws:policy/AdministratorAccess';
    template.Resources[id!]!.Properties!['ManagedPolicyArns'] = [arn];
    const { role } = subjectOf(new Installation({}, template), 'the limiter');
    expect(() => role.policies()).toThrow(arn);
  });
});

describe('a misspelt', () => {
  test('action', async () => {
    const it = changed(LIMITER, named('Requirement8x1Forward'), one => (one['Action'] = 'sqs:SendMesage'));
    expect(await unknownActions(statementsIn(it.template))).toEqual(['sqs:SendMesage']);
  });

  test('condition', async () => {
    const it = changed(LIMITER, named('Requirement8x3QueueKey'), one => {
      one['Condition'] = { StringEquals: { 'kms:ViaServise': 'sqs.eu-west-1.amazonaws.com' } };
    });
    expect(await unknownKeys(statementsIn(it.template))).toEqual(['kms:ViaServise']);
  });
});

describe('a resource', () => {
  test('that may be reached without TLS', async () => {
    const it = changed(
      'Queueshuntazehybridworkflowsfifo',
      ofService('*'),
      one => (one['Action'] = 'sqs:PurgeQueue'),
    );
    expect(await unexpected(it, 'the limiter')).toEqual(['must not sqs:SendMessage: allowed']);
  });

  test('whose key every trail may use', async () => {
    const it = changed('KeysTrail', ofService('cloudtrail'), one => delete one['Condition']);
    expect(await unexpectedOfService(it, 'CloudTrail')).toEqual(
      expect.arrayContaining(['may not kms:Decrypt: allowed', 'may not kms:GenerateDataKey: allowed']),
    );
  });

  test('whose key other accounts’ logs may use', async () => {
    const it = changed('KeysData', ofService('logs.'), one => delete one['Condition']);
    expect(await unexpectedOfService(it, 'CloudWatch Logs')).toContain('may not kms:Decrypt: allowed');
  });

  test('that Secrets Manager may invoke for any secret', async () => {
    const template = JSON.parse(stored) as Template;
    const id = Object.keys(template.Resources).find(name =>
      name.startsWith('RotationCredentialsSecretsManager'),
    );
    delete template.Resources[id!]!.Properties!['SourceArn'];
    const found = await unexpectedOfService(new Installation({}, template), 'Secrets Manager');
    expect(found).toEqual(['may not lambda:InvokeFunction: allowed']);
  });
});

describe('a request', () => {
  const it = new Installation({}, JSON.parse(stored) as Template);
  const limiter = subjectOf(it, 'the limiter');
  const row = limiter.rows[0]!;

  test.each([
    ['an action that there is not', { ...row, actions: ['sqs:DeleteMessageBatch'] }],
    ['a resource of another kind', { ...row, resources: [thingsOf(it).buckets.results] }],
    ['a condition that such requests do not have', { ...row, context: { 's3:prefix': 'x' } }],
  ])('with %s is not denied for that', async (_, wrong) => {
    await expect(judge(it, limiter, wrong)).rejects.toThrow(limiter.role.arn);
  });
});
