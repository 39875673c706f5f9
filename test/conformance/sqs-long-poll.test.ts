import { ReceiveMessageCommand, type Message } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { advance, target, untilWaiting } from './harness.ts';
import {
  bodies,
  expectCounts,
  hide,
  makeFifo,
  makeQueue,
  receive,
  remove,
  send,
  sendToGroup,
  take,
  takeOne,
} from './sqs.ts';

/*
 * Sources: Developer Guide, "Amazon SQS short and long polling"; API Reference, ReceiveMessage, WaitTimeSeconds:
 * "If a message is available, the call returns sooner than WaitTimeSeconds."
 */

/** A poll this long ends within the time a check may really wait; one that is woken doesn't need it. */
const SHORT = 2;
const LONG = 20;

/** Begins a long poll and resolves once it waits. */
async function poll(
  queue: string,
  seconds: number,
): Promise<{ messages: Promise<Message[]>; answered: () => boolean }> {
  let answered = false;
  const messages = receive(queue, { WaitTimeSeconds: seconds }).then(received => {
    answered = true;
    return received;
  });
  await untilWaiting(1);
  return { messages, answered: () => answered };
}

test('a poll of a queue that has a message answers at once', async () => {
  const queue = await makeQueue();
  await send(queue, 'a');
  expect(bodies(await receive(queue, { WaitTimeSeconds: LONG }))).toEqual(['a']);
});

test('a poll waits its time out, then answers with nothing', async () => {
  const queue = await makeQueue();
  const waiting = await poll(queue, SHORT);
  expect(waiting.answered()).toBe(false);
  await advance(SHORT * 1_000);
  expect(await waiting.messages).toEqual([]);
});

test('a receive without a wait answers at once', async () => {
  const queue = await makeQueue();
  expect(await receive(queue, { WaitTimeSeconds: 0 })).toEqual([]);
});

test("the queue's own waiting time applies to a receive that brings none", async () => {
  const queue = await makeQueue({ ReceiveMessageWaitTimeSeconds: String(LONG) });
  const messages = receive(queue);
  await untilWaiting(1);
  await send(queue, 'a');
  expect(bodies(await messages)).toEqual(['a']);
});

test("a receive's own waiting time counts, not the queue's", async () => {
  const queue = await makeQueue({ ReceiveMessageWaitTimeSeconds: String(LONG) });
  const begun = performance.now();
  expect(await receive(queue, { WaitTimeSeconds: 0 })).toEqual([]);
  expect(performance.now() - begun).toBeLessThan(5_000);
});

test('a poll wakes when a message arrives', async () => {
  const queue = await makeQueue();
  const waiting = await poll(queue, LONG);
  await send(queue, 'a');
  expect(bodies(await waiting.messages)).toEqual(['a']);
  await expectCounts(queue, [0, 1, 0]);
});

test("a poll wakes when a message's visibility timeout ends", async () => {
  const queue = await makeQueue();
  await send(queue, 'a');
  await takeOne(queue, { VisibilityTimeout: 2 });
  const waiting = await poll(queue, LONG);
  expect(waiting.answered()).toBe(false);
  await advance(2_000);
  expect(bodies(await waiting.messages)).toEqual(['a']);
});

test('a poll wakes when a message is given back', async () => {
  const queue = await makeQueue();
  await send(queue, 'a');
  const message = await takeOne(queue);
  const waiting = await poll(queue, LONG);
  await hide(queue, message, 0);
  expect(bodies(await waiting.messages)).toEqual(['a']);
});

test('a poll wakes when a shortened visibility timeout ends', async () => {
  const queue = await makeQueue();
  await send(queue, 'a');
  const message = await takeOne(queue);
  const waiting = await poll(queue, LONG);
  await hide(queue, message, 1);
  await advance(1_000);
  expect(bodies(await waiting.messages)).toEqual(['a']);
});

