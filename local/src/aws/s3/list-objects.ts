import { invalidArgument } from './errors.ts';
import type { ObjectStore } from './object-store.ts';
import { xmlDocument } from './xml.ts';

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

const MAX_KEYS = 1_000;

/** ListObjectsV2: keys with a prefix, in pages, those with a delimiter after it rolled up into one line. */
export function listObjects(store: ObjectStore, bucket: string, query: URLSearchParams): string {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const token = query.get('continuation-token');
  const limit = readLimit(query.get('max-keys'));
  const written = query.get('encoding-type') === 'url' ? encodeURIComponent : (text: string) => text;
  const after = token === null ? (query.get('start-after') ?? '') : readToken(token);

  const contents = [];
  const commonPrefixes = new Set<string>();
  let last = after;
  let truncated = false;
  for (const [key, object] of store.list(bucket, prefix, after)) {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const rolledUp = end === -1 ? undefined : key.slice(0, end + delimiter.length);
    // A page that ended inside a rolled-up prefix has listed that prefix already.
    if (
      rolledUp !== undefined &&
      (commonPrefixes.has(rolledUp) || (token !== null && after.startsWith(rolledUp)))
    ) {
      last = key;
      continue;
    }
    if (contents.length + commonPrefixes.size === limit) {
      truncated = limit > 0;
      break;
    }
    last = key;
    if (rolledUp !== undefined) commonPrefixes.add(rolledUp);
    else
      contents.push({
        Key: written(key),
        LastModified: new Date(object.modifiedAt).toISOString(),
        ETag: object.etag,
        Size: object.size,
        StorageClass: 'STANDARD',
      });
  }
  return xmlDocument('ListBucketResult', {
    Name: bucket,
    Prefix: written(prefix),
    Delimiter: delimiter === '' ? undefined : written(delimiter),
    MaxKeys: limit,
    KeyCount: contents.length + commonPrefixes.size,
    IsTruncated: truncated,
    ContinuationToken: token ?? undefined,
    NextContinuationToken: truncated ? Buffer.from(last).toString('base64') : undefined,
    Contents: contents,
    CommonPrefixes: [...commonPrefixes].map(common => ({ Prefix: written(common) })),
  });
}

function readLimit(value: string | null): number {
  if (value === null) return MAX_KEYS;
  if (!/^\d{1,9}$/.test(value))
    throw invalidArgument('Provided max-keys not an integer or within integer range');
  return Math.min(Number(value), MAX_KEYS);
}

function readToken(token: string): string {
  const key = Buffer.from(token, 'base64').toString('utf8');
  if (key === '' || Buffer.from(key).toString('base64') !== token)
    throw invalidArgument('The continuation token provided is incorrect');
  return key;
}
