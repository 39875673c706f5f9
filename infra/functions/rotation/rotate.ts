import {
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  UpdateSecretVersionStageCommand,
  type GetRandomPasswordCommandInput,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { NotYet, RotationRefused, withoutFields } from './errors.ts';
import { readRotationEvent, type RotationEvent } from './event.ts';

const CURRENT = 'AWSCURRENT';
const PENDING = 'AWSPENDING';
type Label = typeof CURRENT | typeof PENDING | 'AWSPREVIOUS';

/** The secret whose turn it is, and the version that is made. */
export interface Rotated {
  arn: string;
  name: string;
  /** The id of the version that is made. */
  versionId: string;
  /** The value of the version with this label; undefined where there is none. AWSPENDING: of the version made. */
  value(label: Label): Promise<string | undefined>;
  /**
   * Takes AWSPENDING off the version that is made: it is given up, and the next rotation begins with a new one.
   * Only for a value that is surely not in force anywhere.
   */
  giveUp(): Promise<void>;
}

/**
 * What differs from one kind of secret to another. Every part may be repeated, and may follow one that was broken
 * off. No error's message may quote a value: the logs keep it.
 */
export interface Rotation {
  /** The value of the new version. */
  create(secret: Rotated): Promise<string>;
  /** Puts the pending value in force where it is used, beside the current one. */
  set(secret: Rotated): Promise<void>;
  /** Returns once the pending value is in force. @throws NotYet, RotationRefused */
  test(secret: Rotated): Promise<void>;
  /** AWSCURRENT is on the new version: what was in force before can go. */
  retire?(secret: Rotated): Promise<void>;
}

/** What a rotation needs of Secrets Manager. */
export type Secrets = Pick<SecretsManagerClient, 'send'>;

/** Told what became of a step. */
type Say = (message: string, fields: Record<string, unknown>) => void;

/**
 * One step of a rotation, as Secrets Manager asks for it. It may ask again for a step that was done, or for all of
 * them from the first; a version that is current already has only what it replaced still to be retired.
 * @param event as Lambda passes it
 * @throws NotYet where a later try may succeed; RotationRefused for what is no rotation event, and for a secret or a
 *   version that isn't to be rotated; StepFailed for everything else
 */
export async function rotate(secrets: Secrets, rotation: Rotation, event: unknown, say: Say): Promise<void> {
  try {
    await take(secrets, rotation, readRotationEvent(event), say);
  } catch (error) {
    throw withoutFields(error);
  }
}

async function take(
  secrets: Secrets,
  rotation: Rotation,
  { Step, SecretId, ClientRequestToken }: RotationEvent,
  say: Say,
): Promise<void> {
  const described = await secrets.send(new DescribeSecretCommand({ SecretId }));
  const { ARN: arn = SecretId, Name: name = SecretId, RotationEnabled, VersionIdsToStages = {} } = described;
  if (RotationEnabled !== true) throw new RotationRefused(`secret ${name} is not enabled for rotation`);
  const labels = VersionIdsToStages[ClientRequestToken];
  if (labels === undefined)
    throw new RotationRefused(
      `secret version ${ClientRequestToken} has no stage for rotation of secret ${name}`,
    );
  const secret = rotatedOf(secrets, arn, name, ClientRequestToken);
  const done = (message: string) =>
    say(message, { step: Step, secret: name, version_id: ClientRequestToken });

  if (labels.includes(CURRENT)) {
    if (Step === 'finishSecret') await rotation.retire?.(secret);
    return done('already set as AWSCURRENT');
  }
  if (!labels.includes(PENDING))
    throw new RotationRefused(
      `secret version ${ClientRequestToken} not set as AWSPENDING for rotation of secret ${name}`,
    );

  switch (Step) {
    case 'createSecret': {
      if ((await secret.value(PENDING)) !== undefined) return done('has a value already');
      const SecretString = await rotation.create(secret);
      const version = { SecretId: arn, ClientRequestToken, SecretString, VersionStages: [PENDING] };
      await secrets.send(new PutSecretValueCommand(version));
      return done('value made');
    }
    case 'setSecret':
      await rotation.set(secret);
      return done('value set');
    case 'testSecret':
      await rotation.test(secret);
      return done('value in force');
    case 'finishSecret': {
      const current = Object.keys(VersionIdsToStages).find(id => VersionIdsToStages[id]?.includes(CURRENT));
      await secrets.send(
        new UpdateSecretVersionStageCommand({
          SecretId: arn,
          VersionStage: CURRENT,
          MoveToVersionId: ClientRequestToken,
          RemoveFromVersionId: current,
        }),
      );
      await rotation.retire?.(secret);
      return done('set as AWSCURRENT');
    }
  }
}

function rotatedOf(secrets: Secrets, arn: string, name: string, versionId: string): Rotated {
  return {
    arn,
    name,
    versionId,
    async value(label) {
      const which = { VersionStage: label, ...(label === PENDING ? { VersionId: versionId } : {}) };
      try {
        return (await secrets.send(new GetSecretValueCommand({ SecretId: arn, ...which }))).SecretString;
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return undefined;
        throw error;
      }
    },
    async giveUp() {
      const command = { SecretId: arn, VersionStage: PENDING, RemoveFromVersionId: versionId };
      await secrets.send(new UpdateSecretVersionStageCommand(command));
    },
  };
}

/** Everything but letters and digits that Secrets Manager puts into a password. */
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/**
 * A new password from Secrets Manager, with at least one lower-case letter, one upper-case letter, one digit and one
 * of `punctuation`.
 * @throws NotYet where the answer has none
 */
export async function randomPassword(secrets: Secrets, length: number, punctuation: string): Promise<string> {
  const rules: GetRandomPasswordCommandInput = {
    PasswordLength: length,
    ExcludeCharacters: PUNCTUATION.split('')
      .filter(character => !punctuation.includes(character))
      .join(''),
    RequireEachIncludedType: true,
  };
  const { RandomPassword } = await secrets.send(new GetRandomPasswordCommand(rules));
  if (RandomPassword === undefined) throw new NotYet('Secrets Manager gave no password');
  return RandomPassword;
}
