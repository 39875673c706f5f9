import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BodyTooLong, readBody } from '../http/body.ts';
import { decodeAwsChunked, type Upload } from './aws-chunked.ts';
import { verifyChecksums } from './checksums.ts';
import {
  entityTooLarge,
  incompleteBody,
  noSuchKey,
  notImplemented,
  notModified,
  preconditionFailed,
} from './errors.ts';
import type { ObjectStore, ObjectSummary, StoredObject } from './object-store.ts';

/** AWS takes 5 GB at once; here one is held in memory as it comes and goes, and results and screenshots are far smaller. */
const MAX_OBJECT_BYTES = 64 * 1_048_576;

/** Request headers that a later GET answers with. */
const KEPT = /^(x-amz-meta-.+|content-(type|disposition|language)|cache-control|expires)$/;
const ENCRYPTION = /^x-amz-server-side-encryption(-aws-kms-key-id|-bucket-key-enabled)?$/;

/** Which object a request is about, and where it is kept. */
export interface Target {
  store: ObjectStore;
  bucket: string;
  key: string;
}

/** PutObject, with If-None-Match: * and If-Match. */
export async function putObject(
  target: Target,
  request: IncomingMessage,
  response: ServerResponse,
  now: number,
): Promise<void> {
  const headers = headersOf(request);
  if (headers.has('x-amz-copy-source')) throw notImplemented('CopyObject');
  const { bytes, trailers } = await readUpload(request, headers);
  const checksums = verifyChecksums(bytes, new Map([...headers, ...trailers]));
  const object: StoredObject = {
    bytes,
    etag: `"${hash('md5', bytes)}"`,
    modifiedAt: now,
    headers: new Map([...keptHeaders(headers), ...checksums]),
  };
  target.store.put(target.bucket, target.key, object, existing => {
    const ifNoneMatch = headers.get('if-none-match');
    const ifMatch = headers.get('if-match');
    if (ifNoneMatch !== undefined && ifNoneMatch !== '*') throw notImplemented('If-None-Match with a tag');
    if (ifNoneMatch === '*' && existing !== undefined) throw preconditionFailed();
    if (ifMatch !== undefined && existing === undefined) throw noSuchKey();
    if (ifMatch !== undefined && !matches(ifMatch, existing)) throw preconditionFailed();
  });
  response.setHeader('etag', object.etag);
  for (const [name, value] of object.headers)
    if (ENCRYPTION.test(name) || checksums.has(name)) response.setHeader(name, value);
  if (checksums.size > 0) response.setHeader('x-amz-checksum-type', 'FULL_OBJECT');
  response.end();
}

/** GetObject and HeadObject, with If-Match and If-None-Match. Ranges are answered with the whole. */
export function getObject(target: Target, request: IncomingMessage, response: ServerResponse): void {
  const object = target.store.get(target.bucket, target.key);
  if (object === undefined) throw noSuchKey();
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers;
  if (ifMatch !== undefined && !matches(ifMatch, object)) throw preconditionFailed();
  if (ifNoneMatch !== undefined && matches(ifNoneMatch, object)) throw notModified();
  const showChecksums = request.headers['x-amz-checksum-mode'] === 'ENABLED';
  for (const [name, value] of object.headers) {
    const isChecksum = name.startsWith('x-amz-checksum-');
    if (!isChecksum || showChecksums) response.setHeader(name, value);
    if (isChecksum && showChecksums) response.setHeader('x-amz-checksum-type', 'FULL_OBJECT');
  }
  response.setHeader('etag', object.etag);
  response.setHeader('last-modified', new Date(object.modifiedAt).toUTCString());
  response.setHeader('content-length', object.bytes.length);
  response.end(request.method === 'HEAD' ? undefined : object.bytes);
}

/** DeleteObject: what isn't there is deleted, too. */
export function deleteObject(target: Target, response: ServerResponse): void {
  target.store.delete(target.bucket, target.key);
  response.statusCode = 204;
  response.end();
}

function headersOf(request: IncomingMessage): Map<string, string> {
  return new Map(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
}

function matches(tags: string, object: Pick<ObjectSummary, 'etag'> | undefined): boolean {
  const bare = (tag: string) => tag.trim().replaceAll('"', '');
  return (
    object !== undefined && tags.split(',').some(tag => tag.trim() === '*' || bare(tag) === bare(object.etag))
  );
}

function keptHeaders(headers: ReadonlyMap<string, string>): Map<string, string> {
  const kept = new Map([
    ['content-type', 'application/octet-stream'],
    ['x-amz-server-side-encryption', 'AES256'],
    ...[...headers].filter(([name]) => KEPT.test(name) || ENCRYPTION.test(name)),
  ]);
  const encodings = (headers.get('content-encoding') ?? '')
    .split(',')
    .map(encoding => encoding.trim())
    .filter(encoding => encoding !== '' && encoding !== 'aws-chunked');
  if (encodings.length > 0) kept.set('content-encoding', encodings.join(', '));
  return kept;
}

async function readUpload(request: IncomingMessage, headers: ReadonlyMap<string, string>): Promise<Upload> {
  const body = await readBody(request, MAX_OBJECT_BYTES).catch((error: unknown) => {
    throw error instanceof BodyTooLong ? entityTooLarge() : error;
  });
  const isChunked =
    (headers.get('x-amz-content-sha256') ?? '').startsWith('STREAMING-') ||
    (headers.get('content-encoding') ?? '').includes('aws-chunked');
  const upload = isChunked ? decodeAwsChunked(body) : { bytes: body, trailers: new Map<string, string>() };
  const promisedLength = headers.get('x-amz-decoded-content-length');
  const promisedTrailer = headers.get('x-amz-trailer');
  if (promisedLength !== undefined && Number(promisedLength) !== upload.bytes.length) throw incompleteBody();
  if (promisedTrailer !== undefined && !upload.trailers.has(promisedTrailer.toLowerCase()))
    throw incompleteBody();
  return upload;
}
