import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../manual-clock.ts';
import { SqsEngine } from '../sqs/engine.ts';
import { SqsService } from '../sqs/service.ts';
import { Faults } from './faults.ts';
import { AnswerLost, AnswerTimedOut, NoAnswer } from './no-answer.ts';
import type { FaultPlanInput } from './plan.ts';

const QueueUrl = 'http://127.0.0.1/000000000000/q';
let clock: ManualClock;
let faults: Faults;
let service: SqsService;
let engine: SqsEngine;
beforeEach(() => {
  clock = new ManualClock();
  faults = new Faults(clock);
  engine = new SqsEngine({ region: 'us-east-1' });
  engine.createQueue('q', new Map(), clock.now());
  service = new SqsService({ clock, engine, commit: () => {}, faults });
});

const plan = (...rules: FaultPlanInput['rules']) => faults.set({ rules });
const send = (signal = new AbortController().signal, url = QueueUrl) =>
  service.handle('SendMessage', { QueueUrl: url, MessageBody: 'a' }, signal);
const waiting = () => engine.queue('q').counts(clock.now()).available;
const reason = (call: Promise<unknown>) => call.catch((error: unknown) => error);

test('an answer that is lost', async () => {
  plan({ kind: 'lose-answer' });
  const error = await reason(send());
  expect(error).toBeInstanceOf(AnswerLost);
  expect(error).toMatchObject({ tookEffect: true });
  expect(waiting()).toBe(1);
  // That there is no such queue is an answer, too.
  expect(await reason(send(undefined, `${QueueUrl}x`))).toMatchObject({
    name: 'AnswerLost',
    tookEffect: false,
  });
});

test('an answer that never comes ends with the caller, or by the clock', async () => {
  plan({ kind: 'timeout', ms: 1_000, calls: [1] }, { kind: 'timeout', takesEffect: true });
  let isOver = false;
  const byClock = reason(send()).finally(() => (isOver = true));
  await clock.advance(999);
  await new Promise(resolve => setImmediate(resolve));
  expect(isOver).toBe(false);
  await clock.advance(1);
  expect(await byClock).toBeInstanceOf(AnswerTimedOut);
  expect([await byClock, waiting()]).toEqual([expect.objectContaining({ tookEffect: false }), 0]);
  const caller = new AbortController();
  const byCaller = reason(send(caller.signal));
  expect(waiting()).toBe(1);
  caller.abort();
  expect(await byCaller).toMatchObject({ name: 'AnswerTimedOut', tookEffect: true });
  expect(await byCaller).toBeInstanceOf(NoAnswer);
  expect(clock.sleeping).toBe(0);
});

test('an internal error is never taken for a lost answer', async () => {
  const broken = new SqsService({
    clock,
    engine,
    faults,
    commit: () => {
      throw new Error('the disk is full');
    },
  });
  plan({ kind: 'lose-answer' });
  await expect(
    broken.handle('SendMessage', { QueueUrl, MessageBody: 'a' }, new AbortController().signal),
  ).rejects.toThrow('the disk is full');
});

test('what a body can’t be is refused as without a plan', async () => {
  plan(
    { kind: 'partial', entryProbability: 1 },
    { kind: 'duplicate', of: 'deleted' },
    { kind: 'empty-receive' },
    { kind: 'delay-visibility', upToMs: 1 },
  );
  const { signal } = new AbortController();
  for (const action of [
    'SendMessage',
    'SendMessageBatch',
    'DeleteMessage',
    'DeleteMessageBatch',
    'ReceiveMessage',
  ])
    for (const body of [
      null,
      undefined,
      7,
      'x',
      [],
      {},
      { QueueUrl: 7 },
      { QueueUrl, Entries: 7 },
      { QueueUrl, Entries: [null] },
    ]) {
      const outcome = await reason(service.handle(action, body, signal));
      if (action !== 'ReceiveMessage') expect(outcome).toMatchObject({ name: 'AwsError', status: 400 });
    }
});
