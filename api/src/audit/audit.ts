import { randomBytes } from 'node:crypto';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { API_PREFIXES } from '@huntaze/core/names';
import * as z from 'zod/mini';
import { unavailable } from '../http/problem.ts';
import type { S3 } from '../objects.ts';

/** One thing that somebody did: who, when, what, on what, and how that was before and after. */
export const auditEntry = z.strictObject({
  at: z.iso.datetime(),
  token_id: z.string(),
  /** For example `creator.pause`. */
  action: z.string(),
  /** What it was done to, for example `creator ada`. */
  on: z.string(),
  /** `begun`: nobody knows whether it was done; the process ended in between. */
  outcome: z.enum(['begun', 'done', 'failed']),
  before: z.optional(z.unknown()),
  after: z.optional(z.unknown()),
  error: z.optional(z.string()),
});
export type AuditEntry = z.infer<typeof auditEntry>;

/** How long S3 may take (ms). */
const DEADLINE_MS = 3_000;
/** So many entries of a day are shown at most, the newest. */
export const MOST_SHOWN = 200;

/** Where it is kept, and what is told of it. */
export interface AuditPorts {
  s3: S3;
  env: { RESULTS_BUCKET: string };
  log: (line: Record<string, unknown>) => void;
}

/**
 * Does something that is to be known afterwards. That it is about to be done is written before; what can't be written
 * isn't done.
 * @param about without its outcome; `before` as it was
 * @param act does it, and returns how it is afterwards
 * @throws Refusal 503 when it can't be written; what `act` throws
 */
export async function recorded<T>(
  { s3, env, log }: AuditPorts,
  about: Pick<AuditEntry, 'token_id' | 'action' | 'on' | 'before'>,
  now: number,
  act: () => Promise<T>,
): Promise<T> {
  const at = new Date(now).toISOString();
  const key = `${API_PREFIXES.audit}/${at.slice(0, 10)}/${at}-${randomBytes(4).toString('hex')}.json`;
  const write = async (end: Pick<AuditEntry, 'outcome' | 'after' | 'error'>) => {
    const entry: AuditEntry = { at, ...about, ...end };
    log({ message: 'action', ...entry });
    await s3.send(
      new PutObjectCommand({
        Bucket: env.RESULTS_BUCKET,
        Key: key,
        Body: JSON.stringify(entry),
        ContentType: 'application/json',
      }),
      { abortSignal: AbortSignal.timeout(DEADLINE_MS) },
    );
  };
  try {
    await write({ outcome: 'begun' });
  } catch (error) {
    throw unavailable('nothing was done: it could not be recorded; try again', error);
  }
  try {
    const after = await act();
    await write({ outcome: 'done', after }).catch((error: unknown) => notWritten(log, key, error));
    return after;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    await write({ outcome: 'failed', error: why }).catch((other: unknown) => notWritten(log, key, other));
    throw error;
  }
}

/** It is in the log all the same, and the entry says that it was begun. */
function notWritten(log: AuditPorts['log'], key: string, error: unknown): void {
  log({ message: 'end of an action not recorded', key, error: String(error) });
}

/** What was done on a day (UTC, `2026-12-01`), the newest first, at most {@link MOST_SHOWN}. */
export async function readAudit({ s3, env }: Omit<AuditPorts, 'log'>, day: string): Promise<AuditEntry[]> {
  const bucket = env.RESULTS_BUCKET;
  const keys: string[] = [];
  let ContinuationToken: string | undefined;
  const options = () => ({ abortSignal: AbortSignal.timeout(DEADLINE_MS) });
  do {
    const Prefix = `${API_PREFIXES.audit}/${day}/`;
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix, ContinuationToken }),
      options(),
    );
    keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  const shown = keys.toSorted().toReversed().slice(0, MOST_SHOWN);
  const entries: AuditEntry[] = [];
  for (const Key of shown) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }), options());
    const entry = z.safeParse(auditEntry, JSON.parse((await Body?.transformToString()) ?? 'null'));
    if (entry.success) entries.push(entry.data);
  }
  return entries;
}
