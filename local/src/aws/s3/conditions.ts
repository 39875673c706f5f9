import {
  conditionalRequestConflict,
  noSuchKey,
  notImplemented,
  notModified,
  preconditionFailed,
} from './errors.ts';
import type { ObjectSummary, Watch } from './object-store.ts';

type Existing = Pick<ObjectSummary, 'etag' | 'modifiedAt'>;

/** The names of the four conditions of a read, and whether it is a copy's. */
const READ = {
  ifMatch: 'if-match',
  ifNoneMatch: 'if-none-match',
  ifModified: 'if-modified-since',
  ifUnmodified: 'if-unmodified-since',
};
const COPY_PREFIX = 'x-amz-copy-source-';

/**
 * The conditions of GetObject and HeadObject, in AWS's order: a tag that matches makes up for a date that
 * doesn't hold. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 * @throws PreconditionFailed, NotModified
 */
export function checkRead(headers: ReadonlyMap<string, string>, object: Existing): void {
  const failure = readFailure(name => headers.get(name), object);
  if (failure === undefined) return;
  if (failure.startsWith('if-un') || failure === READ.ifMatch) throw preconditionFailed(titled(failure));
  throw notModified({ etag: object.etag, 'last-modified': new Date(object.modifiedAt).toUTCString() });
}

/** The same four of CopyObject, about what is copied. @throws PreconditionFailed */
export function checkCopySource(headers: ReadonlyMap<string, string>, object: Existing): void {
  const failure = readFailure(name => headers.get(`${COPY_PREFIX}${name}`), object);
  if (failure !== undefined) throw preconditionFailed(`${COPY_PREFIX}${titled(failure)}`);
}

function readFailure(value: (name: string) => string | undefined, object: Existing): string | undefined {
  const ifMatch = value(READ.ifMatch);
  const ifNoneMatch = value(READ.ifNoneMatch);
  const unmodifiedSince = readDate(value(READ.ifUnmodified));
  const modifiedSince = readDate(value(READ.ifModified));
  const modifiedAt = Math.floor(object.modifiedAt / 1_000) * 1_000; // Dates on the wire have no milliseconds.
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, object)) return READ.ifMatch;
  } else if (unmodifiedSince !== undefined && modifiedAt > unmodifiedSince) return READ.ifUnmodified;
  if (ifNoneMatch !== undefined) {
    if (matches(ifNoneMatch, object)) return READ.ifNoneMatch;
  } else if (modifiedSince !== undefined && modifiedAt <= modifiedSince) return READ.ifModified;
  return undefined;
}

/**
 * The conditions of a write, `If-None-Match: *` and `If-Match: TAG`, judged at the moment of writing. Of
 * writers at the same time the first to finish wins and the others fail with 412; a deletion between the
 * beginning and the end of a write is the conflict of a 409.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 * @throws PreconditionFailed, ConditionalRequestConflict; NoSuchKey for If-Match where nothing is
 */
export function checkWrite(
  headers: ReadonlyMap<string, string>,
  existing: Existing | undefined,
  watch: Pick<Watch, 'deleted'>,
): void {
  const ifNoneMatch = headers.get(READ.ifNoneMatch);
  const ifMatch = headers.get(READ.ifMatch);
  if (ifNoneMatch !== undefined && ifMatch !== undefined)
    throw notImplemented('If-Match together with If-None-Match');
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch !== '*') throw notImplemented('If-None-Match with a tag');
    if (existing !== undefined) throw preconditionFailed('If-None-Match');
    if (watch.deleted) throw conditionalRequestConflict('If-None-Match');
  }
  if (ifMatch !== undefined) {
    if (existing === undefined) throw noSuchKey();
    if (watch.deleted) throw conditionalRequestConflict('If-Match');
    if (!matches(ifMatch, existing)) throw preconditionFailed('If-Match');
  }
}

/**
 * The condition of a deletion; `*` stands for any object.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
 * @throws PreconditionFailed; NoSuchKey where nothing is
 */
export function checkDelete(ifMatch: string | undefined, existing: Existing | undefined): void {
  if (ifMatch === undefined) return;
  if (existing === undefined) throw noSuchKey();
  if (!matches(ifMatch, existing)) throw preconditionFailed('If-Match');
}

function matches(tags: string, object: Existing): boolean {
  const bare = (tag: string) => tag.trim().replace(/^W\//, '').replaceAll('"', '');
  return tags.split(',').some(tag => tag.trim() === '*' || bare(tag) === bare(object.etag));
}

/** A date that isn't one is as good as none (RFC 9110, 13.1.3). */
function readDate(text: string | undefined): number | undefined {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : time;
}

/** `if-none-match` as `If-None-Match`. */
function titled(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}
