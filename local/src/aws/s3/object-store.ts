import { randomBytes } from 'node:crypto';
import type { StateFile } from '../state/state-file.ts';
import { BucketTable } from './bucket-table.ts';

/** The version that an object has which was written while its bucket kept none. */
export const NULL_VERSION = 'null';

/** What a list shows of a version of an object, or of a delete marker. */
export interface ObjectSummary {
  key: string;
  version: string;
  isCurrent: boolean;
  /** A delete marker stands for "deleted" and has nothing below. */
  isMarker: boolean;
  /** In quotes. */
  etag: string;
  /** Milliseconds since the epoch. */
  modifiedAt: number;
  /** Bytes. */
  size: number;
  /** What a GET says of it beside length, date and tag. */
  headers: ReadonlyMap<string, string>;
  tags: ReadonlyMap<string, string>;
}

/** An object as it is kept. */
export interface StoredObject extends ObjectSummary {
  bytes: Uint8Array;
}

/** What is to be written. */
export type ObjectDraft = Pick<StoredObject, 'bytes' | 'etag' | 'modifiedAt' | 'headers' | 'tags'>;

/** A conditional write under way. */
export interface Watch {
  /** Whether the key was deleted since the write began. */
  deleted: boolean;
  done: () => void;
}

interface Row {
  key: Uint8Array;
  version: string;
  is_current: number;
  is_marker: number;
  etag: string;
  modified_at: number;
  size: number;
  headers: string;
  tags: string;
}

const SUMMARY =
  'key, version, is_current, is_marker, etag, modified_at, length(bytes) AS size, headers, tags';

/**
 * Objects, straight in the state file: nothing of them is held in memory. Keys are values of a column and
 * nothing else: no path is ever made of one. Every method throws NoSuchBucket for a bucket that wasn't made.
 */
export class ObjectStore {
  readonly buckets: BucketTable;
  readonly #file: StateFile;
  readonly #watches = new Set<Watch & { bucket: string; key: string }>();

  /** @param buckets those to have; what is in the file already stays */
  constructor(file: StateFile, buckets: readonly string[], now: number) {
    this.#file = file;
    this.buckets = new BucketTable(file);
    for (const name of buckets) if (!this.buckets.has(name)) this.buckets.create(name, now);
  }

  /** The current version, a delete marker included, or the one called `version`. */
  get(bucket: string, key: string, version?: string): StoredObject | undefined {
    this.buckets.require(bucket);
    const which = version === undefined ? 'is_current = 1' : 'version = ?';
    const row = this.#file
      .prepare(`SELECT ${SUMMARY}, bytes FROM object WHERE bucket = ? AND key = ? AND ${which}`)
      .get(bucket, Buffer.from(key), ...(version === undefined ? [] : [version]));
    if (row === undefined) return undefined;
    const { bytes, ...summary } = row as unknown as Row & { bytes: Uint8Array };
    return { ...toSummary(summary), bytes };
  }

  /** The same without its bytes. */
  head(bucket: string, key: string): ObjectSummary | undefined {
    this.buckets.require(bucket);
    const row = this.#file
      .prepare(`SELECT ${SUMMARY} FROM object WHERE bucket = ? AND key = ? AND is_current = 1`)
      .get(bucket, Buffer.from(key));
    return row === undefined ? undefined : toSummary(row as unknown as Row);
  }

  /**
   * Writes an object, unless `check`, shown the object that it would replace, throws: both in one step.
   * @returns its version
   */
  put(
    bucket: string,
    key: string,
    draft: ObjectDraft,
    check: (existing: ObjectSummary | undefined) => void,
  ): string {
    const existing = this.head(bucket, key);
    check(existing?.isMarker === true ? undefined : existing);
    return this.#write(bucket, key, draft, false);
  }

