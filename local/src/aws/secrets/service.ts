import type { Clock } from '@huntaze/core/clock';
import { AwsError } from '../aws-error.ts';
import type { JsonService } from '../http/json-protocol.ts';
import { Input } from '../input.ts';
import { deleteSecret, restoreSecret } from './actions/deletion.ts';
import { describeSecret, listSecrets } from './actions/describe.ts';
import { getRandomPassword } from './actions/password.ts';
import { cancelRotateSecret, rotateSecret } from './actions/rotation.ts';
import { updateSecretVersionStage } from './actions/stages.ts';
import { tagResource, untagResource } from './actions/tags.ts';
import {
  batchGetSecretValue,
  createSecret,
  getSecretValue,
  listSecretVersionIds,
  putSecretValue,
  updateSecret,
} from './actions/values.ts';
import type { Action, SecretsContext } from './context.ts';
import { missingSecretParameter } from './errors.ts';

const ACTIONS: Readonly<Record<string, Action>> = {
  BatchGetSecretValue: batchGetSecretValue,
  CancelRotateSecret: cancelRotateSecret,
  CreateSecret: createSecret,
  DeleteSecret: deleteSecret,
  DescribeSecret: describeSecret,
  GetRandomPassword: getRandomPassword,
  GetSecretValue: getSecretValue,
  ListSecretVersionIds: listSecretVersionIds,
  ListSecrets: listSecrets,
  PutSecretValue: putSecretValue,
  RestoreSecret: restoreSecret,
  RotateSecret: rotateSecret,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdateSecret: updateSecret,
  UpdateSecretVersionStage: updateSecretVersionStage,
};

/** Secrets Manager behind its JSON protocol. */
export class SecretsService implements JsonService {
  readonly version = '1.1';
  readonly #context: SecretsContext;
  readonly #clock: Clock;

  constructor(options: SecretsContext & { clock: Clock }) {
    this.#context = options;
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
    return run(this.#context, new Input(body, missingSecretParameter), this.#clock.now());
  }
}
