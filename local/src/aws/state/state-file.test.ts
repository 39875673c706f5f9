import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestAws } from '../test-clients.ts';
import { clientConfig, failure, killAll, ready, start } from '../test-process.ts';
import { StateFile } from './state-file.ts';

let directory: string;
let stateFile: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aws-state-'));
  stateFile = join(directory, 'state.db');
});
afterEach(async () => {
  killAll();
  await rm(directory, { recursive: true });
});

test('objects are as they were: bytes, headers, tag, date and order', async () => {
  const first = await startTestAws({ stateFile, buckets: ['b'] });
  const bytes = Buffer.from([0, 1, 254, 255]);
  const keys = ['a/%2F\0', 'a/é', 'a/\uFFFD', 'a/\u{1F600}', 'b'];
  for (const Key of [...keys, 'gone'])
    await first.s3.send(
      new PutObjectCommand({ Bucket: 'b', Key, Body: bytes, ContentType: 'x/y', Metadata: { k: 'v' } }),
    );
  await first.s3.send(new DeleteObjectCommand({ Bucket: 'b', Key: 'gone' }));
  const head = await first.s3.send(new HeadObjectCommand({ Bucket: 'b', Key: 'b' }));
  await first.close();

  const second = await startTestAws({ stateFile, buckets: ['b', 'c'] });
  const list = await second.s3.send(new ListObjectsV2Command({ Bucket: 'b', EncodingType: 'url' }));
  expect(list.Contents?.map(({ Key = '' }) => decodeURIComponent(Key))).toEqual(keys);
  const object = await second.s3.send(new GetObjectCommand({ Bucket: 'b', Key: 'b' }));
  expect(await object.Body?.transformToByteArray()).toEqual(new Uint8Array(bytes));
  const { ETag, LastModified } = head;
  expect(object).toMatchObject({ ETag, LastModified, ContentType: 'x/y', Metadata: { k: 'v' } });
  const again = new PutObjectCommand({ Bucket: 'b', Key: 'b', Body: 'other', IfNoneMatch: '*' });
  await expect(second.s3.send(again)).rejects.toThrow('pre-conditions');
  await second.close();
});

test('secrets keep their versions and stages, and the value they have got since', async () => {
  const secrets = [{ name: 'made', value: 'at the start' }];
  const first = await startTestAws({ stateFile, secrets });
  await first.secrets.send(new PutSecretValueCommand({ SecretId: 'made', SecretString: 'rotated \ud800' }));
  await first.secrets.send(new CreateSecretCommand({ Name: 'own', SecretBinary: Buffer.from([255]) }));
  await first.close();

  const second = await startTestAws({ stateFile, secrets });
  const value = (SecretId: string, VersionStage?: string) =>
    second.secrets.send(new GetSecretValueCommand({ SecretId, VersionStage }));
  expect((await value('made')).SecretString).toMatch(/^rotated /);
  expect((await value('made', 'AWSPREVIOUS')).SecretString).toBe('at the start');
  expect((await value('own')).SecretBinary).toEqual(new Uint8Array([255]));
  await second.close();
});

test('queues keep their content, and get the attributes they are given anew', async () => {
  const started = (VisibilityTimeout: string) =>
    startTestAws({ stateFile, queues: [{ name: 'q', attributes: { VisibilityTimeout } }] });
  const first = await started('30');
  const send = (name: string, MessageBody: string) =>
    first.sqs.send(new SendMessageCommand({ QueueUrl: first.aws.queueUrl(name), MessageBody }));
  await first.sqs.send(new CreateQueueCommand({ QueueName: 'other', Attributes: { DelaySeconds: '0' } }));
  await send('q', 'a');
  await send('other', 'b');
  await first.close();

  const second = await started('77');
  const receive = (name: string) =>
    second.sqs.send(new ReceiveMessageCommand({ QueueUrl: second.aws.queueUrl(name) }));
  expect((await receive('q')).Messages).toMatchObject([{ Body: 'a' }]);
  expect((await receive('other')).Messages).toMatchObject([{ Body: 'b' }]);
  const { Attributes } = await second.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: second.aws.queueUrl('q'), AttributeNames: ['All'] }),
  );
  expect(Attributes).toMatchObject({ VisibilityTimeout: '77' });
  await second.close();
});

test('what can not be written fails, is told of, and is not acknowledged later on either', async () => {
  // Files of this process can grow to 1 MiB, as if its disk had no more room.
  const resources = JSON.stringify({ queues: [{ name: 'q' }], buckets: ['results'] });
  const env = { PORT: '0', RESOURCES_FILE: '-', STATE_FILE: stateFile };
  const child = start(env, resources, { largestFileBytes: 1_048_576 });
  const stderr = text(child.stderr);
  const { port } = await ready(child);
  const s3 = new S3Client({ ...clientConfig(port), forcePathStyle: true });
  const sqs = new SQSClient(clientConfig(port));
  const QueueUrl = `http://127.0.0.1:${port}/000000000000/q`;
  const put = (Body: string) => s3.send(new PutObjectCommand({ Bucket: 'results', Key: 'k', Body }));
  const send = (MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));

  await send('small');
  await put('small');
  await expect(put('x'.repeat(2_000_000))).rejects.toMatchObject({ name: 'InternalError' });
  await put('other');
  await expect(send('x'.repeat(1_000_000))).rejects.toMatchObject({ name: 'InternalError' });
  await expect(send('refused')).rejects.toMatchObject({ name: 'InternalError' });
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
  expect(await stderr).toContain(`${stateFile} can't be written`);
  for (const client of [s3, sqs]) client.destroy();

  const after = await startTestAws({ stateFile });
  const found = await after.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: after.aws.queueUrl('q'), MaxNumberOfMessages: 10 }),
  );
  expect(found.Messages).toMatchObject([{ Body: 'small' }]);
  const object = await after.s3.send(new GetObjectCommand({ Bucket: 'results', Key: 'k' }));
  expect(await object.Body?.transformToString()).toBe('other');
  await after.close();
});

test("nobody else can read the file, and what can't be used is one line that says what to do", async () => {
  const refusal = async (env: Record<string, string> = { STATE_FILE: stateFile }) =>
    failure(start({ PORT: '0', ...env }));
  const child = start({ PORT: '0', STATE_FILE: stateFile });
  await ready(child);
  for (const file of [stateFile, `${stateFile}-wal`]) expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await refusal()).toEqual({
    code: 1,
    stderr: `local aws: STATE_FILE ${stateFile} is in use by another process: stop that one, or name another file\n`,
  });
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await closed;

  const database = new DatabaseSync(stateFile);
  database.exec('PRAGMA user_version = 99');
  database.close();
  expect(await refusal()).toEqual({
    code: 1,
    stderr: `local aws: STATE_FILE ${stateFile} has version 99, and this program reads 2: move the file away to begin anew, or run the program that wrote it\n`,
  });
  await writeFile(stateFile, 'not a database, but long enough to be taken for one'.repeat(100));
  expect(await refusal()).toEqual({
    code: 1,
    stderr: `local aws: STATE_FILE ${stateFile} can't be read (file is not a database): move the file away to begin anew, or name another\n`,
  });
  expect((await refusal({ STATE_FILE: directory })).stderr).toMatch(
    /^local aws: STATE_FILE .* can't be opened: .*\n$/,
  );
});

test("another program's database is left alone", () => {
  const database = new DatabaseSync(stateFile);
  database.exec('CREATE TABLE theirs (a)');
  database.close();
  expect(() => new StateFile(stateFile)).toThrow("another program's database");
});
