import type { IncomingMessage } from 'node:http';
import { ACTION_NAMES } from './action-names.ts';
import type { Call } from './faults.ts';

/** The call that an SQS request makes, as far as that can be told before it is checked. */
export function sqsCall(action: string, body: unknown): Call {
  const { QueueUrl, QueueName, SourceArn } = (body ?? {}) as Record<string, unknown>;
  const queue = [lastPart(QueueUrl, '/'), QueueName, lastPart(SourceArn, ':')].find(
    name => typeof name === 'string',
  );
  return { service: 'sqs', action, queue };
}

function lastPart(path: unknown, separator: string): string | undefined {
  return typeof path === 'string' ? path.slice(path.lastIndexOf(separator) + 1) : undefined;
}

/** The call that an S3 request makes; what is told apart no further here is called Other. */
export function s3Call({ method = 'GET', url = '/', headers }: IncomingMessage): Call {
  const [path = '', search = ''] = url.split('?', 2);
  const query = new URLSearchParams(search);
  const isVirtualHosted = /.\.localhost(:\d+)?$/i.test(headers.host ?? '');
  const parts = path.split('/').slice(1);
  const [bucket = '', ...key] = isVirtualHosted ? [headers.host, ...parts] : parts;
  const isCopy = headers['x-amz-copy-source'] !== undefined;
  const derived =
    bucket === ''
      ? 'ListBuckets'
      : key.join('/') === ''
        ? bucketAction(method, query)
        : objectAction(method, query, isCopy);
  // The SDKs say it themselves, with most of their requests.
  return { service: 's3', action: query.get('x-id') ?? derived };
}

function objectAction(method: string, query: URLSearchParams, isCopy: boolean): string {
  if (query.has('tagging')) return method in VERBS ? `${VERBS[method]}ObjectTagging` : 'Other';
  const isPart = query.has('uploadId');
  switch (method) {
    case 'PUT':
      return isPart ? 'UploadPart' : isCopy ? 'CopyObject' : 'PutObject';
    case 'POST':
      return isPart ? 'CompleteMultipartUpload' : 'CreateMultipartUpload';
    case 'GET':
      return isPart ? 'ListParts' : 'GetObject';
    case 'HEAD':
      return 'HeadObject';
    case 'DELETE':
      return isPart ? 'AbortMultipartUpload' : 'DeleteObject';
    default:
      return 'Other';
  }
}

const VERBS: Readonly<Record<string, string>> = { GET: 'Get', PUT: 'Put', DELETE: 'Delete' };
/** What a bucket can be set to, by the parameter that names it. */
const SETTINGS: Readonly<Record<string, string>> = {
  encryption: 'BucketEncryption',
  versioning: 'BucketVersioning',
  lifecycle: 'BucketLifecycleConfiguration',
  tagging: 'BucketTagging',
  location: 'BucketLocation',
};

function bucketAction(method: string, query: URLSearchParams): string {
  const setting = Object.keys(SETTINGS).find(name => query.has(name));
  if (setting !== undefined) {
    const action = `${VERBS[method]}${SETTINGS[setting]}`;
    // The one whose deletion is called otherwise.
    if (action === 'DeleteBucketLifecycleConfiguration') return 'DeleteBucketLifecycle';
    return ACTION_NAMES.s3.has(action) ? action : 'Other';
  }
  if (method === 'GET' && query.get('list-type') === '2') return 'ListObjectsV2';
  if (method === 'GET' && query.has('versions')) return 'ListObjectVersions';
  if (method === 'GET' && query.has('uploads')) return 'ListMultipartUploads';
  if (method === 'POST' && query.has('delete')) return 'DeleteObjects';
  if (method === 'HEAD') return 'HeadBucket';
  const isOfTheBucket = [...query.keys()].length === 0;
  if (method === 'PUT' && isOfTheBucket) return 'CreateBucket';
  return method === 'DELETE' && isOfTheBucket ? 'DeleteBucket' : 'Other';
}
