import { ReceiveMessageCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Api } from '@huntaze/api/compose';
import { createToken, tokenIdentities } from '@huntaze/api/identity/tokens';
import { operationEndpoints } from '@huntaze/api/operations/endpoints';
import { gatheredSends } from '@huntaze/api/operations/gather';
import { QUEUES } from '@huntaze/core/names';
import { startTestAws, type TestAws } from '@huntaze/local/aws/test-clients';
import { pipelineQueues } from '@huntaze/local/supervisor/queues';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { useRedis } from '../support/redis.ts';

/** What accepting costs, in calls: counted at Redis itself, and where the SDK's requests go out. */
const redis = useRedis();
const BUCKET = 'results';

let aws: TestAws;
let queueUrl: string;
let requests: string[];
beforeEach(async () => {
  aws = await startTestAws({ queues: pipelineQueues(15), buckets: [BUCKET] });
  queueUrl = aws.aws.queueUrl(QUEUES.rateLimiter);
  requests = [];
  for (const client of [aws.sqs, aws.s3] as SQSClient[])
    client.middlewareStack.add(
      (next, { commandName }) =>
        args => {
          requests.push(commandName ?? '?');
          return next(args);
        },
      // Inside the SDK's retries: each request is counted.
      { step: 'finalizeRequest', priority: 'low' },
    );
});
afterEach(() => aws.close());

async function received(): Promise<{ body: string; correlation: string | undefined }[]> {
  const all = [];
  for (;;) {
    const { Messages } = await aws.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
      }),
    );
    if (!Messages) return all;
    for (const { Body = '', MessageAttributes } of Messages)
      all.push({ body: Body, correlation: MessageAttributes?.['correlation_id']?.StringValue });
  }
}

describe('an operation that is accepted', () => {
  /** Commands that came to Redis from its clients, not from scripts. */
  async function commandsDuring(act: () => Promise<void>): Promise<string[]> {
    const monitor = await redis.client.monitor();
    const commands: string[] = [];
    monitor.on('monitor', (_time: string, [command = '', about]: string[], source: string) => {
      if (source !== 'lua') commands.push(command === 'echo' ? `echo ${about}` : command);
    });
    await act();
    await redis.client.echo('end');
    await vi.waitUntil(() => commands.includes('echo end'));
    monitor.disconnect();
    return commands.filter(command => command !== 'echo end');
  }

  async function accepting() {
    const made = { name: 'x', role: 'creator', creators: 'all' } as const;
    const { token } = await createToken(aws.s3, BUCKET, made, new Date(aws.clock.now()));
    const allowed = { isAllowed: true, limit: 9, windowSeconds: 60, remaining: 9, resetSeconds: 1 };
    const api = {
      redis: redis.client,
      sqs: gatheredSends(aws.sqs),
      queueUrl,
      limit: { scope: 'platform', limit: 10, windowMs: 60_000 },
      clock: aws.clock,
      log: () => undefined,
      authenticate: tokenIdentities(aws.s3, {
        bucket: BUCKET,
        firstSha256: 'f'.repeat(64),
        clock: aws.clock,
      }),
      allow: () => allowed,
      now: () => aws.clock.now(),
    } as unknown as Api;
    const { create } = operationEndpoints(() => api);
    return async (key?: string) => {
      const headers = {
        authorization: `Bearer ${token}`,
        ...(key !== undefined && { 'idempotency-key': key }),
      };
      const body = JSON.stringify({ kind: 'profile.scrape', creator_id: 'ada', params: {} });
      const init = { method: 'POST', headers, body };
      const answer = await create.handle(new Request('http://api.example/api/onlyfans/operations', init), {});
      expect(answer.status).toBe(202);
    };
  }

  test.each([undefined, 'a-key'])('is one call to Redis and one to SQS (Idempotency-Key %s)', async key => {
    const accept = await accepting();
    // The token is looked up once in half a minute; the script's text is sent once for each Redis.
    await accept();
    requests = [];
    expect(await commandsDuring(() => accept(key))).toEqual(['evalsha']);
    expect(requests).toEqual(['SendMessageCommand']);
  });

  test('among many at once: still one call to Redis each, and of the queue’s one for ten', async () => {
    const accept = await accepting();
    await accept();
    requests = [];
    const commands = await commandsDuring(async () => {
      await Promise.all(Array.from({ length: 20 }, () => accept()));
    });
    expect(commands).toEqual(Array<string>(20).fill('evalsha'));
    expect(requests.length).toBeLessThanOrEqual(20);
    expect(await received()).toHaveLength(21);
  });
});

describe('what is sent at once', () => {
  const command = (body: string) =>
    new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: body,
      MessageAttributes: { correlation_id: { DataType: 'String', StringValue: `of ${body.slice(0, 10)}` } },
    });

  test('goes ten in a call, all as they would alone', async () => {
    const sqs = gatheredSends(aws.sqs);
    const bodies = Array.from({ length: 21 }, (_, i) => `message ${i}`);
    await Promise.all(bodies.map(body => sqs.send(command(body))));
    expect(requests).toEqual(['SendMessageBatchCommand', 'SendMessageBatchCommand', 'SendMessageCommand']);
    expect((await received()).toSorted((a, b) => a.body.localeCompare(b.body))).toEqual(
      bodies.toSorted((a, b) => a.localeCompare(b)).map(body => ({ body, correlation: `of ${body}` })),
    );
  });

  test('never more bytes than a call may have', async () => {
    const sqs = gatheredSends(aws.sqs);
    await Promise.all(Array.from({ length: 10 }, () => sqs.send(command('x'.repeat(64_000)))));
    expect(requests.length).toBe(4);
    expect(await received()).toHaveLength(10);
  });

  test('what SQS doesn’t take of several is sent alone; each is answered for itself', async () => {
    const sqs = gatheredSends(aws.sqs);
    const sent = await Promise.allSettled(
      [command('one'), command(''), command('three')].map(one => sqs.send(one)),
    );
    expect(sent.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await received()).map(({ body }) => body).toSorted()).toEqual(['one', 'three']);
  });

  test('a call that fails fails for all of them', async () => {
    const sqs = gatheredSends({ send: () => Promise.reject(new Error('no')) });
    const sent = await Promise.allSettled([sqs.send(command('one')), sqs.send(command('two'))]);
    expect(sent.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  test('a call whose answer leaves one out: nobody waits for ever', async () => {
    const send = () => Promise.resolve({ Successful: [{ Id: '0' }], Failed: [] });
    const sqs = gatheredSends({ send });
    const sent = await Promise.allSettled([sqs.send(command('one')), sqs.send(command('two'))]);
    expect(sent.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  test('each has its deadline: the call ends with it', async () => {
    const late = new AbortController();
    const send = (_: unknown, { abortSignal }: { abortSignal: AbortSignal }) =>
      new Promise((_resolve, reject) =>
        abortSignal.addEventListener('abort', () => reject(new Error('aborted'))),
      );
    const sqs = gatheredSends({ send } as unknown as SQSClient);
    const sent = [command('one'), command('two')].map(one => sqs.send(one, { abortSignal: late.signal }));
    setImmediate(() => late.abort());
    expect((await Promise.allSettled(sent)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
