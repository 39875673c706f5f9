import { secretConstraint, secretLimitExceeded } from './errors.ts';
import type { RotationRules, RotationWindow } from './schedule.ts';

export const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';
export const PENDING = 'AWSPENDING';

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
const MAX_VALUE_BYTES = 65_536;
const MAX_LABELS = 20;
const MAX_VERSIONS = 100;
/** Younger versions are never removed to make room. Milliseconds. */
const DEPRECATED_STAYS_MS = 24 * 3_600_000;

/** A secret's value: text, or bytes in base64. */
export type SecretValue = { text: string; base64?: never } | { base64: string; text?: never };

/** One version of a secret. */
export interface SecretVersion {
  readonly id: string;
  /** Undefined: named by a rotation, and not written yet. */
  readonly value: SecretValue | undefined;
  /** The staging labels on it: a label is on one version at most. Without any it is deprecated. */
  readonly stages: ReadonlySet<string>;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** How a secret is rotated. */
export interface Rotation {
  readonly isEnabled: boolean;
  readonly lambdaArn: string;
  readonly rules: RotationRules | undefined;
  readonly lastRotatedAt: number | undefined;
  /** When it is next to be rotated; in the past once a rotation has failed. */
  readonly window: RotationWindow | undefined;
  /** When a rotation that failed is begun again. */
  readonly retryAt: number | undefined;
  /** The version that a rotation under way, or one that failed, makes. */
  readonly pending: string | undefined;
  /** The version that a test of the function has, to be removed after it. */
  readonly testing: string | undefined;
}

export interface Secret {
  readonly name: string;
  readonly arn: string;
  readonly description: string | undefined;
  readonly kmsKeyId: string | undefined;
  readonly tags: ReadonlyMap<string, string>;
  readonly createdAt: number;
  readonly changedAt: number;
  /** The midnight (UTC) before its value was last read. */
  readonly accessedAt: number | undefined;
  /** From then on it is gone. */
  readonly deletesAt: number | undefined;
  readonly rotation: Rotation | undefined;
  /** In the order they were made. */
  readonly versions: ReadonlyMap<string, SecretVersion>;
}

export function isSameValue(a: SecretValue | undefined, b: SecretValue): boolean {
  return a?.text === b.text && a?.base64 === b.base64;
}

/** The version that has this label. */
export function versionWith(secret: Secret, label: string): SecretVersion | undefined {
  return [...secret.versions.values()].find(({ stages }) => stages.has(label));
}

/**
 * The secret with a version more, or with a value for one that had none, and labels moved to it. The first
 * version with a value is current whatever the labels.
 * @throws ValidationException for a value that is too long; LimitExceededException
 */
export function withVersion(
  secret: Secret,
  version: { id: string; value: SecretValue; stages: readonly string[] },
  now: number,
): Secret {
  checkValue(version.value);
  const isFirst = [...secret.versions.values()].every(({ value }) => value === undefined);
  const existing = secret.versions.get(version.id);
  const added: SecretVersion = {
    id: version.id,
    value: version.value,
    stages: existing?.stages ?? new Set(),
    createdAt: now,
  };
  const room = existing === undefined ? makeRoom(secret.versions, now) : secret.versions;
  let result: Secret = { ...secret, changedAt: now, versions: new Map([...room, [added.id, added]]) };
  for (const label of isFirst ? [CURRENT, ...version.stages] : version.stages)
    result = withLabel(result, label, version.id);
  return result;
}

/** The secret with a version that has no value yet, and AWSPENDING on it. */
export function withPending(secret: Secret, id: string, now: number): Secret {
  const room = makeRoom(secret.versions, now);
  const empty: SecretVersion = { id, value: undefined, stages: new Set(), createdAt: now };
  return withLabel({ ...secret, versions: new Map([...room, [id, empty]]) }, PENDING, id);
}

/**
 * The secret with a label moved to a version. Where AWSCURRENT was, AWSPREVIOUS goes.
 * @throws LimitExceededException
 */
export function withLabel(secret: Secret, label: string, to: string): Secret {
  const from = versionWith(secret, label);
  if (from?.id === to) return secret;
  const movesPrevious = label === CURRENT && from !== undefined;
  const versions = new Map<string, SecretVersion>();
  for (const version of secret.versions.values()) {
    const stages = new Set(version.stages);
    stages.delete(label);
    if (movesPrevious) stages.delete(PREVIOUS);
    if (movesPrevious && version === from) stages.add(PREVIOUS);
    if (version.id === to) stages.add(label);
    if (stages.size > MAX_LABELS)
      throw secretLimitExceeded(`A version of a secret can have at most ${MAX_LABELS} staging labels.`);
    versions.set(version.id, { ...version, stages });
  }
  return { ...secret, versions };
}

/** The secret with a label on no version. A version that never got a value goes with its last label. */
export function withoutLabel(secret: Secret, label: string): Secret {
  const versions = new Map<string, SecretVersion>();
  for (const version of secret.versions.values()) {
    const stages = new Set([...version.stages].filter(stage => stage !== label));
    if (stages.size > 0 || version.value !== undefined) versions.set(version.id, { ...version, stages });
  }
  return { ...secret, versions };
}

/** Whether a rotation that isn't finished holds AWSPENDING, which keeps the next from beginning. */
export function hasDanglingPending(secret: Secret): boolean {
  const pending = versionWith(secret, PENDING);
  return pending !== undefined && !pending.stages.has(CURRENT);
}

/** Beyond a hundred versions the oldest deprecated ones go, unless they are younger than a day. */
function makeRoom(versions: Secret['versions'], now: number): Map<string, SecretVersion> {
  const kept = new Map(versions);
  for (const { id, stages, createdAt } of versions.values()) {
    if (kept.size < MAX_VERSIONS) break;
    if (stages.size === 0 && now - createdAt >= DEPRECATED_STAYS_MS) kept.delete(id);
  }
  if (kept.size >= MAX_VERSIONS)
    throw secretLimitExceeded(
      `You can't create another version of this secret: it has ${MAX_VERSIONS}, and none that can be removed.`,
    );
  return kept;
}

function checkValue({ text, base64 }: SecretValue): void {
  const bytes = text === undefined ? Buffer.from(base64, 'base64').length : Buffer.byteLength(text);
  const name = text === undefined ? 'SecretBinary' : 'SecretString';
  if (bytes === 0) throw secretConstraint(name, 'Member must have length greater than or equal to 1');
  if (bytes > MAX_VALUE_BYTES)
    throw secretConstraint(name, `Member must have length less than or equal to ${MAX_VALUE_BYTES}`);
}
