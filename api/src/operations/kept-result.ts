import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { RESOLUTIONS } from '@huntaze/core/lua';
import { resultKey } from '@huntaze/core/names';
import { operationRequest, safeId } from '@huntaze/core/operations';
import * as z from 'zod/mini';
import { unavailable } from '../http/problem.ts';
import { isAbsent, type S3 } from '../objects.ts';

/** What a person has said of an operation whose outcome was unknown. */
export const resolution = z.strictObject({
  as: z.enum(RESOLUTIONS),
  /** The token by which it was said. */
  by: z.string(),
  at: z.iso.datetime(),
  note: z.optional(z.string()),
  /** Why nobody knew. */
  error: z.optional(z.string()),
  /** Sent again: as which operation. It is named before it is accepted, so that a repeat can't make another. */
  operation_id: z.optional(safeId),
});

/** What is needed of a result, and all else that is in it. The scraper writes them (`scraper/src/results.ts`). */
const status = z.enum(['succeeded', 'failed', 'dead', 'outcome_unknown']);
const keptResult = z.looseObject({
  operation_id: z.string(),
  status,
  error: z.optional(z.string()),
  request: z.optional(operationRequest),
  resolved: z.optional(resolution),
});
export type KeptResult = z.infer<typeof keptResult>;

/** How long S3 may take (ms). */
const DEADLINE_MS = 3_000;
/** What is longer isn't read: an operation that has brought nothing has a short one. */
const MOST_BYTES = 1_024 * 1_024;

/** Whose result. Both ids must have passed `isSafeId`. */
export interface ResultName {
  creatorId: string;
  operationId: string;
}

/** Where results are kept. */
export interface ResultPorts {
  s3: S3;
  env: { RESULTS_BUCKET: string };
}

/**
 * The result of an operation as it is kept; undefined if there is none, or none that can be read.
 * @returns also its ETag, by which it is written over
 * @throws Refusal 503
 */
export async function readResult(
  { s3, env }: ResultPorts,
  { creatorId, operationId }: ResultName,
): Promise<{ result: KeptResult; etag: string } | undefined> {
  const Key = resultKey(creatorId, operationId);
  try {
    const {
      Body,
      ContentLength = 0,
      ETag,
    } = await s3.send(new GetObjectCommand({ Bucket: env.RESULTS_BUCKET, Key }), {
      abortSignal: AbortSignal.timeout(DEADLINE_MS),
    });
    if (Body === undefined || ETag === undefined || ContentLength > MOST_BYTES) {
      await Body?.transformToWebStream().cancel();
      return undefined;
    }
    const parsed = z.safeParse(keptResult, asJson(await Body.transformToString()));
    return parsed.success ? { result: parsed.data, etag: ETag } : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw unavailable('the results can not be reached; try again', error);
  }
}

/**
 * How an operation has ended, by its result, which outlives Redis and the queues; undefined if there is none.
 * @throws Refusal 503
 */
export async function endedAs(
  { s3, env }: ResultPorts,
  { creatorId, operationId }: ResultName,
): Promise<KeptResult['status'] | undefined> {
  try {
    const { Metadata } = await s3.send(
      new HeadObjectCommand({ Bucket: env.RESULTS_BUCKET, Key: resultKey(creatorId, operationId) }),
      { abortSignal: AbortSignal.timeout(DEADLINE_MS) },
    );
    return z.safeParse(status, Metadata?.['status']).data;
  } catch (error) {
    const code = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
    // Without a body even "access denied", which may mean that it isn't there, has no other name.
    if (code === 404 || code === 403) return undefined;
    throw unavailable('the results can not be reached; try again', error);
  }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Writes a result over the one that was read.
 * @returns false if somebody else has written it, or deleted it, since then
 * @throws Refusal 503
 */
export async function writeResult(
  { s3, env }: ResultPorts,
  { creatorId, operationId }: ResultName,
  { result, etag }: { result: KeptResult; etag: string },
): Promise<boolean> {
  try {
    await s3.send(
      new PutObjectCommand({
        Bucket: env.RESULTS_BUCKET,
        Key: resultKey(creatorId, operationId),
        Body: JSON.stringify(result),
        ContentType: 'application/json',
        // As the scraper does: it asks for no more before it does an operation again.
        Metadata: { status: result.status },
        IfMatch: etag,
      }),
      { abortSignal: AbortSignal.timeout(DEADLINE_MS) },
    );
    return true;
  } catch (error) {
    const code = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
    if (code === 412 || code === 409 || code === 404) return false;
    throw unavailable('the results can not be reached; try again', error);
  }
}
