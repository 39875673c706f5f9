import {
  CreateSecretCommand,
  DeleteSecretCommand,
  ListSecretsCommand,
  RestoreSecretCommand,
  type DeleteSecretCommandInput,
} from '@aws-sdk/client-secrets-manager';
import { expect, test } from 'vitest';
import { advance, target, uniqueName } from './harness.ts';
import { describeSecret, expectRefusal, eventually, makeSecret, put, textOf, valueOf } from './secrets.ts';

/* Sources: API Reference, DeleteSecret and RestoreSecret; User Guide, "Delete a Secrets Manager secret". */

const { secrets } = target;
const DAY_MS = 86_400_000;

const remove = (SecretId: string, more: Partial<DeleteSecretCommandInput> = {}) =>
  secrets.send(new DeleteSecretCommand({ SecretId, ...more }));

test('a deleted secret is out of use, and described with its date', async () => {
  const { name } = await makeSecret();
  const { DeletionDate } = await remove(name, { RecoveryWindowInDays: 7 });
  expect(DeletionDate).toEqual(expect.any(Date));
  await expectRefusal(valueOf(name), 'InvalidRequestException');
  await expectRefusal(put(name, 'second'), 'InvalidRequestException');
  expect((await describeSecret(name)).DeletedDate).toEqual(expect.any(Date));
});

test('the recovery window is 30 days unless it is said otherwise, and 7 to 30 in any case', async () => {
  const { name } = await makeSecret();
  const { CreatedDate = new Date(0) } = await describeSecret(name);
  for (const RecoveryWindowInDays of [6, 31])
    await expectRefusal(remove(name, { RecoveryWindowInDays }), 'InvalidParameterException');
  const { DeletionDate = new Date(0) } = await remove(name);
  expect(Math.round((DeletionDate.getTime() - CreatedDate.getTime()) / DAY_MS)).toBe(30);
});

test('a restored secret is as it was', async () => {
  const { name } = await makeSecret();
  await put(name, 'second');
  await remove(name);
  await secrets.send(new RestoreSecretCommand({ SecretId: name }));
  expect([await textOf(name), await textOf(name, 'AWSPREVIOUS')]).toEqual(['second', 'first']);
  expect((await describeSecret(name)).DeletedDate).toBeUndefined();
});

test('its name is taken until the window has passed', async () => {
  const { name } = await makeSecret();
  await remove(name, { RecoveryWindowInDays: 7 });
  const create = () => secrets.send(new CreateSecretCommand({ Name: name, SecretString: 'new' }));
  await expectRefusal(create(), 'InvalidRequestException');
  await advance(7 * DAY_MS - 60_000);
  await expectRefusal(create(), 'InvalidRequestException');
  await advance(120_000);
  await expectRefusal(describeSecret(name), 'ResourceNotFoundException');
  await expectRefusal(
    secrets.send(new RestoreSecretCommand({ SecretId: name })),
    'ResourceNotFoundException',
  );
  await create();
  expect(await textOf(name)).toBe('new');
});

test('forced, it is gone at once; also if it never was', async () => {
  const { name } = await makeSecret();
  await remove(name, { ForceDeleteWithoutRecovery: true });
  await eventually(() => expectRefusal(describeSecret(name), 'ResourceNotFoundException'));
  await remove(uniqueName('never'), { ForceDeleteWithoutRecovery: true });
});

test('a deletion can be forced after it was scheduled', async () => {
  const { name } = await makeSecret();
  await remove(name);
  await remove(name, { ForceDeleteWithoutRecovery: true });
  await eventually(() => expectRefusal(describeSecret(name), 'ResourceNotFoundException'));
});

test('forcing and a window exclude each other, and what is missing is missing', async () => {
  const { name } = await makeSecret();
  await expectRefusal(
    remove(name, { ForceDeleteWithoutRecovery: true, RecoveryWindowInDays: 7 }),
    'InvalidParameterException',
  );
  await expectRefusal(remove(uniqueName('never')), 'ResourceNotFoundException');
});

test('lists leave deleted secrets out unless asked for', async () => {
  const { name } = await makeSecret();
  await remove(name);
  const names = async (IncludePlannedDeletion: boolean) => {
    const Filters = [{ Key: 'name' as const, Values: [name] }];
    const { SecretList = [] } = await secrets.send(
      new ListSecretsCommand({ Filters, IncludePlannedDeletion }),
    );
    return SecretList.map(({ Name }) => Name);
  };
  await eventually(async () => {
    expect(await names(false)).toEqual([]);
    expect(await names(true)).toEqual([name]);
  });
});
