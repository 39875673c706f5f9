import { hash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, Agent } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestAws, type TestAws } from '../test-clients.ts';

const Bucket = 'results';
let it: TestAws;
beforeEach(async () => {
  it = await startTestAws({ buckets: [Bucket] });
});
afterEach(() => it.close());

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

/** One raw request: what the SDK wouldn't send. */
const send = async (path: string, init: RequestInit = {}) => {
  const response = await fetch(`${it.aws.url}${path}`, init);
  const body = await response.text();
  return [response.status, /<Code>(.*)<\/Code>/.exec(body)?.[1] ?? body];
};

test('both styles reach the same object', async () => {
  const { port } = it.aws;
  // Every name under localhost is this machine, whatever the resolver makes of it.
  const httpAgent = new Agent({
    lookup: (_, options, done) =>
      done(null, options.all ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1', 4),
  });
  const client = (forcePathStyle: boolean) =>
    new S3Client({
      endpoint: `http://localhost:${port}`,
      region: 'us-east-1',
      credentials,
      forcePathStyle,
      requestHandler: { httpAgent },
    });
  const [virtual, path] = [client(false), client(true)];
  const key = 'a//b ü?.json';
  await virtual.send(new PutObjectCommand({ Bucket, Key: key, Body: 'abc' }));
  for (const s3 of [virtual, path, it.s3]) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: key }));
    expect(await Body?.transformToString()).toBe('abc');
    expect((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(1);
  }
  for (const s3 of [virtual, path]) s3.destroy();
});

const presigned = (more: Record<string, string> = {}) =>
  new URLSearchParams({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': 'local/20260101/us-east-1/s3/aws4_request',
    'X-Amz-Date': '20260101T000000Z',
    'X-Amz-Expires': '60',
    'X-Amz-SignedHeaders': 'host',
    'X-Amz-Signature': '0',
    ...more,
  }).toString();

test("a presigned URL is good until its time is up by the server's clock", async () => {
  await it.s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'abc' }));
  const url = `/${Bucket}/a?${presigned({ 'response-content-type': 'text/x' })}`;
  const response = await fetch(`${it.aws.url}${url}`);
  expect([await response.text(), response.headers.get('content-type')]).toEqual(['abc', 'text/x']);
  await it.clock.advance(60_000);
  expect(await send(url)).toEqual([200, 'abc']);
  await it.clock.advance(1);
  expect(await send(url)).toEqual([403, 'AccessDenied']);
});

test('a presigned PUT carries its headers as parameters', async () => {
  const query = presigned({ 'x-amz-meta-k': 'v', 'x-amz-storage-class': 'STANDARD_IA' });
  expect((await send(`/${Bucket}/a?${query}`, { method: 'PUT', body: 'abc' }))[0]).toBe(200);
  const { Metadata, StorageClass } = await it.s3.send(new GetObjectCommand({ Bucket, Key: 'a' }));
  expect([Metadata, StorageClass]).toEqual([{ k: 'v' }, 'STANDARD_IA']);
});

test.each([
  { 'X-Amz-Expires': '604801' },
  { 'X-Amz-Expires': 'x' },
  { 'X-Amz-Date': '2026' },
  { 'X-Amz-Signature': '' },
  { 'X-Amz-Algorithm': 'none' },
])('a presigned URL that is wrong is told so: %o', async more => {
  expect(await send(`/${Bucket}/a?${presigned(more)}`)).toEqual([400, 'AuthorizationQueryParametersError']);
});

test('a presigned URL from the future is not good yet', async () => {
  const query = presigned({ 'X-Amz-Date': '20260101T010000Z' });
  expect(await send(`/${Bucket}/a?${query}`)).toEqual([403, 'AccessDenied']);
});

test('the payload must be what its hash says', async () => {
  const put = (sha256: string) =>
    send(`/${Bucket}/a`, { method: 'PUT', body: 'abc', headers: { 'x-amz-content-sha256': sha256 } });
  expect(await put('ab'.repeat(32))).toEqual([400, 'XAmzContentSHA256Mismatch']);
  expect((await put('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'))[0]).toBe(200);
  expect((await put('UNSIGNED-PAYLOAD'))[0]).toBe(200);
});

test('an announced checksum must come, and be the one announced', async () => {
  const put = (headers: Record<string, string>) =>
    send(`/${Bucket}/a`, { method: 'PUT', body: 'abc', headers });
  expect(await put({ 'x-amz-sdk-checksum-algorithm': 'CRC32' })).toEqual([400, 'InvalidRequest']);
  expect(await put({ 'x-amz-sdk-checksum-algorithm': 'SHA1', 'x-amz-checksum-crc32': 'NSRBwg==' })).toEqual([
    400,
    'InvalidRequest',
  ]);
  expect(await put({ 'x-amz-checksum-md4': 'NSRBwg==' })).toEqual([501, 'NotImplemented']);
});

