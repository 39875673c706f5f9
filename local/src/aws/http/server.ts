import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsError } from '../aws-error.ts';
import { RequestAborted } from './body.ts';
import { answerBrokenRequests } from './broken-requests.ts';
import { answerError } from './error-answers.ts';
import { answerJson, type JsonService } from './json-protocol.ts';
import { isFromAPage } from './strangers.ts';
import { tooMuchUntaken, Turns } from './turns.ts';

// Imported as a module it brings an HTTP client with it that takes 12 MB.
const http = process.getBuiltinModule('node:http');

/** How long open connections get to take their last answer when the server stops. Milliseconds. */
const CLOSING_GRACE_MS = 300;
/** Longer than any client keeps an idle connection, so that none is reused in the moment it closes. */
const KEEP_ALIVE_MS = 120_000;
/** A request has to be complete after this. Its answer may take longer (a long poll: 20 s). */
const REQUEST_MS = 60_000;
/** How often it is looked for requests that have taken too long. Milliseconds. */
const CHECK_MS = 5_000;
const MAX_CONNECTIONS = 4_096;

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The services, and who gets which request: AWS JSON by the target's prefix, everything else is S3. */
export interface Services {
  json: Readonly<Record<string, JsonService>>;
  s3: Answer;
  /** What isn't AWS's, by path: all of them begin with `/__local/`. */
  local: Readonly<Record<string, Answer>>;
}

export interface ListeningServer {
  port: number;
  /** Stops listening, lets answers under way out, then closes every connection. */
  close(): Promise<void>;
}

/**
 * Serves AWS's protocols on 127.0.0.1. Signatures are not checked: whoever reaches the port is the account.
 * @param port 0 for any free one
 * @param limits.requestMs how long a request may take to arrive
 * @param limits.takeMs how long a client may take nothing of its answer
 * @param limits.untakenBytes how much of all answers may wait to be taken
 * @throws the listening error (EADDRINUSE and the like)
 */
export async function listen(
  services: Services,
  port: number,
  onInternalError: (error: unknown) => void,
  limits: { requestMs?: number; takeMs?: number; untakenBytes?: number } = {},
): Promise<ListeningServer> {
  const { requestMs = REQUEST_MS } = limits;
  const turns = new Turns(limits);
  const settings = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: requestMs,
    headersTimeout: requestMs,
    connectionsCheckingInterval: Math.min(CHECK_MS, requestMs),
    requireHostHeader: false, // Node's own refusal of a request without one isn't in AWS's shape.
  };
  const answerOne: Answer = (request, response) =>
    answer(services, turns, request, response).catch((error: unknown) => {
      if (error instanceof RequestAborted) return;
      onInternalError(error);
      if (response.headersSent) response.destroy();
      else answerError(request, response, internalError());
    });
  const server = http.createServer(settings, (request, response) => turns.take(request, response, answerOne));
  answerBrokenRequests(server);
  // Node's own refusal would be in nobody's shape.
  server.on('checkExpectation', (request, response) => turns.take(request, response, refuseExpectation));
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

async function answer(
  services: Services,
  turns: Turns,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('x-amzn-requestid', crypto.randomUUID());
  const { url = '/' } = request;
  if (url.startsWith('/__local/')) return answerLocal(services.local, url, request, response);
  if (isFromAPage(request)) return answerError(request, response, accessDenied());
  if (turns.isFull) return answerError(request, response, tooMuchUntaken(request));
  if (request.headers['x-amz-target'] === undefined) return services.s3(request, response);
  return answerJson(request, response, services.json, turns);
}

/** What is beside AWS's protocols: `/__local/health`, and what else the server was given. */
async function answerLocal(
  routes: Services['local'],
  url: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const tell = (status: number, body: object) => {
    request.resume();
    response.statusCode = status;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(body));
  };
  if (isFromAPage(request)) return tell(403, { error: accessDenied().message });
  if (Object.hasOwn(routes, url)) return routes[url]?.(request, response);
  if (url === '/__local/health') return tell(200, { status: 'ok' });
  tell(404, { error: 'there is nothing here' });
}

const accessDenied = () =>
  new AwsError({
    shape: 'com.amazon.coral.service#AccessDeniedException',
    code: 'AccessDenied',
    status: 403,
    message: 'Local AWS is for programs on this machine, not for pages in its browser.',
  });

// oxlint-disable-next-line require-await -- an answer like the others
const refuseExpectation: Answer = async (request, response) =>
  answerError(request, response, expectationFailed());

const expectationFailed = () =>
  new AwsError({
    shape: 'com.amazon.coral.service#ExpectationFailedException',
    code: 'ExpectationFailed',
    status: 417,
    message: 'The only expectation that is met is 100-continue.',
  });

/** Says no more than that it failed; why is for {@link listen}'s `onInternalError`. */
const internalError = () =>
  new AwsError({
    shape: 'com.amazon.coral.service#InternalError',
    code: 'InternalError',
    status: 500,
    message: 'We encountered an internal error. Please try again.',
  });

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>(resolve => server.close(() => resolve()));
  server.closeIdleConnections();
  const rest = setTimeout(() => server.closeAllConnections(), CLOSING_GRACE_MS);
  await closed;
  clearTimeout(rest);
}
