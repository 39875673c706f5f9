import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError, serializationError } from '../aws-error.ts';
import { NoAnswer } from '../faults/no-answer.ts';
import { BodyTooLong, readBody } from './body.ts';
import { answerError } from './error-answers.ts';
import { isTooDeep } from './nesting.ts';
import { tooMuchUntaken, type Turns } from './turns.ts';

/** A batch of 1 MiB whose every byte JSON has to escape as \u00XX, and room for its frame. */
const MAX_BODY_BYTES = 7 * 1_048_576;
const CONTENT_TYPE = /^application\/x-amz-json-1\.[01]\s*(;|$)/i;
const TARGET = /^([A-Za-z0-9_]{1,128})\.([A-Za-z0-9_]{1,128})$/;

/** What a connection takes without being read. Characters. */
const LARGE_ANSWER = 65_536;

/** A service behind AWS JSON. */
export interface JsonService {
  /** Of the protocol: SQS speaks 1.0, Secrets Manager 1.1. */
  readonly version: '1.0' | '1.1';
  /** Runs an action; rejects with an AwsError, or NoAnswer. `signal` is aborted when the caller has gone. */
  handle(action: string, body: unknown, signal: AbortSignal): Promise<unknown>;
}

/** Answers one AWS JSON request (`X-Amz-Target: SERVICE.ACTION`). */
export async function answerJson(
  request: IncomingMessage,
  response: ServerResponse,
  services: Readonly<Record<string, JsonService>>,
  turns: Pick<Turns, 'isFull'>,
): Promise<void> {
  try {
    const { service, action } = called(request, services);
    response.setHeader('content-type', `application/x-amz-json-${service.version}`);
    const gone = new AbortController();
    response.on('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    const body = await readJson(request);
    const answer = JSON.stringify(await service.handle(action, body, gone.signal));
    // Many may have begun to wait for theirs while there was room.
    if (answer.length > LARGE_ANSWER && turns.isFull) throw tooMuchUntaken(request);
    response.end(answer);
  } catch (error) {
    if (error instanceof AwsError) answerError(request, response, error);
    else if (error instanceof NoAnswer) response.destroy();
    else throw error;
  }
}

/** The service and the action that a request's headers name. */
function called(
  request: IncomingMessage,
  services: Readonly<Record<string, JsonService>>,
): { service: JsonService; action: string } {
  if (request.method !== 'POST') throw unknownOperation('A target is for POST requests only.');
  if (!CONTENT_TYPE.test(request.headers['content-type'] ?? ''))
    throw unknownOperation(
      'The content type must be application/x-amz-json-1.0 or application/x-amz-json-1.1.',
    );
  const [, prefix = '', action = ''] = TARGET.exec(String(request.headers['x-amz-target'])) ?? [];
  const service = Object.hasOwn(services, prefix) ? services[prefix] : undefined;
  if (service === undefined) throw unknownOperation('No service here answers to this target.');
  return { service, action };
}

function unknownOperation(message: string): AwsError {
  return new AwsError({
    shape: 'com.amazon.coral.service#UnknownOperationException',
    code: 'UnknownOperationException',
    message,
  });
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request, MAX_BODY_BYTES).catch((error: unknown) => {
    if (!(error instanceof BodyTooLong)) throw error;
    throw new AwsError({
      shape: 'com.amazon.coral.service#RequestEntityTooLargeException',
      code: 'RequestEntityTooLarge',
      status: 413,
      message: `Request body is longer than ${MAX_BODY_BYTES} bytes.`,
    });
  });
  if (!isUtf8(body)) throw serializationError('The request body is not UTF-8.');
  if (isTooDeep(body)) throw serializationError('The request body is nested too deeply.');
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw serializationError('The request body is not well-formed JSON.');
  }
}
