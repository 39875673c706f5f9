import type { Clock } from '@huntaze/core/clock';

/** The steps of a rotation, in their order. */
export const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
export type RotationStep = (typeof STEPS)[number];

/** What a rotation function is invoked with, a step at a time. */
export interface RotationEvent {
  Step: RotationStep;
  /** The secret's ARN. */
  SecretId: string;
  /** The id of the version to be made. */
  ClientRequestToken: string;
  RotationToken: string;
}

/** Rotates a secret, step by step, each of them repeatable. What it rejects with fails the step. */
export type RotationFunction = (event: RotationEvent) => Promise<void>;

/** Which step failed, and the name of its error: the message stays unread, since it may quote a secret. */
export interface StepFailure {
  step: RotationStep;
  error: string;
}

/** The longest that Lambda lets a function run. Milliseconds. */
const STEP_MS = 15 * 60_000;

/**
 * Invokes a rotation function with each of `steps`, until one fails or `signal` is aborted.
 * @param about.clock the one that the function runs by
 */
export async function invokeSteps(
  rotate: RotationFunction,
  about: { secretArn: string; token: string; steps: readonly RotationStep[]; clock: Clock },
  signal: AbortSignal,
): Promise<StepFailure | undefined> {
  const RotationToken = crypto.randomUUID();
  for (const Step of about.steps) {
    const { secretArn: SecretId, token: ClientRequestToken } = about;
    const event = { Step, SecretId, ClientRequestToken, RotationToken };
    const invoked = Promise.resolve().then(() => rotate(event)); // It may also throw.
    const error = await endOf(invoked, about.clock, signal);
    if (signal.aborted) return undefined;
    if (error !== undefined) return { step: Step, error };
  }
  return undefined;
}

/** The name of the error that a function ended with, if it did; undefined also when it is no longer waited for. */
async function endOf(invoked: Promise<void>, clock: Clock, signal: AbortSignal): Promise<string | undefined> {
  const over = new AbortController();
  const ended = invoked.then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.name : 'Error'),
  );
  const isTooLong = sleeps(clock, STEP_MS, AbortSignal.any([signal, over.signal]));
  const error = await Promise.race([ended, isTooLong.then(is => (is ? 'TimeoutError' : undefined))]);
  over.abort();
  return error;
}

/** Whether the time has passed; false if the signal cut it short. */
export function sleeps(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  return clock.sleep(ms, signal).then(
    () => true,
    () => false, // The signal is all that ends a sleep early.
  );
}
