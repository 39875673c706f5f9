import type { ServerResponse } from 'node:http';
import { checkRead } from './conditions.ts';
import { tellVersion, versionAsked, type Handler, type S3Context } from './context.ts';
import { archived, invalidRange, methodNotAllowed, noSuchKey, noSuchVersion } from './errors.ts';
import { tellExpiry } from './lifecycle.ts';
import { answerRead } from './object-headers.ts';
import type { StoredObject } from './object-store.ts';
import type { S3Request } from './request.ts';

/** Parameters by which a caller replaces headers of the answer. */
export const OVERRIDES = [
  'content-type',
  'content-language',
  'expires',
  'cache-control',
  'content-disposition',
  'content-encoding',
].map(header => ({ header, parameter: `response-${header}` }));

const LARGE_BYTES = 1_048_576;

/** Classes whose objects have to be restored before they can be read. */
export const ARCHIVES = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/** GetObject and HeadObject, with their conditions and one range. */
export const getObject: Handler = (context, request, response) => {
  const { headers, method, bucket } = request;
  const object = objectAsked(context, request);
  checkRead(headers, object);
  const isHead = method === 'HEAD';
  if (!isHead && ARCHIVES.has(object.headers.get('x-amz-storage-class') ?? '')) throw archived();
  const range = readRange(headers.get('range'), object.size);
  // The checksum is of the whole: with a part of it a caller would find it wrong.
  answerRead(
    response,
    object,
    range === undefined && headers.get('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED',
  );
  tellVersion(context, request, response, object.version);
  if (object.isCurrent) tellExpiry(response, context.store.buckets.require(bucket).lifecycle, object);
  for (const { header, parameter } of OVERRIDES) {
    const value = request.query.get(parameter);
    if (value !== null) response.setHeader(header, value);
  }
  const bytes = range === undefined ? object.bytes : object.bytes.subarray(range.first, range.last + 1);
  if (range !== undefined) {
    response.statusCode = 206;
    response.setHeader('content-range', `bytes ${range.first}-${range.last}/${object.size}`);
  }
  response.setHeader('content-length', bytes.length);
  giveBack(object.bytes, response);
  response.end(isHead ? undefined : bytes);
};

/**
 * Frees the memory of a large object as soon as its answer has been taken, or is lost: until the collector
 * sees a reason to run that may take for ever.
 */
function giveBack({ buffer }: Uint8Array, response: ServerResponse): void {
  if (buffer.byteLength < LARGE_BYTES || !(buffer instanceof ArrayBuffer)) return;
  response.once('close', () => buffer.transfer(0));
}

/**
 * The object that a request names: the current version, or the one it says.
 * @throws NoSuchKey; NoSuchVersion; MethodNotAllowed for a delete marker that is asked for by its version
 */
export function objectAsked({ store }: S3Context, request: S3Request): StoredObject {
  const version = versionAsked(request);
  const object = store.get(request.bucket, request.key, version);
  if (object === undefined) throw version === undefined ? noSuchKey() : noSuchVersion();
  if (!object.isMarker) return object;
  const told = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': object.version };
  throw version === undefined ? noSuchKey(told) : methodNotAllowed(told);
}

/**
 * One range of bytes, both ends included; undefined for the whole, which is also the answer to what isn't
 * one range: S3 takes no list of them.
 * @throws InvalidRange if there is nothing of it
 */
function readRange(header: string | undefined, size: number): { first: number; last: number } | undefined {
  const asked = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '');
  const [, from = '', to = ''] = asked ?? [];
  if (header === undefined || (from === '' && to === '')) return undefined;
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (first >= size || (from === '' && Number(to) === 0)) throw invalidRange(header, size);
  return { first, last };
}
