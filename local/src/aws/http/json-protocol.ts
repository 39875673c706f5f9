import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError, serializationError } from '../aws-error.ts';
import { BodyTooLong, readBody } from './body.ts';

/** A batch of 1 MiB whose every byte JSON has to escape as \u00XX, and room for its frame. */
const MAX_BODY_BYTES = 7 * 1_048_576;

/** A service behind AWS JSON. */
export interface JsonService {
  /** Of the protocol: SQS speaks 1.0, Secrets Manager 1.1. */
  readonly version: '1.0' | '1.1';
  /** Runs an action; rejects with an AwsError. `signal` is aborted when the caller has gone. */
  handle(action: string, body: unknown, signal: AbortSignal): Promise<unknown>;
}

/** Answers one AWS JSON request (`X-Amz-Target: SERVICE.ACTION`). */
export async function answerJson(
  request: IncomingMessage,
  response: ServerResponse,
  service: JsonService,
  action: string,
): Promise<void> {
  response.setHeader('content-type', `application/x-amz-json-${service.version}`);
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  try {
    const body = await readJson(request);
    const answer = await service.handle(action, body, gone.signal);
    response.end(JSON.stringify(answer));
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    response.statusCode = error.status;
    response.setHeader('x-amzn-query-error', `${error.code};Sender`);
    response.end(JSON.stringify({ __type: error.shape, message: error.message }));
  }
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
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw serializationError('The request body is not well-formed JSON.');
  }
}
