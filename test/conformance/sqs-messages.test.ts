import { createHash } from 'node:crypto';
import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { bodies, expectRefusal, makeQueue, receive, send, take, takeOne } from './sqs.ts';

/*
 * Sources: API Reference, SendMessage, ReceiveMessage, MessageAttributeValue, InvalidMessageContents;
 * Developer Guide, "Amazon SQS message metadata" (attribute names, types, the MD5 of message attributes) and
 * "Amazon SQS message quotas" (10 attributes, 1 MiB).
 */

const md5 = (text: string | Buffer) => createHash('md5').update(text).digest('hex');
type Attributes = Record<string, MessageAttributeValue>;

/** The digest as the Developer Guide describes it, "Calculating the MD5 message digest for message attributes". */
function md5OfAttributes(attributes: Attributes): string {
  const parts: Buffer[] = [];
  const put = (bytes: Uint8Array | string) => {
    const content = Buffer.from(bytes as string);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(content.length);
    parts.push(length, content);
  };
  for (const name of Object.keys(attributes).sort()) {
    const { DataType = '', StringValue, BinaryValue } = attributes[name] ?? {};
    put(name);
    put(DataType);
    parts.push(Buffer.from([BinaryValue === undefined ? 1 : 2]));
    put(BinaryValue ?? StringValue ?? '');
  }
  return md5(Buffer.concat(parts));
}

const text = (StringValue: string, DataType = 'String'): MessageAttributeValue => ({ DataType, StringValue });
const someAttributes = (count: number): Attributes =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`name${index}`, text(`value ${index}`)]));
const KIB = 1_024;
const MIB = KIB * KIB;

test('a body arrives as it was sent, with its MD5 at both ends', async () => {
  const queue = await makeQueue();
  const body = ' grüße, 世界 🙂 \t<&>"\\ \r\n';
  const sent = await send(queue, body);
  expect(sent.MD5OfMessageBody).toBe(md5(body));
  const received = await takeOne(queue);
  expect(received).toMatchObject({ Body: body, MD5OfBody: md5(body), MessageId: sent.MessageId });
});

test('every message has an id of its own', async () => {
  const queue = await makeQueue();
  const ids = new Set(
    [await send(queue, 'same'), await send(queue, 'same')].map(({ MessageId }) => MessageId),
  );
  expect(ids.size).toBe(2);
  const received = await take(queue, 2);
  expect(new Set(received.map(({ MessageId }) => MessageId))).toEqual(ids);
});

test('attributes of all types arrive, with their MD5 at both ends', async () => {
  const queue = await makeQueue();
  const MessageAttributes = {
    text: text('grüße'),
    labelled: text('{}', 'String.json'),
    number: text('-1.5e10', 'Number'),
    integer: text('42', 'Number.int'),
    bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 1, 254, 255]) },
    image: { DataType: 'Binary.png', BinaryValue: new Uint8Array([137, 80, 78, 71]) },
  };
  const sent = await send(queue, 'a', { MessageAttributes });
  expect(sent.MD5OfMessageAttributes).toBe(md5OfAttributes(MessageAttributes));
  const received = await takeOne(queue, { MessageAttributeNames: ['All'] });
  expect(received.MD5OfMessageAttributes).toBe(md5OfAttributes(MessageAttributes));
  expect(received.MessageAttributes).toEqual(MessageAttributes);
});

// The digest that AWS's own SDK for Python and others record for this one attribute.
test('the MD5 of a known attribute is the known one', async () => {
  const queue = await makeQueue();
  const sent = await send(queue, 'a', { MessageAttributes: { timestamp: text('1493147359900', 'Number') } });
  expect(sent.MD5OfMessageAttributes).toBe('235c5c510d26fb653d073faed50ae77c');
});

test('a message without attributes has no MD5 of attributes', async () => {
  const queue = await makeQueue();
  const sent = await send(queue, 'a');
  expect(sent.MD5OfMessageAttributes).toBeUndefined();
  const received = await takeOne(queue, { MessageAttributeNames: ['All'] });
  expect(received.MD5OfMessageAttributes).toBeUndefined();
  expect(received.MessageAttributes).toBeUndefined();
});

test('the MD5 of a part of the attributes is that of the part', async () => {
  const queue = await makeQueue();
  await send(queue, 'a', { MessageAttributes: someAttributes(3) });
  const received = await takeOne(queue, { MessageAttributeNames: ['name1'] });
  expect(received.MessageAttributes).toEqual({ name1: text('value 1') });
  expect(received.MD5OfMessageAttributes).toBe(md5OfAttributes({ name1: text('value 1') }));
});

test('a trace header has its own MD5 and is received as a system attribute', async () => {
  const queue = await makeQueue();
  const AWSTraceHeader = text('Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1');
  const sent = await send(queue, 'a', { MessageSystemAttributes: { AWSTraceHeader } });
  expect(sent.MD5OfMessageSystemAttributes).toBe(md5OfAttributes({ AWSTraceHeader }));
  const received = await takeOne(queue);
  expect(received.Attributes?.AWSTraceHeader).toBe(AWSTraceHeader.StringValue);
});

