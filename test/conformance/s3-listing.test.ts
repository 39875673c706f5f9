import {
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  type ListObjectsV2CommandInput,
} from '@aws-sdk/client-s3';
import { beforeEach, expect, test } from 'vitest';
import { target, uniqueName } from './harness.ts';
import { expectRefusal, makeBucket, put, removeVersionsAfterwards } from './s3.ts';

/* Sources: API Reference, ListObjectsV2 and ListObjectVersions; User Guide, "Organizing objects using prefixes". */

let bucket = '';
beforeEach(async () => {
  bucket = await makeBucket();
});

const list = (more: Partial<ListObjectsV2CommandInput> = {}) =>
  target.s3.send(new ListObjectsV2Command({ Bucket: bucket, ...more }));
const fill = (...keys: string[]) => Promise.all(keys.map(key => put(bucket, key, key)));

/** What a list tells of, page by page: keys, and common prefixes with a `>` behind them. */
async function pages(more: Partial<ListObjectsV2CommandInput>): Promise<string[][]> {
  const found: string[][] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await list({ ...more, ...(ContinuationToken !== undefined && { ContinuationToken }) });
    const told = [
      ...(page.Contents ?? []).map(({ Key = '' }) => Key),
      ...(page.CommonPrefixes ?? []).map(({ Prefix = '' }) => `${Prefix}>`),
    ];
    expect(page.KeyCount).toBe(told.length);
    expect(page.IsTruncated).toBe(page.NextContinuationToken !== undefined);
    found.push(told);
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  return found;
}

test('an empty bucket', async () => {
  expect(await list()).toMatchObject({ KeyCount: 0, IsTruncated: false, MaxKeys: 1_000, Name: bucket });
});

test('keys are sorted by their bytes in UTF-8', async () => {
  const sorted = ['A', 'B', 'a', 'b', 'é', '\uFFFD', '\u{1F600}'];
  await fill(...sorted.toReversed());
  expect((await list()).Contents?.map(({ Key }) => Key)).toEqual(sorted);
});

test('an object is told of with size, tag, date and storage class', async () => {
  const { ETag } = await put(bucket, 'a', 'abc', { StorageClass: 'STANDARD_IA' });
  expect((await list()).Contents).toMatchObject([
    { Key: 'a', Size: 3, ETag, StorageClass: 'STANDARD_IA', LastModified: expect.any(Date) },
  ]);
});

test('a prefix chooses', async () => {
  await fill('r/a', 'r/b', 'r', 's/a');
  expect(await pages({ Prefix: 'r/' })).toEqual([['r/a', 'r/b']]);
  expect(await pages({ Prefix: 'none' })).toEqual([[]]);
});

test('pages are as large as asked for, and the last may be full', async () => {
  await fill('a', 'b', 'c', 'd', 'e', 'f');
  expect(await pages({ MaxKeys: 4 })).toEqual([
    ['a', 'b', 'c', 'd'],
    ['e', 'f'],
  ]);
  expect(await pages({ MaxKeys: 3 })).toEqual([
    ['a', 'b', 'c'],
    ['d', 'e', 'f'],
  ]);
});

test('a delimiter rolls up what is behind it, once over all pages', async () => {
  await fill('a', 'd/1', 'd/2', 'e', 'f/1', 'f/g/2');
  expect(await pages({ Delimiter: '/' })).toEqual([['a', 'e', 'd/>', 'f/>']]);
  expect(await pages({ Delimiter: '/', MaxKeys: 1 })).toEqual([['a'], ['d/>'], ['e'], ['f/>']]);
  expect(await pages({ Delimiter: '/', Prefix: 'f/' })).toEqual([['f/1', 'f/g/>']]);
});

test('StartAfter begins behind a key, which need not be there', async () => {
  await fill('a', 'b', 'c');
  expect(await pages({ StartAfter: 'a' })).toEqual([['b', 'c']]);
  expect(await pages({ StartAfter: 'aa', MaxKeys: 1 })).toEqual([['b'], ['c']]);
});

test('a page of no keys is none', async () => {
  await fill('a');
  expect(await list({ MaxKeys: 0 })).toMatchObject({ KeyCount: 0, IsTruncated: false });
});

test('keys can be told of encoded', async () => {
  await fill('a b/c+d', 'ü');
  const { Contents, EncodingType } = await list({ EncodingType: 'url' });
  expect([EncodingType, Contents?.map(({ Key }) => Key)]).toEqual(['url', ['a+b/c%2Bd', '%C3%BC']]);
});

test('keys that XML has to escape are told of as they are', async () => {
  const keys = ['&<>"', "'", 'a&amp;b'];
  await fill(...keys);
  expect((await list()).Contents?.map(({ Key }) => Key).sort()).toEqual(keys.sort());
});

test('a token that is none and a bucket that is none are refused', async () => {
  await expectRefusal(list({ ContinuationToken: 'x' }), 'InvalidArgument', 400);
  await expectRefusal(list({ Bucket: uniqueName('nowhere') }), 'NoSuchBucket', 404);
});

test('versions are listed from the newest to the oldest, in pages', async () => {
  await target.s3.send(
    new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }),
  );
  removeVersionsAfterwards(bucket);
  const ids: (string | undefined)[] = [];
  for (const body of ['1', '2', '3']) ids.push((await put(bucket, 'a', body)).VersionId);
  await put(bucket, 'b');
  const seen: [string | undefined, string | undefined, boolean | undefined][] = [];
  let markers = {};
  for (let isTruncated = true; isTruncated;) {
    const page = await target.s3.send(
      new ListObjectVersionsCommand({ Bucket: bucket, MaxKeys: 2, ...markers }),
    );
    for (const { Key, VersionId, IsLatest } of page.Versions ?? []) seen.push([Key, VersionId, IsLatest]);
    markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    isTruncated = page.IsTruncated === true;
  }
  expect(seen).toEqual([
    ['a', ids[2], true],
    ['a', ids[1], false],
    ['a', ids[0], false],
    ['b', expect.any(String), true],
  ]);
});
