import * as z from 'zod/mini';
import { RotationRefused } from './errors.ts';

/** The steps of a rotation, in their order. */
const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

/**
 * What Secrets Manager invokes a rotation function with, a step at a time.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 */
const rotationEvent = z.object({
  Step: z.enum(STEPS),
  /** The secret's ARN. */
  SecretId: z.string().check(z.minLength(1)),
  /** The id of the version that is made. */
  ClientRequestToken: z.string().check(z.minLength(32), z.maxLength(64)),
});
export type RotationEvent = z.infer<typeof rotationEvent>;

/**
 * Reads an invocation.
 * @throws RotationRefused naming the fields that are missing or wrong
 */
export function readRotationEvent(event: unknown): RotationEvent {
  const parsed = z.safeParse(rotationEvent, event);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(issue => issue.path.join('.') || 'the event');
  throw new RotationRefused(`not a rotation event: see ${[...new Set(fields)].join(', ')}`);
}
