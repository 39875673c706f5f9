import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { QUEUES } from '@huntaze/core/names';
import type { OperationRequest } from '@huntaze/core/operations';
import { runInPipeline } from '@huntaze/local/cli/pipeline-job';
import { runningOn } from '@huntaze/local/supervisor/claim';
import {
  LOCAL_AWS_CREDENTIALS,
  LOCAL_AWS_REGION,
  startPipeline,
  type Pipeline,
} from '@huntaze/local/supervisor/pipeline';
import { connectRedis } from '@huntaze/local/supervisor/redis';
import { PROJECT_ROOT } from '@huntaze/local/supervisor/tools';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allOf } from '../support/redis.ts';
import { NOTHING_WRONG } from '../support/summary.ts';

// Two creators, and the whole pipeline as processes of their own. One is erased in the middle of the other's work.

const LIMIT = { limit: 3, windowMs: 6_000 };
const ADA = 'ada.lovelace-1815';
const BEA = 'bea.smith-1847';
let folder: string;
let pipeline: Pipeline;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'huntaze-erase-'));
  pipeline = await startPipeline({
    dataDir: folder,
    port: 0,
    limit: LIMIT.limit,
    windowSeconds: 6,
    creators: [BEA],
  });
});
afterAll(async () => {
  await pipeline.stop();
  rmSync(folder, { recursive: true });
});

/** `npm run erase -- …` on that installation. */
async function eraseCommand(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, ['local/src/cli/erase.ts', ...args], {
    cwd: PROJECT_ROOT,
    env: { ...process.env, HUNTAZE_DATA_DIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const code = await new Promise<number>(resolve => child.once('close', resolve));
  const [out, err] = await said;
  return { code, out, err };
}

const config = () => ({
  endpoint: pipeline.awsUrl,
  region: LOCAL_AWS_REGION,
  credentials: LOCAL_AWS_CREDENTIALS,
});
const urlOf = (name: string) => `${pipeline.awsUrl}/000000000000/${name}`;

/** Everything in the stores of the running installation, one text for each thing; messages are only counted. */
async function everything(): Promise<string[]> {
  const s3 = new S3Client({ ...config(), forcePathStyle: true });
  const secrets = new SecretsManagerClient(config());
  const redis = connectRedis(
    runningOn(folder)!.ports!.redis,
    readFileSync(join(folder, 'redis-password'), 'utf8').trim(),
  );
  try {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: pipeline.bucket }));
    const objects = await Promise.all(
      Contents.map(async ({ Key }) => {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: pipeline.bucket, Key }));
        return `${Key}: ${await Body!.transformToString('latin1')}`;
      }),
    );
    const { SecretList = [] } = await secrets.send(new ListSecretsCommand({ IncludePlannedDeletion: true }));
    return [...objects, ...SecretList.map(({ Name }) => Name!), ...(await allOf(redis))];
  } finally {
    redis.disconnect();
    s3.destroy();
    secrets.destroy();
  }
}

