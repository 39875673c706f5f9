import { noSuchBucket } from './errors.ts';

/** An object as it is kept. */
export interface StoredObject {
  bytes: Buffer;
  /** In quotes. */
  etag: string;
  /** Milliseconds since the epoch. */
  modifiedAt: number;
  /** What a GET says of it beside length, date and tag. */
  headers: ReadonlyMap<string, string>;
}

/** Where objects are kept. Every method throws NoSuchBucket for a bucket that wasn't made. */
export interface ObjectStore {
  get(bucket: string, key: string): Promise<StoredObject | undefined>;
  /** Writes an object, unless `check`, shown what it would replace, throws: both in one step. */
  put(
    bucket: string,
    key: string,
    object: StoredObject,
    check: (existing: StoredObject | undefined) => void,
  ): Promise<void>;
  delete(bucket: string, key: string): Promise<void>;
  /** Every object, sorted by the UTF-8 bytes of its key. */
  list(bucket: string): Promise<readonly (readonly [key: string, object: StoredObject])[]>;
}

interface Bucket {
  objects: Map<string, StoredObject>;
  /** Made by the first list after a change. */
  sorted: (readonly [string, StoredObject])[] | undefined;
}

/** Objects in memory. Keys are keys of a Map and nothing else: no path is ever made of one. */
export class MemoryStore implements ObjectStore {
  readonly #buckets: ReadonlyMap<string, Bucket>;

  constructor(buckets: readonly string[]) {
    this.#buckets = new Map(buckets.map(name => [name, { objects: new Map(), sorted: undefined }]));
  }

  async get(bucket: string, key: string): Promise<StoredObject | undefined> {
    return this.#bucket(bucket).objects.get(key);
  }

  async put(
    bucket: string,
    key: string,
    object: StoredObject,
    check: (existing: StoredObject | undefined) => void,
  ): Promise<void> {
    const found = this.#bucket(bucket);
    check(found.objects.get(key));
    found.objects.set(key, object);
    found.sorted = undefined;
  }

  async delete(bucket: string, key: string): Promise<void> {
    const found = this.#bucket(bucket);
    found.objects.delete(key);
    found.sorted = undefined;
  }

  async list(bucket: string): Promise<readonly (readonly [string, StoredObject])[]> {
    const found = this.#bucket(bucket);
    found.sorted ??= [...found.objects].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return found.sorted;
  }

  #bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw noSuchBucket();
    return bucket;
  }
}
