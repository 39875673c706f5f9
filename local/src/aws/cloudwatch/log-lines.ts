import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@huntaze/core/clock';
import { BodyTooLong, readBody } from '../http/body.ts';
import type { CloudWatch } from './cloud-watch.ts';

/** As much as a call of PutLogEvents takes. */
const MOST_BYTES = 1_048_576;

/**
 * `POST /__local/log-lines`: log lines, as a log driver brings them to CloudWatch Logs, of which nothing is kept but the
 * metrics in them.
 */
export function logLines(cloudWatch: CloudWatch, clock: Clock) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refuse = (status: number, error: string) => {
      request.resume();
      response.statusCode = status;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ error }));
    };
    if (request.method !== 'POST') {
      response.setHeader('allow', 'POST');
      return refuse(405, 'POST');
    }
    // A form or a plain text is what a browser sends to strangers without asking them.
    if (!/^application\/x-ndjson\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
      return refuse(415, 'content-type must be application/x-ndjson');
    try {
      const body = await readBody(request, MOST_BYTES);
      cloudWatch.hear(body.toString('utf8').split('\n'), clock.now());
      response.statusCode = 204;
      response.end();
    } catch (error) {
      if (error instanceof BodyTooLong) return refuse(413, error.message);
      throw error;
    }
  };
}
