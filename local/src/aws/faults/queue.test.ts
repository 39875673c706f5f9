import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type Message,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestAws, type TestAws } from '../test-clients.ts';
import type { FaultPlanInput } from './plan.ts';

const redrive = (maxReceiveCount: number) =>
  JSON.stringify({ deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:dead', maxReceiveCount });

let it: TestAws;
beforeEach(async () => {
  it = await startTestAws({
    queues: [
      { name: 'q' },
      { name: 'dead' },
      { name: 'once', attributes: { RedrivePolicy: redrive(1) } },
      { name: 'twice', attributes: { RedrivePolicy: redrive(2) } },
      { name: 'q.fifo', attributes: { FifoQueue: 'true', ContentBasedDeduplication: 'true' } },
    ],
  });
});
afterEach(() => it.close());

const url = (queue: string) => it.aws.queueUrl(queue);
const plan = (...rules: FaultPlanInput['rules']) => it.aws.faults.set({ seed: 5, rules });
const injected = () => it.aws.faults.report()?.rules.map(rule => rule.injected);
const group = (queue: string) => (queue.endsWith('.fifo') ? { MessageGroupId: 'g' } : {});

async function send(bodies: string[], queue = 'q'): Promise<void> {
  for (const MessageBody of bodies)
    await it.sqs.send(new SendMessageCommand({ QueueUrl: url(queue), MessageBody, ...group(queue) }));
}
async function receive(limit = 10, more: object = {}, queue = 'q'): Promise<Message[]> {
  const { Messages = [] } = await it.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: url(queue),
      MaxNumberOfMessages: limit,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      ...more,
    }),
  );
  return Messages;
}
const bodies = async (limit = 10, queue = 'q') =>
  (await receive(limit, {}, queue)).map(({ Body = '' }) => Body);
const remove = ({ ReceiptHandle }: Message, queue = 'q') =>
  it.sqs.send(new DeleteMessageCommand({ QueueUrl: url(queue), ReceiptHandle }));
const tenBodies = Array.from({ length: 10 }, (_, index) => `m${index}`);

const sendBatch = (queue = 'q') =>
  it.sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: url(queue),
      Entries: tenBodies.map(Id => ({ Id, MessageBody: Id, ...group(queue) })),
    }),
  );

test.each(['q', 'q.fifo'])('some entries of a batch fail, and the others take effect (%s)', async queue => {
  plan({ kind: 'partial', entryProbability: 0.5, times: 1 });
  const { Successful = [], Failed = [] } = await sendBatch(queue);
  const sent = Successful.map(({ Id = '' }) => Id);
  expect(Failed.length).toBeGreaterThan(1);
  expect(sent.length).toBeGreaterThan(1);
  expect([...sent, ...Failed.map(({ Id = '' }) => Id)].sort()).toEqual(tenBodies);
  for (const failure of Failed)
    expect(failure).toEqual({
      Id: failure.Id,
      SenderFault: false,
      Code: 'InternalError',
      Message: 'We encountered an internal error. Please try again.',
    });
  expect(await bodies(10, queue)).toEqual(sent);
  expect(injected()).toEqual([1]);
  expect((await sendBatch()).Failed ?? []).toEqual([]);
});

test('entries that are said to have failed took effect', async () => {
  plan({ kind: 'partial', entryProbability: 0.5, takesEffect: true });
  const { Successful = [], Failed = [] } = await sendBatch();
  expect(Failed.length).toBeGreaterThan(1);
  expect(Successful.length).toBe(10 - Failed.length);
  expect(await bodies()).toEqual(tenBodies);
});

