import { GetObjectCommand, type PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestAws, type TestAws } from '../../local/src/aws/test-clients.ts';
import { HandClock } from '../test-support/clock.ts';
import { FakeLedger, FakeLog, held, profileBody } from '../test-support/fakes.ts';
import { s3Journal } from './journal.ts';
import type { Operation } from './operation.ts';
import { Interrupted, LeaseLost } from './outcome.ts';
import type { OperationMessage } from '@huntaze/core/operations';

/** The journal in an S3 at the wire. */
let aws: TestAws;
beforeAll(async () => {
  aws = await startTestAws({ buckets: ['results'] });
});
afterAll(() => aws.close());

let operations = 0;

/** An operation of its own for each test. */
function start({ receives = 1, s3 = aws.s3, bucket = 'results' } = {}) {
  const clock = new HandClock();
  const abort = new AbortController();
  const ledger = new FakeLedger();
  operations += 1;
  const operation: Operation = {
    operationId: `op-${operations}`,
    creatorId: 'ada',
    kind: 'message.send',
    correlationId: 'c',
    notAfter: undefined,
    message: { ...held('m1', 'ada', clock.now()), receives },
    body: JSON.parse(profileBody()) as OperationMessage,
    attempt: 1,
    startedAtMs: clock.now(),
    signal: abort.signal,
    clock,
    log: new FakeLog(),
    effect: { tried: undefined, presumed: undefined, undecided: false },
    navigations: [],
    fits: new Set<string>(),
    probe: undefined,
  };
  return { operation, ledger, abort, journal: s3Journal(s3, bucket, ledger) };
}

const entry = (n: number) => ({ n, newestId: 17, deadlineMs: 1_800_000_045_000 });

test('a try is noted in the bucket and in Redis', async () => {
  const { operation, journal, ledger } = start();
  expect(await journal.note(operation, entry(1))).toBeUndefined();
  const Key = `journal/ada/${operation.operationId}/1.json`;
  const object = await aws.s3.send(new GetObjectCommand({ Bucket: 'results', Key }));
  expect(JSON.parse((await object.Body?.transformToString()) ?? '')).toEqual({
    n: 1,
    newest_message_id: 17,
    deadline_ms: 1_800_000_045_000,
    operation_id: operation.operationId,
    noted_at: '2027-01-15T08:00:00.000Z',
    token: expect.any(String) as string,
  });
  expect(ledger.tried).toEqual({ n: 1, newest: '17', deadline: 1_800_000_045_000 });
});

test('of two that would note the same try one does, and Redis keeps what that one wrote', async () => {
  const { operation, journal, ledger } = start();
  const answers = await Promise.all([
    journal.note(operation, entry(1)),
    journal.note(operation, { ...entry(1), newestId: 99 }),
  ]);
  const winner = answers[0] === undefined ? 17 : 99;
  expect(answers.filter(answer => answer === undefined)).toHaveLength(1);
  expect(answers.find(Boolean)).toMatchObject({ n: 1, newestId: winner });
  expect(ledger.tried?.newest).toBe(String(winner));
});

test('the last try: the newest one of Redis and the bucket', async () => {
  const { operation, journal } = start({ receives: 2 });
  expect(await journal.last(operation)).toBeUndefined();
  await journal.note(operation, entry(1));
  await journal.note(operation, { ...entry(2), newestId: null });
  expect(await journal.last(operation)).toEqual({ ...entry(2), newestId: null });
  operation.effect.tried = entry(1);
  expect(await journal.last(operation)).toEqual({ ...entry(2), newestId: null });
  operation.effect.tried = { ...entry(2), answered: 403 };
  expect(await journal.last(operation)).toEqual({ ...entry(2), answered: 403 });
});

test('a message that nobody has received before costs no read', async () => {
  const s3 = { send: () => Promise.reject(new Error('asked')) } as unknown as S3Client;
  const { operation, journal } = start({ s3 });
  expect(await journal.last(operation)).toBeUndefined();
});

test('a write whose answer was lost, and which was repeated, has been noted all the same', async () => {
  let lost = false;
  const s3 = {
    send: async (command: PutObjectCommand) => {
      const answer = await aws.s3.send(command);
      if (lost) return answer;
      lost = true;
      return aws.s3.send(command);
    },
  } as unknown as S3Client;
  const { operation, journal, ledger } = start({ s3 });
  expect(await journal.note(operation, entry(1))).toBeUndefined();
  expect(ledger.tried?.n).toBe(1);
});

test('out of reach: an interruption, and nothing in Redis that is not in the bucket', async () => {
  const { operation, journal, ledger } = start({ bucket: 'nowhere', receives: 2 });
  await expect(journal.note(operation, entry(1))).rejects.toBeInstanceOf(Interrupted);
  await expect(journal.last(operation)).rejects.toBeInstanceOf(Interrupted);
  expect(ledger.tried).toBeUndefined();
});

test('an operation that is further by another hand is left alone', async () => {
  const { operation, journal, ledger } = start();
  ledger.note = async () => false;
  await expect(journal.note(operation, entry(1))).rejects.toBeInstanceOf(LeaseLost);
});

test('a lost lease is told as such', async () => {
  const { operation, journal, abort } = start();
  abort.abort(new LeaseLost('gone'));
  await expect(journal.note(operation, entry(1))).rejects.toThrow('gone');
});
