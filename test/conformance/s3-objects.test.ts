import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutBucketVersioningCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { advance, target, uniqueName } from './harness.ts';
import {
  expectRefusal,
  get,
  head,
  makeBucket,
  presignGet,
  put,
  removeVersionsAfterwards,
  textOf,
} from './s3.ts';

/* Sources: API Reference, the page of each action; User Guide, "Working with object metadata", "Naming objects",
   "Presigned URLs", "Retaining multiple versions of objects". */

const { s3 } = target;

test('what is put is got: bytes, type, metadata, tag, length', async () => {
  const bucket = await makeBucket();
  const { ETag } = await put(bucket, 'a/b.json', '{"a":1}', {
    ContentType: 'application/json',
    ContentDisposition: 'inline',
    CacheControl: 'no-store',
    Metadata: { kind: 'x' },
  });
  expect(ETag).toBe('"bb6cb5c68df4652941caf652a366f2d8"'); // MD5
  const kept = {
    ETag,
    ContentType: 'application/json',
    ContentDisposition: 'inline',
    CacheControl: 'no-store',
    ContentLength: 7,
    AcceptRanges: 'bytes',
    Metadata: { kind: 'x' },
  };
  expect(await get(bucket, 'a/b.json')).toMatchObject(kept);
  expect(await head(bucket, 'a/b.json')).toMatchObject(kept);
  expect(await textOf(bucket, 'a/b.json')).toBe('{"a":1}');
});

test('an object without a type is bytes, an empty one is one', async () => {
  const bucket = await makeBucket();
  await put(bucket, 'empty', new Uint8Array());
  expect(await get(bucket, 'empty')).toMatchObject({
    ContentType: 'application/octet-stream',
    ContentLength: 0,
  });
});

test('bytes are bytes', async () => {
  const bucket = await makeBucket();
  const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256);
  await put(bucket, 'bytes', bytes);
  const { Body } = await get(bucket, 'bytes');
  expect(await Body?.transformToByteArray()).toEqual(bytes);
});

test('writing again replaces all of it', async () => {
  const bucket = await makeBucket();
  await put(bucket, 'a', 'one', { Metadata: { a: '1' } });
  await put(bucket, 'a', 'two');
  expect(await textOf(bucket, 'a')).toBe('two');
  expect((await head(bucket, 'a')).Metadata).toEqual({});
});

test('a key is a key, not a path', async () => {
  const bucket = await makeBucket();
  const keys = ['a//b', '/a', 'a b+c&d=e', 'x/./y', 'x/..z', 'ü/é/😀', '%41', "(!*')", 'k'.repeat(1_024)];
  for (const key of keys) await put(bucket, key, key);
  for (const key of keys) expect(await textOf(bucket, key)).toBe(key);
});

test('a key of more than 1,024 bytes is refused', async () => {
  const bucket = await makeBucket();
  await expectRefusal(put(bucket, 'k'.repeat(1_025)), 'KeyTooLongError', 400);
});

test('what is missing is told by name', async () => {
  const bucket = await makeBucket();
  await expectRefusal(get(bucket, 'missing'), 'NoSuchKey', 404);
  await expectRefusal(head(bucket, 'missing'), 'NotFound', 404);
  await expectRefusal(get(uniqueName('nowhere'), 'a'), 'NoSuchBucket', 404);
  await expectRefusal(put(uniqueName('nowhere'), 'a'), 'NoSuchBucket', 404);
  await expectRefusal(s3.send(new HeadBucketCommand({ Bucket: uniqueName('nowhere') })), 'NotFound', 404);
});

test('what is deleted is gone, and deleting it again is no error', async () => {
  const bucket = await makeBucket();
  await put(bucket, 'a');
  for (let times = 0; times < 2; times += 1)
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a' }));
  await expectRefusal(get(bucket, 'a'), 'NoSuchKey', 404);
});

