import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
  SQSServiceException,
} from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { target, uniqueName } from './harness.ts';
import { expectRefusal, makeFifo, makeQueue, sendToGroup, takeOne } from './sqs.ts';

/*
 * Sources: API Reference, "Common Errors" and the errors of each action; Developer Guide, "AWS JSON protocol FAQs"
 * (the header x-amzn-query-error keeps the query protocol's codes). Names here are to the letter, because programs
 * compare them. Sentences are those that AWS's users quote where the documents have none.
 */

const { sqs } = target;

/** The refusal of `request`, which has to be an exception of the service. */
async function refusalOf(
  request: Promise<unknown>,
): Promise<SQSServiceException & { Error?: { Code?: string } }> {
  const error = await request.then(
    () => expect.fail('was accepted'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SQSServiceException)) throw error;
  return error;
}

const sendBatch = (QueueUrl: string, ids: string[], MessageBody = 'a') =>
  sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: ids.map(Id => ({ Id, MessageBody })) }));

interface Case {
  name: string;
  /** The query protocol's code. */
  code: string;
  says: string | RegExp;
  provoke: (queue: string) => Promise<unknown>;
}

const cases: Case[] = [
  {
    name: 'QueueDoesNotExist',
    code: 'AWS.SimpleQueueService.NonExistentQueue',
    says: 'The specified queue does not exist',
    provoke: queue => sqs.send(new SendMessageCommand({ QueueUrl: `${queue}-missing`, MessageBody: 'a' })),
  },
  {
    name: 'QueueNameExists',
    code: 'QueueAlreadyExists',
    says: /A queue already exists with the same name and a different value for attribute/,
    provoke: queue =>
      sqs.send(
        new CreateQueueCommand({ QueueName: queue.split('/').at(-1), Attributes: { DelaySeconds: '9' } }),
      ),
  },
  {
    name: 'EmptyBatchRequest',
    code: 'AWS.SimpleQueueService.EmptyBatchRequest',
    says: 'There should be at least one SendMessageBatchRequestEntry in the request.',
    provoke: queue => sendBatch(queue, []),
  },
  {
    name: 'TooManyEntriesInBatchRequest',
    code: 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest',
    says: 'Maximum number of entries per request are 10. You have sent 11.',
    provoke: queue =>
      sendBatch(
        queue,
        Array.from({ length: 11 }, (_, index) => `${index}`),
      ),
  },
  {
    name: 'BatchEntryIdsNotDistinct',
    code: 'AWS.SimpleQueueService.BatchEntryIdsNotDistinct',
    says: 'Id a repeated.',
    provoke: queue => sendBatch(queue, ['a', 'a']),
  },
  {
    name: 'InvalidBatchEntryId',
    code: 'AWS.SimpleQueueService.InvalidBatchEntryId',
    says: 'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
    provoke: queue => sendBatch(queue, ['a b']),
  },
  {
    name: 'BatchRequestTooLong',
    code: 'AWS.SimpleQueueService.BatchRequestTooLong',
    says: /Batch requests cannot be longer than 1048576 bytes/,
    provoke: queue => sendBatch(queue, ['a', 'b'], 'x'.repeat(600_000)),
  },
  {
    name: 'ReceiptHandleIsInvalid',
    code: 'ReceiptHandleIsInvalid',
    says: 'The input receipt handle is not a valid receipt handle.',
    provoke: queue => sqs.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle: 'garbage' })),
  },
  {
    name: 'InvalidAttributeName',
    code: 'InvalidAttributeName',
    says: 'Unknown Attribute Nonsense.',
    provoke: queue =>
      sqs.send(new SetQueueAttributesCommand({ QueueUrl: queue, Attributes: { Nonsense: '1' } as object })),
  },
  {
    name: 'InvalidAttributeValue',
    code: 'InvalidAttributeValue',
    says: 'Invalid value for the parameter DelaySeconds.',
    provoke: queue =>
      sqs.send(new SetQueueAttributesCommand({ QueueUrl: queue, Attributes: { DelaySeconds: '901' } })),
  },
  {
    name: 'PurgeQueueInProgress',
    code: 'AWS.SimpleQueueService.PurgeQueueInProgress',
    says: /Only one PurgeQueue operation on .+ is allowed every 60 seconds/,
    provoke: async queue => {
      await sqs.send(new PurgeQueueCommand({ QueueUrl: queue }));
      await sqs.send(new PurgeQueueCommand({ QueueUrl: queue }));
    },
  },
  {
    name: 'InvalidMessageContents',
    code: 'InvalidMessageContents',
    says: /#x9 \| #xA \| #xD \| #x20 to #xD7FF \| #xE000 to #xFFFD \| #x10000 to #x10FFFF/,
    provoke: queue => sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: '\u0000' })),
  },
  {
    name: 'InvalidParameterValue',
    code: 'InvalidParameterValue',
    says: 'Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.',
    provoke: queue => sqs.send(new ReceiveMessageCommand({ QueueUrl: queue, MaxNumberOfMessages: 11 })),
  },
  {
    name: 'MissingParameter',
    code: 'MissingParameter',
    says: 'The request must contain the parameter MessageBody.',
    provoke: queue => sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: undefined })),
  },
];

