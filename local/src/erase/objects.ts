import {
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type ObjectIdentifier,
} from '@aws-sdk/client-s3';
import { PREFIXES } from '@huntaze/core/names';
import { NotErased, type Place } from './place.ts';

/** How many objects there are, by kind: every version and every delete marker counts. */
export type Objects = Record<keyof typeof PREFIXES, number>;

/** Objects of one page, and pages of one kind at most: ten million versions. */
const PAGE = 1_000;
const MOST_PAGES = 10_000;

/** Counts a creator's objects in the results bucket. */
export async function findObjects(place: Place, creatorId: string): Promise<Objects> {
  return eachKind(place, creatorId, async () => 'on');
}

/**
 * Deletes a creator's objects for good: each version and each delete marker, a page at a time.
 * @returns how many there were
 * @throws NotErased when S3 refuses to delete one
 */
export async function eraseObjects(place: Place, creatorId: string): Promise<Objects> {
  return eachKind(place, creatorId, async versions => {
    const Delete = { Objects: versions, Quiet: true };
    const { Errors = [] } = await place.s3.send(new DeleteObjectsCommand({ Bucket: place.bucket, Delete }));
    const [first] = Errors;
    if (first)
      throw new NotErased(
        `${Errors.length} of ${versions.length} objects in ${place.bucket} could not be deleted: ` +
          `${first.Code}: ${first.Message}; mend that, and give the same command again`,
      );
    return 'from the beginning';
  });
}

/** Where the next page begins. After a deletion it is the beginning: the version after which S3 would go on is gone. */
type Next = 'on' | 'from the beginning';

async function eachKind(
  place: Place,
  creatorId: string,
  visit: (page: ObjectIdentifier[]) => Promise<Next>,
): Promise<Objects> {
  const count: Objects = { results: 0, journal: 0, sessions: 0 };
  for (const kind of ['results', 'journal', 'sessions'] as const) {
    // A session is one object with the creator's name; others' names may begin with it.
    const prefix = `${PREFIXES[kind]}/${creatorId}${kind === 'sessions' ? '' : '/'}`;
    let at: Start = {};
    for (let pages = 0; ; pages += 1) {
      if (pages === MOST_PAGES)
        throw new NotErased(
          `more than ${MOST_PAGES * PAGE} objects under ${prefix}: give the same command again`,
        );
      const { versions, next } = await pageOf(place, prefix, at);
      const mine = kind === 'sessions' ? versions.filter(({ Key }) => Key === prefix) : versions;
      if (mine.length === 0) break;
      count[kind] += mine.length;
      at = (await visit(mine)) === 'on' ? (next ?? {}) : {};
      if (next === undefined) break;
    }
  }
  return count;
}

/** Where a page begins. */
type Start = Pick<ListObjectVersionsCommandOutput, 'NextKeyMarker' | 'NextVersionIdMarker'>;

async function pageOf(
  { s3, bucket }: Place,
  prefix: string,
  at: Start,
): Promise<{ versions: ObjectIdentifier[]; next: Start | undefined }> {
  const page = await s3.send(
    new ListObjectVersionsCommand({
      Bucket: bucket,
      Prefix: prefix,
      MaxKeys: PAGE,
      KeyMarker: at.NextKeyMarker,
      VersionIdMarker: at.NextVersionIdMarker,
    }),
  );
  const found = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
  const versions = found.map(({ Key, VersionId }) => ({ Key, VersionId }));
  return { versions, next: page.IsTruncated === true ? page : undefined };
}