test('a batch of deletions tells of each key, or only of failures', async () => {
  const bucket = await makeBucket();
  for (const key of ['a', 'b', 'c&d']) await put(bucket, key);
  const remove = (keys: string[], Quiet: boolean) =>
    s3.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: keys.map(Key => ({ Key })), Quiet } }),
    );
  const { Deleted, Errors = [] } = await remove(['a', 'missing', 'c&d'], false);
  expect(Deleted?.map(({ Key }) => Key).sort()).toEqual(['a', 'c&d', 'missing']);
  expect(Errors).toEqual([]);
  expect((await remove(['b'], true)).Deleted ?? []).toEqual([]);
  for (const key of ['a', 'b', 'c&d']) await expectRefusal(get(bucket, key), 'NoSuchKey', 404);
});

test('a range is a part of the bytes', async () => {
  const bucket = await makeBucket();
  await put(bucket, 'a', '0123456789');
  const part = async (Range: string) => {
    const { Body, ContentRange, ContentLength, $metadata } = await get(bucket, 'a', { Range });
    return [$metadata.httpStatusCode, ContentRange, ContentLength, await Body?.transformToString()];
  };
  expect(await part('bytes=2-4')).toEqual([206, 'bytes 2-4/10', 3, '234']);
  expect(await part('bytes=7-')).toEqual([206, 'bytes 7-9/10', 3, '789']);
  expect(await part('bytes=-2')).toEqual([206, 'bytes 8-9/10', 2, '89']);
  expect(await part('bytes=8-99')).toEqual([206, 'bytes 8-9/10', 2, '89']);
  expect(await part('bytes=-99')).toEqual([206, 'bytes 0-9/10', 10, '0123456789']);
});

test('a range beyond the end is refused', async () => {
  const bucket = await makeBucket();
  await put(bucket, 'a', '0123456789');
  await expectRefusal(get(bucket, 'a', { Range: 'bytes=10-' }), 'InvalidRange', 416);
});

test('a copy has the bytes, the metadata and the tags of its source', async () => {
  const bucket = await makeBucket();
  await put(bucket, 'from ü', 'x', { ContentType: 'a/b', Metadata: { k: 'v' }, Tagging: 'a=1' });
  const CopySource = `${bucket}/${encodeURIComponent('from ü')}`;
  const { CopyObjectResult } = await s3.send(
    new CopyObjectCommand({ Bucket: bucket, Key: 'to', CopySource }),
  );
  expect(CopyObjectResult?.ETag).toBe((await head(bucket, 'from ü')).ETag);
  expect(await get(bucket, 'to')).toMatchObject({ ContentType: 'a/b', Metadata: { k: 'v' }, TagCount: 1 });
});

test('a copy can have metadata of its own', async () => {
  const bucket = await makeBucket();
  await put(bucket, 'a', 'x', { Metadata: { k: 'v' } });
  const self = { Bucket: bucket, Key: 'a', CopySource: `${bucket}/a` };
  await expectRefusal(s3.send(new CopyObjectCommand(self)), 'InvalidRequest', 400);
  await s3.send(new CopyObjectCommand({ ...self, MetadataDirective: 'REPLACE', Metadata: { k: 'w' } }));
  expect(await head(bucket, 'a')).toMatchObject({ Metadata: { k: 'w' } });
  const missing = { ...self, CopySource: `${bucket}/missing` };
  await expectRefusal(s3.send(new CopyObjectCommand(missing)), 'NoSuchKey', 404);
});

test('tags are put with an object, counted, replaced and removed', async () => {
  const bucket = await makeBucket();
  const at = { Bucket: bucket, Key: 'a' };
  await put(bucket, 'a', 'x', { Tagging: 'a=1&b%20c=2' });
  const tags = async () => (await s3.send(new GetObjectTaggingCommand(at))).TagSet;
  expect(await tags()).toEqual([
    { Key: 'a', Value: '1' },
    { Key: 'b c', Value: '2' },
  ]);
  expect((await get(bucket, 'a')).TagCount).toBe(2);
  await s3.send(new PutObjectTaggingCommand({ ...at, Tagging: { TagSet: [{ Key: 'c', Value: '' }] } }));
  expect(await tags()).toEqual([{ Key: 'c', Value: '' }]);
  await s3.send(new DeleteObjectTaggingCommand(at));
  expect(await tags()).toEqual([]);
  const eleven = Array.from({ length: 11 }, (_, n) => `k${n}=v`).join('&');
  await expect(put(bucket, 'b', 'x', { Tagging: eleven })).rejects.toMatchObject({
    $metadata: { httpStatusCode: 400 },
  });
});