test('of a batch that is struck at least one entry fails, even all; of deletes and changes as well', async () => {
  await send(tenBodies);
  const messages = await receive();
  const Entries = messages.map(({ Body, ReceiptHandle }) => ({ Id: Body, ReceiptHandle }));
  plan(
    { kind: 'partial', entryProbability: 0, action: 'DeleteMessageBatch' },
    { kind: 'partial', entryProbability: 1, action: 'ChangeMessageVisibilityBatch' },
  );
  const changed = await it.sqs.send(
    new ChangeMessageVisibilityBatchCommand({
      QueueUrl: url('q'),
      Entries: Entries.map(entry => ({ ...entry, VisibilityTimeout: 0 })),
    }),
  );
  expect([changed.Successful, changed.Failed?.length]).toEqual([[], 10]);
  expect(await bodies()).toEqual([]);
  const deleted = await it.sqs.send(new DeleteMessageBatchCommand({ QueueUrl: url('q'), Entries }));
  expect([deleted.Successful?.length, deleted.Failed?.length]).toEqual([9, 1]);
  await it.clock.advance(30_000);
  expect(await bodies()).toEqual([deleted.Failed?.[0]?.Id]);
});

test('a batch that AWS would refuse is refused, whatever is to fail', async () => {
  plan({ kind: 'partial', entryProbability: 0.5 });
  const Entries = Array.from({ length: 11 }, (_, id) => ({ Id: String(id), MessageBody: 'x' }));
  await expect(
    it.sqs.send(new SendMessageBatchCommand({ QueueUrl: url('q'), Entries })),
  ).rejects.toMatchObject({ name: 'TooManyEntriesInBatchRequest' });
  expect(injected()).toEqual([0]);
});

test('a message in flight is delivered a second time', async () => {
  await send(['a']);
  plan({ kind: 'duplicate', times: 1 });
  const [first] = await receive();
  const [second] = await receive();
  expect(second?.MessageId).toBe(first?.MessageId);
  expect(second?.Attributes?.['ApproximateReceiveCount']).toBe('2');
  expect(second?.ReceiptHandle).not.toBe(first?.ReceiptHandle);
  expect(injected()).toEqual([1]);
  expect(await receive()).toEqual([]);
});

test('beside one that is delivered again, a receive takes what it would have taken', async () => {
  await send(tenBodies);
  plan({ kind: 'duplicate', calls: [2, 3] });
  expect(await bodies(1)).toEqual(['m0']);
  expect(await bodies(1)).toEqual(['m0']);
  expect(await bodies(3)).toEqual(['m0', 'm1', 'm2']);
  expect(injected()).toEqual([2]);
});

test('a message that would be dead-lettered is not delivered again, nor is it counted', async () => {
  plan({ kind: 'duplicate' });
  await send(['a'], 'once');
  const [first] = await receive(1, {}, 'once');
  expect(first?.Body).toBe('a');
  expect(await bodies(10, 'once')).toEqual([]);
  await remove(first!, 'once');
  await it.clock.advance(60_000);
  expect([await bodies(10, 'once'), await bodies(10, 'dead')]).toEqual([[], []]);
  expect(injected()).toEqual([0]);

  await send(['b'], 'twice');
  const seen = [await bodies(10, 'twice'), await bodies(10, 'twice'), await bodies(10, 'twice')];
  expect(seen).toEqual([['b'], ['b'], []]);
  expect(injected()).toEqual([1]);
});

test('a receive that finds nothing delivers nothing again, and counts nothing', async () => {
  await send(['a', 'b']);
  expect(await bodies(1)).toEqual(['a']);
  plan({ kind: 'duplicate' }, { kind: 'empty-receive' });
  expect(await bodies()).toEqual([]);
  expect(injected()).toEqual([0, 1]);
});

test('a message whose delete would bring it to the dead-letter queue is deleted', async () => {
  plan({ kind: 'duplicate', of: 'deleted' });
  await send(['a'], 'once');
  const [first] = await receive(1, {}, 'once');
  await remove(first!, 'once');
  await it.clock.advance(60_000);
  expect([await bodies(10, 'once'), await bodies(10, 'dead'), injected()]).toEqual([[], [], [0]]);
});

