import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MAX_PAYLOAD_BYTES } from './batch.ts';

const PREFIX = '/2018-06-01/runtime/';
/** An error's text is for a log line. */
const MAX_ERROR_CHARACTERS = 1_000;

/** What a function's runtime reports as its error, under the name it gives it. */
export class FunctionError extends Error {
  override readonly name: string;

  constructor(type: string, message: string) {
    super(message);
    this.name = type;
  }
}

/** An invocation as the runtime is handed it. */
export interface Task {
  requestId: string;
  /** JSON. */
  event: string;
  /** Milliseconds since the epoch. */
  deadlineMs: number;
  functionArn: string;
  traceId: string;
}

/** What the runtime is doing. The answer goes to whoever handed over the task. */
type State =
  | { is: 'away' } // starting, or between an answer and asking for more
  | { is: 'asking'; next: ServerResponse }
  | { is: 'offered' | 'running'; task: Task; answer: PromiseWithResolvers<string> };

/**
 * The Runtime API of one execution environment, on a loopback port of its own: its one runtime asks for the next
 * invocation, is held until there is one, and posts the function's response or error.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export class RuntimeApi {
  readonly #server: Server;
  readonly #ready = Promise.withResolvers<void>();
  #state: State = { is: 'away' };

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => {
        // The connection broke: whether the runtime lives, its process tells.
        response.destroy(error as Error);
      });
    });
    // The runtime's one connection is idle while a function runs, however long that is.
    this.#server.keepAliveTimeout = 0;
    this.#ready.promise.catch(() => undefined); // Whoever needs it ready hears of it.
  }

  static async listen(): Promise<RuntimeApi> {
    const api = new RuntimeApi();
    await new Promise<void>((resolve, reject) => {
      api.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return api;
  }

  /** What AWS_LAMBDA_RUNTIME_API is set to. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when the runtime has asked for its first invocation; rejects with its initialisation's FunctionError. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Whether an invocation was handed over that the runtime has not taken. */
  get isOffering(): boolean {
    return this.#state.is === 'offered';
  }

  /**
   * Hands over an invocation, one at a time.
   * @returns the response as the function wrote it
   * @throws FunctionError as the runtime reports it
   */
  invoke(task: Task): Promise<string> {
    const state = this.#state;
    if (state.is === 'offered' || state.is === 'running')
      throw new Error('an execution environment has one invocation at a time');
    const answer = Promise.withResolvers<string>();
    this.#state = { is: 'offered', task, answer };
    if (state.is === 'asking') this.#hand(state.next);
    return answer.promise;
  }

  /** Ends every connection: a runtime that still waits for work fails. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '' } = request;
    const path = url.startsWith(PREFIX) ? url.slice(PREFIX.length) : '';
    const [, requestId, what] = /^invocation\/([\w-]+)\/(response|error)$/.exec(path) ?? [];
    if (method === 'GET' && path === 'invocation/next') return this.#next(response);
    if (method === 'POST' && path === 'init/error') {
      this.#ready.reject(await readError(request));
      return reply(response, 202, { status: 'OK' });
    }
    if (method === 'POST' && requestId !== undefined) return this.#answer(requestId, what, request, response);
    return reply(response, 404, refusal('ResourceNotFound', 'there is no such resource'));
  }

  #next(response: ServerResponse): void {
    const state = this.#state;
    if (state.is === 'running')
      return reply(response, 403, refusal('InvalidStateTransition', 'the last invocation has no answer yet'));
    this.#ready.resolve();
    if (state.is === 'offered') return this.#hand(response);
    if (state.is === 'asking') state.next.destroy(); // The runtime has given that request up.
    this.#state = { is: 'asking', next: response };
    response.once('close', () => {
      if (this.#state.is === 'asking' && this.#state.next === response) this.#state = { is: 'away' };
    });
  }

  /** Writes the offered task as the answer to `invocation/next`. */
  #hand(response: ServerResponse): void {
    if (this.#state.is !== 'offered') return;
    const { task } = this.#state;
    this.#state = { ...this.#state, is: 'running' };
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Lambda-Runtime-Aws-Request-Id': task.requestId,
      'Lambda-Runtime-Deadline-Ms': String(task.deadlineMs),
      'Lambda-Runtime-Invoked-Function-Arn': task.functionArn,
      'Lambda-Runtime-Trace-Id': task.traceId,
    });
    response.end(task.event);
  }

  async #answer(
    requestId: string,
    what: string | undefined,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const state = this.#state;
    if (state.is !== 'running' || state.task.requestId !== requestId)
      return reply(response, 400, refusal('InvalidRequestID', 'this invocation is not under way'));
    const body = what === 'response' ? await readBody(request) : await readError(request);
    if (this.#state !== state)
      // Two answers at once: the first one counted.
      return reply(response, 400, refusal('InvalidRequestID', 'this invocation has its answer'));
    this.#state = { is: 'away' };
    if (typeof body === 'string') state.answer.resolve(body);
    else state.answer.reject(body ?? TOO_LARGE);
    return body === undefined
      ? reply(response, 413, refusal(TOO_LARGE.name, TOO_LARGE.message))
      : reply(response, 202, { status: 'OK' });
  }
}

const TOO_LARGE = new FunctionError('Function.ResponseSizeTooLarge', 'the response is larger than 6 MB');

const refusal = (errorType: string, errorMessage: string) => ({ errorType, errorMessage });

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

/** The body as text; undefined when it is too large, after all of it has been taken off the wire. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_PAYLOAD_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  return bytes <= MAX_PAYLOAD_BYTES ? Buffer.concat(chunks).toString() : undefined;
}

/** The error a runtime reports: type and message of its JSON; the type also stands in a header. */
async function readError(request: IncomingMessage): Promise<FunctionError> {
  const told = parseObject((await readBody(request)) ?? '');
  const type = told['errorType'] ?? request.headers['lambda-runtime-function-error-type'];
  const message = typeof told['errorMessage'] === 'string' ? told['errorMessage'] : 'no reason given';
  return new FunctionError(
    typeof type === 'string' && type !== '' ? type.slice(0, 100) : 'Runtime.Unknown',
    message.slice(0, MAX_ERROR_CHARACTERS),
  );
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {}; // Then the header says what it is.
  }
}
