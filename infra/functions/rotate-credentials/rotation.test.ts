import { ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import {
  cancel,
  drain,
  endAttempt,
  lineOf,
  noteAttempt,
  readOperation,
  startAttempt,
} from '@huntaze/core/lua';
import { ATTRIBUTES, QUEUES } from '@huntaze/core/names';
import { operationMessage } from '@huntaze/core/operations';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { useRedis } from '../../../test/support/redis.ts';
import { NotYet, RotationRefused } from '../rotation/errors.ts';
import type { Rotation } from '../rotation/rotate.ts';
import {
  allSteps,
  breakingOff,
  startRotatingSecret,
  STEPS,
  TOKEN,
  type RotatingSecret,
} from '../rotation/test-secrets.ts';
import { credentialsRotation, type Pipeline } from './rotation.ts';

const limit = { scope: 'platform', limit: 10, windowMs: 60_000 } as const;
const OLD = JSON.stringify({ email: 'ada@example.com', password: 'hunter2' });

const redis = useRedis();
let it: RotatingSecret;
let pipeline: Pipeline;
let rotation: Rotation;

beforeEach(() => begin('creators/ada', OLD));
afterEach(() => it.aws.close());

async function begin(name: string, value: string): Promise<void> {
  it = await startRotatingSecret(name, value, [{ name: QUEUES.rateLimiter }]);
  pipeline = {
    secrets: it.secrets,
    sqs: it.aws.sqs,
    queueUrl: it.aws.aws.queueUrl(QUEUES.rateLimiter),
    redis: redis.client,
    limit,
    secretPrefix: 'creators',
  };
  rotation = credentialsRotation(pipeline);
}

/** The messages that are in the queue, which is empty then. */
async function received() {
  const { Messages = [] } = await it.aws.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: pipeline.queueUrl,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
    }),
  );
  return Messages;
}

/** Creates and sets: the operation is on its way. Returns its id. */
async function sent(): Promise<string> {
  await it.step(rotation, 'createSecret');
  await it.step(rotation, 'setSecret');
  const [message] = await received();
  return operationMessage.parse(JSON.parse(message?.Body ?? '')).operation_id;
}

const begun = (operationId: string) =>
  startAttempt(redis.client, {
    operationId,
    creatorId: 'ada',
    kind: 'credentials.rotate',
    line: lineOf(limit.scope, 'ada'),
  });
const ended = async (
  operationId: string,
  state: Parameters<typeof endAttempt>[1]['state'],
  error?: string,
) => {
  await begun(operationId);
  await endAttempt(redis.client, { operationId, state, ...(error === undefined ? {} : { error }) });
};

test('the e-mail address stays, the password is new', async () => {
  await it.step(rotation, 'createSecret');
  const { email, password } = JSON.parse((await it.value('AWSPENDING'))!) as Record<string, string>;
  expect(email).toBe('ada@example.com');
  expect(password).toMatch(/^[A-Za-z0-9._!-]{32}$/);
});

test('a password is changed by an operation of its creator, and is current once that has succeeded', async () => {
  await it.step(rotation, 'createSecret');
  const made = await it.value('AWSPENDING');
  await it.step(rotation, 'setSecret');
  const [message, ...others] = await received();
  expect(others).toEqual([]);
  const body = operationMessage.parse(JSON.parse(message?.Body ?? ''));
  expect(body).toMatchObject({
    kind: 'credentials.rotate',
    creator_id: 'ada',
    params: { secret_version_id: TOKEN },
    correlation_id: body.operation_id,
  });
  const record = await readOperation(redis.client, limit, body.operation_id);
  expect(message?.MessageAttributes).toEqual({
    [ATTRIBUTES.correlationId]: { DataType: 'String', StringValue: body.operation_id },
    [ATTRIBUTES.sequence]: { DataType: 'Number', StringValue: record?.seq },
  });

  const early = it.step(rotation, 'testSecret');
  await expect(early).rejects.toBeInstanceOf(NotYet);
  await expect(early).rejects.toThrow(
    `operation ${body.operation_id} is pending, waiting for turn, expected at 20`,
  );
  await begun(body.operation_id);
  await expect(it.step(rotation, 'testSecret')).rejects.toThrow('is running');
  await ended(body.operation_id, 'succeeded');
  await it.step(rotation, 'testSecret');
  await it.step(rotation, 'finishSecret');
  expect([await it.value('AWSCURRENT'), await it.value('AWSPREVIOUS')]).toEqual([made, OLD]);
});

test('the password is nowhere but in the secret', async () => {
  await it.step(rotation, 'createSecret');
  const { password } = JSON.parse((await it.value('AWSPENDING'))!) as { password: string };
  await it.step(rotation, 'setSecret');
  expect(JSON.stringify(await received())).not.toContain(password);
  expect(it.said.join('\n')).not.toContain(password);
  const keys = await redis.client.keys('*');
  expect(keys.join('\n')).not.toContain(password);
});

test('a setSecret that is repeated sends the same message until it has been seen, and then nothing', async () => {
  await it.step(rotation, 'createSecret');
  await it.step(rotation, 'setSecret');
  await it.step(rotation, 'setSecret');
  const [one, other, ...more] = await received();
  expect(more).toEqual([]);
  expect(other?.Body).toBe(one?.Body);
  expect(other?.MessageAttributes).toEqual(one?.MessageAttributes);
  await begun(operationMessage.parse(JSON.parse(one?.Body ?? '')).operation_id);
  await it.step(rotation, 'setSecret');
  expect(await received()).toEqual([]);
});

