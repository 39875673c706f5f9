import {
  date,
  named,
  page,
  readValue,
  readVersionId,
  valueOf,
  type Action,
  type SecretsContext,
} from '../context.ts';
import { invalidSecretParameter, invalidSecretRequest, secretExists, versionNotFound } from '../errors.ts';
import { AwsError } from '../../aws-error.ts';
import { readFilters } from '../filters.ts';
import {
  CURRENT,
  isSameValue,
  versionWith,
  withVersion,
  type Secret,
  type SecretValue,
  type SecretVersion,
} from '../secret.ts';
import { refuseReplicas, readTags } from './tags.ts';

const DAY_MS = 86_400_000;
const MAX_BATCH = 20;
const MAX_LABELS = 20;

export const createSecret: Action = ({ store }, input, now) => {
  refuseReplicas(input);
  const versionId = readVersionId(input);
  const value = readValue(input);
  const about = {
    value,
    versionId,
    description: input.string('Description'),
    kmsKeyId: input.string('KmsKeyId'),
    tags: readTags(input),
  };
  const secret = store.create(input.requiredString('Name'), about, now);
  return { ...named(secret), ...(value !== undefined && { VersionId: versionId }) };
};

export const putSecretValue: Action = (context, input, now) => {
  const value = readValue(input);
  if (value === undefined)
    throw invalidSecretParameter('You must provide either SecretString or SecretBinary.');
  const stages = input.strings('VersionStages');
  if (stages.length > MAX_LABELS || stages.some(stage => stage === '' || stage.length > 256))
    throw invalidSecretParameter('VersionStages must be 1 to 20 labels of 1 to 256 characters.');
  const found = context.store.findInUse(input.requiredString('SecretId'), now);
  const versionId = readVersionId(input);
  const secret = putVersion(context, found, { value, versionId, stages }, now);
  const version = secret.versions.get(versionId);
  return { ...named(secret), VersionId: versionId, VersionStages: [...(version?.stages ?? [])] };
};

/** UpdateSecret: description and key, and a new current version if there is a value. */
export const updateSecret: Action = (context, input, now) => {
  refuseReplicas(input);
  const value = readValue(input);
  const description = input.string('Description');
  const kmsKeyId = input.string('KmsKeyId');
  const found = context.store.findInUse(input.requiredString('SecretId'), now);
  const described: Secret = {
    ...found,
    description: description ?? found.description,
    kmsKeyId: kmsKeyId === undefined ? found.kmsKeyId : kmsKeyId || undefined,
    changedAt: now,
  };
  if (value === undefined) return named(context.store.keep(described));
  const versionId = readVersionId(input);
  const secret = putVersion(context, described, { value, versionId, stages: [CURRENT] }, now);
  return { ...named(secret), VersionId: versionId };
};

/**
 * Adds a version, unless it is there already with the same value.
 * @throws ResourceExistsException if that version id has another value
 */
function putVersion(
  { store, rotator }: SecretsContext,
  secret: Secret,
  put: { value: SecretValue; versionId: string; stages: string[] },
  now: number,
): Secret {
  const existing = secret.versions.get(put.versionId);
  if (existing?.value !== undefined) {
    if (isSameValue(existing.value, put.value)) return secret;
    throw secretExists(
      `You can't use ClientRequestToken ${put.versionId} because that value is already in use for a version of secret ${secret.arn}.`,
    );
  }
  const stages = put.stages.length > 0 ? put.stages : [CURRENT];
  const changed = store.keep(withVersion(secret, { id: put.versionId, value: put.value, stages }, now));
  return rotator.afterNewVersion(changed, put.versionId, now);
}

export const getSecretValue: Action = (context, input, now) => {
  const secret = context.store.findInUse(input.requiredString('SecretId'), now);
  const version = chooseVersion(secret, input.string('VersionId'), input.string('VersionStage'));
  noteAccess(context, secret, now);
  return { ...named(secret), ...valueOf(version) };
};

/** BatchGetSecretValue: the current values of up to 20 secrets, and what is wrong with those that have none. */
export const batchGetSecretValue: Action = (context, input, now) => {
  const ids = input.strings('SecretIdList');
  const filter = readFilters(input);
  if (ids.length > 0 === (filter !== undefined))
    throw invalidSecretParameter('You must provide either SecretIdList or Filters, but not both.');
  if (ids.length > MAX_BATCH)
    throw invalidSecretParameter(`SecretIdList can have at most ${MAX_BATCH} secrets.`);
  if (filter === undefined && (input.integer('MaxResults') ?? input.string('NextToken')) !== undefined)
    throw invalidSecretParameter('MaxResults and NextToken go with Filters only.');
  const wanted =
    filter === undefined
      ? { items: ids, NextToken: undefined }
      : page(
          input,
          context.store
            .all(now)
            .filter(secret => secret.deletesAt === undefined && filter(secret))
            .map(({ arn }) => arn),
          MAX_BATCH,
        );
  const values: object[] = [];
  const errors: object[] = [];
  for (const SecretId of wanted.items) {
    try {
      const secret = context.store.findInUse(SecretId, now);
      values.push({ ...named(secret), ...valueOf(chooseVersion(secret, undefined, undefined)) });
      noteAccess(context, secret, now);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      errors.push({ SecretId, ErrorCode: error.code, Message: error.message });
    }
  }
  return { SecretValues: values, Errors: errors, NextToken: wanted.NextToken };
};

/**
 * Finds a version by id, by stage, or by both if they agree; the current one if neither is given.
 * @throws ResourceNotFoundException, InvalidRequestException
 */
function chooseVersion(
  secret: Secret,
  versionId: string | undefined,
  stage: string | undefined,
): SecretVersion {
  const version =
    versionId === undefined ? versionWith(secret, stage ?? CURRENT) : secret.versions.get(versionId);
  if (version?.value === undefined)
    throw versionNotFound(
      versionId === undefined ? `staging label: ${stage ?? CURRENT}` : `VersionId: ${versionId}`,
    );
  if (versionId !== undefined && stage !== undefined && !version.stages.has(stage))
    throw invalidSecretRequest(
      'You provided a VersionStage that is not associated to the provided VersionId.',
    );
  return version;
}

/** The day, not the time, that a value was read on. */
function noteAccess({ store }: SecretsContext, secret: Secret, now: number): void {
  const accessedAt = Math.floor(now / DAY_MS) * DAY_MS;
  if (secret.accessedAt !== accessedAt) store.keep({ ...secret, accessedAt });
}

/** The versions of a secret, those without a label only if asked for. */
export const listSecretVersionIds: Action = ({ store }, input, now) => {
  const secret = store.find(input.requiredString('SecretId'), now);
  const withDeprecated = input.boolean('IncludeDeprecated') ?? false;
  const versions = [...secret.versions.values()].filter(({ stages }) => withDeprecated || stages.size > 0);
  const { items, NextToken } = page(input, versions, 100);
  return {
    ...named(secret),
    Versions: items.map(({ id, stages, createdAt }) => ({
      VersionId: id,
      ...(stages.size > 0 && { VersionStages: [...stages] }),
      CreatedDate: date(createdAt),
    })),
    NextToken,
  };
};
