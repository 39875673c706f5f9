import type { ServerResponse } from 'node:http';
import type { KeyOwner } from './encryption.ts';
import { invalidArgument } from './errors.ts';
import { NULL_VERSION, type ObjectStore } from './object-store.ts';
import type { S3Request } from './request.ts';
import type { UploadStore } from './upload-store.ts';

/** What a request is answered with. */
export interface S3Context extends KeyOwner {
  store: ObjectStore;
  uploads: UploadStore;
}

/** Answers one kind of request. */
export type Handler = (
  context: S3Context,
  request: S3Request,
  response: ServerResponse,
) => Promise<void> | void;

/** Ends an answer with an XML document. */
export function sendXml(response: ServerResponse, document: string): void {
  response.setHeader('content-type', 'application/xml');
  response.end(document);
}

/** Ends an answer that has no body. @param status HTTP's; 200 if it isn't given */
export function sendNothing(response: ServerResponse, status = 200): void {
  response.statusCode = status;
  response.end();
}

/** The version that a request names. @throws InvalidArgument, NoSuchVersion for what no version is called */
export function versionAsked(request: S3Request): string | undefined {
  const version = request.query.get('versionId');
  if (version === null) return undefined;
  if (version === '') throw invalidArgument('Version id cannot be the empty string');
  if (version !== NULL_VERSION && !/^[\w.-]{32}$/.test(version))
    throw invalidArgument('Invalid version id specified');
  return version;
}

/** Says which version was written or read, where the bucket keeps versions or has kept them. */
export function tellVersion(
  context: S3Context,
  request: S3Request,
  response: ServerResponse,
  version: string,
): void {
  if (context.store.buckets.require(request.bucket).versioning !== undefined)
    response.setHeader('x-amz-version-id', version);
}
