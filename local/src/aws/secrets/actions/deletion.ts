import { date, named, type Action } from '../context.ts';
import { AwsError } from '../../aws-error.ts';
import { invalidSecretParameter, invalidSecretRequest } from '../errors.ts';

const DAY_MS = 86_400_000;
const RECOVERY_DAYS = { least: 7, most: 30, usual: 30 };

/** DeleteSecret: at once if forced, also what isn't there; else after a recovery window. */
export const deleteSecret: Action = ({ store, rotator }, input, now) => {
  const secretId = input.requiredString('SecretId');
  const isForced = input.boolean('ForceDeleteWithoutRecovery') ?? false;
  const asked = input.integer('RecoveryWindowInDays');
  if (isForced && asked !== undefined)
    throw invalidSecretParameter(
      "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
    );
  const days = asked ?? RECOVERY_DAYS.usual;
  if (days < RECOVERY_DAYS.least || days > RECOVERY_DAYS.most)
    throw invalidSecretParameter('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).');
  if (isForced) {
    try {
      const secret = rotator.cancel(store.find(secretId, now), now);
      store.remove(secret);
      return { ...named(secret), DeletionDate: date(now) };
    } catch (error) {
      if (!(error instanceof AwsError && error.code === 'ResourceNotFoundException')) throw error;
      return { ARN: store.arnOf(secretId), Name: secretId, DeletionDate: date(now) };
    }
  }
  const secret = store.find(secretId, now);
  if (secret.deletesAt !== undefined)
    throw invalidSecretRequest(
      "You can't perform this operation on the secret because it was already scheduled for deletion.",
    );
  const deletesAt = now + days * DAY_MS;
  store.keep({ ...secret, deletesAt, changedAt: now });
  return { ...named(secret), DeletionDate: date(deletesAt) };
};

/** RestoreSecret; one that isn't to be deleted stays as it is. */
export const restoreSecret: Action = ({ store }, input, now) => {
  const secret = store.find(input.requiredString('SecretId'), now);
  return named(store.keep({ ...secret, deletesAt: undefined, changedAt: now }));
};
