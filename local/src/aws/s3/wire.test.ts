import { Readable } from 'node:stream';
import {
  ChecksumAlgorithm,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchBucket,
  NoSuchKey,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestAws, type TestAws } from '../test-clients.ts';

const Bucket = 'results';
let it: TestAws;
beforeEach(async () => {
  it = await startTestAws({ buckets: [Bucket, 'empty'] });
});
afterEach(() => it.close());

const put = (
  Key: string,
  Body: NonNullable<PutObjectCommandInput['Body']>,
  more: Partial<PutObjectCommandInput> = {},
) => it.s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const get = (Key: string) => it.s3.send(new GetObjectCommand({ Bucket, Key }));
const textOf = async (Key: string) => (await get(Key)).Body?.transformToString();

describe('objects', () => {
  test('what is put is got, with type, metadata, tag and checksum', async () => {
    const written = await put('a/b.json', '{"a":1}', {
      ContentType: 'application/json',
      Metadata: { kind: 'x' },
    });
    expect(written).toMatchObject({
      ETag: '"bb6cb5c68df4652941caf652a366f2d8"',
      ServerSideEncryption: 'AES256',
    });
    expect(written.ChecksumCRC32).toMatch(/=$/);
    const read = await get('a/b.json');
    expect(await read.Body?.transformToString()).toBe('{"a":1}');
    expect(read).toMatchObject({
      ContentType: 'application/json',
      ContentLength: 7,
      ETag: written.ETag,
      Metadata: { kind: 'x' },
      ChecksumCRC32: written.ChecksumCRC32,
      LastModified: new Date(it.clock.now()),
    });
    const head = await it.s3.send(new HeadObjectCommand({ Bucket, Key: 'a/b.json' }));
    expect(head).toMatchObject({ ContentLength: 7, ETag: written.ETag, Metadata: { kind: 'x' } });
  });

  test('a streamed body comes in aws-chunked and is kept without it', async () => {
    const bytes = Buffer.alloc(300_000, 'abc\r\n0\r\n');
    await put('stream', Readable.from([bytes.subarray(0, 100_000), bytes.subarray(100_000)]), {
      ContentLength: bytes.length,
      ContentEncoding: 'br',
    });
    const read = await get('stream');
    expect(Buffer.from((await read.Body?.transformToByteArray()) ?? [])).toEqual(bytes);
    expect(read.ContentEncoding).toBe('br');
  });

  test('checksums are checked, whichever of the known kinds and wherever they stand', async () => {
    for (const algorithm of [ChecksumAlgorithm.SHA1, ChecksumAlgorithm.SHA256, ChecksumAlgorithm.CRC32]) {
      await put('sum', 'abc', { ChecksumAlgorithm: algorithm });
      expect(await textOf('sum')).toBe('abc');
    }
    await expect(put('sum', 'abc', { ChecksumCRC32: 'AAAAAA==' })).rejects.toMatchObject({
      name: 'BadDigest',
    });
    await expect(put('sum', 'abc', { ContentMD5: '1B2M2Y8AsgTpgAmY7PhCfg==' })).rejects.toMatchObject({
      name: 'BadDigest',
    });
    const broken = await fetch(`${it.aws.url}/${Bucket}/broken`, {
      method: 'PUT',
      headers: { 'content-encoding': 'aws-chunked', 'x-amz-trailer': 'x-amz-checksum-crc32' },
      body: '3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n',
    });
    expect(broken.status).toBe(400);
    expect(await broken.text()).toContain('<Code>BadDigest</Code>');
  });

  test('a chunked body that is cut short or has another length is refused', async () => {
    const send = async (body: string, headers: Record<string, string> = {}) => {
      const response = await fetch(`${it.aws.url}/${Bucket}/cut`, {
        method: 'PUT',
        headers: { 'content-encoding': 'aws-chunked', ...headers },
        body,
      });
      return [response.status, /<Code>(.*)<\/Code>/.exec(await response.text())?.[1]];
    };
    const refused = [400, 'IncompleteBody'];
    expect(await send('5\r\nabc\r\n0\r\n\r\n')).toEqual(refused);
    expect(await send('zz\r\nabc\r\n0\r\n\r\n')).toEqual(refused);
    expect(await send('3\r\nabc\r\n')).toEqual(refused);
    expect(await send('3\r\nabc\r\n0\r\n\r\n', { 'x-amz-decoded-content-length': '4' })).toEqual(refused);
    expect(await send('3\r\nabc\r\n0\r\n\r\n', { 'x-amz-trailer': 'x-amz-checksum-crc32' })).toEqual(refused);
    expect(await send('3;chunk-signature=ab\r\nabc\r\n0\r\n\r\n')).toEqual([200, undefined]);
    expect(await textOf('cut')).toBe('abc');
  });

  test('If-None-Match: * writes once, also when two write at the same time', async () => {
    const once = () => put('once', 'abc', { IfNoneMatch: '*' });
    const outcomes = await Promise.allSettled([once(), once(), once()]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(once()).rejects.toMatchObject({
      name: 'PreconditionFailed',
      $metadata: { httpStatusCode: 412 },
    });
    await it.s3.send(new DeleteObjectCommand({ Bucket, Key: 'once' }));
    await once();
  });

  test('If-Match writes only over what is expected', async () => {
    await expect(put('m', 'b', { IfMatch: '"x"' })).rejects.toMatchObject({ name: 'NoSuchKey' });
    const { ETag } = await put('m', 'a');
    await expect(put('m', 'b', { IfMatch: '"x"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await put('m', 'b', { IfMatch: ETag });
    expect(await textOf('m')).toBe('b');
  });

  test('server-side encryption is answered as it was asked for', async () => {
    const asked = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'arn:aws:kms:us-east-1:0:key/1' } as const;
    expect(await put('sse', 'abc', asked)).toMatchObject(asked);
    expect(await get('sse')).toMatchObject(asked);
  });

  test('a missing object, a missing bucket and a deleted object', async () => {
    await expect(get('missing')).rejects.toBeInstanceOf(NoSuchKey);
    await expect(it.s3.send(new HeadObjectCommand({ Bucket, Key: 'missing' }))).rejects.toMatchObject({
      name: 'NotFound',
    });
    const nowhere = it.s3.send(new GetObjectCommand({ Bucket: 'nowhere', Key: 'a' }));
    await expect(nowhere).rejects.toMatchObject({ name: 'NoSuchBucket' });
    await expect(it.s3.send(new ListObjectsV2Command({ Bucket: 'nowhere' }))).rejects.toBeInstanceOf(
      NoSuchBucket,
    );
    await it.s3.send(new HeadBucketCommand({ Bucket }));
    await expect(it.s3.send(new HeadBucketCommand({ Bucket: 'nowhere' }))).rejects.toMatchObject({
      name: 'NotFound',
    });
    await put('gone', 'abc');
    await it.s3.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }));
    await it.s3.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }));
    await expect(get('gone')).rejects.toBeInstanceOf(NoSuchKey);
  });

  test('a key is a key, not a path: dots, slashes, spaces and signs stay as they are', async () => {
    const keys = ['../../etc/passwd', 'a//b', './x', 'a b+c&d<e>?f#g%41', 'ü/😀', 'constructor'];
    for (const key of keys) await put(key, key);
    for (const key of keys) expect(await textOf(key)).toBe(key);
    const { Contents } = await it.s3.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents?.map(({ Key }) => Key).sort()).toEqual(keys.sort());
    await expect(put('x'.repeat(1_025), 'a')).rejects.toMatchObject({ name: 'KeyTooLongError' });
  });

  test('what is not there is refused, never passed over', async () => {
    for (const query of ['uploads', 'acl', 'versionId=1']) {
      const response = await fetch(`${it.aws.url}/${Bucket}/a?${query}`, { method: 'PUT', body: 'a' });
      expect([response.status, await response.text()]).toEqual([
        501,
        expect.stringContaining('NotImplemented'),
      ]);
    }
    expect((await fetch(`${it.aws.url}/${Bucket}/%zz`)).status).toBe(400);
    expect((await fetch(`${it.aws.url}/`, { method: 'POST', body: 'x' })).status).toBe(405);
  });
});

