import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TestAws } from '../aws/test-clients.ts';
import { eraseLetters, lookThrough } from './letters.ts';
import { NotErased, type Place } from './place.ts';
import { testPlace } from './test-place.ts';

let aws: TestAws;
let place: Place;
beforeEach(async () => ({ aws, place } = await testPlace([])));
afterEach(() => aws.close());

const [STANDARD, FIFO] = [0, 1] as const;
const deadLetters = () => place.queues[STANDARD]!;
const look = (which: number, removes: boolean, at: Place = place) =>
  lookThrough(at, { ...place.queues[which]!, creatorId: 'ada', removes });

let sent = 0;
async function send(which: number, creator: string, body?: string): Promise<string> {
  const id = `op-${++sent}`;
  const fifo = { MessageGroupId: creator, MessageDeduplicationId: id };
  await aws.sqs.send(
    new SendMessageCommand({
      QueueUrl: place.queues[which]!.url,
      MessageBody: body ?? JSON.stringify({ operation_id: id, creator_id: creator }),
      ...(which === FIFO && fifo),
    }),
  );
  return body ?? id;
}

/** How many there are that can be received, and that can't. */
async function counts(which: number): Promise<[visible: number, hidden: number]> {
  const { Attributes } = await aws.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: place.queues[which]!.url, AttributeNames: ['All'] }),
  );
  return [
    Number(Attributes!['ApproximateNumberOfMessages']),
    Number(Attributes!['ApproximateNumberOfMessagesNotVisible']),
  ];
}

/** Takes everything that is visible, in the order in which it comes. */
async function drained(which: number): Promise<string[]> {
  const QueueUrl = place.queues[which]!.url;
  const ids: string[] = [];
  for (;;) {
    const { Messages } = await aws.sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 1 }));
    if (!Messages) return ids;
    for (const { Body, ReceiptHandle } of Messages) {
      await aws.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      ids.push(
        Body!.startsWith('{"op') ? (JSON.parse(Body!) as { operation_id: string }).operation_id : Body!,
      );
    }
  }
}

describe.each([
  ['a standard queue', STANDARD],
  ['a FIFO queue', FIFO],
])('in %s', (_, which) => {
  test('hers go, wherever they are among the others; the others’ are all visible at once', async () => {
    const others: string[] = [];
    for (let n = 0; n < 60; n += 1) {
      const creator = ['ada', 'bea', 'cleo', 'ada.b'][n % 4]!;
      const id = await send(which, creator);
      if (creator !== 'ada') others.push(id);
    }
    expect(await look(which, false)).toEqual({ count: which === FIFO ? 10 : 15, isMore: which === FIFO });
    expect(await counts(which)).toEqual([60, 0]);
    expect(await look(which, true)).toEqual({ count: 15, isMore: false });
    expect(await counts(which)).toEqual([45, 0]);
    expect((await drained(which)).sort()).toEqual(others.sort());
  });

  test('nothing of hers: nothing changes', async () => {
    const id = await send(which, 'bea');
    expect(await look(which, true)).toEqual({ count: 0, isMore: false });
    expect(await drained(which)).toEqual([id]);
  });

  test('whatever breaks it off, everything that was received is visible again', async () => {
    for (let n = 0; n < 30; n += 1) await send(which, ['ada', 'bea', 'cleo'][n % 3]!);
    let calls = 0;
    const failing = {
      send: async (command: never) => {
        if ((command as unknown) instanceof ChangeMessageVisibilityBatchCommand || ++calls < 3)
          return aws.sqs.send(command);
        throw new Error('no answer');
      },
    };
    const failed = look(which, false, { ...place, sqs: failing as unknown as Place['sqs'] });
    await expect(failed).rejects.toThrow('no answer');
    expect(await counts(which)).toEqual([30, 0]);
  });

  test('more than can be seen in time are told in one line, and visible again', async () => {
    for (let n = 0; n < 30; n += 1) await send(which, 'bea');
    let now = 0;
    const clock = { ...place.clock, now: () => (now += 60_000) };
    const late = await look(which, true, { ...place, clock }).catch((error: unknown) => error);
    expect(late).toBeInstanceOf(NotErased);
    expect((late as Error).message).toMatch(/has more messages than can be looked through in 90 s: redrive/);
    expect(await counts(which)).toEqual([30, 0]);
  });
});

test('in a FIFO queue the order of the others stays, as long as each group may be', async () => {
  const ofBea: string[] = [];
  for (let n = 0; n < 25; n += 1) {
    ofBea.push(await send(FIFO, 'bea'));
    if (n % 2 === 0) await send(FIFO, 'ada');
  }
  await look(FIFO, true);
  expect(await drained(FIFO)).toEqual(ofBea);
});

test('hers is what is said in the words of any producer; what nobody can read stays', async () => {
  for (const field of ['creator_id', 'user_id', 'creatorId', 'userId'])
    await send(STANDARD, 'ada', JSON.stringify({ [field]: 'ada' }));
  const unreadable = [
    await send(STANDARD, 'ada', 'no JSON of ada'),
    await send(STANDARD, 'ada', '{"x":"ada"}'),
  ];
  expect(await look(STANDARD, true)).toMatchObject({ count: 4 });
  expect((await drained(STANDARD)).sort()).toEqual(unreadable.sort());
});

describe('dead letters that somebody looks at', () => {
  const hold = (seconds: number) =>
    aws.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: deadLetters().url,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: seconds,
      }),
    );
  const said: string[] = [];
  const say = (line: string) => said.push(line);

  test('are awaited', async () => {
    const other = await send(STANDARD, 'bea');
    await send(STANDARD, 'ada');
    await hold(60);
    expect(await eraseLetters(place, deadLetters(), 'ada', { say })).toBe(1);
    expect(said).toEqual([
      'huntaze-rate-limiter-dlq: 2 messages hidden, as it is while somebody looks, and awaited; given up in 4 min',
    ]);
    expect(await drained(STANDARD)).toEqual([other]);
  });

  test('but not for ever; and not where messages wait for their time', async () => {
    await send(STANDARD, 'ada');
    await hold(43_200);
    await expect(eraseLetters(place, deadLetters(), 'ada', { say })).rejects.toThrow(
      /^huntaze-rate-limiter-dlq: 1 message hidden, .*: give the same command again when nobody does any more$/,
    );
    const alive = { ...deadLetters(), isDead: false };
    expect(await eraseLetters(place, alive, 'ada', { say })).toBe(0);
  });
});
