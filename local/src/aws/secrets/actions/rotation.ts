import { named, readVersionId, type Action } from '../context.ts';
import { invalidSecretRequest } from '../errors.ts';
import type { Input } from '../../input.ts';
import type { RotationRules } from '../schedule.ts';

export const rotateSecret: Action = ({ store, rotator }, input, now) => {
  const secret = store.findInUse(input.requiredString('SecretId'), now);
  if (input.string('ExternalSecretRotationRoleArn') !== undefined)
    throw invalidSecretRequest('Managed external secrets are not supported here.');
  const token = readVersionId(input);
  const rotated = rotator.rotate(
    secret,
    {
      token,
      lambdaArn: input.string('RotationLambdaARN'),
      rules: readRules(input.structure('RotationRules')),
      isImmediate: input.boolean('RotateImmediately') ?? true,
    },
    now,
  );
  return { ...named(rotated), VersionId: token };
};

/** CancelRotateSecret tells of the version that the rotation given up has begun to make. */
export const cancelRotateSecret: Action = ({ store, rotator }, input, now) => {
  const secret = store.findInUse(input.requiredString('SecretId'), now);
  return { ...named(rotator.cancel(secret, now)), VersionId: secret.rotation?.pending };
};

function readRules(rules: Input | undefined): RotationRules | undefined {
  if (rules === undefined) return undefined;
  const days = rules.integer('AutomaticallyAfterDays');
  const expression = rules.string('ScheduleExpression');
  const duration = rules.string('Duration');
  return {
    ...(days !== undefined && { AutomaticallyAfterDays: days }),
    ...(expression !== undefined && { ScheduleExpression: expression }),
    ...(duration !== undefined && { Duration: duration }),
  };
}
