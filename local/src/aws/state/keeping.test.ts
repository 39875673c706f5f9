import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListObjectVersionsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestAws } from '../test-clients.ts';
import { clientConfig, killAll, ready, start } from '../test-process.ts';

let directory: string;
let stateFile: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aws-keeping-'));
  stateFile = join(directory, 'state.db');
});
afterEach(async () => {
  killAll();
  await rm(directory, { recursive: true });
});

test('buckets keep their settings, objects their versions and tags, uploads their parts', async () => {
  const Bucket = 'kept';
  const first = await startTestAws({ stateFile });
  await first.s3.send(new CreateBucketCommand({ Bucket }));
  const ApplyServerSideEncryptionByDefault = { SSEAlgorithm: 'aws:kms' } as const;
  const encryption = { Rules: [{ ApplyServerSideEncryptionByDefault, BucketKeyEnabled: true }] };
  await first.s3.send(
    new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: encryption }),
  );
  await first.s3.send(
    new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
  );
  const Rules = [{ ID: 'r', Status: 'Enabled' as const, Filter: { Prefix: 'x' }, Expiration: { Days: 9 } }];
  await first.s3.send(
    new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }),
  );
  const put = (Body: string) =>
    first.s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body, Tagging: 'k=v' }));
  const { VersionId } = await put('1');
  await put('2');
  await first.s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
  const upload = { Bucket, Key: 'parts' };
  const { UploadId } = await first.s3.send(
    new CreateMultipartUploadCommand({ ...upload, ChecksumAlgorithm: 'CRC32' }),
  );
  const { ETag } = await first.s3.send(
    new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: 'part' }),
  );
  await first.close();

  const second = await startTestAws({ stateFile });
  const { s3 } = second;
  expect(await s3.send(new GetBucketEncryptionCommand({ Bucket }))).toMatchObject({
    ServerSideEncryptionConfiguration: encryption,
  });
  expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled');
  expect((await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules).toEqual(Rules);
  const listed = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  expect([listed.Versions?.length, listed.DeleteMarkers?.length]).toEqual([2, 1]);
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'a', VersionId }));
  expect(await Body?.transformToString()).toBe('1');
  const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'a', VersionId }));
  expect(TagSet).toEqual([{ Key: 'k', Value: 'v' }]);
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await s3.send(new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload }));
  await second.close();
});

test('secrets keep their rotation, their tags and the date they are deleted on', async () => {
  const lambda = 'arn:aws:lambda:us-east-1:000000000000:function:rotate';
  const rotationFunctions = { [lambda]: async () => {} };
  const first = await startTestAws({ stateFile, rotationFunctions, onRotation: () => {} });
  const create = (Name: string, more = {}) =>
    first.secrets.send(new CreateSecretCommand({ Name, SecretString: 'x', ...more }));
  await create('rotated', { Description: 'd', KmsKeyId: 'alias/k', Tags: [{ Key: 'k', Value: 'v' }] });
  await create('deleted');
  await first.secrets.send(
    new RotateSecretCommand({
      SecretId: 'rotated',
      RotationLambdaARN: lambda,
      RotationRules: { ScheduleExpression: 'cron(0 8 ? * MON *)', Duration: '2h' },
      RotateImmediately: false,
    }),
  );
  await first.secrets.send(new DeleteSecretCommand({ SecretId: 'deleted', RecoveryWindowInDays: 7 }));
  const describe = (secrets: SecretsManagerClient, SecretId: string) =>
    secrets.send(new DescribeSecretCommand({ SecretId }));
  const before = await Promise.all(['rotated', 'deleted'].map(id => describe(first.secrets, id)));
  expect(before[0]?.NextRotationDate).toEqual(new Date('2026-01-05T09:59:59Z'));
  await first.close();

  const second = await startTestAws({ stateFile, rotationFunctions, onRotation: () => {} });
  const after = await Promise.all(['rotated', 'deleted'].map(id => describe(second.secrets, id)));
  for (const [index, told] of before.entries()) {
    const { $metadata: _, ...rest } = told;
    expect(after[index]).toMatchObject(rest);
  }
  await second.clock.advance(7 * 86_400_000);
  await expect(second.secrets.send(new RestoreSecretCommand({ SecretId: 'deleted' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  await second.close();
  const third = await startTestAws({ stateFile, rotationFunctions, onRotation: () => {} });
  await expect(describe(third.secrets, 'deleted')).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  await third.close();
});

test('what was acknowledged survives kill -9', async () => {
  const child = start({ PORT: '0', STATE_FILE: stateFile });
  const { port } = await ready(child);
  const s3 = new S3Client({ ...clientConfig(port), forcePathStyle: true });
  const secrets = new SecretsManagerClient(clientConfig(port));
  const Bucket = 'results';
  await s3.send(new CreateBucketCommand({ Bucket }));
  await secrets.send(new CreateSecretCommand({ Name: 's', SecretString: '0' }));
  const acknowledged = { objects: [] as string[], value: '0' };
  const closed = once(child, 'close');
  const writing = (async () => {
    for (let n = 0; ; n += 1) {
      await s3.send(new PutObjectCommand({ Bucket, Key: `k${n}`, Body: `body ${n}` }));
      acknowledged.objects.push(`k${n}`);
      await secrets.send(new PutSecretValueCommand({ SecretId: 's', SecretString: String(n) }));
      acknowledged.value = String(n);
      if (n === 25) child.kill('SIGKILL');
    }
  })().catch(() => {}); // The kill ends it.
  await Promise.all([closed, writing]);
  for (const client of [s3, secrets]) client.destroy();

  const after = await startTestAws({ stateFile });
  expect(acknowledged.objects.length).toBeGreaterThan(25);
  for (const Key of acknowledged.objects) {
    const { Body } = await after.s3.send(new GetObjectCommand({ Bucket, Key }));
    expect(await Body?.transformToString()).toBe(`body ${Key.slice(1)}`);
  }
  const { SecretString } = await after.secrets.send(new GetSecretValueCommand({ SecretId: 's' }));
  expect(Number(SecretString)).toBeGreaterThanOrEqual(Number(acknowledged.value));
  await after.close();
});
