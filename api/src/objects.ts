import { NoSuchKey, S3ServiceException, type S3Client } from '@aws-sdk/client-s3';

/** What is needed of S3. */
export type S3 = Pick<S3Client, 'send'>;

/** Whether S3 says that there is no such object. Who may not list a bucket is told "access denied" of what isn't there. */
export function isAbsent(error: unknown): boolean {
  return error instanceof NoSuchKey || (error instanceof S3ServiceException && error.name === 'AccessDenied');
}
