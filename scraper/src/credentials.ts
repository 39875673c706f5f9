import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerServiceException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { credentialsSecretName } from '@huntaze/core/names';
import * as z from 'zod/mini';
import { firstLine, Interrupted, INTERRUPTED_RETRY_MS, NeedsLogin } from './outcome.ts';

/** What a creator logs in with. Never logged, never kept. */
export interface Credentials {
  email: string;
  password: string;
}

/** Which version of a creator's secret: the one in use, the one that a rotation is about to bring in, or any by its id. */
export type SecretVersion = 'AWSCURRENT' | 'AWSPENDING' | { id: string };

/**
 * Undefined where there is no such version, or none that can be used; of the current one a person has to hear.
 * @throws NeedsLogin for a current version that is missing or can't be used; Interrupted when it can't be had now
 */
export type ReadCredentials = (
  creatorId: string,
  version: SecretVersion,
  signal: AbortSignal,
) => Promise<Credentials | undefined>;

const secret = z.object({
  email: z.string().check(z.minLength(1)),
  password: z.string().check(z.minLength(1)),
});

/** What Secrets Manager says to a version id that it could never have given. */
const NO_VERSION_ID = new Set(['ValidationException', 'InvalidParameterException']);

/** Credentials from Secrets Manager, read anew for each login, so that a rotated password counts at once. */
export function secretsManagerCredentials(client: SecretsManagerClient, prefix: string): ReadCredentials {
  return async (creatorId, version, signal) => {
    const name = credentialsSecretName(prefix, creatorId);
    const absent = (what: string) => {
      if (version === 'AWSCURRENT') throw new NeedsLogin(what);
      return undefined;
    };
    let text: string | undefined;
    try {
      const which = typeof version === 'string' ? { VersionStage: version } : { VersionId: version.id };
      const command = new GetSecretValueCommand({ SecretId: name, ...which });
      text = (await client.send(command, { abortSignal: signal })).SecretString;
    } catch (error) {
      if (isAbsent(error, version)) return absent(`there is no secret ${name}`);
      throw new Interrupted(`secret ${name} can't be read: ${firstLine(error)}`, INTERRUPTED_RETRY_MS, {
        cause: error,
      });
    }
    const parsed = z.safeParse(secret, parse(text));
    return parsed.success ? parsed.data : absent(`secret ${name} is not {"email", "password"}`);
  };
}

function isAbsent(error: unknown, version: SecretVersion): boolean {
  if (error instanceof ResourceNotFoundException) return true;
  return (
    typeof version === 'object' &&
    error instanceof SecretsManagerServiceException &&
    NO_VERSION_ID.has(error.name)
  );
}

/** Whether a site takes one where it takes the other. */
export function areEqual(one: Credentials, other: Credentials): boolean {
  return one.email === other.email && one.password === other.password;
}

/** Undefined for what isn't JSON: a parser's message would quote the secret. */
function parse(json: string | undefined): unknown {
  try {
    return JSON.parse(json ?? '');
  } catch {
    return undefined;
  }
}