  /**
   * Deletes an object: for good where its bucket keeps no versions, else by a marker on top. With a version,
   * that one, for good.
   * @param check shown the object that is to be deleted; what it throws prevents that
   * @returns the marker that was set, or the version that was deleted, as far as there is any
   */
  delete(
    bucket: string,
    key: string,
    about: { version: string | undefined; now: number },
    check: (existing: ObjectSummary | undefined) => void = () => {},
  ): { version: string; isMarker: boolean } | undefined {
    const { versioning } = this.buckets.require(bucket);
    const existing = this.head(bucket, key);
    check(existing?.isMarker === true ? undefined : existing);
    for (const watch of this.#watches)
      if (existing !== undefined && watch.bucket === bucket && watch.key === key) watch.deleted = true;
    if (about.version !== undefined) return this.#deleteVersion(bucket, key, about.version);
    if (versioning === undefined) {
      const remove = this.#file.prepare('DELETE FROM object WHERE bucket = ? AND key = ?');
      this.#file.write(() => remove.run(bucket, Buffer.from(key)));
      return undefined;
    }
    const marker = { etag: '', modifiedAt: about.now, headers: new Map(), tags: new Map() };
    const version = this.#write(bucket, key, { ...marker, bytes: Buffer.alloc(0) }, true);
    return { version, isMarker: true };
  }

  /** Notes that a conditional write of this key has begun, so that a deletion meanwhile can be told. */
  watch(bucket: string, key: string): Watch {
    const watch = { bucket, key, deleted: false, done: () => void this.#watches.delete(watch) };
    this.#watches.add(watch);
    return watch;
  }

  setTags(bucket: string, object: ObjectSummary, tags: ReadonlyMap<string, string>): void {
    const update = this.#file.prepare(
      'UPDATE object SET tags = ? WHERE bucket = ? AND key = ? AND version = ?',
    );
    this.#file.write(() =>
      update.run(JSON.stringify([...tags]), bucket, Buffer.from(object.key), object.version),
    );
  }

  /** The objects whose keys begin with `prefix` and come after `after`, sorted by the UTF-8 bytes of the key. */
  *list(bucket: string, prefix: string, after: string): Generator<ObjectSummary> {
    for (const version of this.versions(bucket, prefix, after))
      if (version.isCurrent && !version.isMarker) yield version;
  }

  /** Every version and delete marker, those of a key from the newest to the oldest. */
  *versions(bucket: string, prefix: string, after: string): Generator<ObjectSummary> {
    this.buckets.require(bucket);
    const rows = this.#file
      .prepare(
        `SELECT ${SUMMARY} FROM object
         WHERE bucket = ? AND key >= ? AND key > ? ORDER BY key, number DESC`,
      )
      .iterate(bucket, Buffer.from(prefix), Buffer.from(after)) as unknown as Iterable<Row>;
    for (const row of rows) {
      const summary = toSummary(row);
      if (!summary.key.startsWith(prefix)) return;
      yield summary;
    }
  }

  #write(bucket: string, key: string, draft: ObjectDraft, isMarker: boolean): string {
    const keepsVersions = this.buckets.require(bucket).versioning === 'Enabled';
    const version = keepsVersions ? randomBytes(24).toString('base64url') : NULL_VERSION;
    const statements = {
      replace: this.#file.prepare('DELETE FROM object WHERE bucket = ? AND key = ? AND version = ?'),
      step: this.#file.prepare('UPDATE object SET is_current = 0 WHERE bucket = ? AND key = ?'),
      insert: this.#file.prepare(
        `INSERT INTO object
         (bucket, key, version, is_current, is_marker, etag, modified_at, headers, tags, bytes)
         VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?)`,
      ),
    };
    const { etag, modifiedAt, bytes } = draft;
    const id = Buffer.from(key);
    const json = (map: ReadonlyMap<string, string>) => JSON.stringify([...map]);
    this.#file.write(() => {
      statements.replace.run(bucket, id, version);
      statements.step.run(bucket, id);
      statements.insert.run(
        bucket,
        id,
        version,
        isMarker ? 1 : 0,
        etag,
        modifiedAt,
        json(draft.headers),
        json(draft.tags),
        bytes,
      );
    });
    return version;
  }

  #deleteVersion(bucket: string, key: string, version: string): { version: string; isMarker: boolean } {
    const id = Buffer.from(key);
    const found = this.#file
      .prepare('SELECT is_marker FROM object WHERE bucket = ? AND key = ? AND version = ?')
      .get(bucket, id, version);
    const remove = this.#file.prepare('DELETE FROM object WHERE bucket = ? AND key = ? AND version = ?');
    const promote = this.#file.prepare(
      `UPDATE object SET is_current = 1 WHERE number =
       (SELECT max(number) FROM object WHERE bucket = ? AND key = ?)`,
    );
    this.#file.write(() => {
      remove.run(bucket, id, version);
      promote.run(bucket, id);
    });
    return { version, isMarker: found?.['is_marker'] === 1 };
  }
}

function toSummary(row: Row): ObjectSummary {
  return {
    key: Buffer.from(row.key).toString('utf8'),
    version: row.version,
    isCurrent: row.is_current === 1,
    isMarker: row.is_marker === 1,
    etag: row.etag,
    modifiedAt: row.modified_at,
    size: row.size,
    headers: new Map(JSON.parse(row.headers) as [string, string][]),
    tags: new Map(JSON.parse(row.tags) as [string, string][]),
  };
}
