import type { ServerResponse } from 'node:http';
import { hash } from 'node:crypto';
import { checksumHeaders, checksumOf, type Checksum } from './checksums.ts';
import { hidesMd5, isEncryptionHeader } from './encryption.ts';
import { invalidStorageClass, metadataTooLarge, noAcls, notImplemented } from './errors.ts';
import type { ObjectSummary } from './object-store.ts';

/** Request headers that a later GET answers with. */
const KEPT =
  /^(x-amz-meta-.+|content-(type|disposition|language)|cache-control|expires|x-amz-website-redirect-location)$/;
const CHECKSUM = /^x-amz-checksum-/;
/** AWS counts the names without their prefix. Bytes. */
const MAX_METADATA_BYTES = 2_048;
const STORAGE_CLASSES = new Set([
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'GLACIER_IR',
  'DEEP_ARCHIVE',
]);

/**
 * What a request says of an object besides how it is encrypted: type, user metadata, storage class.
 * @throws MetadataTooLarge, InvalidStorageClass, AccessControlListNotSupported; NotImplemented for object locks
 */
export function describedBy(headers: ReadonlyMap<string, string>): [string, string][] {
  for (const name of headers.keys())
    if (name.startsWith('x-amz-object-lock-')) throw notImplemented('Object Lock');
  refuseAcls(headers);
  const kept = new Map([
    ['content-type', 'application/octet-stream'],
    ...[...headers].filter(([name]) => KEPT.test(name)),
  ]);
  const metadataBytes = [...kept]
    .filter(([name]) => name.startsWith('x-amz-meta-'))
    .reduce((sum, [name, value]) => sum + name.length - 'x-amz-meta-'.length + Buffer.byteLength(value), 0);
  if (metadataBytes > MAX_METADATA_BYTES) throw metadataTooLarge();
  const encodings = (headers.get('content-encoding') ?? '')
    .split(',')
    .map(encoding => encoding.trim())
    .filter(encoding => encoding !== '' && encoding !== 'aws-chunked');
  if (encodings.length > 0) kept.set('content-encoding', encodings.join(', '));
  return [...kept, ...storageClassOf(headers)];
}

/** The storage class that a request asks for; STANDARD is never told. @throws InvalidStorageClass */
export function storageClassOf(headers: ReadonlyMap<string, string>): [string, string][] {
  const storageClass = headers.get('x-amz-storage-class') ?? 'STANDARD';
  if (!STORAGE_CLASSES.has(storageClass)) throw invalidStorageClass();
  return storageClass === 'STANDARD' ? [] : [['x-amz-storage-class', storageClass]];
}

/** Buckets have no access control lists since April 2023; only what changes nothing is taken. */
function refuseAcls(headers: ReadonlyMap<string, string>): void {
  const acl = headers.get('x-amz-acl');
  const grants = [...headers.keys()].some(name => name.startsWith('x-amz-grant-'));
  if (grants || (acl !== undefined && acl !== 'bucket-owner-full-control' && acl !== 'private'))
    throw noAcls();
}

/** The checksum that came along, or the CRC64NVME that S3 computes for itself since December 2024. */
export function checksumOrOwn(given: Checksum | undefined, bytes: Buffer): Checksum {
  const algorithm = 'crc64nvme';
  return given ?? { algorithm, value: checksumOf(algorithm, bytes), type: 'FULL_OBJECT' };
}

/**
 * An object's headers and its tag: the MD5 of its bytes, or, under a KMS key, something else.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
 */
export function finish(
  bytes: Buffer,
  described: [string, string][],
  encryption: [string, string][],
  checksum: Checksum,
): { etag: string; headers: Map<string, string> } {
  const headers = new Map([...described, ...encryption, ...checksumHeaders(checksum)]);
  const etag = hidesMd5(headers) ? hash('md5', `kms:${hash('sha256', bytes)}`) : hash('md5', bytes);
  return { etag: `"${etag}"`, headers };
}

/** What the answer to a write says of the object. */
export function answerWrite(response: ServerResponse, headers: ReadonlyMap<string, string>): void {
  for (const [name, value] of headers)
    if (isEncryptionHeader(name) || CHECKSUM.test(name)) response.setHeader(name, value);
}

/** All that a GET says of the object. */
export function answerRead(response: ServerResponse, object: ObjectSummary, withChecksum: boolean): void {
  for (const [name, value] of object.headers)
    if (withChecksum || !CHECKSUM.test(name)) response.setHeader(name, value);
  response.setHeader('etag', object.etag);
  response.setHeader('last-modified', new Date(object.modifiedAt).toUTCString());
  response.setHeader('accept-ranges', 'bytes');
  if (object.tags.size > 0) response.setHeader('x-amz-tagging-count', object.tags.size);
}

/** The checksum that is kept with an object. */
export function keptChecksum(headers: ReadonlyMap<string, string>): Checksum | undefined {
  const name = [...headers.keys()].find(header => CHECKSUM.test(header) && !header.endsWith('-type'));
  if (name === undefined) return undefined;
  return {
    algorithm: name.replace(CHECKSUM, ''),
    value: headers.get(name) ?? '',
    type: headers.get('x-amz-checksum-type') === 'COMPOSITE' ? 'COMPOSITE' : 'FULL_OBJECT',
  };
}
