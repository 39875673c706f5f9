import {
  InvalidRequestException,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  RotateSecretCommand,
  type SecretListEntry,
} from '@aws-sdk/client-secrets-manager';
import { withoutFields } from '../rotation/errors.ts';
import type { Secrets } from '../rotation/rotate.ts';

/** Younger ones are still being tried by Secrets Manager itself (ms). */
const LEFT_ALONE_MS = 15 * 60_000;
/** A rotation takes as long as its creator's operations wait; what takes longer is a person's to look at (ms). */
const OVERDUE_MS = 24 * 3_600_000;
/** 100 to a page. */
const MOST_PAGES = 100;

/** A secret whose rotation has begun and hasn't come to its end. */
interface Unfinished {
  name: string;
  versionId: string;
  /** When the version that it makes was named, ms since the epoch. */
  since: number;
}

/** What was found, by the secrets' names. */
export interface Resumption {
  resumed: string[];
  overdue: string[];
  /** Those that could not be resumed, with what was answered. */
  failed: { name: string; error: string }[];
}

/**
 * Has Secrets Manager go on with every rotation that it has left unfinished. It tries a rotation that fails "multiple
 * times", then not before the next one is due, 90 days later; and while AWSPENDING is on a version that isn't current,
 * no other can begin. Asked to rotate such a secret, it refuses, and takes the unfinished rotation up again.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
 * @param functionArns those that rotate: other secrets are left alone
 * @throws StepFailed when the secrets can't be listed
 */
export async function resumeRotations(
  secrets: Secrets,
  functionArns: readonly string[],
  now: number,
): Promise<Resumption> {
  const found: Resumption = { resumed: [], overdue: [], failed: [] };
  for (const { name, since } of await unfinished(secrets, functionArns)) {
    const age = now - since;
    if (age >= OVERDUE_MS) found.overdue.push(name);
    if (age < LEFT_ALONE_MS) continue;
    try {
      await secrets.send(new RotateSecretCommand({ SecretId: name }));
      found.resumed.push(name);
    } catch (error) {
      // That is how it says that it goes on with the one before.
      if (error instanceof InvalidRequestException) found.resumed.push(name);
      else found.failed.push({ name, error: withoutFields(error).message });
    }
  }
  return found;
}

async function unfinished(secrets: Secrets, functionArns: readonly string[]): Promise<Unfinished[]> {
  const found: Unfinished[] = [];
  try {
    let NextToken: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const listed = await secrets.send(new ListSecretsCommand({ MaxResults: 100, NextToken }));
      for (const secret of listed.SecretList ?? []) {
        const versionId = isOurs(secret, functionArns) ? pendingOf(secret) : undefined;
        if (versionId === undefined) continue;
        const since = await namedAt(secrets, secret, versionId);
        found.push({ name: secret.Name ?? '', versionId, since });
      }
      NextToken = listed.NextToken;
      if (NextToken === undefined) break;
    }
  } catch (error) {
    throw withoutFields(error);
  }
  return found;
}

function isOurs({ RotationEnabled, RotationLambdaARN }: SecretListEntry, arns: readonly string[]): boolean {
  return RotationEnabled === true && RotationLambdaARN !== undefined && arns.includes(RotationLambdaARN);
}

/** The version that is being made; undefined where none is. */
function pendingOf({ SecretVersionsToStages = {} }: SecretListEntry): string | undefined {
  return Object.entries(SecretVersionsToStages).find(
    ([, labels]) => labels.includes('AWSPENDING') && !labels.includes('AWSCURRENT'),
  )?.[0];
}

/** A version that has no value yet may have no date of its own: then the secret's last change is it. */
async function namedAt(secrets: Secrets, secret: SecretListEntry, versionId: string): Promise<number> {
  const { Versions = [] } = await secrets.send(
    new ListSecretVersionIdsCommand({ SecretId: secret.ARN, MaxResults: 100 }),
  );
  const version = Versions.find(({ VersionId }) => VersionId === versionId);
  return (version?.CreatedDate ?? secret.LastChangedDate ?? new Date(0)).getTime();
}
