import { ResourceNotFoundException, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { expect, test } from 'vitest';
import { secretsManagerCredentials } from './credentials.ts';
import { Interrupted, NeedsLogin } from './outcome.ts';

/** Credentials from a client that sends nothing, and answers what it is told to. */
function read(answer: string | Error) {
  const client = new SecretsManagerClient({ region: 'local' });
  client.send = (async (command: { input: unknown }) => {
    expect(command.input).toEqual({ SecretId: 'creators/ada' });
    if (answer instanceof Error) throw answer;
    return { SecretString: answer };
  }) as typeof client.send;
  return secretsManagerCredentials(client, 'creators')('ada', new AbortController().signal);
}

test('reads e-mail and password of the creator', async () => {
  const secret = { email: 'ada@example.com', password: 'hunter2' };
  expect(await read(JSON.stringify(secret))).toEqual(secret);
});

test.each([
  ['no secret', new ResourceNotFoundException({ message: 'not found', $metadata: {} })],
  ['no JSON', 'hunter2'],
  ['no password', '{"email":"hunter2"}'],
])('%s: a person has to look, and the message shows nothing of it', async (_, answer) => {
  const error: unknown = await read(answer).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(NeedsLogin);
  expect(String(error)).toContain('creators/ada');
  expect(String((error as Error).stack)).not.toContain('hunter2');
});

test('Secrets Manager out of reach is an interruption', async () => {
  await expect(read(new Error('503'))).rejects.toBeInstanceOf(Interrupted);
});
