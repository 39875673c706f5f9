import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsError } from '../aws-error.ts';
import { RequestAborted } from './body.ts';
import { xmlDocument } from '../s3/xml.ts';
import { answerJson, type JsonService } from './json-protocol.ts';

/** How long open connections get to take their last answer when the server stops. Milliseconds. */
const CLOSING_GRACE_MS = 300;
/** Longer than any client keeps an idle connection, so that none is reused in the moment it closes. */
const KEEP_ALIVE_MS = 120_000;
/** A request has to be complete after this. Its answer may take longer (a long poll: 20 s). */
const REQUEST_MS = 60_000;
const MAX_CONNECTIONS = 4_096;

/** The services, and who gets which request: AWS JSON by the target's prefix, everything else is S3. */
export interface Services {
  json: Readonly<Record<string, JsonService>>;
  s3: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}

export interface ListeningServer {
  port: number;
  /** Stops listening, lets answers under way out, then closes every connection. */
  close(): Promise<void>;
}

/**
 * Serves AWS's protocols on 127.0.0.1. Signatures are not checked: whoever reaches the port is the account.
 * @param port 0 for any free one
 * @throws the listening error (EADDRINUSE and the like)
 */
export async function listen(
  services: Services,
  port: number,
  onInternalError: (error: unknown) => void,
): Promise<ListeningServer> {
  const server = createServer((request, response) => {
    void answer(services, request, response).catch((error: unknown) => {
      if (error instanceof RequestAborted) return;
      onInternalError(error);
      if (response.headersSent) response.destroy();
      else sendInternalError(request, response);
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.requestTimeout = REQUEST_MS;
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1' }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

async function answer(services: Services, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('x-amzn-requestid', crypto.randomUUID());
  if (request.url === '/__local/health') {
    response.setHeader('content-type', 'application/json');
    response.end('{"status":"ok"}');
    return;
  }
  const target = request.headers['x-amz-target'];
  if (target === undefined) return services.s3(request, response);
  const [prefix = '', action = ''] = String(target).split('.', 2);
  const service = Object.hasOwn(services.json, prefix) ? services.json[prefix] : undefined;
  return answerJson(request, response, service ?? unknownService(prefix), action);
}

function unknownService(prefix: string): JsonService {
  const error = new AwsError({
    shape: 'com.amazon.coral.service#UnknownOperationException',
    code: 'UnknownOperationException',
    message: `No service here answers to the target ${prefix}.`,
  });
  return { version: '1.0', handle: () => Promise.reject(error) };
}

/** Says no more than that it failed; why is for {@link listen}'s `onInternalError`. */
function sendInternalError(request: IncomingMessage, response: ServerResponse): void {
  const code = 'InternalError';
  const message = 'We encountered an internal error. Please try again.';
  response.statusCode = 500;
  if (request.headers['x-amz-target'] === undefined) {
    response.setHeader('content-type', 'application/xml');
    response.end(xmlDocument('Error', { Code: code, Message: message, Resource: request.url }));
    return;
  }
  response.setHeader('content-type', 'application/x-amz-json-1.0');
  response.setHeader('x-amzn-query-error', `${code};Receiver`);
  response.end(JSON.stringify({ __type: `com.amazon.coral.service#${code}`, message }));
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>(resolve => server.close(() => resolve()));
  server.closeIdleConnections();
  const rest = setTimeout(() => server.closeAllConnections(), CLOSING_GRACE_MS);
  await closed;
  clearTimeout(rest);
}
