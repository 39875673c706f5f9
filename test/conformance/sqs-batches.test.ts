import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  SendMessageBatchCommand,
  type BatchResultErrorEntry,
  type SendMessageBatchRequestEntry,
} from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { target } from './harness.ts';
import { bodies, expectCounts, expectRefusal, makeFifo, makeQueue, receive, take } from './sqs.ts';

/* Sources: API Reference, SendMessageBatch, DeleteMessageBatch, ChangeMessageVisibilityBatch, BatchResultErrorEntry. */

const { sqs } = target;
const sendBatch = (QueueUrl: string, Entries: SendMessageBatchRequestEntry[]) =>
  sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
const entries = (count: number, body = (index: number) => `body ${index}`): SendMessageBatchRequestEntry[] =>
  Array.from({ length: count }, (_, index) => ({ Id: `id-${index}`, MessageBody: body(index) }));
const idsOf = (results: { Id?: string | undefined }[] = []) => results.map(({ Id = '' }) => Id).sort();
const MIB = 1_048_576;

/** The codes of the entries that failed by their ids, each by the sender's fault. */
function failures(failed: BatchResultErrorEntry[] = []): Record<string, string> {
  for (const { SenderFault, Message } of failed) {
    expect(SenderFault).toBe(true);
    expect(Message).toEqual(expect.any(String));
  }
  return Object.fromEntries(failed.map(({ Id = '', Code = '' }) => [Id, Code]));
}

test('10 messages are sent in one batch, each answered under its id', async () => {
  const queue = await makeQueue();
  const sent = await sendBatch(queue, entries(10));
  expect(idsOf(sent.Successful)).toEqual(idsOf(entries(10)));
  expect(sent.Failed ?? []).toEqual([]);
  for (const { MessageId, MD5OfMessageBody } of sent.Successful ?? [])
    expect([MessageId, MD5OfMessageBody]).toEqual([expect.any(String), expect.any(String)]);
  const received = await take(queue, 10);
  expect(bodies(received).sort()).toEqual(entries(10).map(({ MessageBody }) => MessageBody));
});

test('a batch answer tells of each FIFO message its SequenceNumber', async () => {
  const queue = await makeFifo();
  const sent = await sendBatch(
    queue,
    entries(3).map(entry => ({ ...entry, MessageGroupId: 'g' })),
  );
  const numbers = sent.Successful?.map(({ SequenceNumber = '' }) => SequenceNumber) ?? [];
  expect(numbers.toSorted()).toEqual(numbers);
  expect(new Set(numbers).size).toBe(3);
});

test('the messages of a FIFO batch are enqueued in their order', async () => {
  const queue = await makeFifo();
  await sendBatch(
    queue,
    entries(10).map(entry => ({ ...entry, MessageGroupId: 'g' })),
  );
  expect(bodies(await take(queue, 10))).toEqual(entries(10).map(({ MessageBody }) => MessageBody));
});

test('an empty batch is refused', async () => {
  const queue = await makeQueue();
  await expectRefusal(sendBatch(queue, []), { name: 'EmptyBatchRequest' });
});

test('a batch of 11 is refused as a whole', async () => {
  const queue = await makeQueue();
  await expectRefusal(sendBatch(queue, entries(11)), { name: 'TooManyEntriesInBatchRequest' });
  await expectCounts(queue, [0, 0, 0]);
});

test('a batch with an id twice is refused as a whole', async () => {
  const queue = await makeQueue();
  const [entry] = entries(1);
  if (entry === undefined) throw new Error('unreachable: one entry was asked for');
  await expectRefusal(sendBatch(queue, [entry, entry]), { name: 'BatchEntryIdsNotDistinct' });
  await expectCounts(queue, [0, 0, 0]);
});

test.for([
  ['with a space', 'a b'],
  ['with a period', 'a.b'],
  ['beyond ASCII', 'ä'],
  ['of 81 characters', 'a'.repeat(81)],
] as const)('a batch with an id %s is refused', async ([, Id]) => {
  const queue = await makeQueue();
  await expectRefusal(sendBatch(queue, [{ Id, MessageBody: 'a' }]), { name: 'InvalidBatchEntryId' });
});

test('an id may have 80 characters: letters, digits, hyphens, underscores', async () => {
  const queue = await makeQueue();
  const Id = `${'a'.repeat(76)}-_0Z`;
  const sent = await sendBatch(queue, [{ Id, MessageBody: 'a' }]);
  expect(idsOf(sent.Successful)).toEqual([Id]);
});

