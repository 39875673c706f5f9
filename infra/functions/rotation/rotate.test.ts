import {
  CancelRotateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { startTestAws } from '@huntaze/local/aws/test-clients';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NotYet, RotationRefused, StepFailed } from './errors.ts';
import { randomPassword, rotate, type Rotation } from './rotate.ts';
import {
  allSteps,
  breakingOff,
  startRotatingSecret,
  STEPS,
  TOKEN,
  type RotatingSecret,
} from './test-secrets.ts';

let it: RotatingSecret;
/** What the parts of the rotation were asked for. */
let asked: string[];
let rotation: Rotation;

beforeEach(async () => {
  it = await startRotatingSecret('key', 'old');
  asked = [];
  let made = 0;
  const part = (name: string) => () => Promise.resolve(void asked.push(name));
  rotation = {
    create: () => Promise.resolve(`new ${(made += 1)}`),
    set: part('set'),
    test: part('test'),
    retire: part('retire'),
  };
});
afterEach(() => it.aws.close());

test('four steps make a version and make it current', async () => {
  await allSteps(it, rotation);
  expect([await it.value('AWSCURRENT'), await it.value('AWSPREVIOUS')]).toEqual(['new 1', 'old']);
  expect(asked).toEqual(['set', 'test', 'retire']);
  expect(it.said).toEqual([
    'createSecret: value made',
    'setSecret: value set',
    'testSecret: value in force',
    'finishSecret: set as AWSCURRENT',
  ]);
});

test('Secrets Manager itself takes the steps', async () => {
  const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:rotate-it';
  const news: string[] = [];
  const over = Promise.withResolvers<void>();
  const aws = await startTestAws({
    secrets: [{ name: 'key', value: 'old' }],
    rotationFunctions: { [ARN]: event => rotate(aws.secrets, rotation, event, () => undefined) },
    onRotation: ({ event }) => {
      news.push(event);
      if (event !== 'RotationStarted') over.resolve();
    },
  });
  try {
    const rules = { RotationRules: { AutomaticallyAfterDays: 30 } };
    const command = new RotateSecretCommand({ SecretId: 'key', RotationLambdaARN: ARN, ...rules });
    await aws.secrets.send(command);
    await over.promise;
    expect(news).toEqual(['RotationStarted', 'RotationSucceeded']);
    const { SecretString } = await aws.secrets.send(new GetSecretValueCommand({ SecretId: 'key' }));
    expect(SecretString).toBe('new 1');
    expect(asked).toEqual(['set', 'test', 'retire']);
  } finally {
    await aws.close();
  }
});

test.each(STEPS.flatMap(step => (['before', 'after'] as const).map(when => [step, when] as const)))(
  '%s fails once, %s what it does: Secrets Manager’s next try comes to the end, with the same version',
  async (step, when) => {
    const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:rotate-it';
    const news: string[] = [];
    let told = Promise.withResolvers<void>();
    let fails = true;
    const fail = (at: typeof when, Step: string) => {
      if (!fails || Step !== step || at !== when) return;
      fails = false;
      throw new Error('not this time');
    };
    const aws = await startTestAws({
      secrets: [{ name: 'key', value: 'old' }],
      rotationFunctions: {
        [ARN]: async event => {
          fail('before', event.Step);
          await rotate(aws.secrets, rotation, event, () => undefined);
          fail('after', event.Step);
        },
      },
      onRotation: ({ event, step: failed = '' }) => {
        news.push(`${event} ${failed}`.trim());
        if (event !== 'RotationStarted') told.resolve();
      },
    });
    try {
      const about = { RotationLambdaARN: ARN, RotationRules: { AutomaticallyAfterDays: 30 } };
      await aws.secrets.send(
        new RotateSecretCommand({ SecretId: 'key', ClientRequestToken: TOKEN, ...about }),
      );
      await told.promise;
      told = Promise.withResolvers();
      await aws.clock.advance(60_000);
      await told.promise;
      const failed = `RotationFailed ${step}`;
      expect(news).toEqual(['RotationStarted', failed, 'RotationStarted', 'RotationSucceeded']);
      const now = await aws.secrets.send(new GetSecretValueCommand({ SecretId: 'key' }));
      expect([now.SecretString, now.VersionId]).toEqual(['new 1', TOKEN]);
      expect(asked).toContain('retire');
    } finally {
      await aws.close();
    }
  },
);

