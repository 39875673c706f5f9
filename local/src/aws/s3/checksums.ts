import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { crc32c, crc64nvme } from './crc.ts';
import {
  badContentMd5,
  badDigest,
  invalidDigest,
  invalidRequest,
  notImplemented,
  payloadHashMismatch,
} from './errors.ts';

const HEADER = /^x-amz-checksum-(?!mode|algorithm|type)(.+)$/;

/** S3's checksums by the end of their header's name, in base64. */
const ALGORITHMS: Readonly<Record<string, { bytes: number; of: (bytes: Buffer) => string }>> = {
  crc32: {
    bytes: 4,
    of: bytes => {
      const sum = Buffer.alloc(4);
      sum.writeUInt32BE(crc32(bytes));
      return sum.toString('base64');
    },
  },
  crc32c: { bytes: 4, of: bytes => crc32c(bytes).toString('base64') },
  crc64nvme: { bytes: 8, of: bytes => crc64nvme(bytes).toString('base64') },
  sha1: { bytes: 20, of: bytes => hash('sha1', bytes, 'base64') },
  sha256: { bytes: 32, of: bytes => hash('sha256', bytes, 'base64') },
};

/** A checksum of an object. FULL_OBJECT: of its bytes; COMPOSITE: of the checksums of its parts. */
export interface Checksum {
  /** As the end of the header's name: crc32, crc32c, crc64nvme, sha1, sha256. */
  algorithm: string;
  value: string;
  type: 'FULL_OBJECT' | 'COMPOSITE';
}

/**
 * The checksum of `bytes`, base64.
 * @throws InvalidRequest for an algorithm that S3 hasn't, NotImplemented for one that only this S3 hasn't
 */
export function checksumOf(algorithm: string, bytes: Buffer): string {
  return algorithmCalled(algorithm).of(bytes);
}

/** Its headers. */
export function checksumHeaders({ algorithm, value, type }: Checksum): [string, string][] {
  return [
    [`x-amz-checksum-${algorithm}`, value],
    ['x-amz-checksum-type', type],
  ];
}

/**
 * Checks every checksum that came with a request's body, as header or trailer: `x-amz-checksum-*`,
 * `Content-MD5` and the `x-amz-content-sha256` of the signature. Returns the one of the first kind, if any.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 * @param payload the body as it was sent; `bytes` without a chunked encoding
 * @throws BadDigest, InvalidDigest, XAmzContentSHA256Mismatch, InvalidRequest
 */
export function verifyChecksums(
  payload: Buffer,
  bytes: Buffer,
  headers: ReadonlyMap<string, string>,
): Checksum | undefined {
  verifyPayloadHash(payload, headers.get('x-amz-content-sha256') ?? '');
  verifyMd5(bytes, headers.get('content-md5'));
  const given = [...headers].filter(([name]) => HEADER.test(name));
  if (given.length > 1)
    throw invalidRequest(
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  const algorithm = HEADER.exec(given[0]?.[0] ?? '')?.[1];
  const announced = headers.get('x-amz-sdk-checksum-algorithm')?.toLowerCase();
  if (announced !== undefined && algorithm === undefined)
    throw invalidRequest(
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  if (algorithm === undefined) return undefined;
  const value = given[0]?.[1] ?? '';
  const known = algorithmCalled(algorithm);
  if (announced !== undefined && announced !== algorithm)
    throw invalidRequest('Value for x-amz-sdk-checksum-algorithm header is invalid.');
  if (!isBase64(value, known.bytes))
    throw invalidRequest(`Value for x-amz-checksum-${algorithm} header is invalid.`);
  if (known.of(bytes) !== value) throw badDigest(algorithm.toUpperCase());
  return { algorithm, value, type: 'FULL_OBJECT' };
}

function algorithmCalled(name: string): (typeof ALGORITHMS)[string] {
  const known = Object.hasOwn(ALGORITHMS, name) ? ALGORITHMS[name] : undefined;
  if (known === undefined) throw notImplemented(`The checksum ${name.toUpperCase()}`);
  return known;
}

function verifyMd5(bytes: Buffer, md5: string | undefined): void {
  if (md5 === undefined) return;
  if (!isBase64(md5, 16)) throw invalidDigest();
  if (md5 !== hash('md5', bytes, 'base64')) throw badContentMd5();
}

function verifyPayloadHash(payload: Buffer, given: string): void {
  if (!/^[0-9a-f]{64}$/i.test(given)) return;
  const computed = hash('sha256', payload);
  if (computed !== given.toLowerCase()) throw payloadHashMismatch(given, computed);
}

function isBase64(value: string, length: number): boolean {
  const bytes = Buffer.from(value, 'base64');
  return bytes.length === length && bytes.toString('base64') === value;
}