test('a message that was deleted comes back', async () => {
  await send(['a']);
  plan({ kind: 'duplicate', of: 'deleted', times: 1 });
  const [first] = await receive();
  await remove(first!);
  const [second] = await receive();
  expect(second?.Body).toBe('a');
  await remove(second!);
  await it.clock.advance(43_200_000);
  expect(await receive()).toEqual([]);
  expect(injected()).toEqual([1]);
});

test('of a batch that is deleted one message comes back', async () => {
  await send(tenBodies);
  plan({ kind: 'duplicate', of: 'deleted' });
  const Entries = (await receive()).map(({ Body, ReceiptHandle }) => ({ Id: Body, ReceiptHandle }));
  const { Successful = [], Failed = [] } = await it.sqs.send(
    new DeleteMessageBatchCommand({ QueueUrl: url('q'), Entries }),
  );
  expect([Successful.length, Failed.length]).toEqual([10, 0]);
  it.aws.faults.clear();
  await it.clock.advance(43_200_000);
  expect(await bodies()).toHaveLength(1);
});

test('messages are taken out of turn, within the bound, and none is lost', async () => {
  plan({ kind: 'reorder', within: 3 });
  const order: number[] = [];
  await send(tenBodies);
  for (;;) {
    const [message] = await receive(1, { VisibilityTimeout: 43_200 });
    if (message === undefined) break;
    order.push(tenBodies.indexOf(message.Body ?? ''));
  }
  expect([...order].sort((a, b) => a - b)).toEqual(tenBodies.map((_, index) => index));
  expect(order).not.toEqual([...order].sort((a, b) => a - b));
  let displaced = 0;
  for (const [at, taken] of order.entries()) {
    // Whoever is taken overtakes at most three, and at most three have overtaken it.
    expect(order.slice(at).filter(index => index < taken).length).toBeLessThanOrEqual(3);
    expect(order.slice(0, at).filter(index => index > taken).length).toBeLessThanOrEqual(3);
    displaced += Number(order.slice(at).some(index => index < taken));
  }
  expect(injected()).toEqual([displaced]);
});

test.each([1, 10])(
  'nobody is overtaken by more than the bound while the queue goes on (by %i)',
  async limit => {
    const within = 5;
    plan({ kind: 'reorder', within });
    const order: number[] = [];
    let sent = 0;
    const sendOne = () => send([String(sent++)]);
    for (let i = 0; i < 20; i += 1) await sendOne();
    for (let i = 0; i < 20; i += 1) {
      for (let more = 0; more < limit; more += 1) await sendOne();
      for (const message of await receive(limit)) {
        order.push(Number(message.Body));
        await remove(message);
      }
    }
    const waiting = new Set(Array.from({ length: sent }, (_, index) => index));
    const overtaken = new Map<number, number>();
    for (const taken of order) {
      waiting.delete(taken);
      const passed = [...waiting].filter(index => index < taken);
      expect(passed.length).toBeLessThanOrEqual(within);
      for (const index of passed) overtaken.set(index, (overtaken.get(index) ?? 0) + 1);
    }
    expect(Math.max(...overtaken.values())).toBe(within);
    // Some are taken in their turn: the draw may be 0.
    expect(injected()?.[0]).toBeLessThan(20 + Number(limit === 10));
    expect(order).toHaveLength(20 * limit);
  },
);

test('none is passed over for messages that go to the dead-letter queue', async () => {
  await it.sqs.send(
    new SendMessageCommand({ QueueUrl: url('once'), MessageBody: 'fresh', DelaySeconds: 60 }),
  );
  await send(['spent', 'spent too'], 'once');
  expect(await bodies(2, 'once')).toEqual(['spent', 'spent too']);
  await it.clock.advance(60_000);
  plan({ kind: 'reorder', within: 1_000 });
  expect(await bodies(1, 'once')).toEqual(['fresh']);
  // The other one was set aside, too, and not looked at.
  expect(await bodies(10, 'dead')).toEqual(['spent too']);
  expect(injected()).toEqual([0]);
});

