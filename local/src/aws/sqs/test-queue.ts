import { hash } from 'node:crypto';
import { SqsEngine } from './engine.ts';
import { receiptHandle, type Draft, type Message } from './message.ts';
import type { Queue } from './queue.ts';

/** A queue under a hand-held clock, in seconds, with the few verbs that tests of time and order want. */
export class TestQueue {
  readonly engine: SqsEngine;
  readonly queue: Queue;
  /** Milliseconds since the epoch. */
  now = Date.UTC(2026, 0, 1);

  constructor(attributes: Record<string, string> = {}, engine = new SqsEngine({ region: 'us-east-1' })) {
    this.engine = engine;
    const name = attributes['FifoQueue'] === 'true' ? 'q.fifo' : 'q';
    this.queue = engine.createQueue(name, new Map(Object.entries(attributes)), this.now);
  }

  /** Lets `seconds` pass. */
  pass(seconds: number): void {
    this.now += seconds * 1_000;
  }

  /** Sends `body`; on a FIFO queue deduplicated by the body, in the group `more.groupId`. */
  send(body: string, more: Partial<Draft> = {}): string {
    const draft: Draft = {
      body,
      md5OfBody: hash('md5', body),
      attributes: new Map(),
      systemAttributes: new Map(),
      delayMs: undefined,
      groupId: this.queue.fifo ? 'g' : undefined,
      deduplicationId: this.queue.fifo ? body : undefined,
      ...more,
    };
    return this.queue.send(draft, this.now).messageId;
  }

  receive(limit = 10, visibilitySeconds = 30): Message[] {
    return this.queue.receive(limit, visibilitySeconds * 1_000, this.now);
  }

  /** Receives, and tells the bodies only. */
  bodies(limit = 10, visibilitySeconds = 30): string[] {
    return this.receive(limit, visibilitySeconds).map(({ body }) => body);
  }

  /** Receives one message and returns the handle of this receive. */
  handle(visibilitySeconds = 30): string {
    const [message] = this.receive(1, visibilitySeconds);
    if (message === undefined) throw new Error('nothing to receive');
    return this.handleOf(message);
  }

  handleOf(message: Message): string {
    return receiptHandle(this.queue.name, message);
  }

  delete(handle: string): void {
    this.queue.delete(handle, this.now);
  }

  change(handle: string, seconds: number): void {
    this.queue.changeVisibility(handle, seconds, this.now);
  }

  counts(): [available: number, inFlight: number, delayed: number] {
    const { available, inFlight, delayed } = this.queue.counts(this.now);
    return [available, inFlight, delayed];
  }
}

/** A dead-letter queue and a queue that moves there what was received `maxReceiveCount` times. */
export function withDeadLetters(
  maxReceiveCount: number,
  attributes: Record<string, string> = {},
): { source: TestQueue; deadLetters: Queue } {
  const engine = new SqsEngine({ region: 'us-east-1' });
  const fifo = attributes['FifoQueue'] === 'true';
  const own = new Map(fifo ? [['FifoQueue', 'true']] : []);
  const deadLetters = engine.createQueue(fifo ? 'dlq.fifo' : 'dlq', own, Date.UTC(2026, 0, 1));
  const policy = JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount });
  return { source: new TestQueue({ ...attributes, RedrivePolicy: policy }, engine), deadLetters };
}
