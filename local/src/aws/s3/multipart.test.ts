import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  type ChecksumAlgorithm,
  type CompletedPart,
} from '@aws-sdk/client-s3';
import { hash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestAws, type TestAws } from '../test-clients.ts';

const at = { Bucket: 'results', Key: 'large ü' };
const PART = Buffer.alloc(5 * 1_048_576, 'abc');
const REST = Buffer.from('the end');
let it: TestAws;
beforeEach(async () => {
  it = await startTestAws({ buckets: [at.Bucket] });
});
afterEach(() => it.close());

async function start(more: object = {}): Promise<string> {
  const { UploadId = '' } = await it.s3.send(
    new CreateMultipartUploadCommand({ ...at, ChecksumAlgorithm: 'CRC32', ...more }),
  );
  return UploadId;
}
async function upload(UploadId: string, PartNumber: number, Body: Buffer): Promise<CompletedPart> {
  const { ETag } = await it.s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber, Body }));
  return { PartNumber, ETag };
}
const complete = (UploadId: string, Parts: CompletedPart[], more: object = {}) =>
  it.s3.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts }, ...more }));

test('parts become one object, in the order of their numbers', async () => {
  const id = await start({ ContentType: 'a/b', Metadata: { k: 'v' }, ServerSideEncryption: 'AES256' });
  const second = await upload(id, 2, REST);
  const first = await upload(id, 1, PART);
  const { Parts } = await it.s3.send(new ListPartsCommand({ ...at, UploadId: id }));
  expect(Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
    [1, PART.length],
    [2, REST.length],
  ]);
  const md5s = Buffer.concat([hash('md5', PART, 'buffer'), hash('md5', REST, 'buffer')]);
  expect((await complete(id, [first, second])).ETag).toBe(`"${hash('md5', md5s)}-2"`);
  const read = await it.s3.send(new GetObjectCommand(at));
  expect(Buffer.from((await read.Body?.transformToByteArray()) ?? [])).toEqual(Buffer.concat([PART, REST]));
  expect(read).toMatchObject({ ContentType: 'a/b', Metadata: { k: 'v' } });
  await expect(upload(id, 3, REST)).rejects.toMatchObject({ name: 'NoSuchUpload' });
});

test.each([
  ['SHA256', 'COMPOSITE'],
  ['CRC64NVME', 'FULL_OBJECT'],
] as [ChecksumAlgorithm, string][])('%s is kept as a %s checksum', async (ChecksumAlgorithm, type) => {
  const id = await start({ ChecksumAlgorithm });
  const part = async (PartNumber: number, Body: Buffer) => {
    const sent = { ...at, UploadId: id, PartNumber, Body, ChecksumAlgorithm };
    const { ETag } = await it.s3.send(new UploadPartCommand(sent));
    return { PartNumber, ETag };
  };
  await complete(id, [await part(1, PART), await part(2, REST)]);
  const head = await it.s3.send(new HeadObjectCommand({ ...at, ChecksumMode: 'ENABLED' }));
  expect(head.ChecksumType).toBe(type);
  expect(head.ChecksumSHA256 ?? head.ChecksumCRC64NVME).toMatch(type === 'COMPOSITE' ? /=-2$/ : /=$/);
});

test('a part that is too small, missing, changed or out of order is refused', async () => {
  const id = await start();
  const small = await upload(id, 1, REST);
  const large = await upload(id, 2, PART);
  const last = await upload(id, 3, REST);
  await expect(complete(id, [small, last])).rejects.toMatchObject({ name: 'EntityTooSmall' });
  await expect(complete(id, [last, large])).rejects.toMatchObject({ name: 'InvalidPartOrder' });
  await expect(complete(id, [large, { ...last, ETag: '"x"' }])).rejects.toMatchObject({
    name: 'InvalidPart',
  });
  await expect(complete(id, [{ ...last, PartNumber: 9 }])).rejects.toMatchObject({ name: 'InvalidPart' });
  await expect(upload(id, 10_001, REST)).rejects.toMatchObject({ name: 'InvalidArgument' });
  await complete(id, [large, last]);
});

test('a completion can be conditional, and fails without taking the parts away', async () => {
  await it.s3.send(new PutObjectCommand({ ...at, Body: 'there' }));
  const id = await start();
  const part = await upload(id, 1, REST);
  await expect(complete(id, [part], { IfNoneMatch: '*' })).rejects.toMatchObject({
    name: 'PreconditionFailed',
  });
  await complete(id, [part]);
});

test('a part brings the checksum along that the upload was begun with', async () => {
  const id = await start({ ChecksumAlgorithm: undefined });
  await expect(upload(id, 1, REST)).rejects.toThrow(
    'expected checksum Type: null, actual checksum Type: crc32',
  );
  const other = await start({ ChecksumAlgorithm: 'SHA1' });
  await expect(upload(other, 1, REST)).rejects.toThrow('expected checksum Type: sha1');
});

test('an upload given up is gone', async () => {
  const id = await start();
  const part = await upload(id, 1, REST);
  await it.s3.send(new AbortMultipartUploadCommand({ ...at, UploadId: id }));
  await expect(complete(id, [part])).rejects.toMatchObject({ name: 'NoSuchUpload' });
  await expect(it.s3.send(new HeadObjectCommand(at))).rejects.toMatchObject({ name: 'NotFound' });
});
