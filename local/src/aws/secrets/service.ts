import type { Clock } from '@huntaze/core/clock';
import { AwsError } from '../aws-error.ts';
import type { JsonService } from '../http/json-protocol.ts';
import { Input } from '../input.ts';
import { invalidSecretParameter, missingSecretParameter } from './errors.ts';
import type { SecretStore, SecretValue } from './secret-store.ts';

type Action = (store: SecretStore, input: Input, now: number) => object;

const getSecretValue: Action = (store, input) => {
  const { secret, version } = store.version(
    input.requiredString('SecretId'),
    input.string('VersionId'),
    input.string('VersionStage'),
  );
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: version.id,
    VersionStages: [...version.stages],
    CreatedDate: version.createdAt / 1_000,
    ...(version.value.text === undefined
      ? { SecretBinary: version.value.base64 }
      : { SecretString: version.value.text }),
  };
};

const createSecret: Action = (store, input, now) => {
  const versionId = readVersionId(input);
  const value = readValue(input);
  const secret = store.create(input.requiredString('Name'), value, versionId, now);
  return { ARN: secret.arn, Name: secret.name, ...(value !== undefined && { VersionId: versionId }) };
};

const putSecretValue: Action = (store, input, now) => {
  const value = readValue(input);
  if (value === undefined)
    throw invalidSecretParameter('You must provide either SecretString or SecretBinary.');
  const { secret, version } = store.putValue(
    input.requiredString('SecretId'),
    { value, versionId: readVersionId(input), stages: input.strings('VersionStages') },
    now,
  );
  return { ARN: secret.arn, Name: secret.name, VersionId: version.id, VersionStages: [...version.stages] };
};

const ACTIONS: Readonly<Record<string, Action>> = {
  CreateSecret: createSecret,
  GetSecretValue: getSecretValue,
  PutSecretValue: putSecretValue,
};

/** Secrets Manager behind its JSON protocol. */
export class SecretsService implements JsonService {
  readonly version = '1.1';
  readonly #store: SecretStore;
  readonly #clock: Clock;

  constructor(options: { clock: Clock; store: SecretStore }) {
    this.#store = options.store;
    this.#clock = options.clock;
  }

  async handle(action: string, body: unknown): Promise<unknown> {
    const run = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
    if (run === undefined)
      throw new AwsError({
        shape: 'UnknownOperationException',
        code: 'UnknownOperationException',
        message: `The action ${action} is not valid for this endpoint.`,
      });
    return run(this.#store, new Input(body, missingSecretParameter), this.#clock.now());
  }
}

/** The client request token becomes the version's id. The SDK always sends one. */
function readVersionId(input: Input): string {
  const token = input.string('ClientRequestToken') ?? crypto.randomUUID();
  if (token.length < 32 || token.length > 64)
    throw invalidSecretParameter('ClientRequestToken must be 32 to 64 characters long.');
  return token;
}

function readValue(input: Input): SecretValue | undefined {
  const text = input.string('SecretString');
  const bytes = input.blob('SecretBinary');
  if (text !== undefined && bytes !== undefined)
    throw invalidSecretParameter("You can't specify both a binary secret value and a string secret value.");
  if (text !== undefined) return { text };
  return bytes === undefined ? undefined : { base64: bytes.toString('base64') };
}
