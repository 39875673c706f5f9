import { hash } from 'node:crypto';
import { checksumOf, type Checksum } from './checksums.ts';
import { checkWrite } from './conditions.ts';
import { sendNothing, sendXml, tellVersion, type Handler } from './context.ts';
import { encryptionHeaders } from './encryption.ts';
import {
  badDigest,
  entityTooLarge,
  entityTooSmall,
  invalidArgument,
  invalidPart,
  invalidPartOrder,
  invalidRequest,
  malformedXml,
} from './errors.ts';
import { answerWrite, describedBy, finish } from './object-headers.ts';
import { readTagHeader } from './tags.ts';
import { readDocument, readUpload, MAX_OBJECT_BYTES } from './upload.ts';
import type { MultipartUpload, UploadPart } from './upload-store.ts';
import { xmlDocument } from './xml.ts';
import { childText, childrenOf, onlyChildren, parseXml, type XmlElement } from './xml-reader.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MAX_PART_NUMBER = 10_000;
const MIN_PART_BYTES = 5 * 1_048_576;
/** Checksums of a whole can be made from those of its parts only by a CRC, and of CRC64NVME there are no others. */
const COMPOSITE = ['crc32', 'crc32c', 'sha1', 'sha256'];
const FULL_OBJECT = ['crc32', 'crc32c', 'crc64nvme'];

