import { sendXml, type Handler } from './context.ts';
import { invalidArgument } from './errors.ts';
import { describeListed } from './list-objects.ts';
import { fillPage, readEncoding, readMaxKeys } from './list-page.ts';
import type { ObjectStore, ObjectSummary } from './object-store.ts';
import { xmlDocument } from './xml.ts';

/** Every parameter of ListObjectVersions that is understood. */
export const VERSIONS_PARAMETERS = [
  'versions',
  'prefix',
  'delimiter',
  'max-keys',
  'key-marker',
  'version-id-marker',
  'encoding-type',
];

/** ListObjectVersions: every version and delete marker, those of a key from the newest to the oldest. */
export const listVersions: Handler = ({ store, accountId }, { bucket, query }, response) => {
  store.buckets.require(bucket);
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  const versionMarker = query.get('version-id-marker') ?? '';
  if (versionMarker !== '' && keyMarker === '')
    throw invalidArgument('A version-id marker cannot be specified without a key marker.');
  const limit = readMaxKeys(query.get('max-keys'));
  const written = readEncoding(query);
  const rest = versionMarker === '' ? [] : versionsAfter(store, bucket, keyMarker, versionMarker);
  const { entries, commonPrefixes, isTruncated, last } = fillPage(
    chain(rest, store.versions(bucket, prefix, keyMarker)),
    { prefix, delimiter, limit, told: common => delimiter !== '' && keyMarker.startsWith(common) },
  );
  const about = (object: ObjectSummary) => ({
    Key: written(object.key),
    VersionId: object.version,
    IsLatest: object.isCurrent,
    Owner: { ID: accountId },
  });
  sendXml(
    response,
    xmlDocument('ListVersionsResult', {
      Name: bucket,
      Prefix: written(prefix),
      Delimiter: delimiter === '' ? undefined : written(delimiter),
      EncodingType: query.get('encoding-type') ?? undefined,
      KeyMarker: written(keyMarker),
      VersionIdMarker: versionMarker,
      MaxKeys: limit,
      IsTruncated: isTruncated,
      NextKeyMarker: isTruncated ? written(last?.key ?? '') : undefined,
      NextVersionIdMarker: isTruncated ? last?.version : undefined,
      Version: entries
        .filter(({ isMarker }) => !isMarker)
        .map(object => ({ ...about(object), ...describeListed(object) })),
      DeleteMarker: entries
        .filter(({ isMarker }) => isMarker)
        .map(marker => ({ ...about(marker), LastModified: new Date(marker.modifiedAt).toISOString() })),
      CommonPrefixes: commonPrefixes.map(common => ({ Prefix: written(common) })),
    }),
  );
};

/** The versions of `key` that are older than `version`. */
function versionsAfter(store: ObjectStore, bucket: string, key: string, version: string): ObjectSummary[] {
  const ofKey = [...store.versions(bucket, key, '')].filter(object => object.key === key);
  const at = ofKey.findIndex(object => object.version === version);
  return at === -1 ? [] : ofKey.slice(at + 1);
}

function* chain<T>(...parts: Iterable<T>[]): Generator<T> {
  for (const part of parts) yield* part;
}
