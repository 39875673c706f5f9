import type { Context, SQSEvent } from 'aws-lambda';
import type { Clock } from '@huntaze/core/clock';

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

/** One call of a function, and its deadline. */
export interface Invocation {
  requestId: string;
  event: SQSEvent;
  timeoutMs: number;
  region: string;
}

/**
 * Calls the function and enforces its timeout.
 *
 * Lambda freezes and then kills the environment of a function that has timed out, so that nothing of it
 * goes on. A promise can't be killed: here the invocation is over for the event source, its messages stay
 * in the queue, but what the function had begun may still finish. A function must bear that anyway, since
 * what it had sent when Lambda kills it can't be recalled either. Also, Lambda gives concurrent
 * invocations environments of their own, while here they share the function's module state.
 *
 * @throws what the function throws; FunctionTimedOut
 */
export async function invoke(handler: Handler, invocation: Invocation, clock: Clock): Promise<unknown> {
  const { event, timeoutMs } = invocation;
  const answered = new AbortController();
  const context = makeContext(invocation, clock.now() + timeoutMs, clock);
  const run = async () => handler(event, context);
  const timeout = async () => {
    await clock.sleep(timeoutMs, answered.signal);
    throw new FunctionTimedOut(
      `${invocation.requestId} Task timed out after ${(timeoutMs / 1_000).toFixed(2)} seconds`,
    );
  };
  try {
    return await Promise.race([run(), timeout()]);
  } finally {
    answered.abort();
  }
}

function makeContext({ requestId, region }: Invocation, deadline: number, clock: Clock): Context {
  const gone = (): never => {
    throw new Error('context.done, fail and succeed do not exist any more: return a promise');
  };
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: FUNCTION_NAME,
    functionVersion: FUNCTION_VERSION,
    invokedFunctionArn: `arn:aws:lambda:${region}:000000000000:function:${FUNCTION_NAME}`,
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
