import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CancelMessageMoveTaskCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestAws, type TestAws } from '../test-clients.ts';

const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
const RedrivePolicy = (name: string) =>
  JSON.stringify({ deadLetterTargetArn: arn(name), maxReceiveCount: 1 });
const fifo = { FifoQueue: 'true', ContentBasedDeduplication: 'true' };

let it: TestAws;
beforeEach(async () => {
  it = await startTestAws({
    queues: [
      { name: 'dead' },
      { name: 'q', attributes: { RedrivePolicy: RedrivePolicy('dead') } },
      { name: 'q2', attributes: { RedrivePolicy: RedrivePolicy('dead') } },
      { name: 'dead.fifo', attributes: fifo },
      { name: 'q.fifo', attributes: { ...fifo, RedrivePolicy: RedrivePolicy('dead.fifo') } },
    ],
  });
});
afterEach(() => it.close());

const url = (name: string) => it.aws.queueUrl(name);
const send = (name: string, MessageBody: string, more: object = {}) =>
  it.sqs.send(new SendMessageCommand({ QueueUrl: url(name), MessageBody, ...more }));
async function receive(name: string, more: object = {}) {
  const { Messages = [] } = await it.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: url(name),
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['All'],
      ...more,
    }),
  );
  return Messages;
}
const bodies = async (name: string, more: object = {}) => (await receive(name, more)).map(({ Body }) => Body);
const start = (SourceArn: string, more: object = {}) =>
  it.sqs.send(new StartMessageMoveTaskCommand({ SourceArn, ...more }));
async function tasks(name = 'dead', MaxResults = 10) {
  const { Results = [] } = await it.sqs.send(
    new ListMessageMoveTasksCommand({ SourceArn: arn(name), MaxResults }),
  );
  return Results;
}
async function available(name: string) {
  const { Attributes } = await it.sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: url(name),
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  return Object.values(Attributes ?? {}).map(Number);
}
/** Sends to `name` and lets what was sent go to its dead-letter queue. */
async function die(name: string, ...sent: string[]) {
  for (const body of sent) await send(name, body, name.endsWith('.fifo') ? { MessageGroupId: 'g' } : {});
  await receive(name, { VisibilityTimeout: 0 });
  expect(await bodies(name)).toEqual([]);
}

