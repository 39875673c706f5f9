import { HeadObjectCommand, NotFound, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { resultKey, SCREENSHOT, TRACE } from '@huntaze/core/names';
import type { OperationRequest } from '@huntaze/core/operations';
import type { Navigation, OperationIds } from './operation.ts';

/** How an operation can end at the scraper. */
export type EndedAs = (typeof ENDED_AS)[number];
const ENDED_AS = ['succeeded', 'failed', 'dead', 'outcome_unknown'] as const;

/** What lies in the results bucket once an operation has ended. Times without `_ms` are ISO 8601. */
export interface Result {
  operation_id: string;
  creator_id: string;
  kind: string;
  correlation_id: string;
  status: EndedAs;
  started_at: string;
  finished_at: string;
  attempts: number;
  site: { navigations: Navigation[] };
  /** Only if it succeeded. */
  data?: unknown;
  /** Only if it didn't. */
  error?: string;
  /** Only if it didn't: what was asked for, so that it can be asked for again. */
  request?: OperationRequest;
}

/** Where results are kept. Every call may be repeated; they reject when the store can't be had. */
export interface Results {
  /** How an operation has ended, by its result; undefined if there is none. It outlives Redis and both queues. */
  ended(ids: OperationIds, signal: AbortSignal): Promise<EndedAs | undefined>;
  put(result: Result): Promise<void>;
  /** The page as it was when the operation failed (PNG), beside its result. */
  putScreenshot(ids: OperationIds, png: Uint8Array): Promise<void>;
  /** What happened on the page until it failed (JSON), beside its result. */
  putTrace(ids: OperationIds, trace: readonly unknown[]): Promise<void>;
}

/** Results in S3. */
export function s3Results(s3: S3Client, bucket: string): Results {
  const beside = ({ creatorId, operationId }: OperationIds, ending: string) => ({
    Bucket: bucket,
    Key: resultKey(creatorId, operationId).replace(/\.json$/, ending),
  });
  return {
    async ended({ creatorId, operationId }, signal) {
      try {
        const { Metadata } = await s3.send(
          new HeadObjectCommand({ Bucket: bucket, Key: resultKey(creatorId, operationId) }),
          { abortSignal: signal },
        );
        // A result that doesn't say is older than this rule: of those Redis knows enough.
        return ENDED_AS.find(one => one === Metadata?.['status']);
      } catch (error) {
        if (error instanceof NotFound) return undefined;
        throw error;
      }
    },
    async put(result) {
      await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: resultKey(result.creator_id, result.operation_id),
          Body: JSON.stringify(result),
          ContentType: 'application/json',
          // So that whoever wants to know how it ended needn't read all of it.
          Metadata: { status: result.status },
        }),
      );
    },
    async putScreenshot(ids, png) {
      await s3.send(
        new PutObjectCommand({ ...beside(ids, SCREENSHOT), Body: png, ContentType: 'image/png' }),
      );
    },
    async putTrace(ids, trace) {
      const Body = JSON.stringify(trace);
      await s3.send(new PutObjectCommand({ ...beside(ids, TRACE), Body, ContentType: 'application/json' }));
    },
  };
}
