import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  type GetSecretValueCommandInput,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestAws, type TestAws } from '../test-clients.ts';

let it: TestAws;
beforeAll(async () => {
  it = await startTestAws({ secrets: [{ name: 'huntaze/creator-1', value: '{"email":"a"}' }] });
});
afterAll(() => it.close());

const get = (SecretId: string, more: Partial<GetSecretValueCommandInput> = {}) =>
  it.secrets.send(new GetSecretValueCommand({ SecretId, ...more }));
const token = (letter: string) => letter.repeat(32);

test('a secret is read by name and by ARN', async () => {
  const byName = await get('huntaze/creator-1');
  expect(byName).toMatchObject({ SecretString: '{"email":"a"}', VersionStages: ['AWSCURRENT'] });
  expect(byName.CreatedDate).toEqual(new Date(it.clock.now()));
  expect(byName.ARN).toMatch(
    /^arn:aws:secretsmanager:us-east-1:000000000000:secret:huntaze\/creator-1-\w{6}$/,
  );
  expect(await get(byName.ARN ?? '')).toMatchObject({ SecretString: '{"email":"a"}' });
});

test('what is missing is ResourceNotFoundException', async () => {
  await expect(get('missing')).rejects.toBeInstanceOf(ResourceNotFoundException);
  await expect(get('huntaze/creator-1', { VersionId: token('z') })).rejects.toThrow('VersionId');
  await expect(get('huntaze/creator-1', { VersionStage: 'AWSPENDING' })).rejects.toThrow('AWSPENDING');
  await expect(
    it.secrets.send(new PutSecretValueCommand({ SecretId: 'missing', SecretString: 'a' })),
  ).rejects.toBeInstanceOf(ResourceNotFoundException);
});

test('a new version is current and the one before it previous', async () => {
  await it.secrets.send(
    new CreateSecretCommand({ Name: 's', SecretString: '1', ClientRequestToken: token('1') }),
  );
  const put = (SecretString: string, letter: string, VersionStages?: string[]) =>
    it.secrets.send(
      new PutSecretValueCommand({
        SecretId: 's',
        SecretString,
        ClientRequestToken: token(letter),
        VersionStages,
      }),
    );
  expect(await put('2', '2')).toMatchObject({ VersionId: token('2'), VersionStages: ['AWSCURRENT'] });
  expect(await get('s', { VersionStage: 'AWSPREVIOUS' })).toMatchObject({ VersionId: token('1') });
  await put('3', '3', ['AWSPENDING']);
  expect(await get('s')).toMatchObject({ SecretString: '2' });
  expect(await get('s', { VersionStage: 'AWSPENDING' })).toMatchObject({ SecretString: '3' });
  await put('4', '4');
  expect(await get('s')).toMatchObject({ SecretString: '4' });
  expect(await get('s', { VersionStage: 'AWSPREVIOUS' })).toMatchObject({ SecretString: '2' });
  expect(await get('s', { VersionId: token('3') })).toMatchObject({ VersionStages: ['AWSPENDING'] });
  await expect(get('s', { VersionId: token('3'), VersionStage: 'AWSCURRENT' })).rejects.toMatchObject({
    name: 'InvalidRequestException',
  });
});

test('the same token with the same value changes nothing, with another value it is refused', async () => {
  const create = (SecretString: string) =>
    it.secrets.send(new CreateSecretCommand({ Name: 'i', SecretString, ClientRequestToken: token('a') }));
  const first = await create('1');
  expect(await create('1')).toMatchObject({ ARN: first.ARN, VersionId: first.VersionId });
  await expect(create('2')).rejects.toBeInstanceOf(ResourceExistsException);
  const put = (SecretString: string) =>
    it.secrets.send(
      new PutSecretValueCommand({ SecretId: 'i', SecretString, ClientRequestToken: token('a') }),
    );
  await put('1');
  await expect(put('2')).rejects.toBeInstanceOf(ResourceExistsException);
});

test('binary values, and secrets that have no value yet', async () => {
  await it.secrets.send(new CreateSecretCommand({ Name: 'b', SecretBinary: new Uint8Array([1, 2]) }));
  expect(await get('b')).toMatchObject({ SecretBinary: new Uint8Array([1, 2]) });
  await it.secrets.send(new CreateSecretCommand({ Name: 'e' }));
  await expect(get('e')).rejects.toThrow('AWSCURRENT');
  const first = new PutSecretValueCommand({
    SecretId: 'e',
    SecretString: '1',
    VersionStages: ['AWSPENDING'],
  });
  await it.secrets.send(first);
  expect(await get('e')).toMatchObject({ SecretString: '1' });
  await expect(it.secrets.send(new CreateSecretCommand({ Name: 'a b' }))).rejects.toMatchObject({
    name: 'InvalidParameterException',
  });
});