describe('where messages go', () => {
  test('back to where each came from, as new messages: ids, dates and counts', async () => {
    await die('q', 'a');
    await die('q2', 'b');
    const [old] = await receive('dead', { VisibilityTimeout: 0, MaxNumberOfMessages: 1 });
    await it.clock.advance(1_000);
    await start(arn('dead'));
    const [a] = await receive('q');
    expect(a).toMatchObject({ Body: 'a', Attributes: { ApproximateReceiveCount: '1' } });
    expect(a?.MessageId).not.toBe(old?.MessageId);
    expect(a?.Attributes?.['SentTimestamp']).toBe(String(it.clock.now()));
    expect(a?.Attributes).not.toHaveProperty('DeadLetterQueueSourceArn');
    expect(await bodies('q2')).toEqual(['b']);
    expect(await available('dead')).toEqual([0, 0]);
    expect(await tasks()).toEqual([
      {
        Status: 'COMPLETED',
        SourceArn: arn('dead'),
        ApproximateNumberOfMessagesMoved: 2,
        ApproximateNumberOfMessagesToMove: 2,
        StartedTimestamp: it.clock.now(),
      },
    ]);
  });

  test('to another queue, if that is asked for; what is in flight stays', async () => {
    await it.sqs.send(new CreateQueueCommand({ QueueName: 'other' }));
    await send('dead', 'sent here');
    await send('dead', 'in flight');
    await receive('dead', { MaxNumberOfMessages: 1 });
    await start(arn('dead'), { DestinationArn: arn('other') });
    expect(await bodies('other')).toEqual(['in flight']);
    expect(await available('dead')).toEqual([0, 1]);
    expect(await tasks()).toMatchObject([
      { Status: 'COMPLETED', DestinationArn: arn('other'), ApproximateNumberOfMessagesMoved: 1 },
    ]);
  });

  test('a FIFO queue gets them back in order, not taken for duplicates', async () => {
    await die('q.fifo', '1', '2', '3');
    const dead = await receive('dead.fifo', { VisibilityTimeout: 0 });
    for (const { MessageId, Attributes } of dead)
      expect(Attributes?.['MessageDeduplicationId']).toBe(MessageId);
    await start(arn('dead.fifo'));
    const back = await receive('q.fifo');
    expect(back.map(({ Body }) => Body)).toEqual(['1', '2', '3']);
    expect(back.map(({ Attributes }) => Attributes?.['MessageDeduplicationId'])).toEqual(
      dead.map(({ MessageId }) => MessageId),
    );
  });

  test('the oldest first, whatever groups they are of', async () => {
    const sent = ['a1', 'b1', 'a2', 'b2', 'c1', 'a3'];
    for (const body of sent) await send('dead.fifo', body, { MessageGroupId: body.slice(0, 1) });
    const arrived: (string | undefined)[] = [];
    const look = async () => {
      const messages = await receive('q.fifo', { MaxNumberOfMessages: 1 });
      for (const { Body, ReceiptHandle } of messages) {
        arrived.push(Body);
        await it.sqs.send(new DeleteMessageCommand({ QueueUrl: url('q.fifo'), ReceiptHandle }));
      }
    };
    const task = { DestinationArn: arn('q.fifo'), MaxNumberOfMessagesPerSecond: 1 };
    await start(arn('dead.fifo'), task);
    await look();
    for (let second = 1; second < 3; second += 1) {
      await it.clock.advance(1_000);
      await look();
    }
    // What comes in between, and what a receive takes in between, is known as well.
    await send('dead.fifo', 'c2', { MessageGroupId: 'c' });
    await receive('dead.fifo', { MaxNumberOfMessages: 1, VisibilityTimeout: 0 });
    for (let second = 3; second < 6; second += 1) {
      await it.clock.advance(1_000);
      await look();
    }
    expect(arrived).toEqual(sent);
    expect(await tasks('dead.fifo')).toMatchObject([
      { Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 6, ApproximateNumberOfMessagesToMove: 6 },
    ]);
  });

  test('a FIFO group with a message in flight is waited for, and others are not', async () => {
    for (const body of ['a1', 'a2', 'b1'])
      await send('dead.fifo', body, { MessageGroupId: body.slice(0, 1) });
    const [held] = await receive('dead.fifo', { MaxNumberOfMessages: 1, VisibilityTimeout: 60 });
    expect(held?.Body).toBe('a1');
    const waiting = receive('q.fifo', { WaitTimeSeconds: 20, VisibilityTimeout: 600 });
    await it.untilWaiting(1);
    await start(arn('dead.fifo'), { DestinationArn: arn('q.fifo') });
    expect((await waiting).map(({ Body }) => Body)).toEqual(['b1']);
    expect(await tasks('dead.fifo')).toMatchObject([
      { Status: 'RUNNING', ApproximateNumberOfMessagesMoved: 1, ApproximateNumberOfMessagesToMove: 3 },
    ]);
    const rest = receive('q.fifo', { WaitTimeSeconds: 20 });
    await it.untilWaiting(1);
    await it.clock.advance(19_999);
    expect(it.aws.waitingReceives()).toBe(1);
    await it.clock.advance(1);
    expect(await rest).toEqual([]);
    await it.clock.advance(39_999);
    expect(await tasks('dead.fifo')).toMatchObject([
      { Status: 'RUNNING', ApproximateNumberOfMessagesMoved: 1 },
    ]);
    expect(await available('q.fifo')).toEqual([0, 1]);
    const last = receive('q.fifo', { WaitTimeSeconds: 20 });
    await it.untilWaiting(1);
    await it.clock.advance(1);
    expect((await last).map(({ Body }) => Body)).toEqual(['a1', 'a2']);
    expect(await tasks('dead.fifo')).toMatchObject([
      { Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 3, ApproximateNumberOfMessagesToMove: 3 },
    ]);
    expect(await available('dead.fifo')).toEqual([0, 0]);
  });

  test('it goes on when what held it up is deleted', async () => {
    for (const body of ['a1', 'a2']) await send('dead.fifo', body, { MessageGroupId: 'a' });
    const [held] = await receive('dead.fifo', { MaxNumberOfMessages: 1, VisibilityTimeout: 600 });
    await start(arn('dead.fifo'), { DestinationArn: arn('q.fifo') });
    await it.sqs.send(
      new DeleteMessageCommand({ QueueUrl: url('dead.fifo'), ReceiptHandle: held?.ReceiptHandle }),
    );
    await it.clock.advance(0);
    expect(await bodies('q.fifo')).toEqual(['a2']);
    // Of two one was taken out by somebody else.
    expect(await tasks('dead.fifo')).toMatchObject([
      { Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 1, ApproximateNumberOfMessagesToMove: 2 },
    ]);
    expect(it.clock.sleeping).toBe(0);
  });

  test('it fails where a message has no origin, or its origin is gone, and leaves it there', async () => {
    await send('dead', 'sent here');
    await start(arn('dead'));
    expect(await tasks()).toMatchObject([
      {
        Status: 'FAILED',
        FailureReason: 'CouldNotDetermineMessageSource',
        ApproximateNumberOfMessagesMoved: 0,
      },
    ]);
    await it.sqs.send(new CreateQueueCommand({ QueueName: 'other' }));
    await start(arn('dead'), { DestinationArn: arn('other') });
    await die('q2', 'orphan');
    await it.sqs.send(new DeleteQueueCommand({ QueueUrl: url('q2') }));
    await start(arn('dead'));
    expect((await tasks('dead', 1))[0]).toMatchObject({
      Status: 'FAILED',
      FailureReason: 'AWS.SimpleQueueService.NonExistentQueue',
    });
    expect(await bodies('dead')).toEqual(['orphan']);
  });
});

