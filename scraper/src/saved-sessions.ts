import {
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { PREFIXES } from '@huntaze/core/names';
import type { BrowserContext } from 'playwright-core';
import type { Log } from './log.ts';
import { firstLine } from './outcome.ts';
import type { Sealer } from './sealer.ts';

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

/** A login is a few cookies; one with the site's whole store beside it isn't worth its weight. */
const MAX_BYTES = 1_024 * 1_024;

/** Sessions in the bucket, one object each: `sessions/{creator_id}`, sealed; 1 MiB at most. */
export function s3Sessions(s3: S3Client, bucket: string, sealer: Sealer, log: Log): SavedSessions {
  const at = (creatorId: string) => ({ Bucket: bucket, Key: `${PREFIXES.sessions}/${creatorId}` });
  const failed = (what: string, creatorId: string, error: unknown) =>
    log.warn(what, { creator_id: creatorId, error: firstLine(error) });

  return {
    async load(creatorId, signal) {
      try {
        // One byte more than is allowed tells that there is more.
        const some = { ...at(creatorId), Range: `bytes=0-${MAX_BYTES}` };
        const object = await s3.send(new GetObjectCommand(some), { abortSignal: signal });
        const sealed = Buffer.from((await object.Body?.transformToByteArray()) ?? []);
        if (sealed.length > MAX_BYTES) throw new Error(`larger than ${MAX_BYTES} bytes`);
        return parse(await sealer.unseal(sealed, creatorId, signal));
      } catch (error) {
        if (!(error instanceof NoSuchKey)) failed('session not loaded', creatorId, error);
        return undefined;
      }
    },
    async save(creatorId, state) {
      try {
        const Body = await sealer.seal(JSON.stringify(state), creatorId);
        if (Body.length > MAX_BYTES) throw new Error(`larger than ${MAX_BYTES} bytes`);
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

/** @throws when it isn't JSON, without showing any of it */
function parse(text: string): StorageState {
  try {
    return JSON.parse(text) as StorageState;
  } catch {
    throw new Error('no JSON in it');
  }
}
