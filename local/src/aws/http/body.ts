import type { IncomingMessage } from 'node:http';
import { AwsError } from '../aws-error.ts';

/** How much of all bodies that are just arriving is kept at once, whoever sends them. */
const MAX_ARRIVING_BYTES = 256 * 1_048_576;
/** How long a client that was refused may go on sending, so that it gets to read why. Milliseconds. */
export const LINGER_MS = 1_000;

let arrivingBytes = 0;

/** A request's body is longer than its bound. */
export class BodyTooLong extends Error {
  override readonly name = 'BodyTooLong';
}

/** The client went away before its request was complete: there is nobody to answer. */
export class RequestAborted extends Error {
  override readonly name = 'RequestAborted';
}

/**
 * Reads a request's whole body. When it is refused the connection ends, soon after the answer.
 * @throws BodyTooLong above `limitBytes`; AwsError (503) while too much is arriving at once; RequestAborted
 */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let isSettled = false;
    const settle = (outcome: () => void) => {
      if (isSettled) return;
      isSettled = true;
      arrivingBytes -= bytes;
      request.removeListener('data', onData);
      outcome();
    };
    const refuse = (error: Error) => {
      settle(() => reject(error));
      chunks.length = 0;
      hangUp(request);
    };
    const tooLong = () => refuse(new BodyTooLong(`the body is longer than ${limitBytes} bytes`));
    const onData = (chunk: Buffer) => {
      if (bytes + chunk.length > limitBytes) return tooLong();
      if (arrivingBytes + chunk.length > MAX_ARRIVING_BYTES) return refuse(tooMuchAtOnce());
      bytes += chunk.length;
      arrivingBytes += chunk.length;
      chunks.push(chunk);
    };
    if (Number(request.headers['content-length'] ?? 0) > limitBytes) return tooLong();
    request.on('data', onData);
    request.on('end', () =>
      settle(() => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks))),
    );
    const abort = () => settle(() => reject(new RequestAborted('the client closed the connection')));
    request.on('close', abort);
    request.on('error', abort);
  });
}

/**
 * Reads on for a moment and keeps nothing, then ends the connection: one that is closed with unread data is
 * reset, and the answer on its way to the client is lost.
 */
function hangUp(request: IncomingMessage): void {
  const { socket } = request;
  const timer = setTimeout(() => socket.destroySoon(), LINGER_MS);
  request.once('close', () => clearTimeout(timer));
  request.once('end', () => setImmediate(() => socket.destroySoon()));
  request.resume();
}

function tooMuchAtOnce(): AwsError {
  return new AwsError({
    shape: 'com.amazon.coral.service#ServiceUnavailableException',
    code: 'ServiceUnavailable',
    status: 503,
    message: `More than ${MAX_ARRIVING_BYTES} bytes are arriving at once.`,
  });
}
