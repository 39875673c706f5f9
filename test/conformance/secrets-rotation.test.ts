import {
  CancelRotateSecretCommand,
  RotateSecretCommand,
  UpdateSecretVersionStageCommand,
  type RotateSecretCommandInput,
} from '@aws-sdk/client-secrets-manager';
import { expect, test } from 'vitest';
import { advance, skip, target, uniqueName } from './harness.ts';
import { describeSecret, eventually, expectRefusal, labelsOf, makeSecret, put, textOf } from './secrets.ts';

/* Sources: API Reference, RotateSecret and CancelRotateSecret; User Guide, "Rotation by Lambda function", "Rotation
   schedules". The function is the one of rotation-function.ts: it puts a + behind the value. */

const { secrets } = target;
const DAY_MS = 86_400_000;

const rotate = (SecretId: string, more: Partial<RotateSecretCommandInput> = {}) =>
  secrets.send(
    new RotateSecretCommand({
      SecretId,
      RotationLambdaARN:
        target.rotationFunction ?? skip('needs a rotation function (CONFORMANCE_ROTATION_FUNCTION)'),
      RotationRules: { AutomaticallyAfterDays: 10 },
      ...more,
    }),
  );
const becomes = (name: string, value: string) =>
  eventually(async () => {
    expect(await textOf(name)).toBe(value);
    expect((await describeSecret(name)).LastRotatedDate).toEqual(expect.any(Date));
  });

test('a rotation makes a new version current and the old one previous', async () => {
  const { name, version } = await makeSecret();
  const { VersionId = '' } = await rotate(name);
  await becomes(name, 'first+');
  const labels = await labelsOf(name);
  expect(labels[version]).toEqual(['AWSPREVIOUS']);
  expect(labels[VersionId]).toContain('AWSCURRENT');
  expect(await describeSecret(name)).toMatchObject({
    RotationEnabled: true,
    RotationLambdaARN: target.rotationFunction,
    RotationRules: { AutomaticallyAfterDays: 10 },
    NextRotationDate: expect.any(Date),
  });
});

test('it can be repeated with what is set already', async () => {
  const { name } = await makeSecret();
  await rotate(name);
  await becomes(name, 'first+');
  await secrets.send(new RotateSecretCommand({ SecretId: name }));
  await becomes(name, 'first++');
});

test('not immediately: the function is only tried, and nothing changes', async () => {
  const { name, version } = await makeSecret();
  await rotate(name, { RotateImmediately: false });
  await eventually(async () => expect(await labelsOf(name)).toEqual({ [version]: ['AWSCURRENT'] }));
  expect(await textOf(name)).toBe('first');
  expect((await describeSecret(name)).RotationEnabled).toBe(true);
});

test('a rotation that is due by its schedule is done', async () => {
  const { name } = await makeSecret();
  await rotate(name, { RotationRules: { ScheduleExpression: 'rate(10 days)' }, RotateImmediately: false });
  await eventually(async () => expect(Object.keys(await labelsOf(name))).toHaveLength(1));
  await advance(9 * DAY_MS);
  expect(await textOf(name)).toBe('first');
  await advance(2 * DAY_MS);
  await becomes(name, 'first+');
  await advance(11 * DAY_MS);
  await becomes(name, 'first++');
});

test('a dangling AWSPENDING keeps the next rotation from beginning', async () => {
  const { name } = await makeSecret();
  const { VersionId } = await put(name, 'half done', ['AWSPENDING']);
  await expectRefusal(rotate(name), 'InvalidRequestException');
  await secrets.send(
    new UpdateSecretVersionStageCommand({
      SecretId: name,
      VersionStage: 'AWSPENDING',
      RemoveFromVersionId: VersionId,
    }),
  );
  await rotate(name);
  await becomes(name, 'first+');
});

test('cancelled, it stays off', async () => {
  const { name } = await makeSecret();
  await rotate(name);
  await becomes(name, 'first+');
  await secrets.send(new CancelRotateSecretCommand({ SecretId: name }));
  const told = await describeSecret(name);
  expect([told.RotationEnabled, told.NextRotationDate]).toEqual([false, undefined]);
  await advance(30 * DAY_MS);
  expect(await textOf(name)).toBe('first+');
});

test('without a function there is nothing to rotate with', async () => {
  const { name } = await makeSecret();
  await expectRefusal(secrets.send(new RotateSecretCommand({ SecretId: name })), 'InvalidRequestException');
});

test('a function that can not be invoked is refused', async () => {
  const { name } = await makeSecret();
  const account = (await describeSecret(name)).ARN?.split(':')[4] ?? '';
  const RotationLambdaARN = `arn:aws:lambda:${target.region}:${account}:function:${uniqueName('none')}`;
  const refused = secrets.send(
    new RotateSecretCommand({
      SecretId: name,
      RotationLambdaARN,
      RotationRules: { AutomaticallyAfterDays: 1 },
    }),
  );
  await expectRefusal(refused, 'AccessDeniedException');
  expect((await describeSecret(name)).RotationEnabled).toBeUndefined();
});

test.each([
  { AutomaticallyAfterDays: 10, ScheduleExpression: 'rate(10 days)' },
  { ScheduleExpression: 'rate(3 hours)' },
  { ScheduleExpression: 'rate(10 weeks)' },
  { ScheduleExpression: 'cron(5 8 * * ? *)' },
  { ScheduleExpression: 'rate(4 hours)', Duration: '5h' },
])('rules that can not be kept are refused: %o', async RotationRules => {
  const { name } = await makeSecret();
  await expectRefusal(rotate(name, { RotationRules }), 'InvalidParameterException');
});
