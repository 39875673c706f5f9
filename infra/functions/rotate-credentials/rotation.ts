import { createHash } from 'node:crypto';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { isSafeId } from '@huntaze/core/ids';
import {
  accept,
  readOperation,
  type OperationRecord,
  type ScopedLimit,
  type ScriptClient,
} from '@huntaze/core/lua';
import { messageFor } from '@huntaze/core/message';
import { isEnded, type OperationRequest } from '@huntaze/core/operations';
import * as z from 'zod/mini';
import { NotYet, RotationRefused } from '../rotation/errors.ts';
import { randomPassword, type Rotated, type Rotation, type Secrets } from '../rotation/rotate.ts';

/** What the rotation of a creator's credentials needs. */
export interface Pipeline {
  secrets: Secrets;
  sqs: Pick<SQSClient, 'send'>;
  queueUrl: string;
  redis: ScriptClient;
  limit: ScopedLimit;
  /** Before the creator's id in the secret's name, without the slash. */
  secretPrefix: string;
}

const LENGTH = 32;
/** What no form and no text file minds. */
const PUNCTUATION = '-_.!';

const credentials = z.object({
  email: z.string().check(z.minLength(1)),
  password: z.string().check(z.minLength(1)),
});

/**
 * The rotation of the credentials that a creator logs in with. The password is changed by an operation of the
 * creator's, in order with the others and within the site's limit, and that may take longer than a function runs:
 * testSecret says at once that it isn't done yet, and Secrets Manager asks again.
 */
export function credentialsRotation(pipeline: Pipeline): Rotation {
  const { secrets, redis, limit } = pipeline;
  return {
    async create(secret) {
      creatorOf(secret, pipeline.secretPrefix);
      const current = parse(await secret.value('AWSCURRENT'));
      if (!current.success) throw new RotationRefused(`secret ${secret.name} is not {"email", "password"}`);
      const password = await randomPassword(secrets, LENGTH, PUNCTUATION);
      return JSON.stringify({ email: current.data.email, password });
    },

    async set(secret) {
      const known = await readOperation(redis, limit, operationIdOf(secret));
      if (known === undefined || known.state === 'pending') await send(pipeline, secret);
    },

    async test(secret) {
      const operation = await readOperation(redis, limit, operationIdOf(secret));
      if (operation) return judge(secret, operation);
      // RotateSecret without an immediate rotation tests with a version that has no value, or the current one's.
      const pending = await secret.value('AWSPENDING');
      if (pending === undefined || pending === (await secret.value('AWSCURRENT'))) return;
      throw new NotYet(`nothing is known of operation ${operationIdOf(secret)}: it has to be sent again`);
    },
  };
}

/** Of a secret and a version it is always the same, so that a step that is repeated is the same operation. */
function operationIdOf({ arn, versionId }: Rotated): string {
  return `rotate-${hash(arn, versionId).slice(0, 32)}`;
}

const hash = (...parts: string[]) => createHash('sha256').update(parts.join('\n')).digest('hex');

/** @throws RotationRefused for a secret whose name is no creator's */
function creatorOf({ name }: Rotated, prefix: string): string {
  const creatorId = name.startsWith(`${prefix}/`) ? name.slice(prefix.length + 1) : '';
  if (isSafeId(creatorId)) return creatorId;
  throw new RotationRefused(`secret ${name} is not one of ${prefix}/{creator_id}`);
}

/**
 * Takes the operation on, and sends it. Where the send fails it stays pending, and Secrets Manager's next try sends
 * the same bytes again.
 */
async function send(pipeline: Pipeline, secret: Rotated): Promise<void> {
  const creatorId = creatorOf(secret, pipeline.secretPrefix);
  const request = {
    kind: 'credentials.rotate',
    creator_id: creatorId,
    params: { secret_version_id: secret.versionId },
  } satisfies OperationRequest;
  const operationId = operationIdOf(secret);
  const operation = { operationId, creatorId, kind: request.kind };
  const idempotency = { key: hash('rotation', operationId), fingerprint: hash(JSON.stringify(request)) };
  const acceptance = await accept(pipeline.redis, pipeline.limit, operation, idempotency);
  switch (acceptance.is) {
    case 'draining':
      throw new NotYet(`${creatorId} takes on nothing new until it is resumed`);
    case 'key taken':
      throw new RotationRefused(`operation ${operationId} was taken on for another request`);
    case 'accepted':
      if (acceptance.place.state !== 'pending') return;
      await pipeline.sqs.send(
        new SendMessageCommand({ QueueUrl: pipeline.queueUrl, ...messageFor(request, acceptance.place) }),
      );
  }
}

/**
 * Returns for an operation that has succeeded. One that ended otherwise has surely not changed the password, but for
 * one of unknown outcome: then the version is given up, since its AWSPENDING would keep every later rotation from beginning.
 * @throws NotYet, RotationRefused
 */
async function judge(secret: Rotated, operation: OperationRecord): Promise<void> {
  const { id, state, waits_for, expected_at, error } = operation;
  if (state === 'succeeded') return;
  if (!isEnded(state)) {
    const why = waits_for === undefined ? '' : `, waiting for ${waits_for}`;
    const until = expected_at === undefined ? '' : `, expected at ${new Date(expected_at).toISOString()}`;
    throw new NotYet(`operation ${id} is ${state}${why}${until}`);
  }
  const because = error === undefined ? '' : `: ${error}`;
  if (state === 'outcome_unknown')
    throw new RotationRefused(
      `operation ${id} is ${state}${because}; either password may be in force, and both are kept until a person has looked`,
    );
  await secret.giveUp();
  throw new RotationRefused(
    `operation ${id} is ${state}${because}; the password was not changed, and this version is given up`,
  );
}

function parse(text: string | undefined) {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch {
    // A parser's message would quote the secret.
  }
  return z.safeParse(credentials, value);
}