test('each step twice is the same as once', async () => {
  for (const step of STEPS) {
    await it.step(rotation, step);
    await it.step(rotation, step);
  }
  expect([await it.value('AWSCURRENT'), await it.value('AWSPREVIOUS')]).toEqual(['new 1', 'old']);
  expect(asked).toEqual(['set', 'set', 'test', 'test', 'retire', 'retire']);
});

test('all of them again, once the version is current, only retire what was before', async () => {
  await allSteps(it, rotation);
  asked.length = 0;
  await allSteps(it, rotation);
  expect(await it.value('AWSCURRENT')).toBe('new 1');
  expect(asked).toEqual(['retire']);
  expect(it.said.slice(4)).toEqual(STEPS.map(step => `${step}: already set as AWSCURRENT`));
});

test('broken off after any call of any step, the rotation that is tried again comes to the same end', async () => {
  for (const step of STEPS)
    for (let calls = 1; calls <= 4; calls += 1)
      await it.step(rotation, step, breakingOff(calls)(it.secrets)).catch(() => undefined);
  await allSteps(it, rotation);
  expect([await it.value('AWSCURRENT'), await it.value('AWSPREVIOUS')]).toEqual(['new 1', 'old']);
});

test('a secret that is not enabled for rotation is refused', async () => {
  await it.secrets.send(new CancelRotateSecretCommand({ SecretId: it.arn }));
  const refused = it.step(rotation, 'createSecret');
  await expect(refused).rejects.toBeInstanceOf(RotationRefused);
  await expect(refused).rejects.toThrow('secret key is not enabled for rotation');
});

test.each(STEPS)('%s of a secret that there isn’t fails in Secrets Manager’s own words', async step => {
  const event = { ...it.event(step), SecretId: it.arn.replace(':secret:key', ':secret:nobody') };
  await expect(rotate(it.secrets, rotation, event, () => undefined)).rejects.toThrow(
    "ResourceNotFoundException: Secrets Manager can't find the specified secret.",
  );
  expect(asked).toEqual([]);
});

test('a version that is unknown, or not pending any more, is refused', async () => {
  const other = { ...it.event('createSecret'), ClientRequestToken: TOKEN.replaceAll('1', '2') };
  const say = () => undefined;
  await expect(rotate(it.secrets, rotation, other, say)).rejects.toThrow('has no stage for rotation');
  await it.step(rotation, 'createSecret');
  // Its last label would take the version off the description.
  const mine = { SecretId: it.arn, VersionStage: 'mine', MoveToVersionId: TOKEN };
  await it.secrets.send(new UpdateSecretVersionStageCommand(mine));
  // Another version takes AWSPENDING: a label is on one version only.
  const newer = { SecretId: it.arn, SecretString: 'newer', VersionStages: ['AWSPENDING'] };
  await it.secrets.send(
    new PutSecretValueCommand({ ...newer, ClientRequestToken: other.ClientRequestToken }),
  );
  await expect(it.step(rotation, 'setSecret')).rejects.toThrow('not set as AWSPENDING for rotation');
  expect(asked).toEqual([]);
});

test.each([
  ['Step', { Step: 'deleteSecret' }],
  ['SecretId', { SecretId: '' }],
  ['ClientRequestToken', { ClientRequestToken: 'short' }],
])('an event with another %s is refused, and nothing is asked', async (field, wrong) => {
  const nobody = { send: () => Promise.reject(new Error('asked')) } as never;
  const event = { ...it.event('createSecret'), ...wrong };
  await expect(rotate(nobody, rotation, event, () => undefined)).rejects.toThrow(
    `not a rotation event: see ${field}`,
  );
});

test('what is thrown says what happened, and nothing else hangs on it', async () => {
  await it.step(rotation, 'createSecret');
  const command = { name: 'auth', args: ['hidden'] };
  const wrong = Object.assign(new Error('WRONGPASS invalid password'), { command, cause: command });
  rotation.set = () => Promise.reject(wrong);
  const thrown: unknown = await it.step(rotation, 'setSecret').catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(StepFailed);
  expect(thrown).toMatchObject({ message: 'Error: WRONGPASS invalid password' });
  expect({ ...(thrown as object) }).toEqual({ name: 'StepFailed' });
  const later = new NotYet('a minute');
  rotation.set = () => Promise.reject(later);
  await expect(it.step(rotation, 'setSecret')).rejects.toBe(later);
});

test('a password has every kind of character, and no punctuation but what is named', async () => {
  const password = await randomPassword(it.secrets, 24, '-_');
  expect(password).toMatch(/^[A-Za-z0-9_-]{24}$/);
  for (const kind of [/[a-z]/, /[A-Z]/, /[0-9]/, /[-_]/]) expect(password).toMatch(kind);
});