test('a message may be taken in its turn, and of two the second first', async () => {
  plan({ kind: 'reorder', within: 1 });
  await send(tenBodies);
  const order = await bodies();
  // 1, 0, 3, 2, … if each that is taken had to overtake another.
  expect(order).not.toEqual(tenBodies.map((_, index) => `m${index % 2 === 0 ? index + 1 : index - 1}`));
  expect(order).not.toEqual(tenBodies);
  plan({ kind: 'reorder', within: 1_000 });
  await send(['a', 'b']);
  expect(await bodies()).toEqual(['b', 'a']);
});

test('whoever is passed over doesn’t count as in flight', async () => {
  plan({ kind: 'reorder', within: 1 });
  const sendTo = (MessageGroupId: string) =>
    it.sqs.send(new SendMessageCommand({ QueueUrl: url('q'), MessageBody: MessageGroupId, MessageGroupId }));
  for (let i = 0; i < 3; i += 1) await sendTo('first');
  for (let i = 0; i < 40; i += 1) await receive(1, { VisibilityTimeout: 0 });
  expect(injected()?.[0]).toBeGreaterThan(5);
  it.aws.faults.clear();
  await sendTo('second');
  // With 30 in flight the first group would be a noisy one, and the second would go before it.
  expect(await bodies(1)).toEqual(['first']);
});

test('a message becomes receivable only later', async () => {
  plan({ kind: 'delay-visibility', upToMs: 5_000 });
  await sendBatch();
  expect(await bodies()).toEqual([]);
  const seen: string[] = [];
  const arrivals = new Set<number>();
  for (let ms = 0; ms < 5_000; ms += 500) {
    await it.clock.advance(500);
    const arrived = await bodies();
    if (arrived.length > 0) arrivals.add(ms);
    seen.push(...arrived);
  }
  expect(seen.sort()).toEqual(tenBodies);
  expect(arrivals.size).toBeGreaterThan(2); // Each has a delay of its own.
});

test('a short receive finds nothing, though there is something; a long one finds it', async () => {
  plan({ kind: 'empty-receive' });
  expect(await bodies()).toEqual([]);
  expect(injected()).toEqual([0]); // There was nothing to be found.
  await send(['a']);
  expect(await bodies()).toEqual([]);
  expect(injected()).toEqual([1]);
  expect((await receive(1, { WaitTimeSeconds: 1 })).map(({ Body }) => Body)).toEqual(['a']);
});

test('a FIFO queue never does what only standard queues do', async () => {
  plan(
    { kind: 'duplicate' },
    { kind: 'duplicate', of: 'deleted' },
    { kind: 'reorder', within: 5 },
    { kind: 'delay-visibility', upToMs: 5_000 },
    { kind: 'empty-receive', calls: [1] },
  );
  await send(tenBodies, 'q.fifo');
  expect(await bodies(3, 'q.fifo')).toEqual([]); // That one it does.
  const messages = await receive(3, {}, 'q.fifo');
  expect(messages.map(({ Body }) => Body)).toEqual(['m0', 'm1', 'm2']);
  expect(await bodies(3, 'q.fifo')).toEqual([]);
  expect(injected()).toEqual([0, 0, 0, 0, 1]);
});

test('the same seed gives the same mischief', async () => {
  const orders: string[][] = [];
  for (const seed of [1, 1, 2]) {
    it.aws.faults.set({ seed, rules: [{ kind: 'reorder', within: 8, probability: 0.7, queue: 'q' }] });
    await send(tenBodies);
    const order: string[] = [];
    for (let taken = await receive(1); taken[0] !== undefined; taken = await receive(1)) {
      order.push(taken[0].Body ?? '');
      await remove(taken[0]);
    }
    orders.push(order);
  }
  expect(orders[0]).toHaveLength(10);
  expect(orders[1]).toEqual(orders[0]);
  expect(orders[2]).not.toEqual(orders[0]);
});