test('10 attributes are taken', async () => {
  const queue = await makeQueue();
  await send(queue, 'a', { MessageAttributes: someAttributes(10) });
  const received = await takeOne(queue, { MessageAttributeNames: ['All'] });
  expect(Object.keys(received.MessageAttributes ?? {})).toHaveLength(10);
});

test('11 attributes are refused, and nothing is sent', async () => {
  const queue = await makeQueue();
  await expectRefusal(send(queue, 'a', { MessageAttributes: someAttributes(11) }), {
    name: 'InvalidParameterValue',
  });
  expect(await receive(queue)).toEqual([]);
});

test.for([
  ['without a value', { bad: { DataType: 'String' } }],
  ['with an empty value', { bad: text('') }],
  ['of an unknown type', { bad: text('1', 'Boolean') }],
  ['that is no number though its type is', { bad: text('twelve', 'Number') }],
  ['named with a forbidden character', { 'a b': text('1') }],
  ['named beginning with a period', { '.a': text('1') }],
  ['named with two periods in a row', { 'a..b': text('1') }],
  ['whose name begins with AWS.', { 'AWS.a': text('1') }],
  ['whose name begins with amazon. in whatever case', { 'aMaZoN.a': text('1') }],
  ['named with more than 256 characters', { ['a'.repeat(257)]: text('1') }],
] satisfies [string, Attributes][])('an attribute %s is refused', async ([, MessageAttributes]) => {
  const queue = await makeQueue();
  await expectRefusal(send(queue, 'a', { MessageAttributes }), { name: 'InvalidParameterValue' });
});

test('a system attribute other than the trace header is refused', async () => {
  const queue = await makeQueue();
  const MessageSystemAttributes = { Other: text('1') } as Attributes;
  await expectRefusal(send(queue, 'a', { MessageSystemAttributes }), { name: 'InvalidParameterValue' });
});

test('an empty body is refused', async () => {
  const queue = await makeQueue();
  await expectRefusal(send(queue, ''), { name: 'MissingParameter', says: 'MessageBody' });
});

test.for(['0000', '0008', '000b', '001f', 'fffe', 'ffff'])(
  'a body with the character U+%s is refused',
  async code => {
    const character = String.fromCharCode(Number.parseInt(code, 16));
    const queue = await makeQueue();
    await expectRefusal(send(queue, `a${character}b`), { name: 'InvalidMessageContents' });
  },
);

test('every allowed kind of character is taken', async () => {
  const queue = await makeQueue();
  const body = '\t\n\r ~\u007f\u0085\ud7ff\ue000\ufffd\u{10000}\u{10ffff}';
  await send(queue, body);
  expect(bodies(await take(queue, 1))).toEqual([body]);
});

test('a message of 1 MiB is taken', async () => {
  const queue = await makeQueue();
  const body = 'x'.repeat(MIB);
  const sent = await send(queue, body);
  expect(sent.MD5OfMessageBody).toBe(md5(body));
  const received = await takeOne(queue);
  expect(received.Body?.length).toBe(MIB);
  expect(received.MD5OfBody).toBe(md5(body));
});

test('a message of 1 MiB and a byte is refused', async () => {
  const queue = await makeQueue();
  await expectRefusal(send(queue, 'x'.repeat(MIB + 1)), {
    name: 'InvalidParameterValue',
    says: '1048576 bytes',
  });
});

test('the size counts bytes, not characters', async () => {
  const queue = await makeQueue({ MaximumMessageSize: String(KIB) });
  await send(queue, 'ü'.repeat(KIB / 2));
  await expectRefusal(send(queue, `${'ü'.repeat(KIB / 2)}x`), { name: 'InvalidParameterValue' });
});

// Developer Guide, "Amazon SQS message metadata": name, type and value are part of the size.
test('names, types and values of attributes count towards the size', async () => {
  const queue = await makeQueue({ MaximumMessageSize: String(KIB) });
  const MessageAttributes = { name: text('value') };
  const taken = 'name'.length + 'String'.length + 'value'.length;
  await send(queue, 'x'.repeat(KIB - taken), { MessageAttributes });
  await expectRefusal(send(queue, 'x'.repeat(KIB - taken + 1), { MessageAttributes }), {
    name: 'InvalidParameterValue',
  });
});

// API Reference, SendMessage: "The size of a message system attribute doesn't count towards the total size."
test('the trace header does not count towards the size', async () => {
  const queue = await makeQueue({ MaximumMessageSize: String(KIB) });
  const AWSTraceHeader = text('Root=1-5759e988-bd862e3fe1be46a994272793');
  await send(queue, 'x'.repeat(KIB), { MessageSystemAttributes: { AWSTraceHeader } });
  await takeOne(queue);
});

test("a queue's own maximum size is kept", async () => {
  const queue = await makeQueue({ MaximumMessageSize: String(KIB) });
  await send(queue, 'x'.repeat(KIB));
  await expectRefusal(send(queue, 'x'.repeat(KIB + 1)), {
    name: 'InvalidParameterValue',
    says: '1024 bytes',
  });
});