const ask = async (request: object) => {
  const answer = await fetch(`${pipeline.apiUrl}/api/onlyfans/operations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${pipeline.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  return { status: answer.status, body: (await answer.json()) as { operation_id: string } };
};

const stateOf = async (id: string) => {
  const answer = await fetch(`${pipeline.apiUrl}/api/onlyfans/operations/${id}`, {
    headers: { authorization: `Bearer ${pipeline.token}` },
  });
  return answer.status === 404 ? undefined : ((await answer.json()) as { state: string }).state;
};

/** Asks again and again until it holds. */
async function until(holds: () => Promise<boolean>, deadlineMs = 60_000): Promise<void> {
  const endsAt = performance.now() + deadlineMs;
  while (!(await holds())) {
    if (performance.now() > endsAt) throw new Error(`not within ${deadlineMs} ms: ${String(holds)}`);
    // The supervisor is in this process, and must get to run.
    await new Promise(resolve => setImmediate(resolve));
  }
}

/** Messages of a queue, also those that are hidden. */
async function messagesIn(sqs: SQSClient, name: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: urlOf(name), AttributeNames: ['All'] }),
  );
  return (['', 'NotVisible', 'Delayed'] as const).reduce(
    (sum, which) => sum + Number(Attributes[`ApproximateNumberOfMessages${which}`]),
    0,
  );
}

test('one creator is erased while both wait: nothing of it is left anywhere, and the other notices nothing', async () => {
  const sqs = new SQSClient(config());
  const scrape = (creator_id: string): OperationRequest => ({
    kind: 'profile.scrape',
    creator_id,
    params: {},
  });
  const message = {
    kind: 'message.send',
    creator_id: ADA,
    params: { fan_id: 'fan-1', text: 'For you alone' },
  };
  // Dead letters of both, by turns.
  for (let n = 0; n < 12; n += 1) {
    const creator = n % 2 === 0 ? ADA : BEA;
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: urlOf(QUEUES.workflowsDeadLetters),
        MessageBody: JSON.stringify({ creator_id: creator, n }),
        MessageGroupId: creator,
        MessageDeduplicationId: String(n),
      }),
    );
  }
  const first = await ask(message);
  await until(async () => (await stateOf(first.body.operation_id)) === 'succeeded');
  const hers: string[] = [];
  for (let n = 0; n < 8; n += 1) hers.push((await ask(message)).body.operation_id);
  const work = runInPipeline(
    pipeline,
    { id: crypto.randomUUID(), begunAt: Date.now(), requests: Array.from({ length: 9 }, () => scrape(BEA)) },
    LIMIT,
    { progress: () => undefined },
    new AbortController().signal,
  );
  await until(async () => (await stateOf(hers[5]!)) === 'waiting');

  const before = await everything();
  expect(before.filter(one => one.includes(ADA)).length).toBeGreaterThan(10);
  const dry = await eraseCommand('--creator', ADA);
  expect(dry).toMatchObject({ code: 0, err: '' });
  expect(dry.out).toMatch(/not begun: to be cancelled/);
  expect(dry.out).toMatch(/\nnothing was removed; the same command with --yes removes it, for good\n$/);
  expect(await stateOf(hers[5]!)).not.toBe('cancelled');

  const done = await eraseCommand('--creator', ADA, '--yes');
  expect(done).toMatchObject({ code: 0, err: '' });
  expect(done.out).toMatch(
    /nothing of ada\.lovelace-1815 is in .* any more\. What stays, and goes by itself:\n {2}- the ids of operations/,
  );

  const after = await everything();
  expect(after.filter(one => one.includes(ADA) || one.includes('For you alone'))).toEqual([]);
  expect(await stateOf(hers[5]!)).toBeUndefined();

  const { summary } = await work;
  expect(summary).toMatchObject({ requested: 9, succeeded: 9, ...NOTHING_WRONG });
  // Copies that were waiting are dropped when they are seen: no other message is there.
  await until(async () => (await messagesIn(sqs, QUEUES.rateLimiter)) === 0);
  await until(async () => (await messagesIn(sqs, QUEUES.workflows)) === 0);
  expect(await messagesIn(sqs, QUEUES.rateLimiterDeadLetters)).toBe(0);
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: urlOf(QUEUES.workflowsDeadLetters),
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 0,
    }),
  );
  expect(Messages.map(({ Body }) => (JSON.parse(Body!) as { n: number }).n)).toEqual([1, 3, 5, 7, 9, 11]);
  expect((await everything()).filter(one => one.includes(ADA))).toEqual([]);

  // None of hers was done after all; the site's own log stays.
  const log = await (await fetch(`${pipeline.siteUrl}/__site/log`)).text();
  const sent = log.split('\n').filter(line => line.includes('"effect"') && line.includes(ADA));
  expect(sent.length).toBeGreaterThan(0);
  expect(sent.length).toBeLessThan(9);
  sqs.destroy();
}, 120_000);

test('its secret does not come back when local AWS is started again', async () => {
  const awsPart = () => runningOn(folder)?.parts.find(({ name }) => name === 'aws')?.pid;
  const before = awsPart()!;
  process.kill(before, 'SIGKILL');
  await until(async () => {
    const now = awsPart();
    if (now === undefined || now === before) return false;
    return fetch(pipeline.awsUrl).then(
      () => true,
      () => false,
    );
  });
  const names = await everything();
  expect(names.filter(one => one.includes(ADA))).toEqual([]);
  expect(names.filter(one => one === `huntaze/onlyfans/${BEA}`)).toHaveLength(1);
}, 60_000);

test('again there is nothing of it, and it may come back as one that nobody knows', async () => {
  expect(await eraseCommand('--creator', ADA, '--yes')).toEqual({
    code: 0,
    out: `nothing of ${ADA} is here\n`,
    err: '',
  });
  const again = await ask({ kind: 'profile.scrape', creator_id: ADA, params: {} });
  expect(again.status).toBe(202);
  await until(async () => (await stateOf(again.body.operation_id)) === 'succeeded');
}, 60_000);

describe('while the pipeline stands still', () => {
  beforeAll(() => pipeline.stop());

  test('its stores are started for it, and their files have forgotten it, too', async () => {
    const files = () =>
      globSync(['aws.sqlite*', 'redis/**/*'], { cwd: folder })
        .map(name => join(folder, name))
        .filter(file => statSync(file).isFile());
    // What a FIFO queue has taken within 5 minutes it knows, by group: SQS forgets that by itself.
    const taken = /deduplication[\w.-]+\n/g;
    const naming = (id: string) =>
      files().filter(file => readFileSync(file, 'latin1').replaceAll(taken, '').includes(id));
    expect(naming(BEA).length).toBeGreaterThan(1);
    const done = await eraseCommand('--creator', BEA, '--yes');
    expect(done).toMatchObject({ code: 0, err: '' });
    expect(naming(BEA)).toEqual([]);
    expect(naming(ADA).length).toBeGreaterThan(1);
    expect(await eraseCommand('--creator', BEA)).toMatchObject({
      code: 0,
      out: `nothing of ${BEA} is here\n`,
    });
  }, 60_000);
});

test.each([
  ['../ada', /^--creator must be 1 to 128 letters, .*; nothing was looked for\n$/],
  ['', /^--creator must be 1 to 128 letters/],
])('an id that is not safe is refused with one line: %j', async (id, line) => {
  const { code, out, err } = await eraseCommand('--creator', id);
  expect({ code, out, lines: err.split('\n').length }).toEqual({ code: 1, out: '', lines: 2 });
  expect(err).toMatch(line);
});
