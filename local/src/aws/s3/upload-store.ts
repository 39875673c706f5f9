import { randomBytes } from 'node:crypto';
import type { StateFile } from '../state/state-file.ts';
import { noSuchUpload } from './errors.ts';
import type { Tags } from './tags.ts';

/** A multipart upload under way. */
export interface MultipartUpload {
  id: string;
  bucket: string;
  key: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
  described: [string, string][];
  encryption: [string, string][];
  tags: Tags;
  /** The checksum that its parts are kept with, and of what the whole has one. */
  algorithm: string;
  /** Without a choice it is CRC64NVME, and parts can bring no other along. */
  isAlgorithmChosen: boolean;
  checksumType: 'FULL_OBJECT' | 'COMPOSITE';
}

export interface UploadPart {
  number: number;
  etag: string;
  /** By the upload's algorithm, base64. */
  checksum: string;
  modifiedAt: number;
  bytes: Uint8Array;
}

/** Multipart uploads and their parts, in the state file. */
export class UploadStore {
  readonly #file: StateFile;

  constructor(file: StateFile) {
    this.#file = file;
  }

  /** @returns its id */
  start(upload: Omit<MultipartUpload, 'id'>): string {
    const id = randomBytes(48).toString('base64url');
    const { bucket, key, startedAt, tags, ...draft } = upload;
    const insert = this.#file.prepare(
      'INSERT INTO upload (id, bucket, key, started_at, draft) VALUES (?, ?, ?, ?, ?)',
    );
    const json = JSON.stringify({ ...draft, tags: [...tags] });
    this.#file.write(() => insert.run(id, bucket, Buffer.from(key), startedAt, json));
    return id;
  }

  /** @throws NoSuchUpload, also for the id of another key's */
  require(bucket: string, key: string, id: string): MultipartUpload {
    const row = this.#file
      .prepare('SELECT * FROM upload WHERE id = ? AND bucket = ? AND key = ?')
      .get(id, bucket, Buffer.from(key));
    if (row === undefined) throw noSuchUpload();
    return toUpload(row);
  }

  /** Those of a bucket whose keys begin with `prefix`, by key, the oldest first. */
  of(bucket: string, prefix: string): MultipartUpload[] {
    const rows = this.#file
      .prepare('SELECT * FROM upload WHERE bucket = ? ORDER BY key, started_at')
      .all(bucket);
    return rows.map(toUpload).filter(({ key }) => key.startsWith(prefix));
  }

  putPart(upload: string, part: UploadPart): void {
    const insert = this.#file.prepare(
      `INSERT OR REPLACE INTO upload_part (upload, number, etag, checksum, modified_at, bytes)
       VALUES (?, ?, ?, ?, ?, ?)`,
    );
    const { number, etag, checksum, modifiedAt, bytes } = part;
    this.#file.write(() => insert.run(upload, number, etag, checksum, modifiedAt, bytes));
  }

  /** In the order of their numbers. */
  parts(upload: string): UploadPart[] {
    const rows = this.#file
      .prepare('SELECT * FROM upload_part WHERE upload = ? ORDER BY number')
      .all(upload) as unknown as (Omit<UploadPart, 'modifiedAt'> & { modified_at: number })[];
    return rows.map(({ modified_at: modifiedAt, ...part }) => ({ ...part, modifiedAt }));
  }

  /** Forgets an upload and its parts. */
  remove(id: string): void {
    const removals = ['DELETE FROM upload_part WHERE upload = ?', 'DELETE FROM upload WHERE id = ?'];
    const statements = removals.map(sql => this.#file.prepare(sql));
    this.#file.write(() => {
      for (const statement of statements) statement.run(id);
    });
  }

  /** Forgets those whose age `isTooOld`. */
  abortOlder(bucket: string, prefix: string, isTooOld: (startedAt: number) => boolean): void {
    for (const { id, startedAt } of this.of(bucket, prefix)) if (isTooOld(startedAt)) this.remove(id);
  }
}

function toUpload(row: Record<string, unknown>): MultipartUpload {
  const draft = JSON.parse(row['draft'] as string) as Omit<MultipartUpload, 'tags'> & {
    tags: [string, string][];
  };
  return {
    ...draft,
    tags: new Map(draft.tags),
    id: row['id'] as string,
    bucket: row['bucket'] as string,
    key: Buffer.from(row['key'] as Uint8Array).toString('utf8'),
    startedAt: row['started_at'] as number,
  };
}
