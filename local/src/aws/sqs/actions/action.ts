import type { Input } from '../../input.ts';
import type { SqsEngine } from '../engine.ts';
import type { LongPolls } from '../long-poll.ts';
import type { Queue } from '../queue.ts';
import type { QueueUrls } from '../queue-urls.ts';

/** What one request's action works with. */
export interface ActionContext {
  engine: SqsEngine;
  polls: LongPolls;
  urls: QueueUrls;
  /** Milliseconds since the epoch. */
  now: number;
  /** Aborted when the caller has gone. */
  signal: AbortSignal;
}

/** One SQS action: reads its input, changes the engine at once, and answers with the response's fields. */
export type Action = (context: ActionContext, input: Input) => object | Promise<object>;

/** The queue that `QueueUrl` names. */
export function queueOf(context: ActionContext, input: Input): Queue {
  return context.engine.queue(context.urls.nameIn(input.requiredString('QueueUrl')));
}
