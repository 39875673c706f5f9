import { actions as sqsActions } from '../sqs/actions/index.ts';
import type { ServiceName } from './aws-words.ts';

/** S3 has no names on the wire: a request is called by one of these, see `s3Call`. */
const S3_ACTIONS = [
  'AbortMultipartUpload',
  'CompleteMultipartUpload',
  'CopyObject',
  'CreateBucket',
  'CreateMultipartUpload',
  'DeleteBucket',
  'DeleteBucketEncryption',
  'DeleteBucketLifecycle',
  'DeleteBucketTagging',
  'DeleteObject',
  'DeleteObjectTagging',
  'DeleteObjects',
  'GetBucketEncryption',
  'GetBucketLifecycleConfiguration',
  'GetBucketLocation',
  'GetBucketTagging',
  'GetBucketVersioning',
  'GetObject',
  'GetObjectTagging',
  'HeadBucket',
  'HeadObject',
  'ListBuckets',
  'ListMultipartUploads',
  'ListObjectVersions',
  'ListObjectsV2',
  'ListParts',
  'Other',
  'PutBucketEncryption',
  'PutBucketLifecycleConfiguration',
  'PutBucketTagging',
  'PutBucketVersioning',
  'PutObject',
  'PutObjectTagging',
  'UploadPart',
];

const SECRETS_ACTIONS = [
  'BatchGetSecretValue',
  'CancelRotateSecret',
  'CreateSecret',
  'DeleteSecret',
  'DescribeSecret',
  'GetRandomPassword',
  'GetSecretValue',
  'ListSecretVersionIds',
  'ListSecrets',
  'PutSecretValue',
  'RestoreSecret',
  'RotateSecret',
  'TagResource',
  'UntagResource',
  'UpdateSecret',
  'UpdateSecretVersionStage',
];

/** What each service carries out here. */
export const ACTION_NAMES: Record<ServiceName, ReadonlySet<string>> = {
  sqs: new Set(Object.keys(sqsActions)),
  s3: new Set(S3_ACTIONS),
  secretsmanager: new Set(SECRETS_ACTIONS),
  cloudwatch: new Set(['DescribeAlarms']),
};

/** The services that have an action of this name. */
export function servicesWith(action: string): ServiceName[] {
  return (Object.keys(ACTION_NAMES) as ServiceName[]).filter(service => ACTION_NAMES[service].has(action));
}
