/**
 * The process "limiter": runs the built bundle of the limiter function as Lambda would, fed from its queue.
 * FUNCTION_BUNDLE is the path of an ES module that exports `handler`. What the function prints to standard
 * output passes through; the event source's own lines go to standard error.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { systemClock } from '@huntaze/core/clock';
import { EnvironmentError, httpUrl, readEnv, text, wholeNumber } from '@huntaze/core/env';
import * as z from 'zod/mini';
import { startEventSource, type LogLine } from './event-source.ts';
import {
  FUNCTION_NAME,
  FUNCTION_VERSION,
  LOG_GROUP,
  LOG_STREAM,
  MEMORY_MB,
  type Handler,
} from './invocation.ts';

/** How long the queue may take to say what it is. Milliseconds. */
const QUEUE_DEADLINE_MS = 10_000;

const schema = z.object({
  FUNCTION_BUNDLE: text,
  QUEUE_URL: httpUrl,
  BATCH_SIZE: z._default(wholeNumber(1, 10), 10),
  MAXIMUM_CONCURRENCY: z._default(wholeNumber(2, 1_000), 2),
  FUNCTION_TIMEOUT_SECONDS: z._default(wholeNumber(1, 900), 30),
});

/** Ends the process before it began, with one line that says why. */
class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** What Lambda sets before it loads a function; libraries recognise it by these. */
function setLambdaEnvironment(): void {
  Object.assign(process.env, {
    AWS_LAMBDA_FUNCTION_NAME: FUNCTION_NAME,
    AWS_LAMBDA_FUNCTION_VERSION: FUNCTION_VERSION,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: MEMORY_MB,
    AWS_LAMBDA_LOG_GROUP_NAME: LOG_GROUP,
    AWS_LAMBDA_LOG_STREAM_NAME: LOG_STREAM,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    _HANDLER: 'index.handler',
  });
}

async function loadHandler(path: string): Promise<Handler> {
  const module = (await import(pathToFileURL(resolve(path)).href).catch((error: unknown) => {
    throw new Refusal(`FUNCTION_BUNDLE can't be loaded: ${(error as Error).message.split('\n', 1)[0]}`);
  })) as { handler?: unknown };
  if (typeof module.handler !== 'function')
    throw new Refusal('FUNCTION_BUNDLE exports no function called handler');
  return module.handler as Handler;
}

/** The queue's ARN. Like AWS, refuses a function whose timeout is longer than the queue's visibility timeout. */
async function queueArnOf(sqs: SQSClient, queueUrl: string, timeoutSeconds: number): Promise<string> {
  const command = new GetQueueAttributesCommand({
    QueueUrl: queueUrl,
    AttributeNames: ['QueueArn', 'VisibilityTimeout'],
  });
  const abortSignal = AbortSignal.timeout(QUEUE_DEADLINE_MS);
  const { Attributes } = await sqs.send(command, { abortSignal }).catch((error: unknown) => {
    throw new Refusal(`QUEUE_URL ${queueUrl}: ${(error as Error).message}`);
  });
  const visibilitySeconds = Number(Attributes?.['VisibilityTimeout']);
  if (visibilitySeconds < timeoutSeconds)
    throw new Refusal(
      `FUNCTION_TIMEOUT_SECONDS (${timeoutSeconds}) must not exceed the queue's visibility timeout (${visibilitySeconds})`,
    );
  return Attributes?.['QueueArn'] ?? '';
}

const log = (line: LogLine) =>
  process.stderr.write(`${JSON.stringify({ ...line, service: 'event-source' })}\n`);

async function main(): Promise<void> {
  const env = readEnv(schema, process.env);
  const sqs = new SQSClient({});
  const queueArn = await queueArnOf(sqs, env.QUEUE_URL, env.FUNCTION_TIMEOUT_SECONDS);
  setLambdaEnvironment();
  const handler = await loadHandler(env.FUNCTION_BUNDLE);
  const source = startEventSource({
    sqs,
    queueUrl: env.QUEUE_URL,
    queueArn,
    handler,
    batchSize: env.BATCH_SIZE,
    maximumConcurrency: env.MAXIMUM_CONCURRENCY,
    functionTimeoutMs: env.FUNCTION_TIMEOUT_SECONDS * 1_000,
    clock: systemClock,
    log,
  });
  // What the function left open (a Redis connection) would keep the process: Lambda just freezes it.
  const stop = () => void source.stop().then(isClean => process.exit(isClean ? 0 : 1));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stdout.write('{"ready":true}\n');
}

await main().catch((error: unknown) => {
  if (!(error instanceof Refusal) && !(error instanceof EnvironmentError)) throw error;
  process.stderr.write(`limiter: ${error.message}\n`);
  process.exit(1);
});
