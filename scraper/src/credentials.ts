import {
  GetSecretValueCommand,
  ResourceNotFoundException,
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

/** @throws NeedsLogin when there are none that can be used; Interrupted when they can't be had now */
export type ReadCredentials = (creatorId: string, signal: AbortSignal) => Promise<Credentials>;

const secret = z.object({
  email: z.string().check(z.minLength(1)),
  password: z.string().check(z.minLength(1)),
});

/** Credentials from Secrets Manager, read anew for each login, so that a rotated password counts at once. */
export function secretsManagerCredentials(client: SecretsManagerClient, prefix: string): ReadCredentials {
  return async (creatorId, signal) => {
    const name = credentialsSecretName(prefix, creatorId);
    const value = await client
      .send(new GetSecretValueCommand({ SecretId: name }), { abortSignal: signal })
      .catch((error: unknown) => {
        if (error instanceof ResourceNotFoundException) throw new NeedsLogin(`there is no secret ${name}`);
        throw new Interrupted(`secret ${name} can't be read: ${firstLine(error)}`, INTERRUPTED_RETRY_MS, {
          cause: error,
        });
      });
    const parsed = z.safeParse(secret, parse(value.SecretString));
    if (!parsed.success) throw new NeedsLogin(`secret ${name} is not {"email", "password"}`);
    return parsed.data;
  };
}

/** Undefined for what isn't JSON: a parser's message would quote the secret. */
function parse(json: string | undefined): unknown {
  try {
    return JSON.parse(json ?? '');
  } catch {
    return undefined;
  }
}
