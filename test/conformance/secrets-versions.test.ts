import {
  BatchGetSecretValueCommand,
  CreateSecretCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { expect, test } from 'vitest';
import { target, uniqueName } from './harness.ts';
import { describeSecret, expectRefusal, labelsOf, makeSecret, put, textOf, valueOf } from './secrets.ts';

/* Sources: API Reference, the page of each action; User Guide, "What's in a Secrets Manager secret?", "Find a secret from
   a partial ARN", "Secrets Manager quotas". */

const { secrets } = target;
const token = (letter: string) => `${letter.repeat(8)}-0000-4000-8000-000000000000`;
const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';

test('a secret is read by name, ARN and partial ARN', async () => {
  const { name, arn, version } = await makeSecret();
  for (const id of [name, arn, arn.replace(/-\w{6}$/, '')])
    expect(await valueOf(id)).toMatchObject({
      Name: name,
      ARN: arn,
      SecretString: 'first',
      VersionId: version,
      VersionStages: [CURRENT],
    });
});

test('bytes are bytes', async () => {
  const bytes = new Uint8Array([0, 1, 254, 255]);
  const { name } = await makeSecret({ SecretString: undefined, SecretBinary: bytes });
  const { SecretBinary, SecretString } = await valueOf(name);
  expect([SecretBinary, SecretString]).toEqual([bytes, undefined]);
});

test('a new value is current, and the one before it previous', async () => {
  const { name, version } = await makeSecret();
  const second = await put(name, 'second');
  expect(second.VersionStages).toEqual([CURRENT]);
  const third = await put(name, 'third');
  expect(await labelsOf(name)).toEqual({
    [third.VersionId ?? '']: [CURRENT],
    [second.VersionId ?? '']: [PREVIOUS],
  });
  expect([await textOf(name), await textOf(name, PREVIOUS)]).toEqual(['third', 'second']);
  // Without a label it is deprecated, and still there.
  expect((await valueOf(name, { VersionId: version })).SecretString).toBe('first');
});

test('labels of its own leave the current version alone', async () => {
  const { name } = await makeSecret();
  const { VersionId } = await put(name, 'second', ['AWSPENDING', 'mine']);
  expect([await textOf(name), await textOf(name, 'mine')]).toEqual(['first', 'second']);
  await put(name, 'third', ['mine']);
  expect((await labelsOf(name))[VersionId ?? '']).toEqual(['AWSPENDING']);
});

test('id and label must be of the same version', async () => {
  const { name, version } = await makeSecret();
  await put(name, 'second');
  expect(await valueOf(name, { VersionId: version, VersionStage: PREVIOUS })).toMatchObject({
    SecretString: 'first',
  });
  await expectRefusal(
    valueOf(name, { VersionId: version, VersionStage: CURRENT }),
    'InvalidRequestException',
  );
});

test('the same token with the same value does nothing, with another value it is refused', async () => {
  const { name } = await makeSecret();
  const repeat = (SecretString: string) =>
    secrets.send(new PutSecretValueCommand({ SecretId: name, SecretString, ClientRequestToken: token('a') }));
  const first = await repeat('second');
  expect(first.VersionId).toBe(token('a'));
  expect((await repeat('second')).VersionId).toBe(token('a'));
  await expectRefusal(repeat('third'), 'ResourceExistsException');
  expect(await textOf(name)).toBe('second');
});

test('creating is repeatable in the same way', async () => {
  const { name } = await makeSecret({ ClientRequestToken: token('a') });
  const create = (SecretString: string) =>
    secrets.send(new CreateSecretCommand({ Name: name, SecretString, ClientRequestToken: token('a') }));
  expect((await create('first')).Name).toBe(name);
  await expectRefusal(create('other'), 'ResourceExistsException');
});

test('UpdateSecret changes the description, the value, or both', async () => {
  const { name, version } = await makeSecret({ Description: 'one' });
  const update = (more: object) => secrets.send(new UpdateSecretCommand({ SecretId: name, ...more }));
  expect((await update({ Description: 'two' })).VersionId).toBeUndefined();
  const { VersionId = '' } = await update({ SecretString: 'second' });
  expect(await describeSecret(name)).toMatchObject({
    Description: 'two',
    VersionIdsToStages: { [VersionId]: [CURRENT], [version]: [PREVIOUS] },
  });
});

test('moving AWSCURRENT moves AWSPREVIOUS to where it was', async () => {
  const { name, version } = await makeSecret();
  const { VersionId: second = '' } = await put(name, 'second');
  const move = (more: object) =>
    secrets.send(new UpdateSecretVersionStageCommand({ SecretId: name, VersionStage: CURRENT, ...more }));
  await expectRefusal(move({ MoveToVersionId: version }), 'InvalidParameterException');
  await expectRefusal(
    move({ MoveToVersionId: version, RemoveFromVersionId: version }),
    'InvalidParameterException',
  );
  await move({ MoveToVersionId: version, RemoveFromVersionId: second });
  expect(await labelsOf(name)).toEqual({ [version]: [CURRENT], [second]: [PREVIOUS] });
  await expectRefusal(move({ RemoveFromVersionId: version }), 'InvalidParameterException');
});

test('a label can be given and taken away', async () => {
  const { name, version } = await makeSecret();
  const change = (more: object) =>
    secrets.send(new UpdateSecretVersionStageCommand({ SecretId: name, VersionStage: 'mine', ...more }));
  await change({ MoveToVersionId: version });
  expect(await labelsOf(name)).toEqual({ [version]: [CURRENT, 'mine'] });
  await change({ RemoveFromVersionId: version });
  expect(await labelsOf(name)).toEqual({ [version]: [CURRENT] });
  await expectRefusal(change({ MoveToVersionId: token('z') }), 'ResourceNotFoundException');
});

test('versions are listed, deprecated ones only if asked for', async () => {
  const { name, version } = await makeSecret();
  for (const value of ['second', 'third']) await put(name, value);
  const ids = async (more: object) => {
    const { Versions = [] } = await secrets.send(
      new ListSecretVersionIdsCommand({ SecretId: name, ...more }),
    );
    return Versions.map(({ VersionId }) => VersionId);
  };
  expect(await ids({})).toHaveLength(2);
  expect(await ids({})).not.toContain(version);
  expect(await ids({ IncludeDeprecated: true })).toContain(version);
});

test('a description tells everything but the value', async () => {
  const { name, arn } = await makeSecret({
    Description: 'd',
    Tags: [{ Key: 'k', Value: 'v' }],
  });
  const told = await describeSecret(arn);
  expect(told).toMatchObject({
    Name: name,
    ARN: arn,
    Description: 'd',
    Tags: [{ Key: 'k', Value: 'v' }],
    CreatedDate: expect.any(Date),
    LastChangedDate: expect.any(Date),
  });
  expect([told.RotationEnabled, told.DeletedDate, told.NextRotationDate]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('tags are added, replaced and removed', async () => {
  const { name } = await makeSecret({ Tags: [{ Key: 'a', Value: '1' }] });
  const Tags = [
    { Key: 'a', Value: '2' },
    { Key: 'b', Value: '3' },
  ];
  await secrets.send(new TagResourceCommand({ SecretId: name, Tags }));
  expect((await describeSecret(name)).Tags).toEqual(Tags);
  await secrets.send(new UntagResourceCommand({ SecretId: name, TagKeys: ['a', 'none'] }));
  expect((await describeSecret(name)).Tags).toEqual([{ Key: 'b', Value: '3' }]);
});

test('secrets are found by filters, in pages', async () => {
  const marker = uniqueName('mark');
  const made: string[] = [];
  for (let n = 0; n < 3; n += 1)
    made.push((await makeSecret({ Tags: [{ Key: marker, Value: String(n) }] })).name);
  const Filters = [{ Key: 'tag-key' as const, Values: [marker] }];
  const found: (string | undefined)[] = [];
  let NextToken: string | undefined;
  do {
    const page: { SecretList?: { Name?: string | undefined }[] | undefined; NextToken?: string | undefined } =
      await secrets.send(new ListSecretsCommand({ Filters, MaxResults: 2, NextToken }));
    found.push(...(page.SecretList ?? []).map(({ Name }) => Name));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  expect(new Set(found)).toEqual(new Set(made));
  expect(found).toHaveLength(made.length);
  const { SecretList } = await secrets.send(
    new ListSecretsCommand({ Filters: [...Filters, { Key: 'tag-value', Values: ['!1'] }] }),
  );
  expect(SecretList).toHaveLength(2);
});

test('many values at once, and what is wrong with the others', async () => {
  const { name } = await makeSecret();
  const missing = uniqueName('missing');
  const { SecretValues, Errors } = await secrets.send(
    new BatchGetSecretValueCommand({ SecretIdList: [name, missing] }),
  );
  expect(SecretValues).toMatchObject([{ Name: name, SecretString: 'first' }]);
  expect(Errors).toMatchObject([{ SecretId: missing, ErrorCode: 'ResourceNotFoundException' }]);
});

test('what is missing is told by name', async () => {
  await expectRefusal(valueOf(uniqueName('missing')), 'ResourceNotFoundException');
  const { name } = await makeSecret();
  await expectRefusal(valueOf(name, { VersionId: token('z') }), 'ResourceNotFoundException');
  await expectRefusal(valueOf(name, { VersionStage: 'none' }), 'ResourceNotFoundException');
  const { name: empty } = await makeSecret({ SecretString: undefined });
  await expectRefusal(valueOf(empty), 'ResourceNotFoundException');
});

test('a value has at most 65,536 bytes', async () => {
  const { name } = await makeSecret();
  await put(name, 'x'.repeat(65_536));
  const refusal = put(name, 'y'.repeat(65_537));
  await expect(refusal).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
  await expect(refusal).rejects.toThrow(/^((?!yyy).)*$/s); // and it is never quoted
  expect(await textOf(name)).toBe('x'.repeat(65_536));
});

test('a name has only certain characters', async () => {
  await expect(
    secrets.send(new CreateSecretCommand({ Name: 'a b', SecretString: 'x' })),
  ).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
});
