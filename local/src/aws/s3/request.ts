import type { IncomingMessage } from 'node:http';
import { invalidUri, keyTooLong } from './errors.ts';
import { checkPresigned } from './presigned.ts';

const MAX_KEY_BYTES = 1_024;
/** `BUCKET.localhost`, the virtual-hosted style of a local endpoint. */
const VIRTUAL_HOST = /^(.+)\.localhost(?::\d+)?$/i;

/** A request, taken apart. */
export interface S3Request {
  method: string;
  /** Empty for a request about all buckets. */
  bucket: string;
  /** Empty for a request about the bucket. */
  key: string;
  query: URLSearchParams;
  /** By lower-case name; what a presigned URL carries as `x-amz-*` parameters is here, too. */
  headers: ReadonlyMap<string, string>;
  /** The request itself, whose body is still to be read. */
  message: IncomingMessage;
  /** Milliseconds since the epoch. */
  now: number;
}

/**
 * Takes a request apart, in either style: `/BUCKET/KEY`, or `/KEY` at the host `BUCKET.localhost`. Paths are
 * split by hand: a URL parser would resolve the dots that a key may contain.
 * @throws InvalidURI, KeyTooLongError, and what is wrong with a presigned URL
 */
export function readRequest(message: IncomingMessage, now: number): S3Request {
  const url = message.url ?? '/';
  const mark = url.indexOf('?');
  const path = (mark === -1 ? url : url.slice(0, mark)).replace(/^\//, '');
  const query = new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1));
  const host = VIRTUAL_HOST.exec(message.headers.host ?? '')?.[1];
  const slash = path.indexOf('/');
  const [bucket, key] =
    host === undefined
      ? slash === -1
        ? [path, '']
        : [path.slice(0, slash), path.slice(slash + 1)]
      : [host, path];
  const headers = new Map(Object.entries(message.headers).map(([name, value]) => [name, String(value)]));
  if (query.has('X-Amz-Signature') || query.has('X-Amz-Algorithm')) {
    checkPresigned(query, now);
    for (const [name, value] of query)
      if (name.toLowerCase().startsWith('x-amz-')) headers.set(name.toLowerCase(), value);
  }
  try {
    const decodedKey = decodeURIComponent(key);
    if (Buffer.byteLength(decodedKey) > MAX_KEY_BYTES) throw keyTooLong();
    return {
      method: message.method ?? 'GET',
      bucket: decodeURIComponent(bucket),
      key: decodedKey,
      query,
      headers,
      message,
      now,
    };
  } catch (error) {
    throw error instanceof URIError ? invalidUri() : error;
  }
}
