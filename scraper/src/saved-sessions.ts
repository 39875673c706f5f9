import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { BrowserContext } from 'playwright-core';
import type { Log } from './log.ts';
import { firstLine } from './outcome.ts';

/** Cookies and local storage of a creator who is logged in. As good as a password: never logged, never kept in the clear. */
export type StorageState = Awaited<ReturnType<BrowserContext['storageState']>>;

/**
 * Logins that outlive browser and process, so that a creator needn't log in again after every restart. No call
 * rejects: whoever has no session logs in, and that is all that is lost.
 */
export interface SavedSessions {
  load(creatorId: string, signal: AbortSignal): Promise<StorageState | undefined>;
  save(creatorId: string, state: StorageState): Promise<void>;
  /** The site no longer knows it. */
  forget(creatorId: string): Promise<void>;
}

/** Sessions live as long as the browser does. */
export const unsavedSessions: SavedSessions = {
  load: async () => undefined,
  save: async () => undefined,
  forget: async () => undefined,
};

/** Sessions in the bucket, one object each: `sessions/{creator_id}`, sealed with a key of 32 bytes. */
export function s3Sessions(s3: S3Client, bucket: string, key: Buffer, log: Log): SavedSessions {
  const at = (creatorId: string) => ({ Bucket: bucket, Key: `sessions/${creatorId}` });
  const failed = (what: string, creatorId: string, error: unknown) =>
    log.warn(what, { creator_id: creatorId, error: firstLine(error) });

  return {
    async load(creatorId, signal) {
      try {
        const object = await s3.send(new GetObjectCommand(at(creatorId)), { abortSignal: signal });
        const sealed = Buffer.from((await object.Body?.transformToByteArray()) ?? []);
        return JSON.parse(unseal(sealed, key, creatorId)) as StorageState;
      } catch (error) {
        if (!(error instanceof NoSuchKey)) failed('session not loaded', creatorId, error);
        return undefined;
      }
    },
    async save(creatorId, state) {
      const Body = seal(JSON.stringify(state), key, creatorId);
      try {
        await s3.send(new PutObjectCommand({ ...at(creatorId), Body }));
      } catch (error) {
        failed('session not saved', creatorId, error);
      }
    },
    async forget(creatorId) {
      try {
        await s3.send(new DeleteObjectCommand(at(creatorId)));
      } catch (error) {
        failed('session not deleted', creatorId, error);
      }
    },
  };
}

/** AES-256-GCM: one byte of version, 12 of nonce, 16 of tag, then the text. */
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Under whose name it was sealed: an object that was put in another's place isn't opened. */
function context(creatorId: string): Buffer {
  return Buffer.from(`session ${VERSION} ${creatorId}`);
}

function seal(text: string, key: Buffer, creatorId: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(context(creatorId));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), sealed]);
}

/** @throws when it is of another version, or wasn't sealed with this key for this creator */
function unseal(sealed: Buffer, key: Buffer, creatorId: string): string {
  if (sealed[0] !== VERSION) throw new Error(`sealed in version ${sealed[0]}, not ${VERSION}`);
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const tag = sealed.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(context(creatorId))
    .setAuthTag(tag);
  try {
    const text = sealed.subarray(1 + NONCE_BYTES + TAG_BYTES);
    return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
  } catch (error) {
    throw new Error('not sealed with this key for this creator', { cause: error });
  }
}
