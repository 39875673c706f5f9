import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type ReceiveMessageCommandInput,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../manual-clock.ts';
import { startTestAws, type TestAws } from '../test-clients.ts';
import { SqsEngine } from './engine.ts';
import { LongPolls } from './long-poll.ts';

let it: TestAws;
beforeEach(async () => {
  it = await startTestAws({
    queues: [
      { name: 'dlq', attributes: {} },
      {
        name: 'q',
        attributes: {
          RedrivePolicy:
            '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dlq","maxReceiveCount":1}',
        },
      },
      { name: 'q.fifo', attributes: { FifoQueue: 'true', ContentBasedDeduplication: 'true' } },
    ],
  });
});
afterEach(() => it.close());

const url = (name: string) => it.aws.queueUrl(name);
const send = (name: string, MessageBody: string, more: object = {}) =>
  it.sqs.send(new SendMessageCommand({ QueueUrl: url(name), MessageBody, ...more }));
async function receive(
  name: string,
  more: Partial<ReceiveMessageCommandInput> = {},
  abortSignal?: AbortSignal,
) {
  const command = new ReceiveMessageCommand({ QueueUrl: url(name), WaitTimeSeconds: 20, ...more });
  const { Messages } = await it.sqs.send(command, { ...(abortSignal && { abortSignal }) });
  return (Messages ?? []).map(({ Body }) => Body);
}

test('a waiting receive is woken by a message that arrives; the first to wait is the first served', async () => {
  const first = receive('q');
  await it.untilWaiting(1);
  const second = receive('q');
  await it.untilWaiting(2);
  await send('q', '1');
  expect(await first).toEqual(['1']);
  expect(it.aws.waitingReceives()).toBe(1);
  await send('q', '2');
  expect(await second).toEqual(['2']);
});

test('of many that wait, one message wakes one: the others go on waiting, on a FIFO queue too', async () => {
  for (const [name, more] of [
    ['q', {}],
    ['q.fifo', { MessageGroupId: 'g' }],
  ] as const) {
    const polls: Promise<(string | undefined)[]>[] = [];
    for (let n = 1; n <= 5; n += 1) {
      polls.push(receive(name, { MaxNumberOfMessages: 10 }));
      await it.untilWaiting(n);
    }
    await send(name, '1', more);
    expect(await polls[0]).toEqual(['1']);
    expect(it.aws.waitingReceives()).toBe(4);
    // On the FIFO queue the group of the first is blocked now: its next message wakes nobody.
    await send(name, '2', more);
    expect(it.aws.waitingReceives()).toBe(name === 'q' ? 3 : 4);
    await send(name, '3', name === 'q' ? {} : { MessageGroupId: 'h' });
    expect(it.aws.waitingReceives()).toBe(name === 'q' ? 2 : 3);
    await it.clock.advance(20_000);
    const got = (await Promise.all(polls)).map(bodies => bodies.join());
    expect(got).toEqual(name === 'q' ? ['1', '2', '3', '', ''] : ['1', '3', '', '', '']);
  }
});

test('of two that wait, one that is aborted leaves the message to the other', async () => {
  const abort = new AbortController();
  const aborted = receive('q.fifo', {}, abort.signal);
  await it.untilWaiting(1);
  const other = receive('q.fifo');
  await it.untilWaiting(2);
  abort.abort();
  await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
  await it.untilWaiting(1);
  await send('q.fifo', 'a', { MessageGroupId: 'g' });
  expect(await other).toEqual(['a']);
});

test('it is woken when a delay or a visibility timeout ends, also one that began after it', async () => {
  await send('q.fifo', 'hidden', { MessageGroupId: 'g' });
  await receive('q.fifo', { VisibilityTimeout: 7 });
  const waiting = [receive('q.fifo'), receive('q')];
  await it.untilWaiting(2);
  await send('q', 'delayed', { DelaySeconds: 3 });
  await it.clock.advance(2_999);
  expect(it.aws.waitingReceives()).toBe(2);
  await it.clock.advance(1);
  expect(await waiting[1]).toEqual(['delayed']);
  await it.clock.advance(3_999);
  expect(it.aws.waitingReceives()).toBe(1);
  await it.clock.advance(1);
  expect(await waiting[0]).toEqual(['hidden']);
});

test('it is woken when a group opens, and for a batch gets the group as far as it goes', async () => {
  await send('q.fifo', '1', { MessageGroupId: 'g' });
  const { Messages } = await it.sqs.send(new ReceiveMessageCommand({ QueueUrl: url('q.fifo') }));
  await send('q.fifo', '2', { MessageGroupId: 'g' });
  await send('q.fifo', '3', { MessageGroupId: 'g' });
  const waiting = receive('q.fifo', { MaxNumberOfMessages: 10 });
  await it.untilWaiting(1);
  const ReceiptHandle = Messages?.[0]?.ReceiptHandle;
  await it.sqs.send(new DeleteMessageCommand({ QueueUrl: url('q.fifo'), ReceiptHandle }));
  expect(await waiting).toEqual(['2', '3']);
});

test('whoever waits for the dead-letter queue is woken by a move', async () => {
  await send('q', 'poison');
  await receive('q', { VisibilityTimeout: 5 });
  const waiting = receive('q');
  const dead = receive('dlq');
  await it.untilWaiting(2);
  await it.clock.advance(5_000);
  expect(await dead).toEqual(['poison']);
  expect(it.aws.waitingReceives()).toBe(1);
  await it.clock.advance(15_000);
  expect(await waiting).toEqual([]);
});

test('after its time it answers with nothing, and not before', async () => {
  const waiting = receive('q', { WaitTimeSeconds: 20 });
  await it.untilWaiting(1);
  await it.clock.advance(19_999);
  expect(it.aws.waitingReceives()).toBe(1);
  await it.clock.advance(1);
  expect(await waiting).toEqual([]);
  expect(it.clock.sleeping).toBe(0);
});

test('one that was aborted takes nothing', async () => {
  const abort = new AbortController();
  const aborted = receive('q', {}, abort.signal);
  await it.untilWaiting(1);
  abort.abort();
  await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
  await it.untilWaiting(0);
  await send('q', 'a');
  expect(await receive('q')).toEqual(['a']);
});

test('closing the server answers who waits', async () => {
  const waiting = receive('q');
  await it.untilWaiting(1);
  await it.aws.close();
  expect(await waiting).toEqual([]);
});

test('a waiting receive that can’t be carried out fails alone: whoever is served beside it is served', async () => {
  const engine = new SqsEngine({ region: 'us-east-1' });
  const clock = new ManualClock();
  const queue = engine.createQueue('q', new Map(), clock.now());
  const polls = new LongPolls(clock, () => engine.takeTouched());
  const never = new AbortController().signal;
  let tries = 0;
  const failing = polls.receive(queue, () => (tries++ === 0 ? [] : broken()), 20_000, never);
  const other = polls.receive(queue, now => queue.receive(1, 30_000, now), 20_000, never);
  const draft = { body: 'a', md5OfBody: '', attributes: new Map(), systemAttributes: new Map() };
  const more = { delayMs: undefined, groupId: undefined, deduplicationId: undefined };
  queue.send({ ...draft, ...more }, clock.now());
  expect(() => polls.settleTouched()).not.toThrow();
  await expect(failing).rejects.toThrow('not retryable');
  expect(await other).toMatchObject([{ body: 'a' }]);
  expect(polls.size).toBe(0);
});

function broken(): never {
  throw new Error('not retryable');
}
