import { GetObjectCommand } from '@aws-sdk/client-s3';
import { resultKey, SCREENSHOT, TRACE } from '@huntaze/core/names';
import { isAbsent, type S3 } from '../objects.ts';

/** What lies in the results bucket of an operation that has ended. */
export const PARTS = {
  result: { ending: '.json', contentType: 'application/json' },
  /** The page as it was when the operation failed. */
  screenshot: { ending: SCREENSHOT, contentType: 'image/png' },
  /** What happened on the page until it failed. */
  trace: { ending: TRACE, contentType: 'application/json' },
} as const;
export type Part = keyof typeof PARTS;

/** How long S3 may take to begin an answer (ms). */
const DEADLINE_MS = 10_000;

/** Where a part of an operation's result lies. Both ids are from Redis's record, and safe. */
export function keyOf(creatorId: string, operationId: string, part: Part): string {
  return resultKey(creatorId, operationId).replace(/\.json$/, PARTS[part].ending);
}

/**
 * One part of what an operation has left, as a stream; undefined if there is none.
 * @throws whatever keeps S3 from answering
 */
export async function readPart(
  s3: S3,
  bucket: string,
  key: string,
): Promise<{ body: ReadableStream; bytes: number | undefined } | undefined> {
  try {
    const { Body, ContentLength } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }), {
      abortSignal: AbortSignal.timeout(DEADLINE_MS),
    });
    return Body && { body: Body.transformToWebStream(), bytes: ContentLength };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
