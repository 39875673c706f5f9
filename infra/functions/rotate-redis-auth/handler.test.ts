import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetSecretValueCommand, RotateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { functionArn } from '@huntaze/local/aws/resources';
import { startTestAws } from '@huntaze/local/aws/test-clients';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { useRedis } from '../../../test/support/redis.ts';
import { builtArtefacts } from '../../src/artefacts.ts';
import { testGroup } from './test-group.ts';

// The built function as Secrets Manager has it: all four steps, its calls to ElastiCache over HTTP, a real Redis.

const NAME = 'rotate-redis-auth';
const redis = useRedis();
/** What ElastiCache was asked to do, and whether it does. */
let asked: string[];
let isRefusing = false;
let group: ReturnType<typeof testGroup>;

/** The one answer that the SDK reads of each action. https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/ */
const elastiCache = createServer((request, response) => {
  let body = '';
  request.on('data', chunk => (body += String(chunk)));
  request.on('end', () => {
    const form = new URLSearchParams(body);
    const action = form.get('Action')!;
    const answer = (status: number, xml: string) => {
      response.writeHead(status, { 'content-type': 'text/xml' });
      response.end(xml);
    };
    const result = (inner: string) =>
      answer(200, `<${action}Response><${action}Result>${inner}</${action}Result></${action}Response>`);
    if (isRefusing)
      return answer(
        400,
        '<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameterValue</Code><Message>no</Message></Error></ErrorResponse>',
      );
    if (action === 'DescribeReplicationGroups')
      return result(
        '<ReplicationGroups><ReplicationGroup><Status>available</Status></ReplicationGroup></ReplicationGroups>',
      );
    const strategy = form.get('AuthTokenUpdateStrategy') as 'ROTATE' | 'SET';
    asked.push(`${form.get('ReplicationGroupId')} ${strategy}`);
    void group
      .modify(form.get('AuthToken')!, strategy)
      .then(() => group.settle())
      .then(() => result(''));
  });
});
beforeAll(() => new Promise<void>(resolve => elastiCache.listen(0, '127.0.0.1', resolve)));
afterEach(() => redis.client.call('ACL', 'SETUSER', 'default', 'resetpass', '>test'));
afterAll(async () => {
  elastiCache.closeAllConnections();
  await new Promise(resolve => elastiCache.close(resolve));
});

/** Secrets Manager with the built function, whose rotation of the secret is over when this resolves. */
async function rotated(check: (value: string, told: string[]) => Promise<void>): Promise<void> {
  asked = [];
  group = testGroup(redis.client, 'test');
  const told: string[] = [];
  const over = Promise.withResolvers<void>();
  const { port } = elastiCache.address() as AddressInfo;
  const env: Record<string, string> = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_ELASTICACHE: `http://127.0.0.1:${port}`,
    REPLICATION_GROUP_ID: 'huntaze',
    REDIS_HOST: '127.0.0.1',
    REDIS_PORT: String(redis.client.options.port),
    REDIS_TLS: 'false',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
  };
  const it = await startTestAws({
    functions: [{ name: NAME, bundle: builtArtefacts().rotateRedisAuth, env, timeoutSeconds: 60 }],
    secrets: [{ name: 'redis-auth', value: 'test' }],
    onRotation: ({ event, step, error }) => {
      told.push([event, step, error].filter(Boolean).join(' '));
      if (event !== 'RotationStarted') over.resolve();
    },
  });
  try {
    // Found by the function's thread, which is started with the first invocation.
    env['AWS_ENDPOINT_URL_SECRETS_MANAGER'] = it.aws.url;
    await it.secrets.send(
      new RotateSecretCommand({
        SecretId: 'redis-auth',
        RotationLambdaARN: functionArn('us-east-1', NAME),
        RotationRules: { AutomaticallyAfterDays: 90 },
      }),
    );
    await over.promise;
    const { SecretString } = await it.secrets.send(new GetSecretValueCommand({ SecretId: 'redis-auth' }));
    await check(SecretString!, told);
  } finally {
    await it.close();
  }
}

const letsIn = async (token: string) =>
  (await redis.client.call('AUTH', token).catch((error: Error) => error.message)) === 'OK';

test('the built function rotates the token of a real Redis, by ROTATE and then by SET', async () => {
  await rotated(async (value, told) => {
    expect(told).toEqual(['RotationStarted', 'RotationSucceeded']);
    expect(asked).toEqual(['huntaze ROTATE', 'huntaze SET']);
    expect(value).toMatch(/^[A-Za-z0-9!&#$^<>-]{64}$/);
    expect([await letsIn(value), await letsIn('test')]).toEqual([true, false]);
  });
});

test('an ElastiCache that refuses leaves the old token in force', async () => {
  isRefusing = true;
  try {
    await rotated(async (value, told) => {
      expect(told[1]).toMatch(/^RotationFailed setSecret/);
      expect([value, asked]).toEqual(['test', []]);
      expect(await letsIn('test')).toBe(true);
    });
  } finally {
    isRefusing = false;
  }
});