test('a send that failed is made up for by the next try', async () => {
  await it.step(rotation, 'createSecret');
  const down = { send: () => Promise.reject(new Error('socket hang up')) } as never as SQSClient;
  const failing = credentialsRotation({ ...pipeline, sqs: down });
  await expect(it.step(failing, 'setSecret')).rejects.toThrow('socket hang up');
  await expect(it.step(rotation, 'testSecret')).rejects.toBeInstanceOf(NotYet);
  await it.step(rotation, 'setSecret');
  expect(await received()).toHaveLength(1);
});

test('all steps again, after the last, change nothing', async () => {
  const operationId = await sent();
  await ended(operationId, 'succeeded');
  await allSteps(it, rotation);
  const current = await it.value('AWSCURRENT');
  await allSteps(it, rotation);
  expect(await it.value('AWSCURRENT')).toBe(current);
  expect(await received()).toEqual([]);
});

test('broken off after any call to anybody, it is one operation and one version', async () => {
  const bodies = new Set<string>();
  for (const step of STEPS) {
    for (let calls = 1; calls <= 6; calls += 1) {
      const dying = breakingOff(calls);
      const { secrets, sqs, redis: line } = pipeline;
      const ports = { ...pipeline, secrets: dying(secrets), sqs: dying(sqs), redis: dying(line) };
      await it.step(credentialsRotation(ports), step, dying(it.secrets)).catch(() => undefined);
    }
    for (const { Body = '' } of await received()) bodies.add(Body);
    if (step !== 'setSecret') continue;
    expect(bodies.size).toBe(1);
    await ended(operationMessage.parse(JSON.parse([...bodies][0]!)).operation_id, 'succeeded');
  }
  const made = await it.value('AWSCURRENT');
  await allSteps(it, rotation);
  expect([await it.value('AWSCURRENT'), await it.value('AWSPREVIOUS')]).toEqual([made, OLD]);
  expect(bodies.size).toBe(1);
  expect(made).not.toBe(OLD);
});

test('a Redis that has forgotten the operation is told of it again', async () => {
  const operationId = await sent();
  await redis.reset();
  await expect(it.step(rotation, 'testSecret')).rejects.toThrow('has to be sent again');
  await it.step(rotation, 'setSecret');
  const [message] = await received();
  expect(JSON.parse(message?.Body ?? '')).toMatchObject({ operation_id: operationId });
});

test.each(['failed', 'dead'] as const)(
  'an operation that ended as %s is named, and its version given up: the next rotation can begin',
  async state => {
    const operationId = await sent();
    await ended(operationId, state, 'the site answered 422');
    const over = it.step(rotation, 'testSecret');
    await expect(over).rejects.toBeInstanceOf(RotationRefused);
    await expect(over).rejects.toThrow(`operation ${operationId} is ${state}: the site answered 422`);
    expect(await it.value('AWSCURRENT')).toBe(OLD);
    expect(await it.value('AWSPENDING')).toBeUndefined();
    await expect(it.step(rotation, 'setSecret')).rejects.toBeInstanceOf(RotationRefused);
  },
);

test('one that an operator has cancelled is given up as well', async () => {
  const operationId = await sent();
  await cancel(redis.client, operationId, 'not now');
  await expect(it.step(rotation, 'testSecret')).rejects.toThrow(`is cancelled: not now`);
  expect(await it.value('AWSPENDING')).toBeUndefined();
});

test('of one whose outcome is unknown both passwords are kept', async () => {
  const operationId = await sent();
  await begun(operationId);
  await noteAttempt(redis.client, operationId, { n: 1, newest: '', deadline: 1_800_000_000_000 });
  await ended(operationId, 'outcome_unknown');
  await expect(it.step(rotation, 'testSecret')).rejects.toThrow('is outcome_unknown; either password');
  expect(await it.labels()).toEqual(['AWSPENDING']);
});

test('a creator that is being drained takes on no rotation, and says so', async () => {
  await drain(redis.client, { who: { creatorId: 'ada' }, scope: 'platform', why: 'moves' });
  await it.step(rotation, 'createSecret');
  await expect(it.step(rotation, 'setSecret')).rejects.toBeInstanceOf(NotYet);
  expect(await received()).toEqual([]);
});

test('a test of the configuration, whose version has no value, is content with a Redis that answers', async () => {
  await it.step(rotation, 'testSecret');
  const fails = () => Promise.reject(new Error('Connection is closed.'));
  const without = credentialsRotation({ ...pipeline, redis: { evalsha: fails, eval: fails } });
  await expect(it.step(without, 'testSecret')).rejects.toThrow('closed');
});

test.each([
  ['others/ada', 'secret others/ada is not one of creators/{creator_id}'],
  ['creators/ada/2', 'secret creators/ada/2 is not one of'],
])('a secret called %s belongs to no creator, and is refused', async (name, why) => {
  await it.aws.close();
  await begin(name, OLD);
  await expect(it.step(rotation, 'createSecret')).rejects.toThrow(why);
});

test('a current value that is no credentials is refused without being quoted', async () => {
  await it.aws.close();
  await begin('creators/ada', '{"email":"ada@example.com","pass":"hunter2"}');
  const thrown: unknown = await it.step(rotation, 'createSecret').catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(RotationRefused);
  expect(String((thrown as Error).stack)).not.toContain('hunter2');
});
