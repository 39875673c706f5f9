import { setTimeout as after } from 'node:timers/promises';
import {
  CreateSecretCommand,
  ResourceExistsException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { Account } from './accounts.ts';
import { LOCAL_AWS_CREDENTIALS, LOCAL_AWS_REGION, secretOf } from './parts.ts';

/** Local AWS may just be being started again: so often, and so far apart (ms), is it asked. */
const TRIES = 20;
const APART_MS = 1_000;

/**
 * Puts a creator's credentials into local Secrets Manager, where they may be already.
 * @throws the last try's error; the signal's reason
 */
export async function createSecret(awsUrl: string, account: Account, signal: AbortSignal): Promise<void> {
  const client = new SecretsManagerClient({
    endpoint: awsUrl,
    region: LOCAL_AWS_REGION,
    credentials: LOCAL_AWS_CREDENTIALS,
    maxAttempts: 1,
  });
  const { name, value } = secretOf(account);
  const command = new CreateSecretCommand({ Name: name, SecretString: value });
  try {
    for (let tries = 1; ; tries += 1)
      try {
        await client.send(command, { abortSignal: signal });
        return;
      } catch (error) {
        if (error instanceof ResourceExistsException) return; // known from an earlier run
        if (tries === TRIES) throw error;
        await after(APART_MS, undefined, { signal });
      }
  } finally {
    client.destroy();
  }
}
