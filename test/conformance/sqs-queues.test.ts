import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  type ListQueuesCommandInput,
} from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { advance, removeAfterwards, target, uniqueName } from './harness.ts';
import {
  attributesOf,
  eventually,
  expectCounts,
  expectRefusal,
  makeFifo,
  makeQueue,
  receive,
  send,
  sendToGroup,
  take,
  takeOne,
} from './sqs.ts';

/* Sources: API Reference, CreateQueue, DeleteQueue, GetQueueUrl, ListQueues, PurgeQueue. */

const { sqs } = target;
const nameOf = (url: string) => url.split('/').at(-1) ?? '';

async function create(QueueName: string, Attributes: Record<string, string> = {}): Promise<string> {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  removeAfterwards(() =>
    sqs.send(new DeleteQueueCommand({ QueueUrl })).catch(() => 'created twice, or deleted by the check'),
  );
  return QueueUrl;
}
const deleteQueue = (QueueUrl: string) => sqs.send(new DeleteQueueCommand({ QueueUrl }));
const purge = (QueueUrl: string) => sqs.send(new PurgeQueueCommand({ QueueUrl }));
const list = (input: Partial<ListQueuesCommandInput>) => sqs.send(new ListQueuesCommand(input));

test("a queue's URL ends in the account and its name", async () => {
  const name = uniqueName('conformance');
  expect(await create(name)).toMatch(new RegExp(`^https?://.+/\\d{12}/${name}$`));
});

test('creating a queue again with the same attributes gives the same queue', async () => {
  const name = uniqueName('conformance');
  const url = await create(name, { VisibilityTimeout: '60' });
  expect(await create(name, { VisibilityTimeout: '60' })).toBe(url);
});

test('creating a queue again without attributes gives the same queue', async () => {
  const name = uniqueName('conformance');
  const url = await create(name, { VisibilityTimeout: '60' });
  expect(await create(name)).toBe(url);
  expect(await attributesOf(url, 'VisibilityTimeout')).toEqual({ VisibilityTimeout: '60' });
});

test('creating a queue again with another attribute is refused', async () => {
  const name = uniqueName('conformance');
  await create(name, { VisibilityTimeout: '60' });
  await expectRefusal(create(name, { VisibilityTimeout: '61' }), { name: 'QueueNameExists' });
});

test('a value that is the default counts as the same attribute', async () => {
  const name = uniqueName('conformance');
  const url = await create(name);
  expect(await create(name, { VisibilityTimeout: '30' })).toBe(url);
});

test('a message survives the creation of its queue again', async () => {
  const name = uniqueName('conformance');
  const url = await create(name);
  await send(url, 'a');
  await create(name);
  await takeOne(url);
});

test('a name may have 80 characters: letters, digits, hyphens, underscores', async () => {
  const name = `${uniqueName('Az09-_')}${'x'.repeat(80)}`.slice(0, 80);
  expect(nameOf(await create(name))).toBe(name);
});

test.for([
  ['with a space', 'a b'],
  ['with a period', 'a.b'],
  ['beyond ASCII', 'ä'],
  ['with a slash', 'a/b'],
  ['that is a suffix alone', '.fifo'],
  ['of 81 characters', 'a'.repeat(81)],
] as const)('a name %s is refused', async ([, name]) => {
  await expectRefusal(create(name), { name: 'InvalidParameterValue' });
});

test('a FIFO queue without the suffix .fifo is refused', async () => {
  await expectRefusal(create(uniqueName('conformance'), { FifoQueue: 'true' }), {
    name: 'InvalidParameterValue',
  });
});

test('a standard queue with the suffix .fifo is refused', async () => {
  await expectRefusal(create(`${uniqueName('conformance')}.fifo`), { name: 'InvalidParameterValue' });
});

test('the suffix counts towards the 80 characters', async () => {
  const stem = `${uniqueName('conformance')}${'x'.repeat(80)}`;
  await create(`${stem.slice(0, 75)}.fifo`, { FifoQueue: 'true' });
  await expectRefusal(create(`${stem.slice(0, 76)}.fifo`, { FifoQueue: 'true' }), {
    name: 'InvalidParameterValue',
  });
});

test('names are case-sensitive', async () => {
  const name = uniqueName('conformance');
  const [lower, upper] = [await create(name), await create(name.toUpperCase())];
  expect(upper).not.toBe(lower);
});

test("a queue's URL is found by its name", async () => {
  const url = await makeQueue();
  expect(await sqs.send(new GetQueueUrlCommand({ QueueName: nameOf(url) }))).toMatchObject({ QueueUrl: url });
});

