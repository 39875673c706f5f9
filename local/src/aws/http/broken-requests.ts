import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { AwsError } from '../aws-error.ts';
import { LINGER_MS } from './body.ts';
import { jsonError, xmlError } from './error-answers.ts';

/** What is wrong with a request that never became one, by the parser's or the server's code for it. */
function errorFor(code: string | undefined): AwsError {
  const of = (status: number, name: string, message: string) =>
    new AwsError({ shape: `com.amazon.coral.service#${name}Exception`, code: name, status, message });
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return of(408, 'RequestTimeout', 'The request was not complete in time.');
    case 'HPE_HEADER_OVERFLOW':
      return of(431, 'RequestHeaderSectionTooLarge', 'The headers of the request are too long.');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return of(413, 'RequestEntityTooLarge', 'The chunk extensions of the request are too long.');
    default:
      return of(400, 'BadRequest', 'The request is not well-formed HTTP.');
  }
}

/** Answers what isn't HTTP, or doesn't end, in AWS's shape, if an answer can still be sent, and closes the connection. */
export function answerBrokenRequests(server: Server): void {
  const newest = new WeakMap<Socket, ServerResponse>();
  const closing = new WeakSet<Socket>();
  server.on('request', (request, response) => newest.set(request.socket, response));
  server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    const socket = stream as Socket;
    if (closing.has(socket)) return; // What arrives behind what was broken is as broken.
    closing.add(socket);
    const response = newest.get(socket);
    if (!socket.writable || error.code === 'ECONNRESET' || isInTheWay(response)) {
      socket.destroy();
      return;
    }
    socket.end(rawAnswer(errorFor(error.code), response));
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
  });
}

/**
 * Whether an answer would be taken for another one: that of an earlier request, which is still to come or has
 * begun, or a second one to a request that was answered before its end.
 */
function isInTheWay(response: ServerResponse | undefined): boolean {
  if (response === undefined) return false;
  if (response.writableFinished) return !response.req.complete;
  return response.headersSent || response.req.complete || response.socket === null;
}

function rawAnswer(error: AwsError, response: ServerResponse | undefined): string {
  const { headers, body } = jsonError(error);
  const begun = response !== undefined && !response.req.complete ? response.req : undefined;
  const isS3 = begun !== undefined && begun.headers['x-amz-target'] === undefined;
  const content = isS3 ? xmlError(error, begun.url) : body;
  const lines = [
    `HTTP/1.1 ${error.status} ${error.code}`,
    `content-type: ${isS3 ? 'application/xml' : 'application/x-amz-json-1.0'}`,
    ...(isS3 ? [] : Object.entries(headers).map(([name, value]) => `${name}: ${value}`)),
    `content-length: ${Buffer.byteLength(content)}`,
    'connection: close',
  ];
  return `${lines.join('\r\n')}\r\n\r\n${content}`;
}
