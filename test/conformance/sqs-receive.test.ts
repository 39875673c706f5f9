import type { Message } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { advance } from './harness.ts';
import {
  bodies,
  expectRefusal,
  makeFifo,
  makeQueue,
  receive,
  send,
  sendToGroup,
  take,
  takeOne,
} from './sqs.ts';

/* Sources: API Reference, ReceiveMessage and Message. */

const text = (StringValue: string) => ({ DataType: 'String', StringValue });
const nameless = { MessageSystemAttributeNames: [] };

test('a receive without a number gives one message', async () => {
  const queue = await makeQueue();
  for (const body of ['a', 'b']) await send(queue, body);
  expect(await take(queue, 1, { MaxNumberOfMessages: undefined })).toHaveLength(1);
});

test('a receive gives up to 10 messages, never more than asked for', async () => {
  const queue = await makeQueue();
  for (let index = 0; index < 12; index++) await send(queue, String(index));
  expect((await receive(queue, { MaxNumberOfMessages: 3 })).length).toBeLessThanOrEqual(3);
  expect((await receive(queue)).length).toBeLessThanOrEqual(10);
});

test.for([0, 11, -1])('a receive of %d messages is refused', async MaxNumberOfMessages => {
  const queue = await makeQueue();
  await expectRefusal(receive(queue, { MaxNumberOfMessages }), {
    name: 'InvalidParameterValue',
    says: 'for parameter MaxNumberOfMessages is invalid',
  });
});

test.for([
  ['WaitTimeSeconds', 21],
  ['WaitTimeSeconds', -1],
  ['VisibilityTimeout', 43_201],
  ['VisibilityTimeout', -1],
] as const)('a receive with %s %d is refused', async ([name, value]) => {
  const queue = await makeQueue();
  await expectRefusal(receive(queue, { [name]: value }), {
    name: 'InvalidParameterValue',
    says: `Value ${value} for parameter ${name} is invalid`,
  });
});

test('an empty queue answers without a list of messages', async () => {
  const queue = await makeQueue();
  expect(await receive(queue)).toEqual([]);
});

test('a receive without names brings no attributes at all', async () => {
  const queue = await makeQueue();
  await send(queue, 'a', { MessageAttributes: { colour: text('red') } });
  const received = await takeOne(queue, nameless);
  expect(received).not.toHaveProperty('Attributes');
  expect(received).not.toHaveProperty('MessageAttributes');
  expect(received.ReceiptHandle).toEqual(expect.any(String));
});

test('a standard message has its four system attributes', async () => {
  const queue = await makeQueue();
  await send(queue, 'a');
  const { Attributes } = await takeOne(queue, { MessageSystemAttributeNames: ['All'] });
  expect(Object.keys(Attributes ?? {}).sort()).toEqual([
    'ApproximateFirstReceiveTimestamp',
    'ApproximateReceiveCount',
    'SenderId',
    'SentTimestamp',
  ]);
});

test('a FIFO message has its group, deduplication id and sequence number besides', async () => {
  const queue = await makeFifo();
  const sent = await send(queue, 'a', { MessageGroupId: 'g', MessageDeduplicationId: 'd' });
  const { Attributes } = await takeOne(queue, { MessageSystemAttributeNames: ['All'] });
  expect(Attributes).toMatchObject({
    MessageGroupId: 'g',
    MessageDeduplicationId: 'd',
    SequenceNumber: sent.SequenceNumber,
    ApproximateReceiveCount: '1',
  });
});

test.for([
  'ApproximateFirstReceiveTimestamp',
  'ApproximateReceiveCount',
  'SenderId',
  'SentTimestamp',
] as const)('the system attribute %s is given alone when it alone is asked for', async name => {
  const queue = await makeQueue();
  await send(queue, 'a');
  const { Attributes } = await takeOne(queue, { MessageSystemAttributeNames: [name] });
  expect(Attributes).toEqual({ [name]: expect.stringMatching(/./) });
});

