import { ManualClock } from '../aws/manual-clock.ts';
import { SqsEngine } from '../aws/sqs/engine.ts';
import { SqsService } from '../aws/sqs/service.ts';
import { startEventSource, type EventSource, type EventSourceOptions, type LogLine } from './event-source.ts';
import type { QueueClient } from './options.ts';

/** Local SQS without sockets: what is called has answered after a turn of the event loop, unless it waits. */
interface TestQueue {
  clock: ManualClock;
  url: string;
  client: QueueClient;
  /** How often each action was called. */
  calls: Record<string, number>;
  /** Set: every call fails. */
  outage: Error | undefined;
  /** Waits of receives, in seconds, in their order. */
  waits: number[];
  /** How many receives wait for messages. */
  waiting(): number;
  /** Sends messages in order; `group` for a FIFO queue. */
  send(bodies: readonly string[], group?: string): Promise<void>;
  changeVisibility(receiptHandle: string, seconds: number): Promise<void>;
  /** [available, in flight] */
  counts(): Promise<[number, number]>;
  /** Passes time second by second; what wakes comes to rest before time goes on. */
  pass(seconds: number): Promise<void>;
}

export interface TestSource extends TestQueue {
  logged: LogLine[];
  start(handler: EventSourceOptions['handler'], more?: Partial<EventSourceOptions>): EventSource;
}

/** @param name in `.fifo` for a FIFO queue, of which nothing sent here is a duplicate */
export function testSource(name = 'q', visibilityTimeout = '60'): TestSource {
  const queue = testQueue(name, visibilityTimeout);
  const logged: LogLine[] = [];
  return Object.assign(queue, {
    logged,
    start: (handler: EventSourceOptions['handler'], more: Partial<EventSourceOptions> = {}) =>
      startEventSource({
        sqs: queue.client,
        queueUrl: queue.url,
        queueArn: `arn:aws:sqs:us-east-1:000000000000:${name}`,
        handler,
        batchSize: 10,
        maximumConcurrency: 2,
        functionTimeoutMs: 30_000,
        clock: queue.clock,
        log: line => logged.push(line),
        ...more,
      }),
  });
}

function testQueue(name: string, visibilityTimeout: string): TestQueue {
  const clock = new ManualClock();
  const engine = new SqsEngine({ region: 'us-east-1' });
  const isFifo = name.endsWith('.fifo');
  const attributes = { VisibilityTimeout: visibilityTimeout, ...(isFifo && { FifoQueue: 'true' }) };
  engine.ensureQueue(name, new Map(Object.entries(attributes)), clock.now());
  const service = new SqsService({ clock, engine, commit: () => {} });
  service.urls.origin = 'http://127.0.0.1:1';
  const QueueUrl = service.urls.of(name);
  let sent = 0;

  const call = async (action: string, input: object, signal = new AbortController().signal) => {
    queue.calls[action] = (queue.calls[action] ?? 0) + 1;
    if (queue.outage !== undefined) throw queue.outage;
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    const answer = service.handle(action, JSON.parse(JSON.stringify(input)), signal);
    return Promise.race([answer, aborted]) as Promise<never>;
  };

  const queue: TestQueue = {
    clock,
    url: QueueUrl,
    client: {
      send: (command: { input: object }, { abortSignal }: { abortSignal: AbortSignal }) => {
        const { WaitTimeSeconds } = command.input as { WaitTimeSeconds?: number };
        if (WaitTimeSeconds !== undefined) queue.waits.push(WaitTimeSeconds);
        const action = command.constructor.name.replace('Command', '');
        return call(action, command.input, abortSignal);
      },
    },
    calls: {},
    outage: undefined,
    waits: [],
    waiting: () => service.waiting,
    send: async (bodies, MessageGroupId) => {
      for (const MessageBody of bodies) {
        sent += 1;
        const fifo = isFifo && { MessageDeduplicationId: String(sent) };
        await call('SendMessage', { QueueUrl, MessageBody, MessageGroupId, ...fifo });
      }
      await rest();
    },
    changeVisibility: (ReceiptHandle, VisibilityTimeout) =>
      call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout }),
    counts: async () => {
      await rest();
      const answer: { Attributes: Record<string, string> } = await call('GetQueueAttributes', {
        QueueUrl,
        AttributeNames: ['All'],
      });
      const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible } = answer.Attributes;
      return [Number(ApproximateNumberOfMessages), Number(ApproximateNumberOfMessagesNotVisible)];
    },
    pass: async seconds => {
      for (let second = 0; second < seconds; second += 1) {
        await rest();
        await clock.advance(1_000);
      }
      await rest();
    },
  };
  return queue;
}

/** Lets everything run that can run without time moving on: there is no IO to wait for. */
export async function rest(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise(resolve => setImmediate(resolve));
}
