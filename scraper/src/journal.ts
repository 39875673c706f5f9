import { randomUUID } from 'node:crypto';
import {
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  S3ServiceException,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Tried } from '@huntaze/core/lua';
import { PREFIXES } from '@huntaze/core/names';
import { check } from '@huntaze/core/operations';
import * as z from 'zod/mini';
import type { Ledger } from './ledger.ts';
import type { Operation, OperationIds } from './operation.ts';
import { firstLine, Interrupted, INTERRUPTED_RETRY_MS, LeaseLost, OutcomeUnknown } from './outcome.ts';

/** One try at sending a message, as it was noted before the click. */
export interface JournalEntry {
  /** From 1. */
  n: number;
  /** The newest message in the conversation before it; null where there was none. */
  newestId: number | null;
  /** From when on it can have no effect any more, ms since the epoch. */
  deadlineMs: number;
  /** The status with which the site answered it, if that says anything of the effect. */
  answered?: number;
}

/**
 * An operation is tried at most so often; each time the one before was looked for, and believed not to be there. A task
 * that dies between the note and the click uses one up, too.
 */
export const MAX_TRIES = 5;

/**
 * What was tried of each operation's effect. It is kept twice: in Redis, where it is at hand, and in the bucket,
 * where it can't be lost with Redis, and where only one of two can write the same try.
 * Every call throws Interrupted when one of the two can't be had.
 */
export interface Journal {
  /** The last try at an operation's effect; undefined if there was none. */
  last(operation: Operation): Promise<JournalEntry | undefined>;
  /**
   * Notes a try; only then may it be made. Returns the entry of another attempt if one is there under this number:
   * then nothing was noted, and the try must not be made.
   * @throws LeaseLost when the operation has ended, or is further than that, by another's hand
   */
  note(operation: Operation, entry: JournalEntry): Promise<JournalEntry | undefined>;
  /** Notes how the site has answered a try: that it took the message, or that it refuses it. */
  answered(operation: Operation, entry: JournalEntry, status: number): Promise<void>;
}

/** The entry as Redis keeps it. */
export function entryOf({ n, newest, deadline, answered }: Tried): JournalEntry {
  return {
    n,
    newestId: newest === '' ? null : Number(newest),
    deadlineMs: deadline,
    ...(answered !== undefined && { answered }),
  };
}

function triedOf({ n, newestId, deadlineMs, answered }: JournalEntry): Tried {
  return {
    n,
    newest: newestId === null ? '' : String(newestId),
    deadline: deadlineMs,
    ...(answered !== undefined && { answered }),
  };
}

/** An entry as it lies in the bucket. */
const stored = z.object({
  n: z.int(),
  newest_message_id: z.nullable(z.int()),
  deadline_ms: z.number(),
  /** Of one call: whoever finds it knows the entry as its own. */
  token: z.string(),
});

/** The bucket's part: `journal/{creator_id}/{operation_id}/{n}.json`. */
function entriesIn(s3: S3Client, bucket: string) {
  const keyOf = ({ creatorId, operationId }: OperationIds, n: number) =>
    `${PREFIXES.journal}/${creatorId}/${operationId}/${n}.json`;

  async function read({ signal, ...ids }: Operation, n: number) {
    const key = keyOf(ids, n);
    try {
      const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }), {
        abortSignal: signal,
      });
      const text = (await object.Body?.transformToString()) ?? '';
      return parse(text, key);
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }

  return {
    read,
    /** Writes an entry where none is. Returns the one that is there, unless it is this call's own. */
    async put(operation: Operation, { n, newestId, deadlineMs }: JournalEntry) {
      const token = randomUUID();
      try {
        await s3.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: keyOf(operation, n),
            Body: JSON.stringify({
              n,
              newest_message_id: newestId,
              deadline_ms: deadlineMs,
              token,
              operation_id: operation.operationId,
              noted_at: new Date(operation.clock.now()).toISOString(),
            }),
            ContentType: 'application/json',
            IfNoneMatch: '*',
          }),
          { abortSignal: operation.signal },
        );
        return undefined;
      } catch (error) {
        if (!(error instanceof S3ServiceException) || error.$metadata.httpStatusCode !== 412) throw error;
        const there = await read(operation, n);
        if (!there) throw new Error('the journal entry that was there is gone', { cause: error });
        // A write whose answer was lost is repeated by the client, and meets itself.
        return there.token === token ? undefined : there.entry;
      }
    },
  };
}

function parse(text: string, key: string): { entry: JournalEntry; token: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  const checked = check(stored, json);
  // It was tried, but nobody can tell what to look for.
  if (!checked.ok) throw new OutcomeUnknown(`${key} can't be read`);
  const { n, newest_message_id: newestId, deadline_ms: deadlineMs, token } = checked.value;
  return { entry: { n, newestId, deadlineMs }, token };
}

/** The journal in a bucket and, through the ledger, in Redis. */
export function s3Journal(s3: S3Client, bucket: string, ledger: Pick<Ledger, 'note'>): Journal {
  const entries = entriesIn(s3, bucket);

  async function noteInRedis(operation: Operation, entry: JournalEntry): Promise<void> {
    if (!(await ledger.note(operation, triedOf(entry))))
      throw new LeaseLost('another attempt has gone further with this operation');
  }

  return {
    last: operation =>
      within(operation, async () => {
        let last = operation.effect.tried;
        // What nobody has received before can't have been tried; should it have been, `note` will notice.
        if (!last && operation.message.receives <= 1) return undefined;
        for (let n = (last?.n ?? 0) + 1; n <= MAX_TRIES; n += 1) {
          const next = await entries.read(operation, n);
          if (!next) break;
          last = next.entry;
        }
        return last;
      }),
    note: (operation, entry) =>
      within(operation, async () => {
        // The bucket first: were Redis to learn of a try that the bucket refuses, it would forget the real one.
        const there = await entries.put(operation, entry);
        if (!there) await noteInRedis(operation, entry);
        return there;
      }),
    answered: (operation, entry, status) =>
      within(operation, () => noteInRedis(operation, { ...entry, answered: status })),
  };
}

async function within<T>({ signal }: Operation, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof OutcomeUnknown || error instanceof LeaseLost) throw error;
    throw new Interrupted(`the journal can't be had: ${firstLine(error)}`, INTERRUPTED_RETRY_MS, {
      cause: error,
    });
  }
}
