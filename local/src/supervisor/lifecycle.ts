import { PutBucketLifecycleConfigurationCommand, S3Client, type LifecycleRule } from '@aws-sdk/client-s3';
import { API_PREFIXES, PREFIXES } from '@huntaze/core/names';
import { INCOMPLETE_UPLOAD_DAYS, JOURNAL_DAYS, LOCAL_DAYS, SESSION_DAYS } from '@huntaze/core/retention';
import { BUCKET, LOCAL_AWS_CREDENTIALS, LOCAL_AWS_REGION } from './parts.ts';

/** What lies in the results bucket goes by itself, as it does in AWS. */
const RULES: LifecycleRule[] = [
  ruleFor('', { AbortIncompleteMultipartUpload: { DaysAfterInitiation: INCOMPLETE_UPLOAD_DAYS } }),
  ruleFor(PREFIXES.results, { Expiration: { Days: LOCAL_DAYS.results } }),
  ruleFor(PREFIXES.journal, { Expiration: { Days: JOURNAL_DAYS } }),
  ruleFor(PREFIXES.sessions, { Expiration: { Days: SESSION_DAYS } }),
  ruleFor(API_PREFIXES.audit, { Expiration: { Days: LOCAL_DAYS.actions } }),
];

function ruleFor(folder: string, what: Partial<LifecycleRule>): LifecycleRule {
  const Prefix = folder === '' ? '' : `${folder}/`;
  return { ID: folder === '' ? 'uploads' : folder, Status: 'Enabled', Filter: { Prefix }, ...what };
}

/**
 * Gives the local results bucket its lifecycle rules.
 * @throws the SDK's error; the signal's reason
 */
export async function boundBucket(awsUrl: string, signal: AbortSignal): Promise<void> {
  const s3 = new S3Client({
    endpoint: awsUrl,
    region: LOCAL_AWS_REGION,
    credentials: LOCAL_AWS_CREDENTIALS,
    forcePathStyle: true,
  });
  try {
    const LifecycleConfiguration = { Rules: RULES };
    await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket: BUCKET, LifecycleConfiguration }), {
      abortSignal: signal,
    });
  } finally {
    s3.destroy();
  }
}