test('the URL of a missing queue is not found', async () => {
  await expectRefusal(sqs.send(new GetQueueUrlCommand({ QueueName: uniqueName('missing') })), {
    name: 'QueueDoesNotExist',
  });
});

test('a deleted queue is gone, with all it held', async () => {
  const url = await create(uniqueName('conformance'));
  await send(url, 'a');
  await deleteQueue(url);
  const status = () =>
    send(url, 'b').then(
      () => 'still there',
      (error: unknown) => (error as Error).name,
    );
  await eventually(status, 'QueueDoesNotExist');
  await expectRefusal(sqs.send(new GetQueueUrlCommand({ QueueName: nameOf(url) })), {
    name: 'QueueDoesNotExist',
  });
});

test('a deleted queue is listed no more', async () => {
  const url = await create(uniqueName('conformance'));
  await deleteQueue(url);
  await eventually(async () => (await list({ QueueNamePrefix: nameOf(url) })).QueueUrls ?? [], []);
});

// API Reference, CreateQueue, QueueDeletedRecently: "You must wait 60 seconds after deleting a queue".
test('a queue of the name of one just deleted is refused', async () => {
  const name = uniqueName('conformance');
  await deleteQueue(await create(name));
  await expectRefusal(create(name), { name: 'QueueDeletedRecently' });
});

test('60 seconds after the deletion the name is free again, and the queue empty', async () => {
  const name = uniqueName('conformance');
  const first = await create(name);
  await send(first, 'a');
  await deleteQueue(first);
  await advance(60_000);
  const second = await create(name);
  await expectCounts(second, [0, 0, 0]);
});

test('a poll of a queue that is deleted ends', async () => {
  const url = await create(uniqueName('conformance'));
  const polling = receive(url, { WaitTimeSeconds: 2 }).then(
    messages => messages.length,
    (error: unknown) => (error as Error).name,
  );
  await advance(500);
  await deleteQueue(url);
  await advance(2_000);
  expect([0, 'QueueDoesNotExist']).toContain(await polling);
});

test('queues are listed by the beginning of their names', async () => {
  const prefix = uniqueName('conformance');
  const urls = [await create(`${prefix}-b`), await create(`${prefix}-a`)];
  await create(uniqueName('conformance'));
  await eventually(
    async () => (await list({ QueueNamePrefix: prefix })).QueueUrls?.toSorted() ?? [],
    urls.sort(),
  );
  expect((await list({ QueueNamePrefix: prefix.toUpperCase() })).QueueUrls ?? []).toEqual([]);
});

test('queues are listed in pages', async () => {
  const prefix = uniqueName('conformance');
  const urls: string[] = [];
  for (const letter of 'abcde') urls.push(await create(`${prefix}-${letter}`));
  await eventually(async () => (await list({ QueueNamePrefix: prefix })).QueueUrls?.length, 5);
  const pages: string[][] = [];
  let NextToken: string | undefined;
  do {
    const page = await list({ QueueNamePrefix: prefix, MaxResults: 2, NextToken });
    pages.push(page.QueueUrls ?? []);
    NextToken = page.NextToken;
  } while (NextToken !== undefined && pages.length < 9);
  expect(pages.map(page => page.length)).toEqual([2, 2, 1]);
  expect(pages.flat().sort()).toEqual(urls.sort());
});

test.for([0, 1_001])('a list of up to %d queues is refused', async MaxResults => {
  await expectRefusal(list({ MaxResults }), { name: 'InvalidParameterValue' });
});

test('a purge removes what is available, delayed and in flight', async () => {
  const url = await makeQueue();
  await send(url, 'in flight');
  const held = await takeOne(url, { VisibilityTimeout: 1 });
  await send(url, 'available');
  await send(url, 'delayed', { DelaySeconds: 1 });
  await purge(url);
  await advance(1_000);
  await expectCounts(url, [0, 0, 0]);
  expect(held.Body).toBe('in flight');
  expect(await receive(url)).toEqual([]);
});

test('a second purge within 60 seconds is refused', async () => {
  const url = await makeQueue();
  await purge(url);
  await expectRefusal(purge(url), { name: 'PurgeQueueInProgress' });
});

test('60 seconds after a purge another is taken', async () => {
  const url = await makeQueue();
  await purge(url);
  await send(url, 'a');
  await advance(60_000);
  await purge(url);
  await expectCounts(url, [0, 0, 0]);
});

test('FIFO: a purge frees groups that were in flight', async () => {
  const url = await makeFifo();
  await sendToGroup(url, 'g', 'a', 'b');
  await takeOne(url);
  await purge(url);
  await sendToGroup(url, 'g', 'c');
  expect((await take(url, 1)).map(({ Body }) => Body)).toEqual(['c']);
});
