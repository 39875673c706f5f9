import { BodyTooLong, readBody } from '../http/body.ts';
import { decodeAwsChunked } from './aws-chunked.ts';
import { verifyChecksums, type Checksum } from './checksums.ts';
import { entityTooLarge, incompleteBody } from './errors.ts';
import type { S3Request } from './request.ts';

/** AWS takes 5 GB at once; here one is held in memory as it comes and goes, and results and screenshots are far smaller. */
export const MAX_OBJECT_BYTES = 64 * 1_048_576;
/** A thousand keys of 1,024 bytes each, all of them escaped, and room for their tags. */
const MAX_DOCUMENT_BYTES = 8 * 1_048_576;

/** A request's body, decoded and checked. */
export interface Upload {
  bytes: Buffer;
  /** The one that came with it. */
  checksum: Checksum | undefined;
}

/**
 * Reads the body of an upload.
 * @throws EntityTooLarge, IncompleteBody, and what {@link verifyChecksums} throws
 */
export async function readUpload(request: S3Request, limitBytes: number = MAX_OBJECT_BYTES): Promise<Upload> {
  const { headers } = request;
  const payload = await readBody(request.message, limitBytes).catch((error: unknown) => {
    throw error instanceof BodyTooLong ? entityTooLarge() : error;
  });
  const isChunked =
    (headers.get('x-amz-content-sha256') ?? '').startsWith('STREAMING-') ||
    (headers.get('content-encoding') ?? '').includes('aws-chunked');
  const { bytes, trailers } = isChunked
    ? decodeAwsChunked(payload)
    : { bytes: payload, trailers: new Map<string, string>() };
  const promisedLength = headers.get('x-amz-decoded-content-length');
  const promisedTrailer = headers.get('x-amz-trailer');
  if (promisedLength !== undefined && Number(promisedLength) !== bytes.length) throw incompleteBody();
  if (promisedTrailer !== undefined && !trailers.has(promisedTrailer.toLowerCase())) throw incompleteBody();
  return { bytes, checksum: verifyChecksums(payload, bytes, new Map([...headers, ...trailers])) };
}

/** Reads the body of a request whose body is an XML document. */
export async function readDocument(request: S3Request): Promise<Buffer> {
  return (await readUpload(request, MAX_DOCUMENT_BYTES)).bytes;
}
