import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { AwsError } from '../aws-error.ts';
import { serviceFailed, serviceThrottles } from '../faults/aws-words.ts';

/** Of all answers together that nobody has taken yet; past it there are no further ones until some are taken. Bytes. */
const MOST_UNTAKEN_BYTES = 256 * 1_048_576;
/** A client that takes nothing of its answer for this long is cut off, twice as long if it had begun. Milliseconds. */
const TAKE_MS = 30_000;

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  answer: Answer;
}
/** Answers a request; resolves when the answer is handed over. Never rejects. */
type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * Lets each connection have one request at a time, and keeps count of answers that wait to be taken: whoever
 * asks and asks and never reads would otherwise fill the memory.
 */
export class Turns {
  readonly #mostUntakenBytes: number;
  readonly #takeMs: number;
  /** By connection, while a request of its is being answered: those that came behind it. */
  readonly #lines = new WeakMap<Socket, Exchange[]>();
  #untakenBytes = 0;

  constructor(options: { untakenBytes?: number | undefined; takeMs?: number | undefined } = {}) {
    this.#mostUntakenBytes = options.untakenBytes ?? MOST_UNTAKEN_BYTES;
    this.#takeMs = options.takeMs ?? TAKE_MS;
  }

  /** Whether so much waits to be taken that nothing large may be added. */
  get isFull(): boolean {
    return this.#untakenBytes >= this.#mostUntakenBytes;
  }

  /** Answers a request as soon as the one before it on its connection has been taken; not at all if that is gone. */
  take(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
    const { socket } = request;
    const line = this.#lines.get(socket);
    if (line === undefined) {
      this.#lines.set(socket, []);
      this.#begin(socket, { request, response, answer });
      return;
    }
    line.push({ request, response, answer });
    // What is read already is in line; reading the body of an earlier request may have begun it again.
    socket.pause();
  }

  #begin(socket: Socket, { request, response, answer }: Exchange): void {
    let untaken = 0;
    let isOver = false;
    response.once('close', () => {
      isOver = true;
      this.#untakenBytes -= untaken;
      this.#goOn(socket);
    });
    void answer(request, response).then(() => {
      untaken = isOver ? 0 : socket.writableLength;
      if (untaken === 0) return;
      this.#untakenBytes += untaken;
      socket.setTimeout(this.#takeMs); // Node then closes a connection on which nothing was written meanwhile.
    });
  }

  #goOn(socket: Socket): void {
    const line = this.#lines.get(socket);
    const next = socket.destroyed ? undefined : line?.shift();
    if (next === undefined || line === undefined) {
      this.#lines.delete(socket);
      return;
    }
    socket.setTimeout(0);
    if (line.length === 0) socket.resume();
    this.#begin(socket, next);
  }
}

/** The refusal, as the service that is asked words it. */
export function tooMuchUntaken({ headers }: IncomingMessage): AwsError {
  const target = headers['x-amz-target'];
  if (target === undefined) return serviceThrottles('s3');
  const isSecrets = String(target).startsWith('secretsmanager.');
  return serviceFailed(isSecrets ? 'secretsmanager' : 'sqs', 503);
}
