import { setTimeout as after } from 'node:timers/promises';
import {
  CreateSecretCommand,
  ResourceExistsException,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { ROTATE_CREDENTIALS, ROTATION_DAYS } from '@huntaze/core/rotation';
import { functionArn } from '../aws/resources.ts';
import type { Account } from './accounts.ts';
import { LOCAL_AWS_CREDENTIALS, LOCAL_AWS_REGION, secretOf } from './parts.ts';

/** Local AWS may just be being started again: so often, and so far apart (ms), is it asked. */
const TRIES = 20;
const APART_MS = 1_000;

/**
 * Puts a creator's credentials into local Secrets Manager, where they may be already, to be rotated like all others.
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
  // Repeated with the same token, it is the same secret: an answer may have been lost.
  const create = new CreateSecretCommand({
    Name: name,
    SecretString: value,
    ClientRequestToken: crypto.randomUUID(),
  });
  const schedule = new RotateSecretCommand({
    SecretId: name,
    RotationLambdaARN: functionArn(LOCAL_AWS_REGION, ROTATE_CREDENTIALS.name),
    RotationRules: { AutomaticallyAfterDays: ROTATION_DAYS },
    RotateImmediately: false,
  });
  try {
    for (let tries = 1; ; tries += 1)
      try {
        await client.send(create, { abortSignal: signal });
        await client.send(schedule, { abortSignal: signal });
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
