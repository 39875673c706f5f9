import { sendXml, type Handler } from './context.ts';
import { invalidArgument } from './errors.ts';
import { fillPage, readEncoding, readMaxKeys } from './list-page.ts';
import { keptChecksum } from './object-headers.ts';
import type { ObjectSummary } from './object-store.ts';
import { xmlDocument, type XmlFields } from './xml.ts';

/** Every parameter of ListObjectsV2 that is understood. */
export const LIST_PARAMETERS = [
  'list-type',
  'prefix',
  'delimiter',
  'max-keys',
  'continuation-token',
  'start-after',
  'encoding-type',
  'fetch-owner',
];

/** ListObjectsV2: keys with a prefix, in pages, those with a delimiter after it rolled up into one line. */
export const listObjects: Handler = ({ store, accountId }, { bucket, query }, response) => {
  store.buckets.require(bucket);
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const token = query.get('continuation-token');
  const limit = readMaxKeys(query.get('max-keys'));
  const written = readEncoding(query);
  const after = token === null ? (query.get('start-after') ?? '') : readToken(token);
  const withOwner = query.get('fetch-owner') === 'true';
  const page = fillPage(store.list(bucket, prefix, after), {
    prefix,
    delimiter,
    limit,
    // A page that ended inside a rolled-up prefix has told of that prefix already.
    told: common => token !== null && after.startsWith(common),
  });
  const { entries, commonPrefixes, isTruncated, last } = page;
  sendXml(
    response,
    xmlDocument('ListBucketResult', {
      Name: bucket,
      Prefix: written(prefix),
      Delimiter: delimiter === '' ? undefined : written(delimiter),
      StartAfter: query.has('start-after') ? written(query.get('start-after') ?? '') : undefined,
      EncodingType: query.get('encoding-type') ?? undefined,
      MaxKeys: limit,
      KeyCount: entries.length + commonPrefixes.length,
      IsTruncated: isTruncated,
      ContinuationToken: token ?? undefined,
      NextContinuationToken: isTruncated ? Buffer.from(last?.key ?? '').toString('base64') : undefined,
      Contents: entries.map(object => ({
        Key: written(object.key),
        ...describeListed(object),
        Owner: withOwner ? { ID: accountId } : undefined,
      })),
      CommonPrefixes: commonPrefixes.map(common => ({ Prefix: written(common) })),
    }),
  );
};

/** What both lists tell of an object besides its key. */
export function describeListed(object: ObjectSummary): XmlFields {
  const checksum = keptChecksum(object.headers);
  return {
    LastModified: new Date(object.modifiedAt).toISOString(),
    ETag: object.etag,
    ChecksumAlgorithm: checksum?.algorithm.toUpperCase(),
    ChecksumType: checksum?.type,
    Size: object.size,
    StorageClass: object.headers.get('x-amz-storage-class') ?? 'STANDARD',
  };
}

function readToken(token: string): string {
  const key = Buffer.from(token, 'base64').toString('utf8');
  if (key === '' || Buffer.from(key).toString('base64') !== token)
    throw invalidArgument('The continuation token provided is incorrect');
  return key;
}
