import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { HandClock } from '../test-support/clock.ts';
import { held } from '../test-support/fakes.ts';
import { sqsQueue } from './queue.ts';

/** A queue on a client that sends nothing, and answers what it is told to. */
function start(...answers: unknown[]) {
  const clock = new HandClock();
  const sent: { input: Record<string, unknown> }[] = [];
  const sqs = new SQSClient({ region: 'local' });
  sqs.send = (async (command: { input: Record<string, unknown> }) => {
    sent.push(command);
    return answers.shift() ?? {};
  }) as typeof sqs.send;
  const queue = sqsQueue(sqs, { queue: 'http://queue', deadLetters: 'http://dead' }, clock);
  return { clock, queue, sent };
}

test('polls long, for ten, and asks for group and attributes', async () => {
  const { clock, queue, sent } = start({
    Messages: [
      {
        MessageId: 'm1',
        ReceiptHandle: 'h1',
        Body: '{}',
        Attributes: { MessageGroupId: 'ada', ApproximateReceiveCount: '3' },
        MessageAttributes: { correlation_id: { DataType: 'String', StringValue: 'c' } },
      },
    ],
  });
  expect(await queue.receive(new AbortController().signal)).toEqual([
    {
      id: 'm1',
      receiptHandle: 'h1',
      group: 'ada',
      body: '{}',
      attributes: { correlation_id: { DataType: 'String', StringValue: 'c' } },
      receivedAtMs: clock.now(),
      receives: 3,
    },
  ]);
  expect(sent[0]).toBeInstanceOf(ReceiveMessageCommand);
  expect(sent[0]?.input).toMatchObject({
    WaitTimeSeconds: 20,
    MaxNumberOfMessages: 10,
    VisibilityTimeout: 30,
    MessageAttributeNames: ['All'],
    MessageSystemAttributeNames: ['MessageGroupId', 'ApproximateReceiveCount'],
  });
});

test('tells messages that are lost from those that may be tried again', async () => {
  const { queue } = start({
    Failed: [
      { Id: '0', SenderFault: true, Code: 'MessageNotInflight' },
      { Id: '2', SenderFault: false, Code: 'InternalError' },
    ],
  });
  const messages = ['a', 'b', 'c'].map(id => held(id, id, 0));
  const answer = await queue.changeVisibility(messages.map(message => ({ message, seconds: 120 })));
  expect(answer).toEqual({ lost: [messages[0]], failed: [messages[2]] });
});

test('a dead letter keeps body, group and attributes, and says why if there is room for it', async () => {
  const { queue, sent } = start();
  const attribute = { DataType: 'String', StringValue: 'x' };
  const attributes = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, attribute]));
  const letter = (id: string, count: number) => ({
    ...held(id, 'ada', 0, 'body'),
    attributes: attributes(count),
  });
  await queue.deadLetter(letter('m1', 9), { reason: 'bad\u0000 luck' });
  await queue.deadLetter(letter('m2', 10), { reason: 'bad luck' });
  const why = { reason: '8 failures', tried: { attempts: 9, lastError: '/my/profile answered 503' } };
  await queue.deadLetter(letter('m3', 7), why);
  await queue.deadLetter(letter('m4', 8), why);
  expect(sent[0]?.input).toEqual({
    QueueUrl: 'http://dead',
    MessageBody: 'body',
    MessageGroupId: 'ada',
    MessageDeduplicationId: 'm1',
    MessageAttributes: {
      ...attributes(9),
      dead_letter_reason: { DataType: 'String', StringValue: 'bad  luck' },
    },
  });
  expect(sent[1]?.input['MessageAttributes']).toEqual(attributes(10));
  expect(sent[2]?.input['MessageAttributes']).toEqual({
    ...attributes(7),
    dead_letter_reason: { DataType: 'String', StringValue: '8 failures' },
    dead_letter_attempts: { DataType: 'Number', StringValue: '9' },
    dead_letter_error: { DataType: 'String', StringValue: '/my/profile answered 503' },
  });
  const together = {
    dead_letter_reason: '8 failures',
    dead_letter_attempts: '9',
    dead_letter_error: '/my/profile answered 503',
  };
  expect(sent[3]?.input['MessageAttributes']).toEqual({
    ...attributes(8),
    dead_letter: { DataType: 'String', StringValue: JSON.stringify(together) },
  });
});