/** A PUT whose body is held back until `finish` is called. */
function slowPut(headers: Record<string, string>) {
  const { promise, resolve } = Promise.withResolvers<[number | undefined, string | undefined]>();
  const { port } = it.aws;
  const request = httpRequest(
    {
      port,
      method: 'PUT',
      path: `/${Bucket}/a`,
      headers: { ...headers, 'content-length': 3, expect: '100-continue' },
    },
    response => {
      void text(response).then(body => resolve([response.statusCode, /<Code>(.*)<\/Code>/.exec(body)?.[1]]));
    },
  );
  const begun = once(request, 'continue');
  request.write('ab');
  return {
    /** Resolves when the server has taken the request up. */
    begun,
    finish: () => {
      request.end('c');
      return promise;
    },
  };
}
test('a deletion in the middle of a conditional write is the conflict of a 409', async () => {
  await it.s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'old' }));
  const put = slowPut({ 'if-none-match': '*' });
  await put.begun;
  await it.s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
  expect(await put.finish()).toEqual([409, 'ConditionalRequestConflict']);
  expect(await slowPut({ 'if-none-match': '*' }).finish()).toEqual([200, undefined]);
});

test('If-Match: deleted meanwhile is gone, deleted and written anew is a conflict', async () => {
  const old = { Bucket, Key: 'a', Body: 'old' };
  const { ETag = '' } = await it.s3.send(new PutObjectCommand(old));
  const first = slowPut({ 'if-match': ETag });
  const second = slowPut({ 'if-match': ETag });
  await Promise.all([first.begun, second.begun]);
  await it.s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
  expect(await first.finish()).toEqual([404, 'NoSuchKey']);
  await it.s3.send(new PutObjectCommand(old));
  expect(await second.finish()).toEqual([409, 'ConditionalRequestConflict']);
});

test.each([
  '',
  'x',
  '<Delete>',
  '<Delete></Other>',
  '<Delete/><Delete/>',
  '<Delete><Object><Key>a</Key></Object></Delete>junk',
  '<Delete><Object><Key>&nothing;</Key></Object></Delete>',
  '<!DOCTYPE d [<!ENTITY e "x">]><Delete><Object><Key>&e;</Key></Object></Delete>',
  `${'<a>'.repeat(100)}${'</a>'.repeat(100)}`,
  '<Delete><Object></Object></Delete>',
  '<Delete><Object><Key>a</Key><Unknown/></Object></Delete>',
])('a document that is none is MalformedXML: %s', async body => {
  const md5 = hash('md5', body, 'base64');
  const answer = send(`/${Bucket}?delete`, { method: 'POST', body, headers: { 'content-md5': md5 } });
  expect(await answer).toEqual([400, 'MalformedXML']);
});

test.each([
  ['GET', `/${Bucket}?acl`, 501, 'NotImplemented'],
  ['PUT', `/${Bucket}?policy`, 501, 'NotImplemented'],
  ['GET', `/${Bucket}`, 501, 'NotImplemented'],
  ['GET', `/${Bucket}/a?partNumber=1`, 501, 'NotImplemented'],
  ['GET', `/${Bucket}/a?torrent`, 501, 'NotImplemented'],
  ['PATCH', `/${Bucket}/a`, 405, 'MethodNotAllowed'],
  ['POST', `/${Bucket}?delete`, 400, 'InvalidRequest'],
  ['GET', `/${Bucket}/a?versionId=no`, 400, 'InvalidArgument'],
  ['GET', `/${Bucket}?list-type=2&max-keys=x`, 400, 'InvalidArgument'],
  ['GET', `/${Bucket}?list-type=2&encoding-type=x`, 400, 'InvalidArgument'],
])('%s %s is refused', async (method, path, status, code) => {
  expect(await send(path, { method })).toEqual([status, code]);
});

test('what is asked for with a header and is not there is refused, never passed over', async () => {
  const put = (headers: Record<string, string>) =>
    send(`/${Bucket}/a`, { method: 'PUT', body: 'abc', headers });
  expect(await put({ 'x-amz-object-lock-mode': 'COMPLIANCE' })).toEqual([501, 'NotImplemented']);
  expect(await put({ 'x-amz-server-side-encryption-customer-algorithm': 'AES256' })).toEqual([
    501,
    'NotImplemented',
  ]);
  expect(await put({ 'x-amz-acl': 'public-read' })).toEqual([400, 'AccessControlListNotSupported']);
  expect(await put({ 'x-amz-expected-bucket-owner': '111111111111' })).toEqual([403, 'AccessDenied']);
  expect((await put({ 'x-amz-expected-bucket-owner': '000000000000' }))[0]).toBe(200);
});

test("answers are dated by the server's clock", async () => {
  const response = await fetch(`${it.aws.url}/${Bucket}?list-type=2`);
  expect(response.headers.get('date')).toBe('Thu, 01 Jan 2026 00:00:00 GMT');
});
