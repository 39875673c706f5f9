import {
  CancelRotateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-secrets-manager';
import { credentialsSecretName } from '@huntaze/core/names';
import type { Place } from './place.ts';

/** A creator's credentials, as far as they are there. */
type Secret = { is: 'absent' } | { is: 'there'; isRotated: boolean } | { is: 'going' };

/** Looks for a creator's secret; `going`: it waits for the end of its recovery window. */
export async function findSecret({ secrets, secretPrefix }: Place, creatorId: string): Promise<Secret> {
  const SecretId = credentialsSecretName(secretPrefix, creatorId);
  try {
    const { DeletedDate, RotationEnabled } = await secrets.send(new DescribeSecretCommand({ SecretId }));
    if (DeletedDate !== undefined) return { is: 'going' };
    return { is: 'there', isRotated: RotationEnabled === true };
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return { is: 'absent' };
    throw error;
  }
}

/** Ends a rotation that is under way, and lets none begin: it would ask the pipeline for one more operation. */
export async function endRotation(place: Place, creatorId: string): Promise<void> {
  const secret = await findSecret(place, creatorId);
  if (secret.is !== 'there' || !secret.isRotated) return;
  const SecretId = credentialsSecretName(place.secretPrefix, creatorId);
  await place.secrets.send(new CancelRotateSecretCommand({ SecretId }));
}

/**
 * Deletes a creator's secret: at once and for good, or so that it can be restored for some days.
 * @param recoveryDays 7 to 30; undefined: at once. One that is going already goes at once, too, if so asked
 * @returns when it is gone, if it isn't yet
 */
export async function eraseSecret(
  place: Place,
  creatorId: string,
  recoveryDays: number | undefined,
): Promise<Date | undefined> {
  const secret = await findSecret(place, creatorId);
  if (secret.is === 'absent' || (secret.is === 'going' && recoveryDays !== undefined)) return undefined;
  const SecretId = credentialsSecretName(place.secretPrefix, creatorId);
  const how =
    recoveryDays === undefined
      ? { ForceDeleteWithoutRecovery: true }
      : { RecoveryWindowInDays: recoveryDays };
  const { DeletionDate } = await place.secrets.send(new DeleteSecretCommand({ SecretId, ...how }));
  return recoveryDays === undefined ? undefined : DeletionDate;
}
