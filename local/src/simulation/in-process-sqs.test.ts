import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../aws/manual-clock.ts';
import type { FaultPlanInput } from '../aws/faults/plan.ts';
import { SeededRandom } from '../seeded-random.ts';
import { simulatedAws, type SimulatedAws } from './aws.ts';

const QUEUE = 'huntaze-rate-limiter-queue';
let clock: ManualClock;
let aws: SimulatedAws;

function start(faults?: FaultPlanInput): void {
  clock = new ManualClock(0);
  aws = simulatedAws({ clock, random: new SeededRandom(1), functionTimeoutMs: 15_000, faults });
}
beforeEach(() => start());

const client = () => aws.client('test', 3_000);
const run = <T>(work: Promise<T>) => clock.run(work, 3_600_000);
const send = (body: string) =>
  client().send(
    new SendMessageCommand({
      QueueUrl: aws.urlOf(QUEUE),
      MessageBody: body,
      MessageAttributes: {
        text: { DataType: 'String', StringValue: 'é' },
        bytes: { DataType: 'Binary', BinaryValue: Uint8Array.of(0, 255) },
      },
    }),
  );
const receive = (seconds: number, abortSignal?: AbortSignal) =>
  client().send(
    new ReceiveMessageCommand({
      QueueUrl: aws.urlOf(QUEUE),
      WaitTimeSeconds: seconds,
      MessageAttributeNames: ['All'],
    }),
    ...(abortSignal ? [{ abortSignal }] : []),
  );
const failing = (kind: object): FaultPlanInput => ({
  seed: 1,
  rules: [{ action: 'SendMessage', ...kind } as FaultPlanInput['rules'][number]],
});

test('a call takes time by the clock, and carries text and bytes as they are', async () => {
  await run(send('hello'));
  expect(clock.now()).toBeGreaterThan(1);
  const { Messages } = await run(receive(0));
  expect(Messages).toMatchObject([{ Body: 'hello', MessageAttributes: { text: { StringValue: 'é' } } }]);
  expect([...(Messages?.[0]?.MessageAttributes?.['bytes']?.BinaryValue ?? [])]).toEqual([0, 255]);
});

test('a long poll waits by the clock, and ends when a message comes', async () => {
  expect((await run(receive(20))).Messages).toBeUndefined();
  expect(clock.now()).toBeGreaterThan(20_000);
  const polling = receive(20);
  const sending = clock.sleep(7_000).then(() => send('late'));
  const from = clock.now();
  expect((await run(polling)).Messages).toHaveLength(1);
  expect(clock.now() - from).toBeLessThan(8_000);
  await run(sending);
});

test('an aborted call takes nothing, and says so as the SDK does', async () => {
  const abort = new AbortController();
  const polling = receive(20, abort.signal);
  void clock.sleep(5_000).then(() => abort.abort());
  await expect(run(polling)).rejects.toMatchObject({ name: 'AbortError' });
  await run(send('later'));
  expect((await run(receive(0))).Messages).toHaveLength(1);
});

test('an error of AWS’s has the name that the SDK gives it', async () => {
  const wrong = client().send(new SendMessageCommand({ QueueUrl: aws.urlOf('missing'), MessageBody: 'a' }));
  await expect(run(wrong)).rejects.toMatchObject({
    name: 'QueueDoesNotExist',
    $metadata: { httpStatusCode: 400 },
  });
});

describe('what goes wrong is tried three times in all', () => {
  test.each([
    ['a fault of AWS’s', { kind: 'error' }, 0],
    ['throttling', { kind: 'throttle' }, 0],
    ['a lost answer, after which it may be there twice', { kind: 'lose-answer' }, 2],
  ])('%s', async (_, kind, taken) => {
    start(failing({ ...kind, calls: [1, 2] }));
    await run(send('a'));
    expect(aws.counts()[QUEUE]).toBe(taken + 1);
    start(failing({ ...kind, calls: [1, 2, 3] }));
    await expect(run(send('a'))).rejects.toThrow();
    expect(aws.injected()).toEqual([3]);
  });

  test('no answer in time, which is by the clock', async () => {
    start(failing({ kind: 'timeout', calls: [1] }));
    await run(send('a'));
    expect(clock.now()).toBeGreaterThan(3_000);
    expect(clock.now()).toBeLessThan(4_000);
  });

  test('but not what is the caller’s own mistake', async () => {
    const wrong = client().send(new SendMessageCommand({ QueueUrl: aws.urlOf(QUEUE), MessageBody: '' }));
    await expect(run(wrong)).rejects.toThrow();
    expect(clock.now()).toBeLessThan(100);
  });
});