describe('lists', () => {
  const list = async (more: object = {}) => it.s3.send(new ListObjectsV2Command({ Bucket, ...more }));

  test('by prefix, sorted by bytes, in pages', async () => {
    for (const key of ['r/c', 'r/a', 'r/b', 's/a', 'r/B']) await put(key, key);
    const first = await list({ Prefix: 'r/', MaxKeys: 3 });
    expect(first.Contents?.map(({ Key, Size }) => [Key, Size])).toEqual([
      ['r/B', 3],
      ['r/a', 3],
      ['r/b', 3],
    ]);
    expect(first).toMatchObject({ IsTruncated: true, KeyCount: 3 });
    const rest = await list({ Prefix: 'r/', MaxKeys: 3, ContinuationToken: first.NextContinuationToken });
    expect(rest.Contents?.map(({ Key }) => Key)).toEqual(['r/c']);
    expect(rest).toMatchObject({ IsTruncated: false, KeyCount: 1 });
    expect((await list({ Bucket: 'empty' })).KeyCount).toBe(0);
    expect((await list({ StartAfter: 'r/c' })).Contents?.map(({ Key }) => Key)).toEqual(['s/a']);
  });

  test('a delimiter rolls keys up, once over all pages', async () => {
    for (const key of ['a', 'd/1', 'd/2', 'e', 'f/1']) await put(key, key);
    const seen: unknown[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await list({
        Delimiter: '/',
        MaxKeys: 1,
        ...(ContinuationToken && { ContinuationToken }),
      });
      seen.push(page.CommonPrefixes?.[0]?.Prefix ?? page.Contents?.[0]?.Key);
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    expect(seen).toEqual(['a', 'd/', 'e', 'f/']);
  });
});
