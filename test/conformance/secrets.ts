/** Secrets Manager in the words of the checks: secrets that are removed afterwards, values, labels, refusals. */
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  type CreateSecretCommandInput,
  type DescribeSecretCommandOutput,
  type GetSecretValueCommandInput,
  type GetSecretValueCommandOutput,
  type PutSecretValueCommandOutput,
  type SecretsManagerServiceException,
} from '@aws-sdk/client-secrets-manager';
import { expect } from 'vitest';
import { removeAfterwards, removeSecret, target, uniqueName } from './harness.ts';

const { secrets } = target;
/** What an asynchronous action may need, for real. Milliseconds. */
const SETTLES_WITHIN_MS = 6_000;

/** Creates a secret that is deleted after the check. @returns its name, ARN and first version */
export async function makeSecret(
  more: Partial<CreateSecretCommandInput> = {},
): Promise<{ name: string; arn: string; version: string }> {
  const Name = uniqueName('conformance/secret');
  const made = await secrets.send(new CreateSecretCommand({ Name, SecretString: 'first', ...more }));
  removeAfterwards(() => removeSecret(made.ARN ?? Name));
  return { name: Name, arn: made.ARN ?? '', version: made.VersionId ?? '' };
}

export const valueOf = (
  SecretId: string,
  more: Partial<GetSecretValueCommandInput> = {},
): Promise<GetSecretValueCommandOutput> => secrets.send(new GetSecretValueCommand({ SecretId, ...more }));

export const textOf = async (SecretId: string, VersionStage?: string): Promise<string | undefined> =>
  (await valueOf(SecretId, { VersionStage })).SecretString;

export const put = (
  SecretId: string,
  SecretString: string,
  VersionStages?: string[],
): Promise<PutSecretValueCommandOutput> =>
  secrets.send(new PutSecretValueCommand({ SecretId, SecretString, VersionStages }));

export const describeSecret = (SecretId: string): Promise<DescribeSecretCommandOutput> =>
  secrets.send(new DescribeSecretCommand({ SecretId }));

/** The staging labels of each version that has any, sorted. */
export async function labelsOf(SecretId: string): Promise<Record<string, string[]>> {
  const { VersionIdsToStages = {} } = await describeSecret(SecretId);
  return Object.fromEntries(
    Object.entries(VersionIdsToStages).map(([id, stages]) => [id, stages.toSorted()]),
  );
}

/** Checks that Secrets Manager refuses something by this name, with a 400. */
export async function expectRefusal(answer: Promise<unknown>, name: string): Promise<void> {
  const error = await answer.then(
    () => new Error('it was not refused'),
    (refusal: unknown) => refusal as SecretsManagerServiceException,
  );
  const told = '$metadata' in error ? error.$metadata.httpStatusCode : error.message;
  expect([error.name, told]).toEqual([name, 400]);
}

/** Waits until `check` holds, for what happens after its answer. */
export async function eventually(check: () => Promise<void>): Promise<void> {
  for (const giveUpAt = Date.now() + SETTLES_WITHIN_MS; ;) {
    try {
      await check();
      return;
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
    }
    await new Promise(resolve => void setTimeout(resolve, target.isLocal ? 5 : 500));
  }
}
