/**
 * The process "limiter": runs the built bundle of the limiter function as Lambda would, fed from its queue.
 * FUNCTION_BUNDLE is the path of an ES module that exports `handler`. What the function prints to standard
 * output passes through; the event source's own lines go to standard error.
 *
 * FUNCTION_RUNTIME says where it runs. `in-process` (the default): in this process, quick to start. `ric`: under
 * AWS's own runtime, a process for each invocation at once, as in Lambda; AWS_LAMBDA_RIC then names the folder
 * where aws-lambda-ric is installed.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { systemClock } from '@huntaze/core/clock';
import { EnvironmentError, httpUrl, readEnv, text, wholeNumber } from '@huntaze/core/env';
import * as z from 'zod/mini';
import { startEnvironments, type Environments } from './environments.ts';
import { startEventSource, type LogLine } from './event-source.ts';
import { FunctionMetrics } from './function-metrics.ts';
import {
  FUNCTION_NAME,
  FUNCTION_VERSION,
  LOG_GROUP,
  LOG_STREAM,
  MEMORY_MB,
  type Handler,
} from './invocation.ts';
import { OptionError } from './options.ts';
import { Refusal } from './refusal.ts';
import { ricProcess } from './ric.ts';

/** How often it is told what happened to the function, if anything did. Milliseconds. */
const TELL_MS = 2_000;
/** How long the queue may take to say what it is. Milliseconds. */
const QUEUE_DEADLINE_MS = 10_000;

const schema = z.object({
  FUNCTION_BUNDLE: text,
  FUNCTION_RUNTIME: z._default(
    z.enum(['in-process', 'ric'], { error: 'must be in-process or ric' }),
    'in-process',
  ),
  AWS_LAMBDA_RIC: z.optional(text),
  QUEUE_URL: httpUrl,
  BATCH_SIZE: z._default(wholeNumber(1, 10_000), 10),
  MAXIMUM_BATCHING_WINDOW_SECONDS: z._default(wholeNumber(0, 300), 0),
  MAXIMUM_CONCURRENCY: z._default(wholeNumber(2, 1_000), 2),
  RESERVED_CONCURRENCY: z.optional(wholeNumber(0, 1_000)),
  FUNCTION_TIMEOUT_SECONDS: z._default(wholeNumber(1, 900), 30),
});

/** What Lambda sets before it loads a function; libraries recognise it by these. */
const LAMBDA_ENVIRONMENT = {
  AWS_LAMBDA_FUNCTION_NAME: FUNCTION_NAME,
  AWS_LAMBDA_FUNCTION_VERSION: FUNCTION_VERSION,
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: MEMORY_MB,
  AWS_LAMBDA_LOG_GROUP_NAME: LOG_GROUP,
  AWS_LAMBDA_LOG_STREAM_NAME: LOG_STREAM,
  AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
};

async function loadHandler(path: string): Promise<Handler> {
  Object.assign(process.env, LAMBDA_ENVIRONMENT, { _HANDLER: 'index.handler' });
  const module = (await import(pathToFileURL(resolve(path)).href).catch((error: unknown) => {
    throw new Refusal(`FUNCTION_BUNDLE can't be loaded: ${firstLine(error)}`);
  })) as { handler?: unknown };
  if (typeof module.handler !== 'function')
    throw new Refusal('FUNCTION_BUNDLE exports no function called handler');
  return module.handler as Handler;
}

/** Processes that run the function; they end with this one. */
async function startProcesses(env: z.infer<typeof schema>): Promise<Environments> {
  const environments = startEnvironments({
    runtime: ricProcess(env.AWS_LAMBDA_RIC, env.FUNCTION_BUNDLE, { ...process.env, ...LAMBDA_ENVIRONMENT }),
    maximum: env.MAXIMUM_CONCURRENCY,
    clock: systemClock,
  });
  process.once('exit', () => environments.killNow());
  await environments.warm().catch((error: unknown) => {
    throw new Refusal(`FUNCTION_BUNDLE can't be loaded: ${firstLine(error)}`);
  });
  return environments;
}

const firstLine = (error: unknown) => (error as Error).message.split('\n', 1)[0];

interface QueueFacts {
  queueArn: string;
  visibilityTimeoutMs: number;
}

/** What the queue is. Like AWS, refuses a function whose timeout is longer than the queue's visibility timeout. */
async function askQueue(sqs: SQSClient, queueUrl: string, timeoutSeconds: number): Promise<QueueFacts> {
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
  return { queueArn: Attributes?.['QueueArn'] ?? '', visibilityTimeoutMs: visibilitySeconds * 1_000 };
}

const log = (line: LogLine) =>
  process.stderr.write(`${JSON.stringify({ ...line, service: 'event-source' })}\n`);

async function main(): Promise<void> {
  const env = readEnv(schema, process.env);
  const sqs = new SQSClient({});
  const queue = await askQueue(sqs, env.QUEUE_URL, env.FUNCTION_TIMEOUT_SECONDS);
  const environments = env.FUNCTION_RUNTIME === 'ric' ? await startProcesses(env) : undefined;
  const metrics = new FunctionMetrics(FUNCTION_NAME, () => systemClock.now());
  const source = startEventSource({
    sqs,
    queueUrl: env.QUEUE_URL,
    ...queue,
    handler: environments ?? (await loadHandler(env.FUNCTION_BUNDLE)),
    batchSize: env.BATCH_SIZE,
    batchingWindowSeconds: env.MAXIMUM_BATCHING_WINDOW_SECONDS,
    maximumConcurrency: env.MAXIMUM_CONCURRENCY,
    reservedConcurrency: env.RESERVED_CONCURRENCY,
    functionTimeoutMs: env.FUNCTION_TIMEOUT_SECONDS * 1_000,
    clock: systemClock,
    log,
    count: what => metrics.count(what),
  });
  const tell = () => {
    const line = metrics.take();
    if (line !== undefined) process.stderr.write(`${line}\n`);
  };
  // Nobody reads any more where the supervisor was killed: no reason to leave the messages in hand, and it is ended anyway.
  process.stderr.on('error', () => undefined);
  setInterval(tell, TELL_MS).unref();
  // What the function left open (a Redis connection) would keep the process: Lambda just freezes it.
  const stop = async () => {
    const isClean = await source.stop();
    await environments?.stop();
    tell();
    process.exit(isClean ? 0 : 1);
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
  process.stdout.write('{"ready":true}\n');
}

await main().catch((error: unknown) => {
  const isExpected =
    error instanceof Refusal || error instanceof EnvironmentError || error instanceof OptionError;
  if (!isExpected) throw error;
  process.stderr.write(`limiter: ${error.message}\n`);
  process.exit(1);
});
