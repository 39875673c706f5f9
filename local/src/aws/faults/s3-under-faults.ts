import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@huntaze/core/clock';
import { AwsError } from '../aws-error.ts';
import { answerError } from '../http/error-answers.ts';
import { s3Call } from './call.ts';
import type { Faults } from './faults.ts';
import { NoAnswer } from './no-answer.ts';
import { underFaults } from './under-faults.ts';

/** Answers a request; resolves when the answer is handed over. */
type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** An S3 that knows nothing of faults, under them: what it answers is held back until it is known what becomes of it. */
export function s3UnderFaults(options: { faults: Faults; clock: Clock; handle: Handle }): Handle {
  const { faults, clock, handle } = options;
  return async (request, response) => {
    const strikes = faults.isOn ? faults.strikesOn(s3Call(request)) : undefined;
    if (strikes === undefined) return handle(request, response);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const held = holdBack(response);
    let isCarriedOut = false;
    try {
      await underFaults(strikes, { service: 's3', clock, signal: gone.signal }, async () => {
        isCarriedOut = true;
        await handle(request, response);
        await held.ended;
      });
      held.release();
    } catch (error) {
      held.discard();
      if (error instanceof NoAnswer) response.destroy();
      else if (error instanceof AwsError && !isCarriedOut) answerError(request, response, error);
      else throw error;
    }
  };
}

/** Keeps what is written to a response until told what to do with it. */
function holdBack(response: ServerResponse): {
  /** Resolves when the whole answer is there, or there will be none any more. */
  ended: Promise<void>;
  release: () => void;
  discard: () => void;
} {
  const chunks: Uint8Array[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  response.once('close', resolve);
  const keep = (chunk: unknown, encoding: unknown) => {
    if (typeof chunk === 'string')
      chunks.push(Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8'));
    else if (chunk instanceof Uint8Array) chunks.push(chunk);
  };
  response.write = ((chunk: unknown, ...rest: unknown[]) => {
    keep(chunk, rest[0]);
    const written = rest.find(argument => typeof argument === 'function') as (() => void) | undefined;
    if (written !== undefined) queueMicrotask(written);
    return true;
  }) as typeof response.write;
  response.end = ((...rest: unknown[]) => {
    keep(rest[0], rest[1]);
    resolve();
    return response;
  }) as typeof response.end;
  const restore = () => {
    // Its own were the ones above; the class's come to light again.
    Reflect.deleteProperty(response, 'write');
    Reflect.deleteProperty(response, 'end');
  };
  return {
    ended: promise,
    release: () => {
      restore();
      for (const chunk of chunks) response.write(chunk);
      response.end();
    },
    discard: restore,
  };
}
