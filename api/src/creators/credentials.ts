import {
  CreateSecretCommand,
  DescribeSecretCommand,
  InvalidRequestException,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  RotateSecretCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { credentialsSecretName } from '@huntaze/core/names';
import { ROTATION_DAYS } from '@huntaze/core/rotation';
import { conflict, unavailable } from '../http/problem.ts';

/** Where the creators' credentials are. They are written there, and never read. */
export interface CredentialsPlace {
  secrets: Pick<SecretsManagerClient, 'send'>;
  env: {
    CREDENTIALS_SECRET_PREFIX: string;
    /** Under which key a new secret is; undefined: under AWS's own. */
    CREDENTIALS_KMS_KEY_ID?: string | undefined;
    /** What rotates it; undefined: nothing. */
    ROTATE_CREDENTIALS_ARN?: string | undefined;
  };
}

/** What a creator logs in with. Never logged, never answered, never part of an error. */
export interface Credentials {
  email: string;
  password: string;
}

/** A creator's secret, as far as one may know without reading it. */
export type SecretFound = { is: 'absent' } | { is: 'there'; isRotated: boolean };

/** @throws Refusal 409 for one that waits for its deletion; 503 */
export async function findCredentials(place: CredentialsPlace, creatorId: string): Promise<SecretFound> {
  const describe = new DescribeSecretCommand({ SecretId: nameIn(place, creatorId) });
  try {
    const { DeletedDate, RotationEnabled } = await place.secrets.send(describe);
    if (DeletedDate !== undefined) throw goes(creatorId);
    return { is: 'there', isRotated: RotationEnabled === true };
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return { is: 'absent' };
    throw refusalOf(error, creatorId);
  }
}

/**
 * Puts a creator's credentials in place of those that there are, if there are any: from now on every login uses them.
 * @param found as it was found before
 * @throws Refusal 409 for a secret that waits for its deletion; 503. Without anything of the credentials in it
 */
export async function putCredentials(
  place: CredentialsPlace,
  creatorId: string,
  { email, password }: Credentials,
  found: SecretFound,
): Promise<void> {
  const name = nameIn(place, creatorId);
  const SecretString = JSON.stringify({ email, password });
  const replace = () => place.secrets.send(new PutSecretValueCommand({ SecretId: name, SecretString }));
  const create = new CreateSecretCommand({
    Name: name,
    Description: 'A creator’s credentials at the site: {"email", "password"}; made by the API',
    KmsKeyId: place.env.CREDENTIALS_KMS_KEY_ID,
    SecretString,
  });
  try {
    if (found.is === 'there') await replace();
    else
      await place.secrets.send(create).catch((error: unknown) => {
        // Somebody else has made it just now.
        if (error instanceof ResourceExistsException) return replace();
        throw error;
      });
  } catch (error) {
    throw refusalOf(error, creatorId);
  }
}

/**
 * Has a secret rotated every 90 days, as all are (8.5). Nothing is rotated now.
 * @throws Refusal 503
 */
export async function rotateCredentials(place: CredentialsPlace, creatorId: string): Promise<void> {
  const { ROTATE_CREDENTIALS_ARN: arn } = place.env;
  if (arn === undefined) return;
  const schedule = new RotateSecretCommand({
    SecretId: nameIn(place, creatorId),
    RotationLambdaARN: arn,
    RotationRules: { AutomaticallyAfterDays: ROTATION_DAYS },
    RotateImmediately: false,
  });
  try {
    await place.secrets.send(schedule);
  } catch (error) {
    throw unavailable(
      'the credentials are in place, but nothing rotates them yet; send them again',
      named(error),
    );
  }
}

function nameIn({ env }: CredentialsPlace, creatorId: string): string {
  return credentialsSecretName(env.CREDENTIALS_SECRET_PREFIX, creatorId);
}

function goes(creatorId: string) {
  return conflict(
    `the secret of ${creatorId} waits for its deletion: restore it (aws secretsmanager restore-secret), or wait until it is gone`,
  );
}

function refusalOf(error: unknown, creatorId: string) {
  if (error instanceof InvalidRequestException) return goes(creatorId);
  if (error instanceof Error && error.name === 'Refusal') return error;
  return unavailable('the secrets can not be reached; try again', named(error));
}

/** What went wrong by its name alone: a message of AWS may quote what was sent. */
function named(error: unknown): unknown {
  return { name: error instanceof Error ? error.name : 'unknown' };
}
