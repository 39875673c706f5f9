import { createHash } from 'node:crypto';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { Feed } from '@huntaze/api/changes/feed';
import type { Api } from '@huntaze/api/compose';
import { deadLetterBox } from '@huntaze/api/dead-letters/box';
import type { Endpoint } from '@huntaze/api/http/endpoint';
import { requestLimit } from '@huntaze/api/identity/request-limit';
import type { Identity } from '@huntaze/api/identity/roles';
import type { Clock } from '@huntaze/core/clock';
import { QUEUES, resultKey } from '@huntaze/core/names';
import { startTestAws, type TestAws } from '@huntaze/local/aws/test-clients';
import { pipelineQueues } from '@huntaze/local/supervisor/queues';
import { afterEach, beforeEach } from 'vitest';
import { useRedis } from './redis.ts';

export const NOW = 1_800_000_000_000;
const BUCKET = 'results';
const LIMIT = { scope: 'platform', limit: 10, windowMs: 60_000 } as const;

/** Who asks in these tests, by their tokens. */
const PEOPLE: Record<string, Pick<Identity, 'role' | 'creators'>> = {
  boss: { role: 'operator', creators: 'all' },
  'boss-of-ada': { role: 'operator', creators: ['ada'] },
  ada: { role: 'creator', creators: ['ada'] },
  bea: { role: 'creator', creators: ['bea'] },
  viewer: { role: 'viewer', creators: 'all' },
};

type Json = Record<string, unknown>;
/** What an endpoint has answered. */
export interface Answered {
  status: number;
  headers: Headers;
  json: Json;
}

/** The API with a local AWS at the wire and a real Redis, and its endpoints called as its server does. */
export function useApi() {
  const redis = useRedis();
  let aws: TestAws;
  let api: Api;
  let now: number;
  let ids: number;
  /** Whoever waits does so for ever: what these tests wait for comes by itself. */
  const sleep: Clock['sleep'] = (_, signal) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error));
    });
  const clock: Clock = { now: () => now, sleep };

  beforeEach(async () => {
    aws = await startTestAws({ queues: pipelineQueues(15), buckets: [BUCKET] });
    now = NOW;
    clock.sleep = sleep;
    ids = 0;
    const url = (name: string) => aws.aws.queueUrl(name);
    api = {
      env: { RESULTS_BUCKET: BUCKET } as Api['env'],
      redis: redis.client,
      s3: aws.s3,
      sqs: aws.sqs,
      queueUrl: url(QUEUES.rateLimiter),
      limit: LIMIT,
      clock,
      log: () => undefined,
      newId: () => `new-${++ids}`,
      authenticate: token => {
        const who = PEOPLE[token];
        const tokenSha256 = createHash('sha256').update(token).digest('hex');
        return Promise.resolve(who && { tokenId: token, tokenSha256, ...who });
      },
      allow: requestLimit(),
      now: () => now,
      deadLetters: anotherBox(),
      cloudWatch: aws.cloudWatch,
      secrets: aws.secrets,
      feed: new Feed({ redis: redis.client, limit: LIMIT, log: () => undefined }),
    };
  });
  afterEach(() => aws.close());

  /** As another process of the API has one. */
  function anotherBox(sqs: Api['sqs'] = aws.sqs) {
    return deadLetterBox({
      sqs,
      urls: {
        limiter: aws.aws.queueUrl(QUEUES.rateLimiterDeadLetters),
        scraper: aws.aws.queueUrl(QUEUES.workflowsDeadLetters),
      },
      clock,
      receiveWaitSeconds: 0,
      log: () => undefined,
    });
  }

  return {
    redis,
    clock,
    anotherBox,
    get api() {
      return api;
    },
    get aws() {
      return aws;
    },
    /** Lets time pass for the API (ms). */
    pass: (ms: number) => void (now += ms),

    /** Asks an endpoint, as the server would. */
    async ask(
      endpoint: Endpoint,
      as: string,
      {
        params = {},
        body,
        query = {},
      }: { params?: Record<string, string>; body?: Json; query?: Record<string, string> } = {},
    ): Promise<Answered> {
      const { method, path } = endpoint.about;
      const address = `https://api.example${path}?${new URLSearchParams(query).toString()}`;
      const request = new Request(address, {
        method,
        headers: { host: 'api.example', authorization: `Bearer ${as}` },
        ...(method !== 'GET' && { body: JSON.stringify(body ?? {}) }),
      });
      const response = await endpoint.handle(request, params);
      return { status: response.status, headers: response.headers, json: (await response.json()) as Json };
    },

    /** Puts a message into a queue, with attributes as texts. */
    async put(
      queue: string,
      body: string,
      { attributes = {}, group }: { attributes?: Record<string, string>; group?: string } = {},
    ): Promise<void> {
      await aws.sqs.send(
        new SendMessageCommand({
          QueueUrl: aws.aws.queueUrl(queue),
          MessageBody: body,
          MessageAttributes: Object.fromEntries(
            Object.entries(attributes).map(([name, StringValue]) => [
              name,
              { DataType: 'String', StringValue },
            ]),
          ),
          ...(queue.endsWith('.fifo') && {
            MessageGroupId: group ?? 'ada',
            MessageDeduplicationId: String(++ids),
          }),
        }),
      );
    },

    /** How many messages of a queue can be received, and how many can't. */
    async counts(queue: string): Promise<[visible: number, hidden: number]> {
      const { Attributes } = await aws.sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: aws.aws.queueUrl(queue), AttributeNames: ['All'] }),
      );
      return [
        Number(Attributes!['ApproximateNumberOfMessages']),
        Number(Attributes!['ApproximateNumberOfMessagesNotVisible']),
      ];
    },

    /** Takes all that can be received from a queue, in the order in which it comes; bodies as JSON. */
    async taken(queue: string): Promise<Json[]> {
      const QueueUrl = aws.aws.queueUrl(queue);
      const bodies: Json[] = [];
      for (;;) {
        const { Messages } = await aws.sqs.send(
          new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 1 }),
        );
        if (!Messages) return bodies;
        for (const { Body, ReceiptHandle } of Messages) {
          await aws.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
          bodies.push(JSON.parse(Body!) as Json);
        }
      }
    },

    /** Keeps a result as the scraper does. */
    async keepResult(creatorId: string, operationId: string, result: Json): Promise<void> {
      await aws.s3.send(
        new PutObjectCommand({
          Bucket: BUCKET,
          Key: resultKey(creatorId, operationId),
          Body: JSON.stringify({ operation_id: operationId, creator_id: creatorId, ...result }),
          Metadata: { status: String(result['status']) },
        }),
      );
    },

    /** A result, and what is said of it beside it. */
    async resultOf(
      creatorId: string,
      operationId: string,
    ): Promise<{ result: Json; status: string | undefined }> {
      const { Body, Metadata } = await aws.s3.send(
        new GetObjectCommand({ Bucket: BUCKET, Key: resultKey(creatorId, operationId) }),
      );
      return { result: JSON.parse(await Body!.transformToString()) as Json, status: Metadata?.['status'] };
    },
  };
}
