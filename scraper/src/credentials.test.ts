import {
  InvalidParameterException,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { expect, test } from 'vitest';
import { secretsManagerCredentials, type SecretVersion } from './credentials.ts';
import { Interrupted, NeedsLogin } from './outcome.ts';

/** Credentials from a client that sends nothing, and answers what it is told to. */
function read(answer: string | Error, version: SecretVersion = 'AWSCURRENT') {
  const client = new SecretsManagerClient({ region: 'local' });
  const asked: unknown[] = [];
  client.send = (async (command: { input: unknown }) => {
    asked.push(command.input);
    if (answer instanceof Error) throw answer;
    return { SecretString: answer };
  }) as typeof client.send;
  const reading = secretsManagerCredentials(client, 'creators')('ada', version, new AbortController().signal);
  return { asked, reading };
}

const SECRET = { email: 'ada@example.com', password: 'hunter2' };
const NOT_FOUND = new ResourceNotFoundException({ message: 'not found', $metadata: {} });
const NO_ID = new InvalidParameterException({ message: 'no version id', $metadata: {} });

test.each([
  ['AWSCURRENT', { VersionStage: 'AWSCURRENT' }],
  ['AWSPENDING', { VersionStage: 'AWSPENDING' }],
  [{ id: 'v-1' }, { VersionId: 'v-1' }],
] as const)('reads e-mail and password of the version %o', async (version, which) => {
  const { asked, reading } = read(JSON.stringify(SECRET), version);
  expect(await reading).toEqual(SECRET);
  expect(asked).toEqual([{ SecretId: 'creators/ada', ...which }]);
});

const UNUSABLE = [
  ['no secret', NOT_FOUND],
  ['no JSON', 'hunter2'],
  ['no password', '{"email":"hunter2"}'],
] as const;

test.each(UNUSABLE)('%s: a person has to look, and the message shows nothing of it', async (_, answer) => {
  const error: unknown = await read(answer).reading.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(NeedsLogin);
  expect(String(error)).toContain('creators/ada');
  expect(String((error as Error).stack)).not.toContain('hunter2');
});

test.each(UNUSABLE)('%s, of another version than the current one: there is none', async (_, answer) => {
  expect(await read(answer, 'AWSPENDING').reading).toBeUndefined();
  expect(await read(answer, { id: 'v-1' }).reading).toBeUndefined();
});

test('what is no version id at all: there is none', async () => {
  expect(await read(NO_ID, { id: 'v' }).reading).toBeUndefined();
  await expect(read(NO_ID).reading).rejects.toBeInstanceOf(Interrupted);
});

test.each(['AWSCURRENT', 'AWSPENDING'] as const)(
  'Secrets Manager out of reach is an interruption (%s)',
  async version => {
    await expect(read(new Error('503'), version).reading).rejects.toBeInstanceOf(Interrupted);
  },
);
