import type { Input } from '../input.ts';
import { invalidNextToken, invalidSecretParameter, secretConstraint } from './errors.ts';
import type { RandomInt } from './password.ts';
import type { Rotator } from './rotation.ts';
import type { SecretStore } from './secret-store.ts';
import type { Secret, SecretValue, SecretVersion } from './secret.ts';

/** What actions work on. */
export interface SecretsContext {
  store: SecretStore;
  rotator: Rotator;
  randomInt: RandomInt;
}

/** Runs one action. @param now milliseconds since the epoch */
export type Action = (context: SecretsContext, input: Input, now: number) => object;

/** Dates are seconds on the wire. */
export function date(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000;
}

/** What every answer about a secret begins with. */
export function named({ arn, name }: Secret): { ARN: string; Name: string } {
  return { ARN: arn, Name: name };
}

/** The client request token becomes the version's id. The SDK always sends one. @throws InvalidParameterException */
export function readVersionId(input: Input): string {
  const token = input.string('ClientRequestToken') ?? crypto.randomUUID();
  if (token.length < 32 || token.length > 64)
    throw invalidSecretParameter('ClientRequestToken must be 32 to 64 characters long.');
  return token;
}

/** @throws InvalidParameterException for two values */
export function readValue(input: Input): SecretValue | undefined {
  const text = input.string('SecretString');
  const bytes = input.blob('SecretBinary');
  if (text !== undefined && bytes !== undefined)
    throw invalidSecretParameter("You can't specify both a binary secret value and a string secret value.");
  if (text !== undefined) return { text };
  return bytes === undefined ? undefined : { base64: bytes.toString('base64') };
}

/** A version's value as it is answered. */
export function valueOf({ value, id, stages, createdAt }: SecretVersion): object {
  return {
    VersionId: id,
    ...(value?.text === undefined ? { SecretBinary: value?.base64 } : { SecretString: value.text }),
    VersionStages: [...stages],
    CreatedDate: date(createdAt),
  };
}

/**
 * The page of a list that a request asks for with `MaxResults` and `NextToken`.
 * @throws InvalidNextTokenException, ValidationException
 */
export function page<T>(
  input: Input,
  items: readonly T[],
  mostResults: number,
): { items: T[]; NextToken: string | undefined } {
  const limit = input.integer('MaxResults') ?? mostResults;
  if (limit < 1 || limit > mostResults)
    throw secretConstraint('MaxResults', `Member must be between 1 and ${mostResults}`);
  const token = input.string('NextToken');
  const start = token === undefined ? 0 : Number(Buffer.from(token, 'base64url').toString('latin1'));
  if (!Number.isSafeInteger(start) || start < 0 || (token !== undefined && start === 0))
    throw invalidNextToken();
  const end = start + limit;
  return {
    items: items.slice(start, end),
    NextToken: end < items.length ? Buffer.from(String(end)).toString('base64url') : undefined,
  };
}