test("a poll wakes when a message's delay ends", async () => {
  const queue = await makeQueue();
  const waiting = await poll(queue, LONG);
  await send(queue, 'a', { DelaySeconds: 1 });
  expect(waiting.answered()).toBe(false);
  await advance(1_000);
  expect(bodies(await waiting.messages)).toEqual(['a']);
});

test('FIFO: a poll wakes when the message in flight is deleted and its group goes on', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'a', 'b');
  const message = await takeOne(queue);
  const waiting = await poll(queue, LONG);
  expect(waiting.answered()).toBe(false);
  await remove(queue, message);
  expect(bodies(await waiting.messages)).toEqual(['b']);
});

test('FIFO: a message of a group in flight wakes no poll, one of another group does', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'a');
  await takeOne(queue);
  const waiting = await poll(queue, LONG);
  await sendToGroup(queue, 'g', 'b');
  await sendToGroup(queue, 'h', 'c');
  expect(bodies(await waiting.messages)).toEqual(['c']);
});

test('one message wakes one poll, the other goes on waiting', async () => {
  const queue = await makeQueue();
  const polls = [receive(queue, { WaitTimeSeconds: SHORT }), receive(queue, { WaitTimeSeconds: SHORT })];
  await untilWaiting(2);
  await send(queue, 'a');
  await Promise.race(polls);
  if (target.isLocal) await untilWaiting(1);
  await advance(SHORT * 1_000);
  expect((await Promise.all(polls)).map(messages => messages.length).toSorted((a, b) => a - b)).toEqual([
    0, 1,
  ]);
});

test('two messages wake two polls of one message each', async () => {
  const queue = await makeQueue();
  const one = { MaxNumberOfMessages: 1, WaitTimeSeconds: LONG };
  const polls = [receive(queue, one), receive(queue, one)];
  await untilWaiting(2);
  await send(queue, 'a');
  await send(queue, 'b');
  expect((await Promise.all(polls)).flatMap(bodies).sort()).toEqual(['a', 'b']);
});

test("a poll's messages are hidden from when they are handed over", async () => {
  const queue = await makeQueue({ VisibilityTimeout: '2' });
  const waiting = await poll(queue, LONG);
  await advance(1_500);
  await send(queue, 'a');
  await waiting.messages;
  await advance(1_000);
  expect(await receive(queue)).toEqual([]);
  await advance(1_000);
  await takeOne(queue);
});

// Nobody may take a message for a client that has hung up: it would be hidden for a whole visibility timeout.
test('an aborted poll takes nothing', async () => {
  const queue = await makeQueue();
  const abort = new AbortController();
  const request = new ReceiveMessageCommand({ QueueUrl: queue, WaitTimeSeconds: LONG });
  const aborted = target.sqs.send(request, { abortSignal: abort.signal }).catch((error: unknown) => error);
  await untilWaiting(1);
  abort.abort();
  expect(await aborted).toMatchObject({ name: 'AbortError' });
  await untilWaiting(0);
  await send(queue, 'a');
  const [message] = await take(queue, 1);
  expect(message?.Attributes?.ApproximateReceiveCount).toBe('1');
});

test('a poll that was aborted leaves the message to the one that waits behind it', async () => {
  const queue = await makeQueue();
  const abort = new AbortController();
  const request = new ReceiveMessageCommand({ QueueUrl: queue, WaitTimeSeconds: LONG });
  const aborted = target.sqs.send(request, { abortSignal: abort.signal }).catch((error: unknown) => error);
  await untilWaiting(1);
  const patient = receive(queue, { WaitTimeSeconds: LONG });
  await untilWaiting(2);
  abort.abort();
  await aborted;
  await untilWaiting(1);
  await send(queue, 'a');
  expect(bodies(await patient)).toEqual(['a']);
});

test('a poll ends with what there is, not with what was asked for', async () => {
  const queue = await makeQueue();
  const waiting = await poll(queue, LONG);
  await send(queue, 'a');
  expect((await waiting.messages).length).toBe(1);
});
