import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { promisify } from 'node:util';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { METRICS } from '@huntaze/core/names';
import type { SQSEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestAws } from '@huntaze/local/aws/test-clients';
import { selfSigned } from '../support/certificate.ts';
import { answerOf, receiveBatch } from './deliver.ts';
import { body, useLimiter } from './world.ts';

// Lambda's entry point in a process of its own: what it reads from the environment, and what it writes.

const run = promisify(execFile);
const world = useLimiter();

/** Imports the handler, gives it the event of standard input, and says last what it answered. */
const INVOKE = `
  import { text } from 'node:stream/consumers';
  const { handler } = await import('@huntaze/limiter/handler');
  const context = { functionName: 'huntaze-rate-limiter', getRemainingTimeInMillis: () => 30_000 };
  const answer = await handler(JSON.parse(await text(process.stdin)), context);
  process.stdout.write(JSON.stringify({ answer }) + '\\n', () => process.exit());
`;

function environment(more: Record<string, string | undefined> = {}): Record<string, string | undefined> {
  const { host, port, password } = world.redis.options;
  const { limiter } = world;
  return {
    PATH: process.env['PATH'],
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: new URL(limiter.queueUrl).origin,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    QUEUE_URL: limiter.queueUrl,
    WORKFLOWS_QUEUE_URL: limiter.workflowsQueueUrl,
    DEAD_LETTER_QUEUE_URL: limiter.deadLetterQueueUrl,
    REDIS_HOST: host,
    REDIS_PORT: String(port),
    REDIS_TLS: 'false',
    REDIS_AUTH_TOKEN: password,
    ...more,
  };
}

async function invoke(event: SQSEvent, env = environment()) {
  const process = run('node', ['--input-type=module', '-e', INVOKE], { env });
  process.child.stdin!.end(JSON.stringify(event));
  const { stdout, stderr } = await process;
  // Lambda logs both.
  const lines = [...read(stderr), ...read(stdout)];
  const { answer } = lines.pop() as { answer: Parameters<typeof answerOf>[0] };
  return { lines, listed: answerOf(answer), written: stdout + stderr };
}

function read(output: string): Record<string, unknown>[] {
  const lines = output.split('\n').filter(line => line !== '');
  return lines.map(line => JSON.parse(line) as Record<string, unknown>);
}

test('one event: decisions as lines of JSON, the counts as metrics, what waits is listed', async () => {
  for (let n = 1; n <= 9; n++) await world.sendOperation('ada', n);
  await world.send('not JSON');
  const records = await receiveBatch(world.sqs, world.limiter.queueUrl);
  const { lines, listed, written } = await invoke(
    { Records: records },
    environment({ TOKENS_PER_WINDOW: '4' }),
  );
  const waiting = records.filter((_, n) => n >= 4 && n < 9).map(({ messageId }) => messageId);
  expect(listed).toEqual(waiting);

  const decisions = lines.filter(line => line['message'] === 'rate limit decision');
  const fields = ({ message_id, allowed, retry_after, tokens_remaining, creator_id }: (typeof lines)[0]) => {
    return { message_id, allowed, retry_after, tokens_remaining, creator_id };
  };
  expect(decisions.map(fields)).toEqual([
    ...[3, 2, 1, 0].map((left, n) => ({
      message_id: records[n]!.messageId,
      allowed: true,
      retry_after: 0,
      tokens_remaining: left,
      creator_id: 'ada',
    })),
    ...waiting.map(id => ({
      message_id: id,
      allowed: false,
      retry_after: expect.toSatisfy((seconds: number) => seconds > 50 && seconds <= 180),
      tokens_remaining: 0,
      creator_id: 'ada',
    })),
  ]);
  expect(lines.filter(line => line['level'] === 'ERROR')).toMatchObject([
    { message: 'unreadable message dead-lettered', message_id: records[9]!.messageId },
  ]);
  const metrics = lines.filter(line => '_aws' in line);
  const sum = (name: string) =>
    metrics
      .flatMap(line => (line[name] as number[] | number) ?? [])
      .flat()
      .reduce((a, b) => a + b, 0);
  expect([sum(METRICS.allowed), sum(METRICS.rejected), sum(METRICS.unreadable)]).toEqual([4, 5, 1]);
  expect(metrics.flatMap(line => line[METRICS.waiting] ?? []).flat()).toEqual([5]);
  expect(metrics.flatMap(line => line[METRICS.oldestWaiting] ?? []).flat()).toEqual([
    expect.toSatisfy((seconds: number) => seconds >= 0),
  ]);
  expect(metrics[0]).toMatchObject({
    _aws: { CloudWatchMetrics: [{ Namespace: 'Huntaze/Workflows', Dimensions: [['service']] }] },
    service: 'huntaze-rate-limiter',
  });
  for (const secret of [world.redis.options.password!, body('ada', 1)]) expect(written).not.toContain(secret);
});