test('a storage class is told unless it is the usual one', async () => {
  const bucket = await makeBucket();
  await put(bucket, 'a', 'x', { StorageClass: 'STANDARD_IA' });
  await put(bucket, 'b', 'x', { StorageClass: 'STANDARD' });
  expect((await head(bucket, 'a')).StorageClass).toBe('STANDARD_IA');
  expect((await head(bucket, 'b')).StorageClass).toBeUndefined();
  const wrong = put(bucket, 'c', 'x', { StorageClass: 'WRONG' as 'STANDARD' });
  await expectRefusal(wrong, 'InvalidStorageClass', 400);
});

test('metadata of more than 2 KB is refused', async () => {
  const bucket = await makeBucket();
  await expectRefusal(put(bucket, 'a', 'x', { Metadata: { k: 'v'.repeat(2_100) } }), 'MetadataTooLarge', 400);
});

test('a bucket is listed, and deleted only when it is empty', async () => {
  const bucket = await makeBucket();
  await s3.send(new HeadBucketCommand({ Bucket: bucket }));
  const names = async () => (await s3.send(new ListBucketsCommand())).Buckets?.map(({ Name }) => Name);
  expect(await names()).toContain(bucket);
  await put(bucket, 'a');
  await expectRefusal(s3.send(new DeleteBucketCommand({ Bucket: bucket })), 'BucketNotEmpty', 409);
  const other = uniqueName('conformance');
  await s3.send(
    new CreateBucketCommand({
      Bucket: other,
      ...(target.region !== 'us-east-1' && {
        CreateBucketConfiguration: { LocationConstraint: target.region as 'eu-west-1' },
      }),
    }),
  );
  await s3.send(new DeleteBucketCommand({ Bucket: other }));
  expect(await names()).not.toContain(other);
});

test('names that no bucket can have are refused', async () => {
  for (const Bucket of ['ab', 'With-Capitals', 'a..b-c', '192.168.5.4'])
    await expectRefusal(s3.send(new CreateBucketCommand({ Bucket })), 'InvalidBucketName', 400);
});

test('a bucket with versioning keeps what is replaced and what is deleted', async () => {
  const bucket = await makeBucket();
  const at = { Bucket: bucket, Key: 'a' };
  await s3.send(
    new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }),
  );
  removeVersionsAfterwards(bucket);
  const first = await put(bucket, 'a', '1');
  const second = await put(bucket, 'a', '2');
  expect(first.VersionId).not.toBe(second.VersionId);
  expect(await textOf(bucket, 'a', { VersionId: first.VersionId })).toBe('1');
  const gone = await s3.send(new DeleteObjectCommand(at));
  expect(gone.DeleteMarker).toBe(true);
  await expectRefusal(get(bucket, 'a'), 'NoSuchKey', 404);
  expect(await textOf(bucket, 'a', { VersionId: second.VersionId })).toBe('2');
  await s3.send(new DeleteObjectCommand({ ...at, VersionId: gone.VersionId }));
  expect(await textOf(bucket, 'a')).toBe('2');
  await s3.send(new DeleteObjectCommand({ ...at, VersionId: second.VersionId }));
  expect(await textOf(bucket, 'a')).toBe('1');
});

test('a presigned URL is good for its time and no longer', async () => {
  const bucket = await makeBucket();
  await put(bucket, 'a b/ü.txt', 'hello');
  const url = await presignGet(bucket, 'a b/ü.txt', 4);
  const response = await fetch(url);
  expect([response.status, await response.text()]).toEqual([200, 'hello']);
  await advance(6_000);
  const expired = await fetch(url);
  expect(expired.status).toBe(403);
  expect(await expired.text()).toMatch(/<Code>AccessDenied<\/Code>.*Request has expired/s);
});
