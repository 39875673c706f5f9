import {
  DeleteBucketEncryptionCommand,
  DeleteBucketLifecycleCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  type ServerSideEncryptionByDefault,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { onlyLocally, target } from './harness.ts';
import { expectRefusal, get, head, makeBucket, put } from './s3.ts';

/* Sources: User Guide, "Setting default server-side encryption behavior", "Using SSE-KMS", "Bucket keys", "Examples of
   lifecycle configurations"; API Reference, PutObject, PutBucketEncryption, PutBucketLifecycleConfiguration. */

const { s3 } = target;
const KEY = 'arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555';

const setDefault = (
  Bucket: string,
  ApplyServerSideEncryptionByDefault: ServerSideEncryptionByDefault,
  BucketKeyEnabled = false,
) =>
  s3.send(
    new PutBucketEncryptionCommand({
      Bucket,
      ServerSideEncryptionConfiguration: {
        Rules: [{ ApplyServerSideEncryptionByDefault, BucketKeyEnabled }],
      },
    }),
  );
const defaultOf = async (Bucket: string) => {
  const { ServerSideEncryptionConfiguration: found } = await s3.send(
    new GetBucketEncryptionCommand({ Bucket }),
  );
  return found?.Rules?.[0];
};

test('every object is encrypted with AES256 unless something else is asked for', async () => {
  const bucket = await makeBucket();
  const told = { ServerSideEncryption: 'AES256' };
  expect(await put(bucket, 'a')).toMatchObject(told);
  expect(await put(bucket, 'b', 'x', { ServerSideEncryption: 'AES256' })).toMatchObject(told);
  for (const key of ['a', 'b']) {
    expect(await get(bucket, key)).toMatchObject(told);
    expect(await head(bucket, key)).toMatchObject(told);
  }
  expect(await defaultOf(bucket)).toMatchObject({
    ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' },
  });
});

test('a KMS key that is asked for is told by PUT, GET and HEAD', async () => {
  onlyLocally('needs a key of the account');
  const bucket = await makeBucket();
  const asked = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: KEY, BucketKeyEnabled: true } as const;
  const written = await put(bucket, 'a', 'abc', asked);
  expect(written).toMatchObject(asked);
  expect(await get(bucket, 'a')).toMatchObject(asked);
  expect(await head(bucket, 'a')).toMatchObject(asked);
  // The tag of an object under a KMS key is not its MD5.
  expect(written.ETag).not.toBe('"900150983cd24fb0d6963f7d28e17f72"');
  const other = await put(bucket, 'b', 'abc', { ServerSideEncryption: 'aws:kms' });
  expect(other.SSEKMSKeyId).toMatch(/^arn:aws:kms:.+:key\/.+/);
  expect(other.BucketKeyEnabled).toBeUndefined();
});

test("a bucket's default holds for what does not ask", async () => {
  onlyLocally('needs a key of the account');
  const bucket = await makeBucket();
  const byDefault = { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY } as const;
  await setDefault(bucket, byDefault, true);
  expect(await defaultOf(bucket)).toMatchObject({
    ApplyServerSideEncryptionByDefault: byDefault,
    BucketKeyEnabled: true,
  });
  expect(await put(bucket, 'a')).toMatchObject({
    ServerSideEncryption: 'aws:kms',
    SSEKMSKeyId: KEY,
    BucketKeyEnabled: true,
  });
  // Whoever asks for a KMS key without a word on bucket keys gets the bucket's setting of these.
  const asked = await put(bucket, 'd', 'x', { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: KEY });
  expect(asked.BucketKeyEnabled).toBe(true);
  const plain = await put(bucket, 'b', 'x', { ServerSideEncryption: 'AES256' });
  expect([plain.ServerSideEncryption, plain.SSEKMSKeyId]).toEqual(['AES256', undefined]);
  await s3.send(new DeleteBucketEncryptionCommand({ Bucket: bucket }));
  expect(await put(bucket, 'c')).toMatchObject({ ServerSideEncryption: 'AES256' });
});

test('what is no encryption is refused', async () => {
  const bucket = await makeBucket();
  const wrong = { ServerSideEncryption: 'rot13' as 'AES256' };
  await expectRefusal(put(bucket, 'a', 'x', wrong), 'InvalidArgument', 400);
  await expectRefusal(put(bucket, 'a', 'x', { SSEKMSKeyId: KEY }), 'InvalidArgument', 400);
});

test('versioning is set and read back', async () => {
  const bucket = await makeBucket();
  const status = async () => (await s3.send(new GetBucketVersioningCommand({ Bucket: bucket }))).Status;
  expect(await status()).toBeUndefined();
  for (const Status of ['Enabled', 'Suspended'] as const) {
    await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status } }));
    expect(await status()).toBe(Status);
  }
});

test('a lifecycle is set, read back and removed', async () => {
  const bucket = await makeBucket();
  const read = () => s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
  await expectRefusal(read(), 'NoSuchLifecycleConfiguration', 404);
  const Rules = [
    {
      ID: 'old results',
      Status: 'Enabled' as const,
      Filter: { Prefix: 'results/' },
      Expiration: { Days: 30 },
      NoncurrentVersionExpiration: { NoncurrentDays: 7 },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
    },
    {
      ID: 'tagged',
      Status: 'Disabled' as const,
      Filter: { And: { Prefix: 'a', Tags: [{ Key: 'k', Value: 'v' }] } },
      Expiration: { Days: 1 },
    },
  ];
  await s3.send(
    new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration: { Rules } }),
  );
  expect((await read()).Rules).toEqual(Rules);
  const { Expiration } = await put(bucket, 'results/a');
  expect(Expiration).toMatch(/^expiry-date=".+ 00:00:00 GMT", rule-id="old(\+|%20)results"$/);
  await s3.send(new DeleteBucketLifecycleCommand({ Bucket: bucket }));
  await expectRefusal(read(), 'NoSuchLifecycleConfiguration', 404);
});

test('a lifecycle that says nothing is refused', async () => {
  const bucket = await makeBucket();
  const Rules = [{ ID: 'a', Status: 'Enabled' as const, Filter: { Prefix: '' } }];
  await expectRefusal(
    s3.send(
      new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration: { Rules } }),
    ),
    'InvalidRequest',
    400,
  );
});