test('the password of Redis comes from the secret that is named', async () => {
  await world.sendOperation('ada', 1);
  const event = { Records: await receiveBatch(world.sqs, world.limiter.queueUrl) };
  const { secrets, ...aws } = await startTestAws();
  const { ARN } = await secrets.send(
    new CreateSecretCommand({ Name: 'redis', SecretString: world.redis.options.password! }),
  );
  const env = environment({
    REDIS_AUTH_TOKEN: undefined,
    REDIS_AUTH_TOKEN_SECRET_ARN: ARN,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.aws.url,
  });
  try {
    expect(await invoke(event, env)).toMatchObject({ listed: [] });
    expect(await world.forwarded()).toHaveLength(1);
  } finally {
    await aws.close();
  }
});

describe('TLS to Redis', () => {
  const folder = mkdtempSync(join(tmpdir(), 'huntaze-tls-'));
  const { key, cert } = selfSigned();
  writeFileSync(join(folder, 'ca.pem'), cert);
  // As ElastiCache does: only TLS outside.
  const server = createServer({ key, cert }, outside => {
    const inside = connect(world.redis.options.port!, '127.0.0.1');
    outside.pipe(inside).pipe(outside);
    for (const socket of [inside, outside]) socket.on('error', () => inside.destroy());
  });
  beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'));
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  const throughTls = (more: Record<string, string>) =>
    environment({
      REDIS_TLS: undefined,
      REDIS_PORT: String((server.address() as AddressInfo).port),
      ...more,
    });

  test('is what is used where nothing else is said', async () => {
    await world.sendOperation('ada', 1);
    const event = { Records: await receiveBatch(world.sqs, world.limiter.queueUrl) };
    const env = throughTls({ NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') });
    expect(await invoke(event, env)).toMatchObject({ listed: [] });
    expect(await world.forwarded()).toHaveLength(1);
  });

  test('with a certificate that nobody vouches for: nothing is sent to it, and nothing admitted', async () => {
    await world.sendOperation('ada', 1);
    const event = { Records: await receiveBatch(world.sqs, world.limiter.queueUrl) };
    const { listed, written } = await invoke(event, throughTls({}));
    expect(listed).toEqual(event.Records.map(({ messageId }) => messageId));
    expect(written).toContain('self-signed certificate');
    expect(await world.forwarded()).toEqual([]);
  });
});

test('a variable that is missing or malformed stops it at its start, with one line that names it', async () => {
  const env = environment({ QUEUE_URL: undefined, TOKENS_PER_WINDOW: 'ten' });
  const failure = await invoke({ Records: [] }, env).then(
    () => '',
    (error: { stderr: string }) => error.stderr,
  );
  const line = failure.split('\n').find(text => text.includes('QUEUE_URL'));
  expect(line).toMatch(/QUEUE_URL.*TOKENS_PER_WINDOW/);
});