export const createUpload: Handler = ({ uploads, store, ...owner }, request, response) => {
  const { bucket, key, headers, now } = request;
  const settings = store.buckets.require(bucket);
  const algorithm = headers.get('x-amz-checksum-algorithm')?.toLowerCase() ?? 'crc64nvme';
  checksumOf(algorithm, Buffer.alloc(0));
  const checksumType =
    headers.get('x-amz-checksum-type')?.toUpperCase() ??
    (COMPOSITE.includes(algorithm) ? 'COMPOSITE' : 'FULL_OBJECT');
  const fitting = checksumType === 'COMPOSITE' ? COMPOSITE : FULL_OBJECT;
  if (!fitting.includes(algorithm))
    throw invalidRequest(
      `The ${checksumType} checksum type cannot be used with the ${algorithm} checksum algorithm.`,
    );
  const encryption = encryptionHeaders(headers, settings.encryption, owner);
  const id = uploads.start({
    bucket,
    key,
    startedAt: now,
    described: describedBy(headers),
    encryption,
    tags: readTagHeader(headers.get('x-amz-tagging')),
    algorithm,
    isAlgorithmChosen: headers.has('x-amz-checksum-algorithm'),
    checksumType: checksumType as MultipartUpload['checksumType'],
  });
  answerWrite(response, new Map(encryption));
  if (headers.has('x-amz-checksum-algorithm')) {
    response.setHeader('x-amz-checksum-algorithm', algorithm.toUpperCase());
    response.setHeader('x-amz-checksum-type', checksumType);
  }
  sendXml(response, xmlDocument('InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId: id }));
};

export const uploadPart: Handler = async ({ uploads }, request, response) => {
  const { bucket, key, query, now } = request;
  const id = query.get('uploadId') ?? '';
  const upload = uploads.require(bucket, key, id);
  const number = Number(query.get('partNumber'));
  if (!Number.isInteger(number) || number < 1 || number > MAX_PART_NUMBER)
    throw invalidArgument(`Part number must be an integer between 1 and ${MAX_PART_NUMBER}, inclusive`);
  const { bytes, checksum } = await readUpload(request);
  uploads.require(bucket, key, id); // It may have ended while the part came in.
  if (checksum !== undefined && checksum.algorithm !== upload.algorithm)
    throw invalidRequest(
      `Checksum Type mismatch occurred, expected checksum Type: ${upload.isAlgorithmChosen ? upload.algorithm : 'null'}, actual checksum Type: ${checksum.algorithm}`,
    );
  const etag = `"${hash('md5', bytes)}"`;
  const own = checksumOf(upload.algorithm, bytes);
  uploads.putPart(upload.id, { number, etag, checksum: own, modifiedAt: now, bytes });
  response.setHeader('etag', etag);
  if (checksum !== undefined) response.setHeader(`x-amz-checksum-${checksum.algorithm}`, checksum.value);
  answerWrite(response, new Map(upload.encryption));
  sendNothing(response);
};

export const completeUpload: Handler = async (context, request, response) => {
  const { uploads, store } = context;
  const { bucket, key, query, headers, now } = request;
  const id = query.get('uploadId') ?? '';
  uploads.require(bucket, key, id);
  const watch = store.watch(bucket, key);
  try {
    const document = parseXml(await readDocument(withoutObjectChecksum(request)), 'CompleteMultipartUpload');
    const upload = uploads.require(bucket, key, id);
    const parts = chosenParts(document, uploads.parts(id), upload.algorithm);
    const bytes = Buffer.concat(parts.map(part => part.bytes));
    if (bytes.length > MAX_OBJECT_BYTES) throw entityTooLarge();
    const checksum = wholeChecksum(upload, parts, bytes);
    const given = headers.get(`x-amz-checksum-${upload.algorithm}`);
    if (given !== undefined && given.replace(/-\d+$/, '') !== checksum.value.replace(/-\d+$/, ''))
      throw badDigest(upload.algorithm);
    const finished = finish(bytes, upload.described, upload.encryption, checksum);
    const ofParts = Buffer.concat(parts.map(part => Buffer.from(part.etag.replaceAll('"', ''), 'hex')));
    const etag = `"${hash('md5', ofParts)}-${parts.length}"`;
    const draft = { ...finished, etag, bytes, modifiedAt: now, tags: upload.tags };
    const version = store.put(bucket, key, draft, existing => checkWrite(headers, existing, watch));
    uploads.remove(id);
    tellVersion(context, request, response, version);
    answerWrite(response, new Map(upload.encryption));
    sendXml(
      response,
      xmlDocument('CompleteMultipartUploadResult', {
        Location: `/${bucket}/${key}`,
        Bucket: bucket,
        Key: key,
        ETag: etag,
        [`Checksum${checksum.algorithm.toUpperCase()}`]: checksum.value,
        ChecksumType: checksum.type,
      }),
    );
  } finally {
    watch.done();
  }
};

export const abortUpload: Handler = ({ uploads }, { bucket, key, query }, response) => {
  const { id } = uploads.require(bucket, key, query.get('uploadId') ?? '');
  uploads.remove(id);
  sendNothing(response, 204);
};

/** ListParts, in pages. */
export const listParts: Handler = ({ uploads }, { bucket, key, query }, response) => {
  const upload = uploads.require(bucket, key, query.get('uploadId') ?? '');
  const marker = Number(query.get('part-number-marker') ?? 0);
  const limit = Math.min(Number(query.get('max-parts') ?? 1_000), 1_000);
  if (!Number.isInteger(marker) || !Number.isInteger(limit) || limit < 0)
    throw invalidArgument('Provided max-parts not an integer or within integer range');
  const rest = uploads.parts(upload.id).filter(part => part.number > marker);
  const page = rest.slice(0, limit);
  sendXml(
    response,
    xmlDocument('ListPartsResult', {
      Bucket: bucket,
      Key: key,
      UploadId: upload.id,
      PartNumberMarker: marker,
      NextPartNumberMarker: page.at(-1)?.number ?? 0,
      MaxParts: limit,
      IsTruncated: rest.length > page.length,
      StorageClass: new Map(upload.described).get('x-amz-storage-class') ?? 'STANDARD',
      ChecksumAlgorithm: upload.algorithm.toUpperCase(),
      ChecksumType: upload.checksumType,
      Part: page.map(part => ({
        PartNumber: part.number,
        LastModified: new Date(part.modifiedAt).toISOString(),
        ETag: part.etag,
        Size: part.bytes.length,
        [`Checksum${upload.algorithm.toUpperCase()}`]: part.checksum,
      })),
    }),
  );
};

/** Every parameter of ListMultipartUploads that is understood: all are told of at once. */
export const UPLOADS_PARAMETERS = ['uploads', 'prefix', 'max-uploads'];

export const listUploads: Handler = ({ uploads, store }, { bucket, query }, response) => {
  store.buckets.require(bucket);
  const prefix = query.get('prefix') ?? '';
  const limit = Number(query.get('max-uploads') ?? 1_000);
  const found = uploads.of(bucket, prefix);
  if (!Number.isInteger(limit) || limit < found.length) throw invalidArgument('max-uploads is too small');
  sendXml(
    response,
    xmlDocument('ListMultipartUploadsResult', {
      Bucket: bucket,
      Prefix: prefix,
      MaxUploads: limit,
      IsTruncated: false,
      Upload: found.map(upload => ({
        Key: upload.key,
        UploadId: upload.id,
        Initiated: new Date(upload.startedAt).toISOString(),
        ChecksumAlgorithm: upload.algorithm.toUpperCase(),
        ChecksumType: upload.checksumType,
      })),
    }),
  );
};

/** The checksum that a completion carries is the object's, not its own body's. */
function withoutObjectChecksum<R extends { headers: ReadonlyMap<string, string> }>(request: R): R {
  const headers = new Map([...request.headers].filter(([name]) => !name.startsWith('x-amz-checksum-')));
  return { ...request, headers };
}

/** The parts that the document names, which must be there and be as large as AWS wants them. */
function chosenParts(document: XmlElement, kept: UploadPart[], algorithm: string): UploadPart[] {
  onlyChildren(document, ['Part']);
  const named = childrenOf(document, 'Part');
  if (named.length === 0) throw malformedXml();
  const chosen = named.map(element => {
    const number = Number(childText(element, 'PartNumber') ?? Number.NaN);
    const etag = childText(element, 'ETag')?.replaceAll('"', '');
    const checksum = childText(element, `Checksum${algorithm.toUpperCase()}`);
    if (!Number.isInteger(number) || etag === undefined) throw malformedXml();
    const part = kept.find(candidate => candidate.number === number);
    if (part?.etag !== `"${etag}"` || (checksum !== undefined && checksum !== part.checksum))
      throw invalidPart();
    return part;
  });
  for (const [index, part] of chosen.entries()) {
    const next = chosen[index + 1];
    if (next !== undefined && next.number <= part.number) throw invalidPartOrder();
    if (next !== undefined && part.bytes.length < MIN_PART_BYTES) throw entityTooSmall();
  }
  return chosen;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html#Full-object-checksums */
function wholeChecksum(upload: MultipartUpload, parts: UploadPart[], bytes: Buffer): Checksum {
  const { algorithm, checksumType: type } = upload;
  if (type === 'FULL_OBJECT') return { algorithm, type, value: checksumOf(algorithm, bytes) };
  const ofParts = Buffer.concat(parts.map(part => Buffer.from(part.checksum, 'base64')));
  return { algorithm, type, value: `${checksumOf(algorithm, ofParts)}-${parts.length}` };
}