test.for(cases)('$name has its name', async ({ name, provoke }) => {
  const error = await refusalOf(provoke(await makeQueue()));
  expect(error.name).toBe(name);
  expect(error.$fault).toBe('client');
});

test.for(cases)("$name has the query protocol's code $code", async ({ code, provoke }) => {
  const error = await refusalOf(provoke(await makeQueue()));
  expect(error.Error?.Code).toBe(code);
});

test.for(cases)('$name says it in the words of AWS', async ({ says, provoke }) => {
  const error = await refusalOf(provoke(await makeQueue()));
  expect(error.message).toMatch(says);
});

test.for([
  ['WaitTimeSeconds', 21, 20],
  ['VisibilityTimeout', 43_201, 43_200],
] as const)('a receive with %s %d is refused in the words of AWS', async ([name, value, highest]) => {
  const QueueUrl = await makeQueue();
  const error = await refusalOf(sqs.send(new ReceiveMessageCommand({ QueueUrl, [name]: value })));
  expect(error.message).toBe(
    `Value ${value} for parameter ${name} is invalid. Reason: Must be >= 0 and <= ${highest}, if provided.`,
  );
});

test('an expired FIFO receipt handle is refused in the words of AWS', async () => {
  const queue = await makeFifo();
  await sendToGroup(queue, 'g', 'a');
  const { ReceiptHandle } = await takeOne(queue, { VisibilityTimeout: 0 });
  const error = await refusalOf(sqs.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle })));
  expect(error.name).toBe('InvalidParameterValue');
  expect(error.message).toBe(
    `Value ${ReceiptHandle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
  );
});

test('a refusal has status 400, a request id, and an exception class of the SDK', async () => {
  const queue = `${await makeQueue()}-missing`;
  const error = await refusalOf(sqs.send(new PurgeQueueCommand({ QueueUrl: queue })));
  expect(error).toBeInstanceOf(QueueDoesNotExist);
  expect(error.$metadata.httpStatusCode).toBe(400);
  expect(error.$metadata.requestId).toEqual(expect.stringMatching(/./));
});

test('an answer has a request id', async () => {
  const { $metadata } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: await makeQueue() }));
  expect($metadata.requestId).toEqual(expect.stringMatching(/./));
});

const missing = (queue: string) => `${queue}-${uniqueName('missing')}`;
test.for([
  ['SendMessage', (QueueUrl: string) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }))],
  ['SendMessageBatch', (QueueUrl: string) => sendBatch(QueueUrl, ['a'])],
  ['ReceiveMessage', (QueueUrl: string) => sqs.send(new ReceiveMessageCommand({ QueueUrl }))],
  [
    'DeleteMessage',
    (QueueUrl: string) => sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: 'a' })),
  ],
  [
    'DeleteMessageBatch',
    (QueueUrl: string) =>
      sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: [{ Id: 'a', ReceiptHandle: 'a' }] })),
  ],
  [
    'ChangeMessageVisibility',
    (QueueUrl: string) =>
      sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: 'a', VisibilityTimeout: 1 })),
  ],
  ['GetQueueAttributes', (QueueUrl: string) => sqs.send(new GetQueueAttributesCommand({ QueueUrl }))],
  [
    'SetQueueAttributes',
    (QueueUrl: string) =>
      sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { DelaySeconds: '0' } })),
  ],
  ['PurgeQueue', (QueueUrl: string) => sqs.send(new PurgeQueueCommand({ QueueUrl }))],
] as const)('%s on a missing queue is QueueDoesNotExist', async ([, request]) => {
  await expectRefusal(request(missing(await makeQueue())), { name: 'QueueDoesNotExist' });
});

/** A client that sends what `change` makes of its requests, signed like any other. */
function tampered(change: (request: { headers: Record<string, string>; body?: unknown }) => void) {
  const client = new SQSClient({
    endpoint: target.endpoint,
    region: target.region,
    credentials: sqs.config.credentials,
    useQueueUrlAsEndpoint: false,
    maxAttempts: 1,
  });
  client.middlewareStack.add(
    next => args => {
      change(args.request as Parameters<typeof change>[0]);
      return next(args);
    },
    { step: 'build', priority: 'low' },
  );
  return client;
}

test('an unknown action is refused', async () => {
  const client = tampered(request => {
    request.headers['x-amz-target'] = 'AmazonSQS.Nonsense';
  });
  const error = await refusalOf(client.send(new GetQueueAttributesCommand({ QueueUrl: await makeQueue() })));
  expect(error.$metadata.httpStatusCode).toBeGreaterThanOrEqual(400);
  expect(error.$metadata.httpStatusCode).toBeLessThan(500);
});

test('a body that is no JSON is refused', async () => {
  const client = tampered(request => {
    request.body = '{';
    request.headers['content-length'] = '1';
  });
  const error = await refusalOf(client.send(new GetQueueAttributesCommand({ QueueUrl: await makeQueue() })));
  expect(error.$metadata.httpStatusCode).toBeGreaterThanOrEqual(400);
  expect(error.$metadata.httpStatusCode).toBeLessThan(500);
});