describe('pace', () => {
  test('so many a second, the first at once; whoever waits there is woken; then nothing sleeps on', async () => {
    await die('q', '1', '2', '3');
    const { TaskHandle } = await start(arn('dead'), { MaxNumberOfMessagesPerSecond: 2 });
    expect(await tasks()).toMatchObject([
      { TaskHandle, Status: 'RUNNING', MaxNumberOfMessagesPerSecond: 2, ApproximateNumberOfMessagesMoved: 1 },
    ]);
    expect(await available('dead')).toEqual([2, 0]);
    expect(await bodies('q')).toEqual(['1']);
    const waiting = bodies('q', { WaitTimeSeconds: 20 });
    await it.untilWaiting(1);
    await it.clock.advance(499);
    expect(it.aws.waitingReceives()).toBe(1);
    await it.clock.advance(1);
    expect(await waiting).toEqual(['2']);
    await send('dead', 'came later');
    await it.clock.advance(500);
    expect(await tasks()).toMatchObject([{ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 3 }]);
    expect(await available('dead')).toEqual([1, 0]);
    expect(it.clock.sleeping).toBe(0);
  });

  test('one task at a time; a cancelled one leaves the rest, and another can start', async () => {
    await die('q', '1', '2', '3');
    const { TaskHandle } = await start(arn('dead'), { MaxNumberOfMessagesPerSecond: 1 });
    await expect(start(arn('dead'))).rejects.toThrow('There is already a task running.');
    await it.clock.advance(1_000);
    const cancel = () => it.sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle }));
    expect(await cancel()).toMatchObject({ ApproximateNumberOfMessagesMoved: 2 });
    await expect(cancel()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await it.clock.advance(60_000);
    expect(await available('dead')).toEqual([1, 0]);
    await start(arn('dead'));
    expect((await tasks()).map(({ Status }) => Status)).toEqual(['COMPLETED', 'CANCELLED']);
    expect((await tasks('dead', 1)).map(({ Status }) => Status)).toEqual(['COMPLETED']);
  });

  test('it goes on at its pace after a restart, though nobody asks for anything', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'move-task-'));
    const options = {
      stateFile: join(directory, 'state.db'),
      queues: [{ name: 'dead' }, { name: 'q', attributes: { RedrivePolicy: RedrivePolicy('dead') } }],
    };
    await it.close();
    it = await startTestAws(options);
    await die('q', '1', '2');
    await start(arn('dead'), { MaxNumberOfMessagesPerSecond: 1 });
    await it.close();
    it = await startTestAws(options);
    const waiting = bodies('q', { WaitTimeSeconds: 20 });
    expect(await waiting).toEqual(['1']);
    const second = bodies('q', { WaitTimeSeconds: 20 });
    await it.untilWaiting(1);
    await it.clock.advance(1_000);
    expect(await second).toEqual(['2']);
    expect(await tasks()).toMatchObject([{ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 2 }]);
    await rm(directory, { recursive: true });
  });

  test('with its queue goes its task', async () => {
    await die('q', '1', '2');
    await start(arn('dead'), { MaxNumberOfMessagesPerSecond: 1 });
    await it.sqs.send(new DeleteQueueCommand({ QueueUrl: url('dead') }));
    expect(it.clock.sleeping).toBe(0);
    await expect(tasks()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

test("what can't be moved is refused in AWS's words", async () => {
  await expect(start(arn('none'))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: "The resource that you specified for the SourceArn parameter doesn't exist.",
  });
  await expect(start('dead')).rejects.toThrow('You must use this format to specify the SourceArn');
  await expect(start(arn('q'))).rejects.toThrow('Source queue must be configured as a Dead Letter Queue.');
  const to = (DestinationArn: string, more: object = {}) =>
    expect(start(arn('dead'), { DestinationArn, ...more })).rejects;
  await to(arn('none')).toThrow('specified for the DestinationArn');
  await to(arn('dead')).toThrow('cannot be the same');
  await to(arn('q.fifo')).toThrow('must be of the same queue type');
  for (const MaxNumberOfMessagesPerSecond of [0, 501])
    await to(arn('q'), { MaxNumberOfMessagesPerSecond }).toThrow('Must be between 1 and 500.');
  await expect(tasks('dead', 11)).rejects.toThrow('Must be between 1 and 10.');
  for (const TaskHandle of ['nonsense', Buffer.from('null').toString('base64')])
    await expect(it.sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle }))).rejects.toThrow(
      'Value for parameter TaskHandle is invalid.',
    );
});
