import { CopyObjectCommand, DeleteObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { target } from './harness.ts';
import { expectRefusal, get, head, makeBucket, put, textOf } from './s3.ts';

/* Sources: User Guide, "How to prevent object overwrites with conditional writes" and "Conditional requests"; API
   Reference, GetObject, HeadObject, CopyObject, DeleteObject. */

const WRITERS = 20;

/** What became of many at once: how many were done, and how the others were refused. */
async function outcomes(attempts: Promise<unknown>[]): Promise<{ done: number; refused: string[] }> {
  const settled = await Promise.allSettled(attempts);
  const refused = settled.flatMap(result =>
    result.status === 'rejected' ? [(result.reason as Error).name] : [],
  );
  return { done: settled.length - refused.length, refused: [...new Set(refused)].sort() };
}

test(`of ${WRITERS} writers with If-None-Match: * exactly one writes`, async () => {
  const bucket = await makeBucket();
  const write = (n: number) => put(bucket, 'once', `writer ${n}`, { IfNoneMatch: '*' });
  const { done, refused } = await outcomes(Array.from({ length: WRITERS }, (_, n) => write(n)));
  expect(done).toBe(1);
  // AWS may answer those that collide with a 409, which asks for another try.
  if (target.isLocal) expect(refused).toEqual(['PreconditionFailed']);
  else expect(['PreconditionFailed', 'ConditionalRequestConflict']).toEqual(expect.arrayContaining(refused));
  const winner = await textOf(bucket, 'once');
  await expectRefusal(write(99), 'PreconditionFailed', 412);
  expect(await textOf(bucket, 'once')).toBe(winner);
});

test('If-None-Match: * writes again once the object is deleted', async () => {
  const bucket = await makeBucket();
  await put(bucket, 'a', '1', { IfNoneMatch: '*' });
  await target.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a' }));
  await put(bucket, 'a', '2', { IfNoneMatch: '*' });
  expect(await textOf(bucket, 'a')).toBe('2');
});

test(`of ${WRITERS} writers with the same If-Match exactly one writes`, async () => {
  const bucket = await makeBucket();
  const { ETag } = await put(bucket, 'a', 'first');
  const write = (n: number) => put(bucket, 'a', `writer ${n}`, { IfMatch: ETag });
  const { done, refused } = await outcomes(Array.from({ length: WRITERS }, (_, n) => write(n)));
  expect(done).toBe(1);
  if (target.isLocal) expect(refused).toEqual(['PreconditionFailed']);
  expect(await textOf(bucket, 'a')).toMatch(/^writer /);
});

test('If-Match writes only over what is expected, and never where nothing is', async () => {
  const bucket = await makeBucket();
  const { ETag } = await put(bucket, 'a', '1');
  await expectRefusal(put(bucket, 'a', '2', { IfMatch: '"other"' }), 'PreconditionFailed', 412);
  expect(await textOf(bucket, 'a')).toBe('1');
  await put(bucket, 'a', '2', { IfMatch: ETag });
  expect(await textOf(bucket, 'a')).toBe('2');
  await expectRefusal(put(bucket, 'missing', '2', { IfMatch: ETag }), 'NoSuchKey', 404);
});

test('If-None-Match with a tag is not a condition of a write', async () => {
  const bucket = await makeBucket();
  await expectRefusal(put(bucket, 'a', '1', { IfNoneMatch: '"tag"' }), 'NotImplemented', 501);
});

test('If-None-Match: what is known already is not sent again', async () => {
  const bucket = await makeBucket();
  const { ETag } = await put(bucket, 'a');
  await expect(get(bucket, 'a', { IfNoneMatch: ETag })).rejects.toMatchObject({
    $metadata: { httpStatusCode: 304 },
  });
  await expect(head(bucket, 'a', { IfNoneMatch: ETag })).rejects.toMatchObject({
    $metadata: { httpStatusCode: 304 },
  });
  expect((await get(bucket, 'a', { IfNoneMatch: '"other"' })).ETag).toBe(ETag);
});

test('If-Match: another object than the one that is meant is not sent', async () => {
  const bucket = await makeBucket();
  const { ETag } = await put(bucket, 'a');
  expect((await get(bucket, 'a', { IfMatch: ETag })).ETag).toBe(ETag);
  await expectRefusal(get(bucket, 'a', { IfMatch: '"other"' }), 'PreconditionFailed', 412);
  await expect(head(bucket, 'a', { IfMatch: '"other"' })).rejects.toMatchObject({
    $metadata: { httpStatusCode: 412 },
  });
});

test('dates are conditions, too, unless a tag decides', async () => {
  const bucket = await makeBucket();
  const { ETag } = await put(bucket, 'a');
  const { LastModified = new Date(0) } = await head(bucket, 'a');
  const before = new Date(LastModified.getTime() - 3_600_000);
  await expect(get(bucket, 'a', { IfModifiedSince: LastModified })).rejects.toMatchObject({
    $metadata: { httpStatusCode: 304 },
  });
  expect((await get(bucket, 'a', { IfModifiedSince: before })).ETag).toBe(ETag);
  await expectRefusal(get(bucket, 'a', { IfUnmodifiedSince: before }), 'PreconditionFailed', 412);
  expect((await get(bucket, 'a', { IfMatch: ETag, IfUnmodifiedSince: before })).ETag).toBe(ETag);
  await expect(get(bucket, 'a', { IfNoneMatch: ETag, IfModifiedSince: before })).rejects.toMatchObject({
    $metadata: { httpStatusCode: 304 },
  });
});

test('a copy has conditions of its source and of its destination', async () => {
  const bucket = await makeBucket();
  const { ETag } = await put(bucket, 'a');
  const copy = (more: object) =>
    target.s3.send(new CopyObjectCommand({ Bucket: bucket, Key: 'b', CopySource: `${bucket}/a`, ...more }));
  await expectRefusal(copy({ CopySourceIfMatch: '"other"' }), 'PreconditionFailed', 412);
  await expectRefusal(copy({ CopySourceIfNoneMatch: ETag }), 'PreconditionFailed', 412);
  await copy({ CopySourceIfMatch: ETag, IfNoneMatch: '*' });
  await expectRefusal(copy({ IfNoneMatch: '*' }), 'PreconditionFailed', 412);
});

test('a deletion can have the tag of what is to be deleted as its condition', async () => {
  const bucket = await makeBucket();
  const { ETag } = await put(bucket, 'a');
  const remove = (IfMatch: string | undefined) =>
    target.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a', IfMatch }));
  await expectRefusal(remove('"other"'), 'PreconditionFailed', 412);
  await remove(ETag);
  await expectRefusal(get(bucket, 'a'), 'NoSuchKey', 404);
});
