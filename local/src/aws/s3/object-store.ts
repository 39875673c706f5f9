import type { StateFile } from '../state/state-file.ts';
import { noSuchBucket } from './errors.ts';

/** What a list shows of an object. */
export interface ObjectSummary {
  /** In quotes. */
  etag: string;
  /** Milliseconds since the epoch. */
  modifiedAt: number;
  /** Bytes. */
  size: number;
}

/** An object as it is kept. */
export interface StoredObject extends Omit<ObjectSummary, 'size'> {
  bytes: Uint8Array;
  /** What a GET says of it beside length, date and tag. */
  headers: ReadonlyMap<string, string>;
}

interface Row {
  etag: string;
  modified_at: number;
  size: number;
}

/**
 * Buckets and their objects, straight in the state file: nothing of them is held in memory. Keys are values
 * of a column and nothing else: no path is ever made of one. Every method throws NoSuchBucket for a bucket
 * that wasn't made.
 */
export class ObjectStore {
  readonly #file: StateFile;

  /** @param buckets those to have; what is in the file already stays */
  constructor(file: StateFile, buckets: readonly string[]) {
    this.#file = file;
    const insert = file.prepare('INSERT OR IGNORE INTO bucket (name) VALUES (?)');
    file.write(() => {
      for (const name of buckets) insert.run(name);
    });
  }

  /** @throws NoSuchBucket */
  requireBucket(bucket: string): void {
    if (this.#file.prepare('SELECT 1 FROM bucket WHERE name = ?').get(bucket) === undefined)
      throw noSuchBucket();
  }

  get(bucket: string, key: string): StoredObject | undefined {
    this.requireBucket(bucket);
    const row = this.#file
      .prepare('SELECT etag, modified_at, headers, bytes FROM object WHERE bucket = ? AND key = ?')
      .get(bucket, Buffer.from(key)) as (Row & { headers: string; bytes: Uint8Array }) | undefined;
    if (row === undefined) return undefined;
    const headers = new Map(JSON.parse(row.headers) as [string, string][]);
    return { etag: row.etag, modifiedAt: row.modified_at, headers, bytes: row.bytes };
  }

  /** Writes an object, unless `check`, shown what it would replace, throws: both in one step. */
  put(
    bucket: string,
    key: string,
    object: StoredObject,
    check: (existing: ObjectSummary | undefined) => void,
  ): void {
    this.requireBucket(bucket);
    const row = this.#file
      .prepare('SELECT etag, modified_at, length(bytes) AS size FROM object WHERE bucket = ? AND key = ?')
      .get(bucket, Buffer.from(key)) as Row | undefined;
    check(row && summary(row));
    const insert = this.#file.prepare(
      'INSERT OR REPLACE INTO object (bucket, key, etag, modified_at, headers, bytes) VALUES (?, ?, ?, ?, ?, ?)',
    );
    const headers = JSON.stringify([...object.headers]);
    this.#file.write(() =>
      insert.run(bucket, Buffer.from(key), object.etag, object.modifiedAt, headers, object.bytes),
    );
  }

  delete(bucket: string, key: string): void {
    this.requireBucket(bucket);
    const remove = this.#file.prepare('DELETE FROM object WHERE bucket = ? AND key = ?');
    this.#file.write(() => remove.run(bucket, Buffer.from(key)));
  }

  /** The objects whose keys begin with `prefix` and come after `after`, sorted by the UTF-8 bytes of the key. */
  *list(bucket: string, prefix: string, after: string): Generator<[key: string, object: ObjectSummary]> {
    this.requireBucket(bucket);
    const rows = this.#file
      .prepare(
        `SELECT key, etag, modified_at, length(bytes) AS size FROM object
         WHERE bucket = ? AND key >= ? AND key > ? ORDER BY key`,
      )
      .iterate(bucket, Buffer.from(prefix), Buffer.from(after)) as Iterable<Row & { key: Uint8Array }>;
    for (const row of rows) {
      const key = Buffer.from(row.key).toString('utf8');
      if (!key.startsWith(prefix)) return;
      yield [key, summary(row)];
    }
  }
}

function summary(row: Row): ObjectSummary {
  return { etag: row.etag, modifiedAt: row.modified_at, size: row.size };
}
