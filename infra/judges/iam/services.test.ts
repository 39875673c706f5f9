import { describe, expect, test } from 'vitest';
import { INSTALLATIONS, templateOf } from '../synthesized.ts';
import { attachedTo } from './attached.ts';
import { Installation, STRANGER } from './installation.ts';
import { EVERYTHING, judgeService, ordinary, unused } from './judge.ts';
import type { Policy } from './policies.ts';
import { isAsItShouldBe, PLAIN_HTTP, told } from './rows.ts';
import { servicesOf } from './services.ts';
import { ask, type Context } from './simulate.ts';
import { shortener, thingsOf } from './things.ts';

// What is attached to queues, buckets, keys, topics and functions: which services of AWS come to them by themselves,
// and that nobody else does.

/** The load balancer's logs and the topic are in one of them, and in the other they aren't. */
const JUDGED = INSTALLATIONS.filter(([name]) =>
  ['prod', 'dev, all of it new, the API open to some'].includes(name),
);

describe.each(JUDGED)('%s', (_, context) => {
  const it = new Installation(context, templateOf(context));
  const things = thingsOf(it);
  const short = shortener(it, things);
  const services = servicesOf(it, things);
  const arnsOf = (type: string, attribute = 'Arn') => it.all(type).map(({ id }) => it.of(id, attribute));
  const queues = arnsOf('AWS::SQS::Queue');
  const buckets = arnsOf('AWS::S3::Bucket');
  const topics = arnsOf('AWS::SNS::Topic', 'Ref');
  const keys = arnsOf('AWS::KMS::Key');
  const functions = arnsOf('AWS::Lambda::Function');

  describe.each(services.map(service => [service.who, service] as const))(
    '%s',
    (_who, { principal, rows }) => {
      test.each(rows.map(row => [told(row, short), row] as const))('%s', async (_row, row) => {
        const unexpected = (await judgeService(it, principal, row)).filter(
          ({ result }) => !isAsItShouldBe(row.verdict, result),
        );
        expect(unexpected.map(({ action, resource, result }) => [result, action, short(resource)])).toEqual(
          [],
        );
      });
    },
  );

  test('what is attached to resources lets in services, for what a row says, and the account itself', async () => {
    const policies = [...queues, ...buckets, ...topics, ...keys, ...functions].flatMap(
      arn => attachedTo(it, arn) ?? [],
    );
    const allowed = policies.flatMap(({ Statement }) => Statement).filter(({ Effect }) => Effect === 'Allow');
    const isOfService = ({ Principal }: (typeof allowed)[number]) =>
      typeof Principal === 'object' && Principal !== null && Object.keys(Principal).join('') === 'Service';
    for (const { Principal } of allowed.filter(statement => !isOfService(statement)))
      expect(Principal).toEqual({ AWS: it.rootArn });

    const answers = await Promise.all(
      services.flatMap(({ principal, rows }) =>
        rows.filter(({ verdict }) => verdict === 'may').map(row => judgeService(it, principal, row)),
      ),
    );
    const ofServices: Policy = { Version: '2012-10-17', Statement: allowed.filter(isOfService) };
    expect(unused([ofServices], answers.flat()).map(short)).toEqual([]);
  });

  /** Somebody who may do everything in an account. */
  const administrator = (account: string, action: string, resource: string, more: Context = {}) =>
    ask({
      principal: it.roleArn('administrator', account),
      policies: [EVERYTHING],
      action,
      resource,
      owner: it.place.account,
      context: { ...ordinary(it, action), 'aws:PrincipalAccount': account, ...more },
      resourcePolicy: attachedTo(it, resource),
    });
  const calls: [action: string, resources: string[]][] = [
    ['sqs:SendMessage', queues],
    ['sqs:ReceiveMessage', queues],
    ['s3:GetObject', buckets.map(arn => `${arn}/x`)],
    ['s3:PutObject', buckets.map(arn => `${arn}/x`)],
    ['s3:ListBucket', buckets],
    ['sns:Publish', topics],
  ];
  const others: [action: string, resources: string[]][] = [
    ['kms:Decrypt', keys],
    ['lambda:InvokeFunction', functions],
    ['secretsmanager:GetSecretValue', [things.redisAuth, things.credentialsOf('ada')]],
    ['sts:AssumeRole', arnsOf('AWS::IAM::Role')],
  ];

  test.each([...calls, ...others])(
    '%s is no stranger’s, whatever their account allows',
    async (action, resources) => {
      for (const resource of resources) {
        const { result } = await administrator(STRANGER, action, resource);
        expect(result, short(resource)).toBe('nobody allows it');
      }
    },
  );

  test.each(calls)(
    '%s without TLS is nobody’s, and with it the account’s that allows it',
    async (action, resources) => {
      const { account } = it.place;
      for (const resource of resources) {
        const { result } = await administrator(account, action, resource);
        expect(result, short(resource)).toBe('allowed');
        const plain = await administrator(account, action, resource, PLAIN_HTTP);
        expect(plain.result, short(resource)).toBe('forbidden');
        if (!action.startsWith('s3:')) continue;
        const old = await administrator(account, action, resource, { 's3:TlsVersion': '1.1' });
        expect(old.result, short(resource)).toBe('forbidden');
      }
    },
  );
});
