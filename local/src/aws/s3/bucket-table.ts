import type { StateFile } from '../state/state-file.ts';
import { bucketNotEmpty, noSuchBucket } from './errors.ts';
import type { XmlElement } from './xml-reader.ts';

/** How new objects of a bucket are encrypted unless their request says it. */
export interface Encryption {
  algorithm: string;
  keyId?: string;
  bucketKey?: boolean;
}

/** What a bucket is set to. */
export interface BucketSettings {
  encryption?: Encryption;
  /** Undefined: it never kept versions. */
  versioning?: 'Enabled' | 'Suspended';
  /** The document as it was given. */
  lifecycle?: XmlElement;
  /** The document as it was given. */
  tagging?: XmlElement;
}

export interface Bucket extends BucketSettings {
  name: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
}

/** Buckets in the state file. */
export class BucketTable {
  readonly #file: StateFile;

  constructor(file: StateFile) {
    this.#file = file;
  }

  has(name: string): boolean {
    return this.#file.prepare('SELECT 1 FROM bucket WHERE name = ?').get(name) !== undefined;
  }

  /** @throws NoSuchBucket */
  require(name: string): Bucket {
    const row = this.#file.prepare('SELECT name, created_at, settings FROM bucket WHERE name = ?').get(name);
    if (row === undefined) throw noSuchBucket();
    return toBucket(row);
  }

  /** All of them, by name. */
  all(): Bucket[] {
    const rows = this.#file.prepare('SELECT name, created_at, settings FROM bucket ORDER BY name').all();
    return rows.map(toBucket);
  }

  create(name: string, now: number): void {
    const insert = this.#file.prepare("INSERT INTO bucket (name, created_at, settings) VALUES (?, ?, '{}')");
    this.#file.write(() => insert.run(name, now));
  }

  /** @throws NoSuchBucket */
  set(name: string, change: { [S in keyof BucketSettings]: BucketSettings[S] | undefined }): void {
    const { encryption, versioning, lifecycle, tagging } = this.require(name);
    const update = this.#file.prepare('UPDATE bucket SET settings = ? WHERE name = ?');
    this.#file.write(() =>
      update.run(JSON.stringify({ encryption, versioning, lifecycle, tagging, ...change }), name),
    );
  }

  /** @throws NoSuchBucket; BucketNotEmpty while there is any version of an object, or a delete marker */
  delete(name: string): void {
    this.require(name);
    if (this.#file.prepare('SELECT 1 FROM object WHERE bucket = ? LIMIT 1').get(name) !== undefined)
      throw bucketNotEmpty();
    const removals = [
      'DELETE FROM upload_part WHERE upload IN (SELECT id FROM upload WHERE bucket = ?)',
      'DELETE FROM upload WHERE bucket = ?',
      'DELETE FROM bucket WHERE name = ?',
    ].map(sql => this.#file.prepare(sql));
    this.#file.write(() => {
      for (const removal of removals) removal.run(name);
    });
  }
}

function toBucket(row: Record<string, unknown>): Bucket {
  const { name, created_at: createdAt, settings } = row;
  return {
    ...(JSON.parse(settings as string) as BucketSettings),
    name: name as string,
    createdAt: createdAt as number,
  };
}
