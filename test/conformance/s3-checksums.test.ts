import { Readable } from 'node:stream';
import { ChecksumAlgorithm, type PutObjectCommandInput } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { target } from './harness.ts';
import { expectRefusal, get, head, makeBucket, put, textOf } from './s3.ts';

/* Source: User Guide, "Checking object integrity in Amazon S3". The sums are those of the text 123456789, the check
   value of every catalogue of CRCs. */

const TEXT = '123456789';
const SUMS = {
  CRC32: { ChecksumCRC32: 'y/Q5Jg==' },
  CRC32C: { ChecksumCRC32C: '4waSgw==' },
  CRC64NVME: { ChecksumCRC64NVME: 'rosUhgp5mIg=' },
  SHA1: { ChecksumSHA1: '98O8HYCOBHMq32eZZczDTKeuNEE=' },
  SHA256: { ChecksumSHA256: 'FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=' },
} as const satisfies Record<string, Partial<PutObjectCommandInput>>;
type Algorithm = keyof typeof SUMS;
const algorithms = Object.keys(SUMS) as Algorithm[];

test.each(algorithms)('%s: the sum that comes along is checked, kept and told', async algorithm => {
  const bucket = await makeBucket();
  const sum = SUMS[algorithm];
  expect(await put(bucket, 'a', TEXT, sum)).toMatchObject(sum);
  expect(await head(bucket, 'a', { ChecksumMode: 'ENABLED' })).toMatchObject(sum);
  expect(await get(bucket, 'a', { ChecksumMode: 'ENABLED' })).toMatchObject(sum);
  expect(await textOf(bucket, 'a')).toBe(TEXT);
});

test.each(algorithms)('%s: a sum of something else is BadDigest, and nothing is written', async algorithm => {
  const bucket = await makeBucket();
  await expectRefusal(put(bucket, 'a', `${TEXT}0`, SUMS[algorithm]), 'BadDigest', 400);
  await expectRefusal(get(bucket, 'a'), 'NoSuchKey', 404);
});

test.each(algorithms)('%s: the sum that the SDK computes is taken', async algorithm => {
  const bucket = await makeBucket();
  const sum = SUMS[algorithm];
  expect(await put(bucket, 'a', TEXT, { ChecksumAlgorithm: ChecksumAlgorithm[algorithm] })).toMatchObject(
    sum,
  );
});

test('a sum behind a streamed body is checked like one before it', async () => {
  const bucket = await makeBucket();
  const body = Readable.from([Buffer.from(TEXT.slice(0, 4)), Buffer.from(TEXT.slice(4))]);
  const written = await put(bucket, 'a', body, {
    ContentLength: TEXT.length,
    ChecksumAlgorithm: 'CRC32',
  });
  expect(written).toMatchObject(SUMS.CRC32);
  expect(await textOf(bucket, 'a')).toBe(TEXT);
  expect((await head(bucket, 'a')).ContentEncoding ?? '').not.toContain('aws-chunked');
});

test('what is no sum is not even compared', async () => {
  const bucket = await makeBucket();
  await expectRefusal(put(bucket, 'a', TEXT, { ChecksumCRC32: 'short' }), 'InvalidRequest', 400);
});

test('Content-MD5 is checked', async () => {
  const bucket = await makeBucket();
  await put(bucket, 'a', TEXT, { ContentMD5: 'JfnnlDI7RTiF9RgfG2JNCw==' });
  await expectRefusal(
    put(bucket, 'a', `${TEXT}0`, { ContentMD5: 'JfnnlDI7RTiF9RgfG2JNCw==' }),
    'BadDigest',
    400,
  );
  await expectRefusal(put(bucket, 'a', TEXT, { ContentMD5: 'short' }), 'InvalidDigest', 400);
});

test('a sum is told only to who asks for it, and never with a part of the bytes', async () => {
  const bucket = await makeBucket();
  await put(bucket, 'a', TEXT, SUMS.SHA256);
  expect((await head(bucket, 'a')).ChecksumSHA256).toBeUndefined();
  const part = await get(bucket, 'a', { ChecksumMode: 'ENABLED', Range: 'bytes=0-1' });
  expect([part.ChecksumSHA256, await part.Body?.transformToString()]).toEqual([undefined, '12']);
});

test('the hash of the payload that a signature covers is checked', async () => {
  const bucket = await makeBucket();
  const changed = target.s3.middlewareStack;
  // Changed after signing: the signature covers the hash of what was meant to be sent.
  const name = 'changes the body on its way';
  changed.add(
    next => async args => {
      const request = args.request as { body?: unknown; method?: string; headers: Record<string, string> };
      if (request.method === 'PUT' && request.body === TEXT) request.body = '123456780';
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low', name },
  );
  try {
    const answer = put(bucket, 'a', TEXT, { ContentType: 'text/plain' });
    await expect(answer).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
    await expect(answer).rejects.toMatchObject({
      name: expect.stringMatching(/^(XAmzContentSHA256Mismatch|BadDigest)$/),
    });
  } finally {
    changed.remove(name);
  }
  await expectRefusal(get(bucket, 'a'), 'NoSuchKey', 404);
});
