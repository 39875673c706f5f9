import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  type RotateSecretCommandInput,
} from '@aws-sdk/client-secrets-manager';
import { startTestAws, type TestAws } from '@huntaze/local/aws/test-clients';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rotate, type Rotation } from '../rotation/rotate.ts';
import { resumeRotations } from './resume.ts';

const OURS = 'arn:aws:lambda:us-east-1:000000000000:function:rotate-ours';
const OTHERS = 'arn:aws:lambda:us-east-1:000000000000:function:rotate-others';
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Whether the new value is in force by now. */
let isInForce: boolean;
let tries: number;
let aws: TestAws;

beforeEach(async () => {
  isInForce = false;
  tries = 0;
  const rotation: Rotation = {
    create: () => Promise.resolve('new'),
    set: () => Promise.resolve(),
    test: () => ((tries += 1), isInForce ? Promise.resolve() : Promise.reject(new Error('not yet'))),
  };
  const step = (event: unknown) => rotate(aws.secrets, rotation, event, () => undefined);
  aws = await startTestAws({
    secrets: ['ada', 'bea', 'other', 'idle'].map(name => ({ name, value: 'old' })),
    rotationFunctions: { [OURS]: step, [OTHERS]: step },
    onRotation: () => undefined,
  });
});
afterEach(() => aws.close());

const begin = (SecretId: string, RotationLambdaARN = OURS, more: Partial<RotateSecretCommandInput> = {}) =>
  aws.secrets.send(
    new RotateSecretCommand({
      SecretId,
      RotationLambdaARN,
      RotationRules: { AutomaticallyAfterDays: 90 },
      ...more,
    }),
  );
const current = async (SecretId: string) =>
  (await aws.secrets.send(new GetSecretValueCommand({ SecretId }))).SecretString;
const resume = (afterMs: number) => resumeRotations(aws.secrets, [OURS], aws.clock.now() + afterMs);
/** Lets Secrets Manager's own tries, and their calls to its own port, come to their end. */
async function tried(count: number): Promise<void> {
  const soFar = () => tries;
  while (soFar() < count) await new Promise(resolve => setImmediate(resolve));
}

test('a rotation that was given up is gone on with, and comes to its end', async () => {
  await begin('ada');
  await tried(1);
  isInForce = true;
  const { resumed, failed } = await resume(15 * MINUTE);
  expect([resumed, failed]).toEqual([['ada'], []]);
  await tried(2);
  while ((await current('ada')) !== 'new') await new Promise(resolve => setImmediate(resolve));
  expect(await resume(DAY)).toEqual({ resumed: [], overdue: [], failed: [] });
});

test('one that is young is left to Secrets Manager, one that is a day old is told of', async () => {
  await begin('ada');
  await tried(1);
  expect(await resume(15 * MINUTE - 1)).toEqual({ resumed: [], overdue: [], failed: [] });
  expect((await resume(DAY - 1)).overdue).toEqual([]);
  expect((await resume(DAY)).overdue).toEqual(['ada']);
});

test('secrets that others rotate, that nobody rotates, and whose rotation is over are left alone', async () => {
  await begin('other', OTHERS);
  await tried(1);
  isInForce = true;
  await begin('bea');
  while ((await current('bea')) !== 'new') await new Promise(resolve => setImmediate(resolve));
  expect(await resume(DAY)).toEqual({ resumed: [], overdue: [], failed: [] });
});

test('an AWSPENDING that no rotation has made is found as well', async () => {
  await begin('idle', OURS, { RotateImmediately: false });
  await tried(1);
  const dangling = { SecretId: 'idle', SecretString: 'by hand', VersionStages: ['AWSPENDING'] };
  const { VersionId } = await aws.secrets.send(new PutSecretValueCommand(dangling));
  expect(await resume(DAY)).toEqual({ resumed: ['idle'], overdue: ['idle'], failed: [] });
  const { VersionIdsToStages } = await aws.secrets.send(new DescribeSecretCommand({ SecretId: 'idle' }));
  expect(VersionIdsToStages?.[VersionId!]).toEqual(['AWSPENDING']);
});

test('one that can’t be resumed is named, without what hung on its error, and the others are gone on with', async () => {
  await begin('ada');
  await begin('bea');
  await tried(2);
  const refusing: typeof aws.secrets.send = async (command: { input: { SecretId?: string } }) => {
    const isAdas = command instanceof RotateSecretCommand && command.input.SecretId === 'ada';
    if (isAdas) throw Object.assign(new Error('no'), { name: 'AccessDeniedException', hidden: 'it' });
    return aws.secrets.send(command as never) as never;
  };
  const { resumed, failed } = await resumeRotations(
    { send: refusing },
    [OURS],
    aws.clock.now() + 15 * MINUTE,
  );
  expect([resumed, failed]).toEqual([['bea'], [{ name: 'ada', error: 'AccessDeniedException: no' }]]);
});

test('secrets that can’t be listed are an error that says why', async () => {
  const send = () => Promise.reject(Object.assign(new Error('slow down'), { name: 'ThrottlingException' }));
  await expect(resumeRotations({ send }, [OURS], 0)).rejects.toThrow('ThrottlingException: slow down');
});

test('more secrets than one page holds are all looked at', async () => {
  await aws.close();
  const names = Array.from({ length: 150 }, (_, i) => `creator-${i}`);
  aws = await startTestAws({
    secrets: names.map(name => ({ name, value: 'old' })),
    rotationFunctions: { [OURS]: () => Promise.reject(new Error('not yet')) },
    onRotation: () => undefined,
  });
  await begin('creator-0');
  await begin('creator-149');
  expect((await resume(DAY)).overdue.sort()).toEqual(['creator-0', 'creator-149']);
});
