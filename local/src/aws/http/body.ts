import type { IncomingMessage } from 'node:http';

/** A request's body is longer than its bound. */
export class BodyTooLong extends Error {
  override readonly name = 'BodyTooLong';
}

/** The client went away before its request was complete: there is nobody to answer. */
export class RequestAborted extends Error {
  override readonly name = 'RequestAborted';
}

/**
 * Reads a request's whole body.
 * @throws BodyTooLong above `limitBytes`, keeping nothing; RequestAborted
 */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= limitBytes) chunks.push(chunk);
      else {
        chunks.length = 0;
        reject(new BodyTooLong(`the body is longer than ${limitBytes} bytes`));
      }
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('close', () => reject(new RequestAborted('the client closed the connection')));
    request.on('error', () => reject(new RequestAborted('the connection broke')));
  });
}
