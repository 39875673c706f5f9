import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type LifecycleRule,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestAws, type TestAws } from '../test-clients.ts';

const Bucket = 'results';
const DAY = 86_400_000;
let it: TestAws;
beforeEach(async () => {
  it = await startTestAws({ buckets: [Bucket] });
  await it.clock.advance(10.5 * 3_600_000); // half past ten in the morning
});
afterEach(() => it.close());

const rules = (...Rules: Partial<LifecycleRule>[]) =>
  it.s3.send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket,
      LifecycleConfiguration: {
        Rules: Rules.map((rule, n) => ({ ID: `r${n}`, Status: 'Enabled', Filter: { Prefix: '' }, ...rule })),
      },
    }),
  );
const put = (Key: string, more = {}) =>
  it.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'abc', ...more }));
const isThere = (Key: string) =>
  it.s3.send(new GetObjectCommand({ Bucket, Key })).then(
    () => true,
    () => false,
  );
const versions = async () => {
  const { Versions = [], DeleteMarkers = [] } = await it.s3.send(new ListObjectVersionsCommand({ Bucket }));
  return [Versions.length, DeleteMarkers.length];
};
const keepVersions = () =>
  it.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));

test('an object expires at the midnight after its days', async () => {
  await rules({ Filter: { Prefix: 'old/' }, Expiration: { Days: 3 } });
  const { Expiration } = await put('old/a');
  expect(Expiration).toBe('expiry-date="Mon, 05 Jan 2026 00:00:00 GMT", rule-id="r0"');
  await put('new/a');
  await it.clock.advance(3 * DAY);
  expect(await isThere('old/a')).toBe(true);
  await it.clock.advance(13.5 * 3_600_000 - 1);
  expect(await isThere('old/a')).toBe(true);
  await it.clock.advance(1);
  expect([await isThere('old/a'), await isThere('new/a')]).toEqual([false, true]);
});

test('rules hold for tags and sizes, and not while they are disabled', async () => {
  await rules(
    { Filter: { Tag: { Key: 'k', Value: 'v' } }, Expiration: { Days: 1 } },
    { Filter: { ObjectSizeGreaterThan: 3 }, Expiration: { Days: 1 } },
    { Status: 'Disabled', Expiration: { Days: 1 } },
  );
  await put('tagged', { Tagging: 'k=v' });
  await put('large', { Body: 'abcd' });
  await put('neither');
  await it.clock.advance(3 * DAY);
  for (const key of ['tagged', 'large']) expect(await isThere(key)).toBe(false);
  expect(await isThere('neither')).toBe(true);
});

test('a rule holds for what was there before it', async () => {
  await put('a');
  await it.clock.advance(30 * DAY);
  expect(await isThere('a')).toBe(true);
  await rules({ Expiration: { Days: 7 } });
  expect(await isThere('a')).toBe(false);
});

test('with versions a marker is put, and old versions go by their own rule', async () => {
  await keepVersions();
  await rules({
    Expiration: { Days: 5 },
    NoncurrentVersionExpiration: { NoncurrentDays: 2, NewerNoncurrentVersions: 1 },
  });
  for (let n = 0; n < 3; n += 1) await put('a');
  expect(await versions()).toEqual([3, 0]);
  await it.clock.advance(3 * DAY);
  expect(await versions()).toEqual([2, 0]);
  await it.clock.advance(3 * DAY);
  expect(await versions()).toEqual([2, 1]);
});

test('a marker that stands for nothing is removed if that is asked for', async () => {
  await keepVersions();
  await rules({
    Expiration: { ExpiredObjectDeleteMarker: true },
    NoncurrentVersionExpiration: { NoncurrentDays: 1 },
  });
  await put('a');
  await it.s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
  expect(await versions()).toEqual([1, 1]);
  await it.clock.advance(3 * DAY);
  expect(await versions()).toEqual([0, 0]);
});

test('an upload that nobody ends is given up', async () => {
  await rules({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } });
  await it.s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'a' }));
  const uploads = async () =>
    (await it.s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads?.length ?? 0;
  expect(await uploads()).toBe(1);
  await it.clock.advance(2 * DAY);
  expect(await uploads()).toBe(0);
});

test.each<Partial<LifecycleRule>>([
  { Expiration: { Days: 0 } },
  { Expiration: { Date: new Date('2026-05-01T01:00:00Z') } },
  { Transitions: [{ Days: 1, StorageClass: 'GLACIER' }] },
  { Expiration: { Days: 1 }, ID: 'x'.repeat(256) },
])('what can not be done is refused: %o', async rule => {
  await expect(rules(rule)).rejects.toThrow();
});
