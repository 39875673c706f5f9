import {
  CreateQueueCommand,
  DeleteQueueCommand,
  ListQueueTagsCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { removeAfterwards, target, uniqueName } from './harness.ts';
import { expectRefusal, makeQueue } from './sqs.ts';

/* Sources: API Reference, TagQueue, UntagQueue, ListQueueTags, CreateQueue (tags). */

const { sqs } = target;
const tag = (QueueUrl: string, Tags: Record<string, string>) =>
  sqs.send(new TagQueueCommand({ QueueUrl, Tags }));
const untag = (QueueUrl: string, ...TagKeys: string[]) =>
  sqs.send(new UntagQueueCommand({ QueueUrl, TagKeys }));
const tagsOf = async (QueueUrl: string) =>
  (await sqs.send(new ListQueueTagsCommand({ QueueUrl }))).Tags ?? {};

test('a new queue has no tags', async () => {
  expect(await tagsOf(await makeQueue())).toEqual({});
});

test('tags are added', async () => {
  const queue = await makeQueue();
  await tag(queue, { team: 'blue' });
  await tag(queue, { stage: 'test', empty: '' });
  expect(await tagsOf(queue)).toEqual({ team: 'blue', stage: 'test', empty: '' });
});

test('a tag of the same key overwrites', async () => {
  const queue = await makeQueue();
  await tag(queue, { team: 'blue' });
  await tag(queue, { team: 'red' });
  expect(await tagsOf(queue)).toEqual({ team: 'red' });
});

test('keys are case-sensitive', async () => {
  const queue = await makeQueue();
  await tag(queue, { team: 'blue', Team: 'red' });
  expect(await tagsOf(queue)).toEqual({ team: 'blue', Team: 'red' });
});

test('tags are removed by key, unknown ones silently', async () => {
  const queue = await makeQueue();
  await tag(queue, { team: 'blue', stage: 'test' });
  await untag(queue, 'team', 'unknown');
  expect(await tagsOf(queue)).toEqual({ stage: 'test' });
});

test('a queue is created with tags', async () => {
  const QueueName = uniqueName('conformance');
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, tags: { team: 'blue' } }));
  removeAfterwards(() => sqs.send(new DeleteQueueCommand({ QueueUrl })));
  expect(await tagsOf(QueueUrl)).toEqual({ team: 'blue' });
});

test('a missing queue cannot be tagged, untagged or asked for its tags', async () => {
  const missing = `${await makeQueue()}-missing`;
  await expectRefusal(tag(missing, { a: 'b' }), { name: 'QueueDoesNotExist' });
  await expectRefusal(untag(missing, 'a'), { name: 'QueueDoesNotExist' });
  await expectRefusal(tagsOf(missing), { name: 'QueueDoesNotExist' });
});
