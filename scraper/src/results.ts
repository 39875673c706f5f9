import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { resultKey } from '@huntaze/core/names';
import type { Navigation, OperationIds } from './operation.ts';

/** What lies in the results bucket once an operation has ended. Times without `_ms` are ISO 8601. */
export interface Result {
  operation_id: string;
  creator_id: string;
  kind: string;
  correlation_id: string;
  status: 'succeeded' | 'failed' | 'dead' | 'outcome_unknown';
  started_at: string;
  finished_at: string;
  attempts: number;
  site: { navigations: Navigation[] };
  /** Only if it succeeded. */
  data?: unknown;
  /** Only if it didn't. */
  error?: string;
}

/** Where results are kept. Both calls may be repeated; they reject when the store can't be had. */
export interface Results {
  put(result: Result): Promise<void>;
  /** The page as it was when the operation failed (PNG), beside its result. */
  putScreenshot(ids: OperationIds, png: Uint8Array): Promise<void>;
}

/** Results in S3. */
export function s3Results(s3: S3Client, bucket: string): Results {
  return {
    async put(result) {
      await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: resultKey(result.creator_id, result.operation_id),
          Body: JSON.stringify(result),
          ContentType: 'application/json',
        }),
      );
    },
    async putScreenshot({ creatorId, operationId }, png) {
      await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: resultKey(creatorId, operationId).replace(/\.json$/, '.png'),
          Body: png,
          ContentType: 'image/png',
        }),
      );
    },
  };
}
