import { hash } from 'node:crypto';
import {
  invalidSecretParameter,
  invalidSecretRequest,
  secretExists,
  secretNotFound,
  versionNotFound,
} from './errors.ts';

const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';
const MAX_VALUE_BYTES = 65_536;
const NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;

/** A secret's value: text, or bytes in base64. */
export type SecretValue = { text: string; base64?: never } | { base64: string; text?: never };

/** One version of a secret. */
export interface SecretVersion {
  id: string;
  value: SecretValue;
  /** The staging labels on it: a label is on one version at most. */
  readonly stages: ReadonlySet<string>;
  /** Milliseconds since the epoch. */
  createdAt: number;
}

export interface Secret {
  readonly name: string;
  readonly arn: string;
  readonly versions: ReadonlyMap<string, SecretVersion>;
}

/** Where secrets outlive the process. */
export interface SecretArchive {
  load(): Iterable<Secret>;
  /** Called with the whole secret before a change of it takes effect; what it throws prevents the change. */
  save(secret: Secret): void;
}

/** Secrets and their versions. AWSCURRENT is the one in force; what it leaves becomes AWSPREVIOUS. */
export class SecretStore {
  readonly #secrets = new Map<string, Secret>();
  readonly #archive: SecretArchive;
  readonly #arnPrefix: string;

  constructor(options: { region: string; accountId: string; archive: SecretArchive }) {
    this.#archive = options.archive;
    for (const secret of this.#archive.load()) this.#secrets.set(secret.name, secret);
    this.#arnPrefix = `arn:aws:secretsmanager:${options.region}:${options.accountId}:secret:`;
  }

  /**
   * Makes a secret, with a first version if there is a value. Repeated with the same version id and value
   * it answers with what is there.
   * @throws ResourceExistsException, InvalidParameterException
   */
  create(name: string, value: SecretValue | undefined, versionId: string, now: number): Secret {
    if (!NAME.test(name))
      throw invalidSecretParameter(
        'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
      );
    const existing = this.#secrets.get(name);
    if (existing !== undefined) {
      const version = existing.versions.get(versionId);
      if (version !== undefined && value !== undefined && isSame(version.value, value)) return existing;
      throw secretExists(`The operation failed because the secret ${name} already exists.`);
    }
    // Real ARNs end in six random characters; these are the same in every run.
    const empty: Secret = {
      name,
      arn: `${this.#arnPrefix}${name}-${hash('sha1', name).slice(0, 6)}`,
      versions: new Map(),
    };
    return this.#keep(
      value === undefined
        ? empty
        : withVersion(empty, { id: versionId, value, stages: new Set([CURRENT]), createdAt: now }),
    );
  }

  /** Whether there is a secret of this name. */
  has(name: string): boolean {
    return this.#secrets.has(name);
  }

  /**
   * Adds a version and puts `stages` on it, taking them from the versions that had them. The first version
   * of a secret is current whatever the stages.
   * @throws ResourceNotFoundException, ResourceExistsException if that version id has another value
   */
  putValue(
    secretId: string,
    put: { value: SecretValue; versionId: string; stages: string[] },
    now: number,
  ): { secret: Secret; version: SecretVersion } {
    const secret = this.find(secretId);
    const existing = secret.versions.get(put.versionId);
    if (existing !== undefined) {
      if (isSame(existing.value, put.value)) return { secret, version: existing };
      throw secretExists(
        `You can't modify a secret value. Version ${put.versionId} of ${secret.name} exists with another one.`,
      );
    }
    const stages = new Set(put.stages.length > 0 ? put.stages : [CURRENT]);
    if (secret.versions.size === 0) stages.add(CURRENT);
    const version = { id: put.versionId, value: put.value, stages, createdAt: now };
    return { secret: this.#keep(withVersion(secret, version)), version };
  }

  /**
   * Finds a version by id, by stage, or by both if they agree; the current one if neither is given.
   * @throws ResourceNotFoundException, InvalidRequestException
   */
  version(
    secretId: string,
    versionId: string | undefined,
    stage: string | undefined,
  ): { secret: Secret; version: SecretVersion } {
    const secret = this.find(secretId);
    if (versionId !== undefined) {
      const version = secret.versions.get(versionId);
      if (version === undefined) throw versionNotFound(`VersionId: ${versionId}`);
      if (stage !== undefined && !version.stages.has(stage))
        throw invalidSecretRequest(
          'You provided a VersionStage that is not associated to the provided VersionId.',
        );
      return { secret, version };
    }
    const label = stage ?? CURRENT;
    const version = [...secret.versions.values()].find(({ stages }) => stages.has(label));
    if (version === undefined) throw versionNotFound(`staging label: ${label}`);
    return { secret, version };
  }

  /** Finds a secret by name or ARN. @throws ResourceNotFoundException */
  find(secretId: string): Secret {
    const byName = this.#secrets.get(secretId);
    if (byName !== undefined) return byName;
    const byArn = secretId.startsWith(this.#arnPrefix)
      ? this.#secrets.get(secretId.slice(this.#arnPrefix.length).replace(/-[0-9a-f]{6}$/, ''))
      : undefined;
    if (byArn?.arn !== secretId) throw secretNotFound();
    return byArn;
  }

  #keep(secret: Secret): Secret {
    this.#archive.save(secret);
    this.#secrets.set(secret.name, secret);
    return secret;
  }
}

function isSame(a: SecretValue, b: SecretValue): boolean {
  return a.text === b.text && a.base64 === b.base64;
}

/** The secret with another version, whose labels the others lose. */
function withVersion(secret: Secret, version: SecretVersion): Secret {
  const bytes = version.value.text ?? version.value.base64 ?? '';
  if (bytes === '') throw invalidSecretParameter('You must provide either SecretString or SecretBinary.');
  if (Buffer.byteLength(bytes) > MAX_VALUE_BYTES)
    throw invalidSecretParameter(`The secret value is longer than ${MAX_VALUE_BYTES} bytes.`);
  const movesCurrent =
    version.stages.has(CURRENT) && [...secret.versions.values()].some(({ stages }) => stages.has(CURRENT));
  const versions = new Map<string, SecretVersion>();
  for (const other of secret.versions.values()) {
    const stages = new Set(other.stages);
    if (movesCurrent) stages.delete(PREVIOUS);
    if (movesCurrent && stages.has(CURRENT)) stages.add(PREVIOUS);
    for (const stage of version.stages) stages.delete(stage);
    // A version without any label is deprecated: AWS deletes such versions when it likes, here at once.
    if (stages.size > 0) versions.set(other.id, { ...other, stages });
  }
  return { ...secret, versions: versions.set(version.id, version) };
}
