import { date, page, type Action } from '../context.ts';
import { invalidSecretParameter } from '../errors.ts';
import { readFilters } from '../filters.ts';
import type { Secret } from '../secret.ts';

const DAY_MS = 86_400_000;

export const describeSecret: Action = ({ store }, input, now) => {
  const secret = store.find(input.requiredString('SecretId'), now);
  return { ...describe(secret), VersionIdsToStages: stagesOf(secret) };
};

/** How secrets are sorted, by `SortBy`. */
const SORTED: Readonly<Record<string, (a: Secret, b: Secret) => number>> = {
  name: (a, b) => (a.name < b.name ? -1 : 1),
  'created-date': (a, b) => a.createdAt - b.createdAt,
  'last-changed-date': (a, b) => a.changedAt - b.changedAt,
  'last-accessed-date': (a, b) => (a.accessedAt ?? 0) - (b.accessedAt ?? 0),
};

export const listSecrets: Action = ({ store }, input, now) => {
  const filter = readFilters(input) ?? (() => true);
  const withDeleted = input.boolean('IncludePlannedDeletion') ?? false;
  const sortBy = input.string('SortBy') ?? 'created-date';
  const compare = Object.hasOwn(SORTED, sortBy) ? SORTED[sortBy] : undefined;
  if (compare === undefined) throw invalidSecretParameter(`Invalid SortBy: ${sortBy}`);
  const found = store
    .all(now)
    .filter(secret => (withDeleted || secret.deletesAt === undefined) && filter(secret))
    .sort(compare);
  if (input.string('SortOrder') === 'desc') found.reverse();
  const { items, NextToken } = page(input, found, 100);
  const list = items.map(secret => ({ ...describe(secret), SecretVersionsToStages: stagesOf(secret) }));
  return { SecretList: list, NextToken };
};

function describe(secret: Secret): object {
  const { rotation } = secret;
  return {
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description,
    KmsKeyId: secret.kmsKeyId,
    CreatedDate: date(secret.createdAt),
    LastChangedDate: date(secret.changedAt),
    LastAccessedDate: date(secret.accessedAt),
    DeletedDate: date(secret.deletesAt),
    Tags: [...secret.tags].map(([Key, Value]) => ({ Key, Value })),
    ...(rotation !== undefined && {
      RotationEnabled: rotation.isEnabled,
      RotationLambdaARN: rotation.lambdaArn,
      RotationRules: rotation.rules && { ...daysBetween(secret), ...rotation.rules },
      LastRotatedDate: date(rotation.lastRotatedAt),
      NextRotationDate: date(rotation.window?.closesAt),
    }),
  };
}

/** AWS works the days out of a schedule after every rotation. */
function daysBetween({ rotation, createdAt }: Secret): { AutomaticallyAfterDays?: number } {
  if (rotation?.window === undefined) return {};
  const days = (rotation.window.opensAt - (rotation.lastRotatedAt ?? createdAt)) / DAY_MS;
  return { AutomaticallyAfterDays: Math.max(1, Math.round(days)) };
}

/** Versions without a label are left out. */
function stagesOf(secret: Secret): Record<string, string[]> {
  const labelled = [...secret.versions.values()].filter(({ stages }) => stages.size > 0);
  return Object.fromEntries(labelled.map(({ id, stages }) => [id, [...stages]]));
}
