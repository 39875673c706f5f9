import type { Message } from '@aws-sdk/client-sqs';
import { systemClock } from '@huntaze/core/clock';
import { SqsEngine } from '@huntaze/local/aws/sqs/engine';
import { SqsService } from '@huntaze/local/aws/sqs/service';
import { beforeAll, describe, expect, test } from 'vitest';
import { onlyLocally, target } from './harness.ts';

/*
 * Sources: API Reference, ReceiveMessage and ChangeMessageVisibility: at most 120,000 messages in flight; a standard
 * queue then answers OverLimit, a FIFO queue "returns no error messages". Developer Guide, "Amazon SQS short and
 * long polling": a long poll doesn't return the error but waits.
 *
 * 120,000 messages take 24,000 requests: these checks fill the queue behind the wire, and so run locally only.
 */

const LIMIT = 120_000;
const REASON = `needs ${LIMIT} messages in flight: on local AWS only`;

describe.for(['standard', 'FIFO'])('%s', kind => {
  const engine = new SqsEngine({ region: 'us-east-1' });
  const sqs = new SqsService({ clock: systemClock, engine, commit: () => {} });
  sqs.urls.origin = 'http://127.0.0.1';
  const fifo = kind === 'FIFO';
  const QueueName = fifo ? 'full.fifo' : 'full';
  const QueueUrl = sqs.urls.of(QueueName);
  const call = <T>(action: string, input: object) =>
    sqs.handle(action, input, AbortSignal.timeout(60_000)) as Promise<T>;
  const receive = async (MaxNumberOfMessages = 10, WaitTimeSeconds = 0) =>
    (
      await call<{ Messages?: Message[] }>('ReceiveMessage', {
        QueueUrl,
        MaxNumberOfMessages,
        WaitTimeSeconds,
      })
    ).Messages ?? [];
  let last: Message | undefined;

  beforeAll(async () => {
    if (!target.isLocal) return;
    const Attributes = { VisibilityTimeout: '43200', ...(fifo && { FifoQueue: 'true' }) };
    await call('CreateQueue', { QueueName, Attributes });
    const queue = engine.queue(QueueName);
    const now = systemClock.now();
    for (let sent = 0; sent < LIMIT + 10; sent++) {
      const id = fifo ? `${sent}` : undefined;
      const none = new Map();
      queue.send(
        {
          body: 'a',
          md5OfBody: '',
          attributes: none,
          systemAttributes: none,
          delayMs: undefined,
          groupId: id,
          deduplicationId: id,
        },
        now,
      );
    }
    for (let taken = 0; taken < LIMIT - 10; taken += 10) queue.receive(10, queue.settings.visibilityMs, now);
    last = (await receive(9)).at(-1);
  });

  test('the 120,000th message is still given', async () => {
    onlyLocally(REASON);
    expect(await receive()).toHaveLength(1);
  });

  test(
    fifo ? 'the 120,001st is not given, without an error' : 'the 120,001st is refused as OverLimit',
    async () => {
      onlyLocally(REASON);
      if (fifo) expect(await receive(1)).toEqual([]);
      else await expect(receive(1)).rejects.toMatchObject({ code: 'OverLimit' });
    },
  );

  test('a long poll waits for room, and gets the next when a message is deleted', async () => {
    onlyLocally(REASON);
    const polling = receive(1, 20);
    await call('DeleteMessage', { QueueUrl, ReceiptHandle: last?.ReceiptHandle });
    expect(await polling).toHaveLength(1);
  });
});
