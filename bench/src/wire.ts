import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  SQSClient,
  SendMessageBatchCommand,
  ReceiveMessageCommand,
  DeleteMessageBatchCommand,
} from '@aws-sdk/client-sqs';
import { LOCAL_AWS } from './local-aws.ts';
import { medianOf, round, type Bench, type Figure } from './figure.ts';
import { serve } from './process.ts';
import { rawClient, type Call } from './raw-client.ts';

const RUNS = 3;
const SECONDS = 3;
const CONNECTIONS = 8;
const BATCH = 10;
/** What has to be reached, messages a second. */
const AT_LEAST = { memory: 10_000, durable: 3_000 };

const MESSAGE = {
  MessageBody: JSON.stringify({
    operation_id: 'op-1',
    kind: 'message.send',
    creator_id: 'c1',
    text: 'hello '.repeat(10),
  }),
  MessageAttributes: {
    correlation_id: { DataType: 'String', StringValue: 'op-1' },
    sequence: { DataType: 'Number', StringValue: '1700000000000000' },
  },
};
const ENTRIES = Array.from({ length: BATCH }, (_, i) => ({ Id: String(i), ...MESSAGE }));
const COMMANDS: Record<string, new (input: never) => object> = {
  SendMessageBatch: SendMessageBatchCommand,
  ReceiveMessage: ReceiveMessageCommand,
  DeleteMessageBatch: DeleteMessageBatchCommand,
};

/** Sends, receives and deletes in tens until the time is over; returns how many messages came through. */
async function drive(call: Call, queueUrl: string, until: number): Promise<number> {
  let done = 0;
  while (performance.now() < until) {
    await call('SendMessageBatch', { QueueUrl: queueUrl, Entries: ENTRIES });
    const { Messages = [] } = (await call('ReceiveMessage', {
      QueueUrl: queueUrl,
      MaxNumberOfMessages: BATCH,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    })) as { Messages?: { ReceiptHandle: string }[] };
    if (Messages.length === 0) continue;
    const entries = Messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }));
    await call('DeleteMessageBatch', { QueueUrl: queueUrl, Entries: entries });
    done += Messages.length;
  }
  return done;
}

async function through(client: 'raw' | 'sdk', keep: 'memory' | 'durable'): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'huntaze-bench-'));
  const env = {
    PORT: '0',
    RESOURCES_FILE: '-',
    STATE_FILE: keep === 'durable' ? join(folder, 'state.db') : ':memory:',
  };
  const server = await serve(LOCAL_AWS, env, JSON.stringify({ queues: [{ name: 'q' }] }));
  const sdk = new SQSClient({
    endpoint: `http://127.0.0.1:${server.port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const bySdk: Call = async (action, input) => ({
    ...(await sdk.send(new COMMANDS[action]!(input as never) as never)),
  });
  const clients = Array.from({ length: CONNECTIONS }, () =>
    client === 'raw' ? rawClient(server.port) : { call: bySdk, close: () => undefined },
  );
  const queueUrl = `http://127.0.0.1:${server.port}/000000000000/q`;
  const all = async (seconds: number) => {
    const begun = performance.now();
    const counts = await Promise.all(
      clients.map(({ call }) => drive(call, queueUrl, begun + seconds * 1_000)),
    );
    return counts.reduce((sum, count) => sum + count, 0) / ((performance.now() - begun) / 1_000);
  };
  try {
    await all(SECONDS / 2);
    return await all(SECONDS);
  } finally {
    for (const { close } of clients) close();
    sdk.destroy();
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

/** The physical limit: a bare HTTP server that answers every request with the same few bytes, called as often. */
async function bareHttp(): Promise<number> {
  const server = await serve(new URL('./bare-http.ts', import.meta.url).pathname, {});
  const clients = Array.from({ length: CONNECTIONS }, () => rawClient(server.port));
  const all = async (seconds: number) => {
    const begun = performance.now();
    const counts = await Promise.all(
      clients.map(async ({ call }) => {
        let calls = 0;
        for (; performance.now() < begun + seconds * 1_000; calls += 1)
          await call('SendMessageBatch', { QueueUrl: 'q', Entries: ENTRIES });
        return calls;
      }),
    );
    return counts.reduce((sum, count) => sum + count, 0) / ((performance.now() - begun) / 1_000);
  };
  try {
    await all(SECONDS / 2);
    return (await all(SECONDS)) / 3;
  } finally {
    for (const { close } of clients) close();
    await server.stop();
  }
}

async function figureOf(client: 'raw' | 'sdk', keep: 'memory' | 'durable', limit: number): Promise<Figure> {
  const measured = await medianOf(RUNS, () => through(client, keep));
  return {
    name: `${keep === 'memory' ? 'in memory' : 'durable'}, by ${client === 'raw' ? 'a lean client' : "AWS's SDK"}: send + receive + delete in tens`,
    unit: 'messages/s',
    // The SDK's own cost, in the client's process, is not the server's.
    ...(client === 'raw' && { bound: { atLeast: AT_LEAST[keep] } }),
    ...measured,
    against: {
      name: 'what a bare HTTP server answers in as many calls',
      value: limit,
      ratio: round(measured.value / limit),
    },
  };
}

/** Local AWS at the wire. */
export const wire: Bench = {
  name: 'wire',
  about: `local AWS over HTTP, the server in one process, ${CONNECTIONS} connections from another`,
  async run(say) {
    say('a bare HTTP server');
    const { value: calls } = await medianOf(RUNS, bareHttp);
    const limit = round(calls * BATCH);
    const figures: Figure[] = [];
    for (const client of ['raw', 'sdk'] as const)
      for (const keep of ['memory', 'durable'] as const) {
        say(`${client}, ${keep}`);
        figures.push(await figureOf(client, keep, limit));
      }
    return figures;
  },
};
