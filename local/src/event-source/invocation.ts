import type { Context, SQSEvent } from 'aws-lambda';
import type { Clock } from '@huntaze/core/clock';
import { MAX_PAYLOAD_BYTES } from './batch.ts';

/** The function's name, as its context and environment tell it. */
export const FUNCTION_NAME = 'huntaze-rate-limiter';
export const FUNCTION_VERSION = '$LATEST';
export const MEMORY_MB = '512';
export const LOG_GROUP = `/aws/lambda/${FUNCTION_NAME}`;
export const LOG_STREAM = 'local/[$LATEST]';

/** A function as Lambda's Node.js 24 runtime calls it: with event and context, answering by promise. */
export type Handler = (event: SQSEvent, context: Context) => unknown;

/** The function did not answer within its timeout. */
export class FunctionTimedOut extends Error {
  override readonly name = 'FunctionTimedOut';
}

/** One call of a function, and how long it may take. */
export interface Invocation {
  requestId: string;
  event: SQSEvent;
  timeoutMs: number;
  region: string;
}

/** What runs a function: this process, or processes of its own (see `environments.ts`). */
export interface FunctionRuntime {
  /** How long the start of an environment may delay an invocation. Milliseconds. */
  readonly initTimeoutMs: number;
  /**
   * Calls the function once and enforces its timeout.
   * @returns what it answered, as JSON told it: a text that isn't JSON stays a string
   * @throws what the function throws; FunctionTimedOut; whatever kept it from answering
   */
  invoke(invocation: Invocation): Promise<unknown>;
}

/**
 * Runs a function in this process.
 *
 * Lambda freezes and then kills the environment of a function that has timed out, so that nothing of it
 * goes on. A promise can't be killed: here the invocation is over for the event source, its messages stay
 * in the queue, but what the function had begun may still finish. A function must bear that anyway, since
 * what it had sent when Lambda kills it can't be recalled either. Also, Lambda gives concurrent
 * invocations environments of their own, while here they share the function's module state. And a
 * function that ends its process ends this one. `environments.ts` has none of these differences.
 */
export function inProcess(handler: Handler, clock: Clock): FunctionRuntime {
  return { initTimeoutMs: 0, invoke: invocation => invoke(handler, invocation, clock) };
}

/** Ends the time-out's sleep; made once, as in `queue-calls.ts`. */
const ANSWERED = new Error('answered in time');

async function invoke(handler: Handler, invocation: Invocation, clock: Clock): Promise<unknown> {
  const { event, timeoutMs } = invocation;
  const answered = new AbortController();
  const context = makeContext(invocation, clock.now() + timeoutMs, clock);
  const run = async () => handler(event, context);
  const timeout = async () => {
    await clock.sleep(timeoutMs, answered.signal);
    throw timedOut(invocation);
  };
  try {
    return throughJson(await Promise.race([run(), timeout()]));
  } finally {
    answered.abort(ANSWERED);
  }
}

/** The error of an invocation that took too long, in Lambda's words. */
export function timedOut({ requestId, timeoutMs }: Invocation): FunctionTimedOut {
  const seconds = (timeoutMs / 1_000).toFixed(2);
  return new FunctionTimedOut(`${requestId} Task timed out after ${seconds} seconds`);
}

/** The ARN that a function sees itself called by. */
export function functionArn(region: string): string {
  return `arn:aws:lambda:${region}:000000000000:function:${FUNCTION_NAME}`;
}

/** What a function answers crosses to Lambda as JSON of at most 6 MB; undefined arrives as null. */
function throughJson(result: unknown): unknown {
  let text: string;
  try {
    text = JSON.stringify(result) ?? 'null';
  } catch (error) {
    const reason = (error as Error).message.split('\n', 1)[0];
    throw new TypeError(`the result can't be written as JSON: ${reason}`, { cause: error });
  }
  if (Buffer.byteLength(text) > MAX_PAYLOAD_BYTES) throw new RangeError('the result is larger than 6 MB');
  return JSON.parse(text) as unknown;
}

function makeContext({ requestId, region }: Invocation, deadline: number, clock: Clock): Context {
  const gone = (): never => {
    throw new Error('context.done, fail and succeed do not exist any more: return a promise');
  };
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: FUNCTION_NAME,
    functionVersion: FUNCTION_VERSION,
    invokedFunctionArn: functionArn(region),
    memoryLimitInMB: MEMORY_MB,
    awsRequestId: requestId,
    logGroupName: LOG_GROUP,
    logStreamName: LOG_STREAM,
    getRemainingTimeInMillis: () => Math.max(0, deadline - clock.now()),
    done: gone,
    fail: gone,
    succeed: gone,
  };
}
