import { hash } from 'node:crypto';
import {
  invalidSecretParameter,
  invalidSecretRequest,
  markedForDeletion,
  secretExists,
  secretNotFound,
} from './errors.ts';
import { CURRENT, isSameValue, withVersion, type Secret, type SecretValue } from './secret.ts';

const NAME = /^[A-Za-z0-9/_+=.@!-]{1,512}$/;

/** Where secrets outlive the process. */
export interface SecretArchive {
  load(): Iterable<Secret>;
  /** Called with the whole secret before a change of it takes effect; what it throws prevents the change. */
  save(secret: Secret): void;
  remove(name: string): void;
}

/** What a new secret may have besides its name. */
export interface NewSecret {
  value?: SecretValue | undefined;
  /** The first version's. */
  versionId?: string;
  description?: string | undefined;
  kmsKeyId?: string | undefined;
  tags?: ReadonlyMap<string, string>;
}

/** All secrets. One whose recovery window has passed is gone for whoever looks for it. */
export class SecretStore {
  readonly arnPrefix: string;
  readonly region: string;
  /** Told of after every change. */
  onChange: () => void = () => {};
  readonly #secrets = new Map<string, Secret>();
  readonly #archive: SecretArchive;

  constructor(options: { region: string; accountId: string; archive: SecretArchive }) {
    this.#archive = options.archive;
    this.region = options.region;
    for (const secret of this.#archive.load()) this.#secrets.set(secret.name, secret);
    this.arnPrefix = `arn:aws:secretsmanager:${options.region}:${options.accountId}:secret:`;
  }

  /**
   * Makes a secret, with a first version if there is a value. Repeated with the same version id and value
   * it answers with what is there.
   * @throws ResourceExistsException, InvalidParameterException, InvalidRequestException
   */
  create(name: string, about: NewSecret, now: number): Secret {
    if (!NAME.test(name))
      throw invalidSecretParameter(
        'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
      );
    const { value, versionId = crypto.randomUUID(), description, kmsKeyId, tags = new Map() } = about;
    const existing = this.get(name, now);
    if (existing?.deletesAt !== undefined)
      throw invalidSecretRequest(
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
      );
    if (existing !== undefined) {
      const version = existing.versions.get(versionId);
      if (version !== undefined && value !== undefined && isSameValue(version.value, value)) return existing;
      throw secretExists(`The operation failed because the secret ${name} already exists.`);
    }
    const empty: Secret = {
      name,
      arn: this.arnOf(name),
      description,
      kmsKeyId,
      tags,
      createdAt: now,
      changedAt: now,
      accessedAt: undefined,
      deletesAt: undefined,
      rotation: undefined,
      versions: new Map(),
    };
    const first = value && { id: versionId, value, stages: [CURRENT] };
    return this.keep(first === undefined ? empty : withVersion(empty, first, now));
  }

  /** Real ARNs end in six random characters; these are the same in every run. */
  arnOf(name: string): string {
    return `${this.arnPrefix}${name}-${hash('sha1', name).slice(0, 6)}`;
  }

  /** The secret of this name, also one that is scheduled for deletion. */
  get(name: string, now: number): Secret | undefined {
    const secret = this.#secrets.get(name);
    if (secret?.deletesAt === undefined || now < secret.deletesAt) return secret;
    this.remove(secret);
    return undefined;
  }

  /** Those that there still are, by the date they were made. */
  all(now: number): Secret[] {
    const living = [...this.#secrets.keys()].flatMap(name => this.get(name, now) ?? []);
    return living.sort((a, b) => a.createdAt - b.createdAt);
  }

  /** Finds a secret by name, ARN, or ARN without the six characters at its end. @throws ResourceNotFoundException */
  find(secretId: string, now: number): Secret {
    const byName = this.get(secretId, now);
    if (byName !== undefined) return byName;
    if (!secretId.startsWith(this.arnPrefix)) throw secretNotFound();
    const rest = secretId.slice(this.arnPrefix.length);
    const byArn = this.get(rest.replace(/-[0-9a-f]{6}$/, ''), now);
    if (byArn?.arn === secretId) return byArn;
    const byPartialArn = this.get(rest, now);
    if (byPartialArn === undefined) throw secretNotFound();
    return byPartialArn;
  }

  /** The same, unless it is scheduled for deletion. @throws InvalidRequestException */
  findInUse(secretId: string, now: number): Secret {
    const secret = this.find(secretId, now);
    if (secret.deletesAt !== undefined) throw markedForDeletion();
    return secret;
  }

  /** Keeps a secret as it is now. */
  keep(secret: Secret): Secret {
    this.#archive.save(secret);
    this.#secrets.set(secret.name, secret);
    this.onChange();
    return secret;
  }

  /** Deletes a secret for good. */
  remove(secret: Secret): void {
    this.#archive.remove(secret.name);
    this.#secrets.delete(secret.name);
    this.onChange();
  }
}
