import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@huntaze/core/clock';
import { AwsError } from '../aws-error.ts';
import { invalidUri, keyTooLong, methodNotAllowed, notImplemented } from './errors.ts';
import { LIST_PARAMETERS, listObjects } from './list-objects.ts';
import type { ObjectStore } from './object-store.ts';
import { deleteObject, getObject, putObject } from './objects.ts';
import { xmlDocument } from './xml.ts';

const MAX_KEY_BYTES = 1_024;

/** S3's REST protocol, path style: `/BUCKET/KEY`. */
export class S3Service {
  readonly #store: ObjectStore;
  readonly #clock: Clock;

  constructor(options: { clock: Clock; store: ObjectStore }) {
    this.#store = options.store;
    this.#clock = options.clock;
  }

  /** Answers one request; errors as S3's XML. Rejects only for what isn't an error of S3's. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('x-amz-request-id', crypto.randomUUID());
    try {
      await this.#route(request, response);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      request.resume();
      response.statusCode = error.status;
      if (request.method === 'HEAD' || error.status === 304) response.end();
      else {
        response.setHeader('content-type', 'application/xml');
        response.end(
          xmlDocument('Error', { Code: error.code, Message: error.message, Resource: request.url }),
        );
      }
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { bucket, key, query } = parseTarget(request.url ?? '/');
    if (bucket === '') throw methodNotAllowed();
    if (key === '') return this.#onBucket(bucket, query, request, response);
    refuseOthers(query, []);
    const target = { store: this.#store, bucket, key };
    switch (request.method) {
      case 'PUT':
        return putObject(target, request, response, this.#clock.now());
      case 'GET':
      case 'HEAD':
        return getObject(target, request, response);
      case 'DELETE':
        return deleteObject(target, response);
      default:
        throw methodNotAllowed();
    }
  }

  #onBucket(
    bucket: string,
    query: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    if (request.method === 'HEAD') {
      this.#store.requireBucket(bucket);
      response.end();
      return;
    }
    if (request.method !== 'GET') throw methodNotAllowed();
    if (query.get('list-type') !== '2') throw notImplemented('This request on a bucket');
    refuseOthers(query, LIST_PARAMETERS);
    const list = listObjects(this.#store, bucket, query);
    response.setHeader('content-type', 'application/xml');
    response.end(list);
  }
}

/** Splits a request's path by hand: a URL parser would resolve the dots that a key may contain. */
function parseTarget(url: string): { bucket: string; key: string; query: URLSearchParams } {
  const [path = '', search = ''] = url.split('?', 2);
  const [, bucket = '', ...rest] = path.split('/');
  try {
    const key = decodeURIComponent(rest.join('/'));
    if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw keyTooLong();
    return { bucket: decodeURIComponent(bucket), key, query: new URLSearchParams(search) };
  } catch (error) {
    throw error instanceof URIError ? invalidUri() : error;
  }
}

/** A parameter that changes what a request means (`uploads`, `tagging`, `versionId` …) is never passed over. */
function refuseOthers(query: URLSearchParams, known: readonly string[]): void {
  for (const name of query.keys())
    if (name !== 'x-id' && !known.includes(name)) throw notImplemented(`The parameter ${name}`);
}