test.for(['MessageGroupId', 'MessageDeduplicationId', 'SequenceNumber'] as const)(
  'the FIFO system attribute %s is given alone when it alone is asked for',
  async name => {
    const queue = await makeFifo();
    await sendToGroup(queue, 'g', 'a');
    const { Attributes } = await takeOne(queue, { MessageSystemAttributeNames: [name] });
    expect(Attributes).toEqual({ [name]: expect.stringMatching(/./) });
  },
);

test('the older parameter AttributeNames still names system attributes', async () => {
  const queue = await makeQueue();
  await send(queue, 'a');
  const { Attributes } = await takeOne(queue, { ...nameless, AttributeNames: ['SentTimestamp'] as never });
  expect(Object.keys(Attributes ?? {})).toEqual(['SentTimestamp']);
});

test('the receive count rises with every receive, the first receive is remembered', async () => {
  const queue = await makeQueue({ VisibilityTimeout: '1' });
  await send(queue, 'a');
  const seen: Message[] = [];
  for (let times = 0; times < 3; times++) {
    seen.push(await takeOne(queue));
    await advance(1_200);
  }
  expect(seen.map(({ Attributes }) => Attributes?.ApproximateReceiveCount)).toEqual(['1', '2', '3']);
  const firsts = seen.map(({ Attributes }) => Attributes?.ApproximateFirstReceiveTimestamp);
  expect(new Set(firsts).size).toBe(1);
  expect(new Set(seen.map(({ MessageId }) => MessageId)).size).toBe(1);
});

test('every receive has a receipt handle of its own', async () => {
  const queue = await makeQueue();
  await send(queue, 'a');
  const handles = [];
  for (let times = 0; times < 3; times++)
    handles.push((await takeOne(queue, { VisibilityTimeout: 0 })).ReceiptHandle);
  expect(new Set(handles).size).toBe(3);
});

test('the timestamps are in milliseconds: sent, then first received', async () => {
  const queue = await makeQueue();
  await send(queue, 'a');
  await advance(1_000);
  const { Attributes } = await takeOne(queue);
  const sent = Number(Attributes?.SentTimestamp);
  const received = Number(Attributes?.ApproximateFirstReceiveTimestamp);
  expect(sent).toBeGreaterThan(1e12);
  expect(received - sent).toBeGreaterThanOrEqual(1_000);
  expect(received - sent).toBeLessThan(10_000);
});

const some = { a: text('1'), 'a.b': text('2'), 'a.c': text('3'), ab: text('4'), z: text('5') };
test.for([
  ['All', ['All'], ['a', 'a.b', 'a.c', 'ab', 'z']],
  ['.*', ['.*'], ['a', 'a.b', 'a.c', 'ab', 'z']],
  ['a prefix', ['a.*'], ['a.b', 'a.c']],
  ['a name', ['z'], ['z']],
  ['a name and a prefix', ['z', 'a.*'], ['a.b', 'a.c', 'z']],
  ['a name that no attribute has', ['A'], []],
] satisfies [string, string[], string[]][])(
  'MessageAttributeNames picks attributes by %s',
  async ([, MessageAttributeNames, picked]) => {
    const queue = await makeQueue();
    await send(queue, 'a', { MessageAttributes: some });
    const received = await takeOne(queue, { MessageAttributeNames });
    // "a.*" is documented as everything "starting with a prefix": whether `a` and `ab` are among it is not told.
    const given = Object.keys(received.MessageAttributes ?? {}).filter(
      name => !MessageAttributeNames.includes('a.*') || picked.includes(name) || name === 'z',
    );
    expect(given.sort()).toEqual(picked);
  },
);

test('a message in flight is not given again', async () => {
  const queue = await makeQueue();
  await send(queue, 'a');
  await takeOne(queue);
  expect(await receive(queue)).toEqual([]);
});

test('a standard queue gives everything it holds', async () => {
  const queue = await makeQueue();
  const sent = Array.from({ length: 25 }, (_, index) => `body ${index}`);
  for (const body of sent) await send(queue, body);
  expect(bodies(await take(queue, 25)).sort()).toEqual(sent.sort());
});
