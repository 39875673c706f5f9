import { checkCopySource, checkWrite } from './conditions.ts';
import { checksumOf, type Checksum } from './checksums.ts';
import { sendXml, tellVersion, type Handler, type S3Context } from './context.ts';
import { encryptionHeaders, isEncryptionHeader } from './encryption.ts';
import { archived, invalidArgument, invalidRequest } from './errors.ts';
import { ARCHIVES, objectAsked } from './get-object.ts';
import { checksumOrOwn, describedBy, finish, keptChecksum, storageClassOf } from './object-headers.ts';
import type { StoredObject } from './object-store.ts';
import type { S3Request } from './request.ts';
import { readTagHeader } from './tags.ts';
import { xmlDocument } from './xml.ts';

/** CopyObject: bytes and, unless they are to be replaced, metadata and tags of another object. */
export const copyObject: Handler = (context, request, response) => {
  const { store } = context;
  const { bucket, key, headers, now } = request;
  const settings = store.buckets.require(bucket);
  const { source, isSame } = copySource(context, request);
  checkCopySource(headers, source);
  if (ARCHIVES.has(source.headers.get('x-amz-storage-class') ?? '')) throw archived();
  const replacesMetadata = isReplace(headers, 'x-amz-metadata-directive');
  const replacesTags = isReplace(headers, 'x-amz-tagging-directive');
  const changes = ['x-amz-storage-class', 'x-amz-server-side-encryption', 'x-amz-website-redirect-location'];
  if (isSame && !replacesMetadata && !changes.some(name => headers.has(name)))
    throw invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  const described = replacesMetadata ? describedBy(headers) : copied(source, headers);
  const tags = replacesTags ? readTagHeader(headers.get('x-amz-tagging')) : source.tags;
  const bytes = Buffer.from(source.bytes);
  const finished = finish(
    bytes,
    described,
    encryptionHeaders(headers, settings.encryption, context),
    checksumWanted(headers, source, bytes),
  );
  const draft = { ...finished, bytes, modifiedAt: now, tags };
  const version = store.put(bucket, key, draft, existing =>
    checkWrite(headers, existing, { deleted: false }),
  );
  tellVersion(context, request, response, version);
  for (const [name, value] of finished.headers) if (isEncryptionHeader(name)) response.setHeader(name, value);
  const { algorithm, value, type } = keptChecksum(finished.headers) as Checksum;
  sendXml(
    response,
    xmlDocument('CopyObjectResult', {
      ETag: finished.etag,
      LastModified: new Date(now).toISOString(),
      ChecksumType: type,
      [`Checksum${algorithm.toUpperCase()}`]: value,
    }),
  );
};

/** `BUCKET/KEY` or `/BUCKET/KEY`, encoded, with `?versionId=` where it isn't the current one. */
function copySource(context: S3Context, request: S3Request): { source: StoredObject; isSame: boolean } {
  const header = request.headers.get('x-amz-copy-source') ?? '';
  const [path = '', search = ''] = header.split('?', 2);
  let decoded: string;
  try {
    decoded = decodeURIComponent(path).replace(/^\//, '');
  } catch {
    throw invalidArgument('Invalid copy source encoding.');
  }
  const slash = decoded.indexOf('/');
  if (slash < 1 || slash === decoded.length - 1)
    throw invalidArgument('Copy Source must mention the source bucket and key: sourcebucket/sourcekey');
  const [bucket, key] = [decoded.slice(0, slash), decoded.slice(slash + 1)];
  const query = new URLSearchParams(search);
  const source = objectAsked(context, { ...request, bucket, key, query });
  return { source, isSame: bucket === request.bucket && key === request.key && !query.has('versionId') };
}

function isReplace(headers: ReadonlyMap<string, string>, directive: string): boolean {
  const value = headers.get(directive) ?? 'COPY';
  if (value !== 'COPY' && value !== 'REPLACE') throw invalidArgument('Unknown metadata directive.');
  return value === 'REPLACE';
}

/** The source's description; its storage class isn't copied. */
function copied(source: StoredObject, headers: ReadonlyMap<string, string>): [string, string][] {
  const ofSource = [...source.headers].filter(
    ([name]) => !isEncryptionHeader(name) && !/^x-amz-(checksum-|storage-class)/.test(name),
  );
  return [...ofSource, ...storageClassOf(headers)];
}

function checksumWanted(headers: ReadonlyMap<string, string>, source: StoredObject, bytes: Buffer): Checksum {
  const asked = headers.get('x-amz-checksum-algorithm')?.toLowerCase();
  const kept = keptChecksum(source.headers);
  if (asked === undefined && kept?.type === 'FULL_OBJECT') return kept;
  const algorithm = asked ?? kept?.algorithm;
  if (algorithm === undefined) return checksumOrOwn(undefined, bytes);
  return { algorithm, value: checksumOf(algorithm, bytes), type: 'FULL_OBJECT' };
}
