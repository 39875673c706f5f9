import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@huntaze/core/clock';
import { AwsError } from '../aws-error.ts';
import { BUCKET_SETTINGS } from './bucket-settings.ts';
import { createBucket, deleteBucket, headBucket, LIST_BUCKETS_PARAMETERS, listBuckets } from './buckets.ts';
import type { Handler, S3Context } from './context.ts';
import { copyObject } from './copy-object.ts';
import { deleteObject, deleteObjects } from './delete-object.ts';
import { accessDenied, methodNotAllowed, notImplemented, S3Error } from './errors.ts';
import { getObject, OVERRIDES } from './get-object.ts';
import { Lifecycle } from './lifecycle.ts';
import { LIST_PARAMETERS, listObjects } from './list-objects.ts';
import { listVersions, VERSIONS_PARAMETERS } from './list-versions.ts';
import {
  abortUpload,
  completeUpload,
  createUpload,
  listParts,
  listUploads,
  uploadPart,
  UPLOADS_PARAMETERS,
} from './multipart.ts';
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from './object-tagging.ts';
import { putObject } from './put-object.ts';
import { readRequest, type S3Request } from './request.ts';
import { xmlDocument } from './xml.ts';

/** Who answers, and the parameters it understands. */
interface Route {
  handler: Handler;
  parameters: readonly string[];
}

/** S3's REST protocol, in the path style and in the virtual-hosted style. */
export class S3Service {
  readonly #context: S3Context;
  readonly #lifecycle: Lifecycle;
  readonly #clock: Clock;

  constructor(options: S3Context & { clock: Clock }) {
    this.#context = options;
    this.#lifecycle = new Lifecycle(options.store, options.uploads);
    this.#clock = options.clock;
  }

  /** Answers one request; errors as S3's XML. Rejects only for what isn't an error of S3's. */
  async handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const now = this.#clock.now();
    response.setHeader('x-amz-request-id', crypto.randomUUID());
    response.setHeader('date', new Date(now).toUTCString());
    try {
      const request = readRequest(message, now);
      const owner = request.headers.get('x-amz-expected-bucket-owner');
      if (owner !== undefined && owner !== this.#context.accountId) throw accessDenied('Access Denied');
      const { handler, parameters } = route(request);
      refuseOthers(request.query, parameters);
      if (request.bucket !== '') this.#lifecycle.apply(request.bucket, now);
      await handler(this.#context, request, response);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      message.resume();
      answerError(error, message, response);
    }
  }
}

function answerError(error: AwsError, message: IncomingMessage, response: ServerResponse): void {
  const { headers = {}, fields = {} } = error instanceof S3Error ? error : {};
  response.statusCode = error.status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (message.method === 'HEAD' || error.status === 304) {
    // As S3 has it. Without any, Node's client takes the connection's end for that of the answer.
    if (error.status !== 304) response.setHeader('transfer-encoding', 'chunked');
    response.end();
    return;
  }
  response.setHeader('content-type', 'application/xml');
  const told = { Code: error.code, Message: error.message, ...fields, Resource: message.url };
  response.end(xmlDocument('Error', told));
}

function route(request: S3Request): Route {
  const { bucket, key } = request;
  const found =
    bucket === '' ? serviceRoute(request) : key === '' ? bucketRoute(request) : objectRoute(request);
  if (found === undefined) throw methodNotAllowed();
  return found;
}

function serviceRoute({ method }: S3Request): Route | undefined {
  return method === 'GET' ? { handler: listBuckets, parameters: LIST_BUCKETS_PARAMETERS } : undefined;
}

function bucketRoute({ method, query }: S3Request): Route | undefined {
  for (const [name, handlers] of Object.entries(BUCKET_SETTINGS)) {
    if (!query.has(name)) continue;
    const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
    return handler && { handler, parameters: [name] };
  }
  switch (method) {
    case 'PUT':
      return { handler: createBucket, parameters: [] };
    case 'HEAD':
      return { handler: headBucket, parameters: [] };
    case 'DELETE':
      return { handler: deleteBucket, parameters: [] };
    case 'POST':
      return query.has('delete') ? { handler: deleteObjects, parameters: ['delete'] } : undefined;
    case 'GET':
      if (query.has('versions')) return { handler: listVersions, parameters: VERSIONS_PARAMETERS };
      if (query.has('uploads')) return { handler: listUploads, parameters: UPLOADS_PARAMETERS };
      if (query.get('list-type') === '2') return { handler: listObjects, parameters: LIST_PARAMETERS };
      throw notImplemented('A list of the first version (ListObjects)');
    default:
      return undefined;
  }
}

function objectRoute({ method, query, headers }: S3Request): Route | undefined {
  if (query.has('tagging')) {
    const handlers: Record<string, Handler> = {
      GET: getObjectTagging,
      PUT: putObjectTagging,
      DELETE: deleteObjectTagging,
    };
    const handler = handlers[method];
    return handler && { handler, parameters: ['tagging', 'versionId'] };
  }
  const isPart = query.has('uploadId');
  switch (method) {
    case 'PUT':
      if (isPart && headers.has('x-amz-copy-source')) throw notImplemented('UploadPartCopy');
      if (isPart) return { handler: uploadPart, parameters: ['uploadId', 'partNumber'] };
      return { handler: headers.has('x-amz-copy-source') ? copyObject : putObject, parameters: [] };
    case 'POST':
      if (query.has('uploads')) return { handler: createUpload, parameters: ['uploads'] };
      return isPart ? { handler: completeUpload, parameters: ['uploadId'] } : undefined;
    case 'GET':
    case 'HEAD':
      if (isPart && method === 'GET')
        return { handler: listParts, parameters: ['uploadId', 'max-parts', 'part-number-marker'] };
      return {
        handler: getObject,
        parameters: ['versionId', ...OVERRIDES.map(({ parameter }) => parameter)],
      };
    case 'DELETE':
      return isPart
        ? { handler: abortUpload, parameters: ['uploadId'] }
        : { handler: deleteObject, parameters: ['versionId'] };
    default:
      return undefined;
  }
}

/** A parameter that changes what a request means (`acl`, `retention`, `partNumber` …) is never passed over. */
function refuseOthers(query: URLSearchParams, known: readonly string[]): void {
  for (const name of query.keys())
    if (name !== 'x-id' && !known.includes(name) && !name.toLowerCase().startsWith('x-amz-'))
      throw notImplemented(`The parameter ${name}`);
}
