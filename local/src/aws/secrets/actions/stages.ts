import { named, type Action } from '../context.ts';
import { invalidSecretParameter, versionNotFound } from '../errors.ts';
import { CURRENT, versionWith, withLabel, withoutLabel } from '../secret.ts';

/**
 * UpdateSecretVersionStage: moves a label, gives it, or takes it away. A label that another version has must
 * be taken from exactly that one.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
 */
export const updateSecretVersionStage: Action = ({ store, rotator }, input, now) => {
  const secret = store.findInUse(input.requiredString('SecretId'), now);
  const label = input.requiredString('VersionStage');
  const to = input.string('MoveToVersionId');
  const from = input.string('RemoveFromVersionId');
  for (const id of [to, from])
    if (id !== undefined && !secret.versions.has(id)) throw versionNotFound(`VersionId: ${id}`);
  const holder = versionWith(secret, label)?.id;
  if (to === undefined) {
    if (from === undefined)
      throw invalidSecretParameter('You must provide MoveToVersionId or RemoveFromVersionId.');
    if (label === CURRENT)
      throw invalidSecretParameter(
        `You can only move staging label ${label} to a different secret version. It can’t be completely removed.`,
      );
    if (holder !== from)
      throw invalidSecretParameter(`The staging label ${label} is not attached to version ${from}.`);
    return named(store.keep({ ...withoutLabel(secret, label), changedAt: now }));
  }
  if (holder !== undefined && holder !== to && from === undefined)
    throw invalidSecretParameter(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`,
    );
  if (from !== undefined && from !== holder)
    throw invalidSecretParameter(
      `When you move staging label ${label}, if you specify RemoveFromVersionId, it must be set to the version that currently has the staging label ${label}.`,
    );
  const moved = store.keep({ ...withLabel(secret, label, to), changedAt: now });
  return named(label === CURRENT ? rotator.afterNewVersion(moved, to, now) : moved);
};
