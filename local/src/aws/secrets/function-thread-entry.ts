/**
 * What a thread runs that runs a function: it loads the bundle once, and calls its handler for each event it is sent.
 */
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { Context } from 'aws-lambda';
import type { RotationEvent } from './rotation-steps.ts';

/** One invocation. */
export interface ThreadCall {
  event: RotationEvent;
  arn: string;
  /** Milliseconds since the epoch. */
  deadline: number;
}

/** How it ended. `answered`: by the function, which can be called again. */
export interface ThreadReply {
  answered?: true;
  error?: { name: string; message: string };
}

const { handler } = (await import(pathToFileURL(workerData as string).href)) as {
  handler: (event: RotationEvent, context: Partial<Context>) => Promise<void>;
};

parentPort?.on('message', ({ event, arn, deadline }: ThreadCall) => {
  const context: Partial<Context> = {
    awsRequestId: crypto.randomUUID(),
    functionName: arn.slice(arn.lastIndexOf(':') + 1),
    functionVersion: '$LATEST',
    invokedFunctionArn: arn,
    memoryLimitInMB: '256',
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
  const reply = (answer: ThreadReply) => parentPort?.postMessage({ ...answer, answered: true });
  Promise.resolve()
    .then(() => handler(event, context))
    .then(
      () => reply({}),
      (error: unknown) => {
        const { name, message } = error instanceof Error ? error : new Error('not an error');
        reply({ error: { name, message } });
      },
    );
});