test('an entry that is refused does not hold up the others', async () => {
  const queue = await makeQueue();
  const sent = await sendBatch(queue, [
    { Id: 'good', MessageBody: 'good' },
    { Id: 'contents', MessageBody: 'a\u0000b' },
    { Id: 'delay', MessageBody: 'delay', DelaySeconds: 901 },
    { Id: 'fine', MessageBody: 'fine' },
  ]);
  expect(idsOf(sent.Successful)).toEqual(['fine', 'good']);
  expect(failures(sent.Failed)).toEqual({
    contents: 'InvalidMessageContents',
    delay: 'InvalidParameterValue',
  });
  expect(bodies(await take(queue, 2)).sort()).toEqual(['fine', 'good']);
});

test('a FIFO entry without a group fails alone', async () => {
  const queue = await makeFifo();
  const sent = await sendBatch(queue, [
    { Id: 'without', MessageBody: 'a' },
    { Id: 'with', MessageBody: 'b', MessageGroupId: 'g' },
  ]);
  expect(idsOf(sent.Successful)).toEqual(['with']);
  expect(failures(sent.Failed)).toEqual({ without: 'MissingParameter' });
});

test('a batch whose every entry fails is answered, not refused', async () => {
  const queue = await makeQueue();
  const sent = await sendBatch(queue, [{ Id: 'a', MessageBody: '\u0000' }]);
  expect(sent.Successful ?? []).toEqual([]);
  expect(idsOf(sent.Failed)).toEqual(['a']);
});

test('a batch of 1 MiB in all is taken', async () => {
  const queue = await makeQueue();
  const sent = await sendBatch(
    queue,
    entries(2, () => 'x'.repeat(MIB / 2)),
  );
  expect(idsOf(sent.Successful)).toEqual(['id-0', 'id-1']);
});

test('a batch of a byte more than 1 MiB in all is refused as a whole', async () => {
  const queue = await makeQueue();
  const batch = entries(2, index => 'x'.repeat(MIB / 2 + index));
  await expectRefusal(sendBatch(queue, batch), { name: 'BatchRequestTooLong' });
  await expectCounts(queue, [0, 0, 0]);
});

test('a batch deletes what it names and reports a bad handle', async () => {
  const queue = await makeQueue();
  await sendBatch(queue, entries(3));
  const [first, second] = await take(queue, 3);
  const deleted = await sqs.send(
    new DeleteMessageBatchCommand({
      QueueUrl: queue,
      Entries: [
        { Id: 'first', ReceiptHandle: first?.ReceiptHandle },
        { Id: 'bad', ReceiptHandle: 'bad' },
        { Id: 'second', ReceiptHandle: second?.ReceiptHandle },
      ],
    }),
  );
  expect(idsOf(deleted.Successful)).toEqual(['first', 'second']);
  expect(failures(deleted.Failed)).toEqual({ bad: 'ReceiptHandleIsInvalid' });
  await expectCounts(queue, [0, 1, 0]);
});

test('a batch changes visibilities one by one and reports what is refused', async () => {
  const queue = await makeQueue();
  await sendBatch(queue, entries(3));
  const [first, second, third] = await take(queue, 3);
  const changed = await sqs.send(
    new ChangeMessageVisibilityBatchCommand({
      QueueUrl: queue,
      Entries: [
        { Id: 'back', ReceiptHandle: first?.ReceiptHandle, VisibilityTimeout: 0 },
        { Id: 'long', ReceiptHandle: second?.ReceiptHandle, VisibilityTimeout: 43_201 },
        { Id: 'bad', ReceiptHandle: 'bad', VisibilityTimeout: 1 },
        { Id: 'longer', ReceiptHandle: third?.ReceiptHandle, VisibilityTimeout: 60 },
      ],
    }),
  );
  expect(idsOf(changed.Successful)).toEqual(['back', 'longer']);
  expect(failures(changed.Failed)).toEqual({ bad: 'ReceiptHandleIsInvalid', long: 'InvalidParameterValue' });
  expect(bodies(await take(queue, 1))).toEqual([first?.Body]);
  expect(await receive(queue)).toEqual([]);
});

test.for(['DeleteMessageBatch', 'ChangeMessageVisibilityBatch'] as const)(
  '%s refuses an empty batch, one of 11, and an id twice',
  async action => {
    const queue = await makeQueue();
    const request = (...ids: string[]) => {
      const Entries = ids.map(Id => ({ Id, ReceiptHandle: 'any', VisibilityTimeout: 1 }));
      return action === 'DeleteMessageBatch'
        ? sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queue, Entries }))
        : sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queue, Entries }));
    };
    await expectRefusal(request(), { name: 'EmptyBatchRequest' });
    await expectRefusal(request(...entries(11).map(({ Id = '' }) => Id)), {
      name: 'TooManyEntriesInBatchRequest',
    });
    await expectRefusal(request('a', 'a'), { name: 'BatchEntryIdsNotDistinct' });
    await expectRefusal(request('a b'), { name: 'InvalidBatchEntryId' });
  },
);
